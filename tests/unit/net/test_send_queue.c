#include "net/send_queue.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"

#include <stdlib.h>

static bool push(struct send_queue *q, size_t size, enum send_wake *wake, struct err *err)
{
	char *bytes = calloc(1, size + 1);
	bool ok = send_queue_push(q, NULL, str_from(bytes, size), false, wake, err);

	free(bytes);
	return ok;
}

static void the_loop_is_woken_only_when_it_waits(void **state)
{
	(void)state;
	struct send_queue q;
	enum send_wake wake;
	struct err err = ERR_INIT;
	bool finished;
	send_queue_init(&q, 1000, NULL);

	expect_ok(push(&q, 10, &wake, &err), err);
	assert_int_equal(wake, SEND_WAKE_LOOP);
	expect_ok(push(&q, 10, &wake, &err), err);
	assert_int_equal(wake, SEND_WAKE_NOT);
	assert_int_equal(send_queue_peek(&q, &finished), 30);
	expect_ok(push(&q, 10, &wake, &err), err);
	assert_int_equal(wake, SEND_WAKE_NOT);
	assert_int_equal(send_queue_finish(&q), SEND_WAKE_NOT);
	send_queue_done(&q);
}

static void an_empty_queue_makes_the_loop_wait(void **state)
{
	(void)state;
	struct send_queue q;
	bool finished = true;
	send_queue_init(&q, 1000, NULL);

	assert_int_equal(send_queue_peek(&q, &finished), 0);
	assert_false(finished);
	assert_int_equal(send_queue_finish(&q), SEND_WAKE_LOOP);
	assert_int_equal(send_queue_peek(&q, &finished), 0);
	assert_true(finished);
	send_queue_done(&q);
}

static void a_full_queue_holds_the_producer_as_long_as_its_context_allows(void **state)
{
	(void)state;
	struct send_queue q;
	enum send_wake wake;
	struct err err = ERR_INIT;
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 30);
	send_queue_init(&q, 1000, NULL);

	expect_ok(push(&q, 5000, &wake, &err), err); /* one message may go over */
	expect_err(send_queue_push(&q, ctx, STR("x"), false, &wake, &err), err, ERR_TIMEOUT,
		   "deadline");
	send_queue_done(&q);
}

static void *close_queue(void *queue)
{
	ctx_sleep_ms(NULL, 20);
	send_queue_close(queue);
	return NULL;
}

static void closing_frees_the_producer_and_the_memory(void **state)
{
	(void)state;
	struct tracker memory;
	struct send_queue q;
	enum send_wake wake;
	struct err err = ERR_INIT;
	pthread_t closer;
	tracker_init(&memory, NULL, "queue", "none", 0);
	send_queue_init(&q, 1000, &memory);
	expect_ok(push(&q, 5000, &wake, &err), err);
	assert_true(memory.used_bytes >= 5000);

	assert_int_equal(pthread_create(&closer, NULL, close_queue, &q), 0);
	expect_err(push(&q, 1, &wake, &err), err, ERR_CANCELED, "the peer ended the call");
	pthread_join(closer, NULL);

	assert_int_equal(memory.used_bytes, 0);
	send_queue_done(&q);
	tracker_done(&memory);
}

static void a_large_message_moves_in_without_a_copy(void **state)
{
	(void)state;
	struct send_queue q;
	struct buf large auto_done(buf_done) = BUF_INIT(100000);
	struct buf small auto_done(buf_done) = BUF_INIT(100000);
	enum send_wake wake;
	struct err err = ERR_INIT;
	bool finished;
	send_queue_init(&q, 1000000, NULL);
	memset(buf_reserve(&large, 50000), 0, 50000);
	buf_grown(&large, 50000);
	buf_puts(&small, "small");

	expect_ok(send_queue_push_buf(&q, NULL, &large, false, &wake, &err), err);
	expect_ok(send_queue_push_buf(&q, NULL, &small, false, &wake, &err), err);

	assert_int_equal(large.n, 0);
	assert_null(large.p);
	assert_int_equal(small.n, 0);
	assert_non_null(small.p); /* keeps its memory for the next message */
	assert_int_equal(send_queue_peek(&q, &finished), 50005 + 10);
	send_queue_done(&q);
}

static void a_message_can_be_queued_again(void **state)
{
	(void)state;
	struct send_queue q;
	struct send_page *page = send_page_new(STR("again"), false, NULL);
	bool finished;
	send_queue_init(&q, 1000, NULL);

	for (int i = 0; i < 3; i++) {
		send_queue_reset(&q);
		send_queue_set(&q, page);
		assert_int_equal(send_queue_peek(&q, &finished), 10);
		assert_true(finished);
		send_queue_close(&q);
	}
	send_page_unref(page);
	send_queue_done(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_loop_is_woken_only_when_it_waits),
	    cmocka_unit_test(an_empty_queue_makes_the_loop_wait),
	    cmocka_unit_test(a_full_queue_holds_the_producer_as_long_as_its_context_allows),
	    cmocka_unit_test(closing_frees_the_producer_and_the_memory),
	    cmocka_unit_test(a_large_message_moves_in_without_a_copy),
	    cmocka_unit_test(a_message_can_be_queued_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
