#include "base/alloc.h"
#include "cache/set_queue.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

#include <stdatomic.h>

struct receiver {
	_Atomic size_t n_sent, n_calls, n_canceled, largest_batch;
	_Atomic bool is_stuck;
};

static void receive(void *arg, struct ctx *ctx, struct set_item *const *items, size_t n)
{
	struct receiver *r = arg;

	r->n_calls++;
	while (r->is_stuck && !ctx_done(ctx))
		usleep(1000);
	if (n > r->largest_batch)
		r->largest_batch = n;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(items[i]->command[0], 'x');
	r->n_sent += n;
	r->n_canceled += ctx_done(ctx) ? n : 0;
}

static struct set_queue *queue_of(struct receiver *r, unsigned max_workers, size_t max_items,
				  size_t max_batch)
{
	return set_queue_new(&(const struct set_queue_options){
	    .name = "test",
	    .max_workers = max_workers,
	    .max_items = max_items,
	    .max_batch = max_batch,
	    .send = receive,
	    .arg = r,
	});
}

static bool put(struct set_queue *q, size_t n_bytes)
{
	struct set_item *item = set_item_new(n_bytes);

	item->command[0] = 'x';
	return set_queue_put(q, item);
}

static void everything_is_sent_before_it_closes(void **state)
{
	struct receiver r = {0};
	struct set_queue *q = queue_of(&r, 3, 1000, 7);
	(void)state;

	for (int i = 0; i < 1000; i++)
		assert_true(put(q, 10));
	set_queue_close(q, PATIENCE_MS);

	assert_int_equal(r.n_sent, 1000);
	assert_int_equal(r.n_canceled, 0);
	assert_true(r.largest_batch <= 7);
}

static void what_finds_it_full_is_dropped(void **state)
{
	struct receiver r = {.is_stuck = true};
	struct set_queue *q = queue_of(&r, 1, 5, 1);
	size_t n_taken = 1;
	(void)state;

	assert_true(put(q, 10));
	wait_until(r.n_calls == 1);
	for (int i = 0; i < 20; i++)
		n_taken += put(q, 10);
	assert_int_equal(n_taken, 6);
	r.is_stuck = false;
	wait_until(r.n_sent == 6);
	assert_true(put(q, 10));
	set_queue_close(q, PATIENCE_MS);

	assert_int_equal(r.n_sent, 7);
}

static void bytes_are_limited_as_well(void **state)
{
	struct receiver r = {.is_stuck = true};
	struct set_queue *q = queue_of(&r, 1, 1000, 1);
	(void)state;

	assert_true(put(q, 10));
	wait_until(r.n_calls == 1);
	assert_true(put(q, SET_QUEUE_MAX_BYTES - 100));
	assert_false(put(q, 101));
	assert_true(put(q, 100));
	r.is_stuck = false;
	set_queue_close(q, PATIENCE_MS);

	assert_int_equal(r.n_sent, 3);
}

static void closing_waits_only_so_long(void **state)
{
	struct receiver r = {.is_stuck = true};
	struct set_queue *q = queue_of(&r, 2, 100, 1);
	(void)state;

	for (int i = 0; i < 10; i++)
		assert_true(put(q, 10));
	wait_until(r.n_calls == 2);
	set_queue_close(q, 20);

	assert_int_equal(r.n_sent, 10);
	assert_int_equal(r.n_canceled, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_is_sent_before_it_closes),
	    cmocka_unit_test(what_finds_it_full_is_dropped),
	    cmocka_unit_test(bytes_are_limited_as_well),
	    cmocka_unit_test(closing_waits_only_so_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
