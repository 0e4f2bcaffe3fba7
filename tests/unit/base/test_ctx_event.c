#include "base/ctx_event.h"
#include "tests/lib/expect.h"

#include <poll.h>

static bool is_readable(const struct ctx_event *e)
{
	struct pollfd p = {.fd = e->fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void it_is_readable_once_the_context_is_canceled(void **state)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct ctx_event before, after;
	(void)state;

	ctx_event_start(&before, ctx);
	assert_false(is_readable(&before));
	ctx_cancel(ctx, ERR_CANCELED, "enough");
	assert_true(is_readable(&before));
	ctx_event_start(&after, ctx);
	assert_true(is_readable(&after));

	ctx_event_stop(&before);
	ctx_event_stop(&after);
}

static void without_a_context_there_is_nothing_to_poll(void **state)
{
	struct ctx_event e;
	(void)state;

	ctx_event_start(&e, NULL);
	assert_int_equal(e.fd, -1);
	assert_false(is_readable(&e));
	ctx_event_stop(&e);
}

static void a_poll_ends_with_its_limit_or_the_context(void **state)
{
	struct ctx *past auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 0);
	struct ctx *soon auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 3600000);
	(void)state;

	assert_int_equal(ctx_poll_timeout_ms(NULL, 70), 70);
	assert_int_equal(ctx_poll_timeout_ms(NULL, -5), 0);
	assert_int_equal(ctx_poll_timeout_ms(NULL, INT64_MAX), INT32_MAX);
	assert_int_equal(ctx_poll_timeout_ms(past, 70), 0);
	assert_int_equal(ctx_poll_timeout_ms(soon, 70), 70);
	assert_true(ctx_poll_timeout_ms(soon, INT64_MAX) <= 3600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_readable_once_the_context_is_canceled),
	    cmocka_unit_test(without_a_context_there_is_nothing_to_poll),
	    cmocka_unit_test(a_poll_ends_with_its_limit_or_the_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
