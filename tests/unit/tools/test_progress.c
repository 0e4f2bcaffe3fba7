#include "tools/progress.h"

#include "tests/lib/expect.h"

#include <fcntl.h>
#include <unistd.h>

struct rig {
	struct fake_clock clock;
	struct progress *progress;
	int read_fd, write_fd;
};

static void rig_init(struct rig *r)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	r->read_fd = fds[0];
	r->write_fd = fds[1];
	fcntl(r->read_fd, F_SETFL, O_NONBLOCK);
	fake_clock_init(&r->clock, 1000);
	r->progress = progress_new(r->write_fd, &r->clock.base);
}

static void rig_done(struct rig *r)
{
	progress_free(r->progress);
	close(r->read_fd);
	close(r->write_fd);
}

static void expect_shown(struct rig *r, const char *want)
{
	char got[200];
	ssize_t n = read(r->read_fd, got, sizeof(got));

	expect_str(str_from(got, n > 0 ? (size_t)n : 0), want);
}

static void what_is_quick_is_never_told(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r);
	progress_say(r.progress, "opening blocks");
	fake_clock_advance(&r.clock, 999);
	progress_show(r.progress);
	progress_say(r.progress, "evaluating");
	fake_clock_advance(&r.clock, 999);
	progress_show(r.progress);
	progress_say(r.progress, NULL);
	expect_shown(&r, "");
}

static void what_takes_long_is_told_with_its_time_and_goes_away(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r);
	progress_say(r.progress, "opening blocks");
	fake_clock_advance(&r.clock, 1000);
	progress_show(r.progress);
	expect_shown(&r, "\r\x1b[Kopening blocks … 1 s");
	fake_clock_advance(&r.clock, 61000);
	progress_show(r.progress);
	expect_shown(&r, "\r\x1b[Kopening blocks … 62 s");
	progress_say(r.progress, NULL);
	expect_shown(&r, "\r\x1b[K");
	progress_show(r.progress);
	expect_shown(&r, "");
}

static void without_a_terminal_nothing_is_written(void **state)
{
	struct fake_clock clock;
	(void)state;

	fake_clock_init(&clock, 0);
	struct progress *p auto_free(progress_free) = progress_new(-1, &clock.base);
	progress_say(p, "evaluating");
	fake_clock_advance(&clock, 5000);
	progress_show(p);
}

static void it_ends_with_its_context(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r);
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	ctx_cancel(ctx, ERR_CANCELED, "done");
	progress_run(r.progress, ctx);
	expect_shown(&r, "");
}

static void what_is_counted_is_told(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r);
	progress_say(r.progress, "uploading blocks");
	progress_count(r.progress, 3, 12);
	fake_clock_advance(&r.clock, 5000);
	progress_show(r.progress);
	expect_shown(&r, "\r\x1b[Kuploading blocks, 3 of 12 … 5 s");
	progress_say(r.progress, "evaluating");
	fake_clock_advance(&r.clock, 1000);
	progress_show(r.progress);
	expect_shown(&r, "\r\x1b[Kevaluating … 1 s");
}

static void nobody_may_be_told(void **state)
{
	(void)state;

	progress_say(NULL, "evaluating");
	progress_count(NULL, 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_quick_is_never_told),
	    cmocka_unit_test(what_takes_long_is_told_with_its_time_and_goes_away),
	    cmocka_unit_test(without_a_terminal_nothing_is_written),
	    cmocka_unit_test(it_ends_with_its_context),
	    cmocka_unit_test(what_is_counted_is_told),
	    cmocka_unit_test(nobody_may_be_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
