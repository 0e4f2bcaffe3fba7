#include "store/header_cache.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/golden_block.h"
#include "tests/lib/temp_dir.h"

#include <pthread.h>
#include <stdlib.h>

#define A "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define B "01BBBBBBBBBBBBBBBBBBBBBBBB"

/* Its reads stand still while the gate is held. */
struct slow_bucket {
	struct bucket base;
	struct bucket *inner;
	pthread_mutex_t gate;
	_Atomic size_t n_gets;
};

struct fixture {
	char *dir;
	struct fake_clock clock;
	struct bucket *inner;
	struct slow_bucket slow;
	struct header_cache_options options;
	struct header_cache *cache;
	struct metrics *metrics;
	size_t n_health;
	size_t n_missing;
};

static bool slow_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
		     int64_t length, struct byte_sink *sink, struct err *err)
{
	struct slow_bucket *s = (struct slow_bucket *)b;

	s->n_gets++;
	pthread_mutex_lock(&s->gate);
	pthread_mutex_unlock(&s->gate);
	return bucket_get(s->inner, ctx, name, offset, length, sink, err);
}

static bool slow_attrs(struct bucket *b, struct ctx *ctx, struct str name, struct object_attrs *out,
		       struct err *err)
{
	return bucket_attrs(((struct slow_bucket *)b)->inner, ctx, name, out, err);
}

static const char *slow_name(struct bucket *b)
{
	(void)b;
	return "slow";
}

static const struct bucket_ops slow_ops = {.get = slow_get, .attrs = slow_attrs, .name = slow_name};

static void count_health(void *arg)
{
	((struct fixture *)arg)->n_health++;
}

static void count_missing(void *arg, struct ulid id)
{
	struct fixture *f = arg;

	assert_int_equal(ulid_str(id)[2], 'A');
	f->n_missing++;
}

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.dir = temp_dir_new(), .metrics = metrics_new()};
	fake_clock_init(&f.clock, 1000000);
	f.inner = inmem_bucket_new(&clock_system);
	f.slow = (struct slow_bucket){
	    .base.ops = &slow_ops, .inner = f.inner, .gate = PTHREAD_MUTEX_INITIALIZER};
	f.options = (struct header_cache_options){
	    .bucket = &f.slow.base,
	    .data_dir = f.dir,
	    .n_threads = 3,
	    .clock = &f.clock.base,
	    .metrics = f.metrics,
	    .on_health = count_health,
	    .on_missing = count_missing,
	    .arg = &f,
	};
	golden_block_put(f.inner, &(struct golden_block){.ulid = A});
	golden_block_put(f.inner, &(struct golden_block){.ulid = B});
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	header_cache_free(f->cache);
	metrics_free(f->metrics);
	bucket_close(f->inner);
	temp_dir_remove(f->dir);
	return 0;
}

static struct block_header *header_of(struct fixture *f, const char *ulid)
{
	struct ulid id;

	if (!f->cache)
		f->cache = header_cache_new(&f->options);
	assert_true(ulid_parse(str_of(ulid), &id));
	return block_header_new(f->cache, id, 0);
}

static void use(struct block_header *h)
{
	struct err err = ERR_INIT;
	const struct index_header *open = block_header_get(h, NULL, &err);
	size_t n;

	expect_ok(open != NULL, err);
	assert_true(index_symbols_count(open->symbols) > 0);
	assert_non_null(index_postings_names(open->postings, &n));
	assert_int_equal(block_header_index(h)->size_bytes, open->index_bytes);
	block_header_put(h);
}

static double metric(struct fixture *f, const char *name)
{
	return counter_value(metrics_counter(f->metrics, name, ""));
}

static void a_header_is_made_once_and_then_read_from_the_disk(void **state)
{
	struct fixture *f = *state;
	struct block_header *a = header_of(f, A);

	assert_false(block_header_is_on_disk(a));
	use(a);
	assert_true(block_header_is_on_disk(a));
	size_t n = f->slow.n_gets;
	use(a);
	block_header_unref(a);
	a = header_of(f, A);
	use(a);
	assert_int_equal(f->slow.n_gets, n);
	assert_true(block_header_used_ms(a) == 1000000);
	block_header_unref(a);
}

static void a_damaged_or_foreign_file_is_made_anew(void **state)
{
	struct fixture *f = *state;
	char *path auto_free(mem_free) = xasprintf("%s/" A "/index-header", f->dir);
	struct buf good auto_done(buf_done) = BUF_INIT(1 << 20), now = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct block_header *a = header_of(f, A);

	use(a);
	block_header_unref(a);
	expect_ok(fs_read(path, &good, &err), err);
	good.p[20] ^= 1;
	expect_ok(fs_write_atomic(path, buf_str(&good), 0640, &err), err);
	a = header_of(f, A);
	use(a);
	block_header_unref(a);
	good.p[20] ^= 1;
	expect_ok(fs_read(path, &now, &err), err);
	assert_int_equal(now.n, good.n);
	assert_memory_equal(now.p, good.p, now.n);
	buf_done(&now);

	/* meta.json knows another index of that block. */
	struct ulid id;
	assert_true(ulid_parse(STR(A), &id));
	a = block_header_new(f->cache, id, 7);
	expect_err(block_header_get(a, NULL, &err) != NULL, err, ERR_CORRUPT, "index");
	assert_true(block_header_is_broken(a));
	block_header_unref(a);
}

static void without_a_folder_headers_are_kept_in_memory(void **state)
{
	struct fixture *f = *state;
	struct block_header *a;

	f->options.data_dir = NULL;
	a = header_of(f, A);
	use(a);
	size_t n = f->slow.n_gets;
	use(a);
	assert_int_equal(f->slow.n_gets, n);
	assert_false(block_header_is_on_disk(a));
	block_header_unref(a);
}

static void headers_beyond_the_budget_are_closed_and_opened_again(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	f->options.budget_bytes = 1;
	struct block_header *a = header_of(f, A), *b = header_of(f, B);
	for (int i = 0; i < 3; i++) {
		const struct index_header *h = block_header_get(a, NULL, &err);
		assert_non_null(h);
		assert_ptr_equal(block_header_get(a, NULL, &err), h);
		assert_non_null(block_header_get(b, NULL, &err));
		block_header_put(a);
		block_header_put(a);
		block_header_put(b);
	}
	assert_int_equal(metric(f, "thanos_bucket_store_indexheader_lazy_load_total"), 6);
	assert_int_equal(metric(f, "thanos_bucket_store_indexheader_lazy_unload_total"), 6);
	block_header_unref(a);
	block_header_unref(b);
}

static void memory_that_others_need_closes_headers(void **state)
{
	struct fixture *f = *state;
	struct tracker process;

	tracker_init(&process, NULL, "process", "--store.max-memory", 1 << 20);
	f->options.memory = &process;
	struct block_header *a = header_of(f, A);
	use(a);
	assert_true(process.used_bytes > 0);
	assert_true(header_cache_has_room(f->cache));
	tracker_charge(&process, 1 << 20);
	assert_false(header_cache_has_room(f->cache));
	header_cache_close_idle(f->cache);
	assert_int_equal(process.used_bytes, 1 << 20);
	tracker_release(&process, 1 << 20);
	use(a);
	assert_true(process.used_bytes > 0);
	block_header_unref(a);
	assert_int_equal(process.used_bytes, 0);
	tracker_done(&process);
}

static void idle_headers_are_closed_after_their_time(void **state)
{
	struct fixture *f = *state;
	const char *unloads = "thanos_bucket_store_indexheader_lazy_unload_total";

	f->options.idle_timeout_ms = 1000;
	struct block_header *a = header_of(f, A), *b = header_of(f, B);
	use(a);
	fake_clock_advance(&f->clock, 600);
	use(b);
	fake_clock_advance(&f->clock, 400);
	header_cache_close_idle(f->cache);
	assert_int_equal(metric(f, unloads), 1);
	use(b);
	fake_clock_advance(&f->clock, 999);
	header_cache_close_idle(f->cache);
	assert_int_equal(metric(f, unloads), 1);
	fake_clock_advance(&f->clock, 1);
	header_cache_close_idle(f->cache);
	assert_int_equal(metric(f, unloads), 2);
	block_header_unref(a);
	block_header_unref(b);
}

static void a_dropped_block_leaves_nothing_and_can_still_be_read(void **state)
{
	struct fixture *f = *state;
	char *folder auto_free(mem_free) = xasprintf("%s/" A, f->dir);

	f->options.budget_bytes = 1;
	struct block_header *a = header_of(f, A);
	use(a);
	assert_true(fs_exists(folder));
	block_header_drop(a);
	assert_false(fs_exists(folder));
	use(a);
	assert_false(fs_exists(folder));
	block_header_unref(a);
}

static void a_broken_index_is_told_and_healed(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct block_header *a = header_of(f, A);

	expect_ok(bucket_remove(f->inner, NULL, STR(A "/index"), &err), err);
	expect_err(block_header_get(a, NULL, &err) != NULL, err, ERR_NOT_FOUND, A "/index");
	assert_true(block_header_is_broken(a));
	assert_int_equal(f->n_health, 1);
	expect_err(block_header_get(a, NULL, &err) != NULL, err, ERR_NOT_FOUND, A "/index");
	assert_int_equal(f->n_health, 1);
	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	use(a);
	assert_false(block_header_is_broken(a));
	assert_int_equal(f->n_health, 2);
	block_header_unref(a);
}

static void an_index_that_vanishes_under_an_open_header_is_told(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct block_header *a = header_of(f, A);
	char byte;

	assert_non_null(block_header_get(a, NULL, &err));
	struct byte_source *index = block_header_index(a);
	expect_ok(byte_source_read(index, NULL, 0, &byte, 1, &err), err);
	assert_int_equal(f->n_missing, 0);
	expect_ok(bucket_remove(f->inner, NULL, STR(A "/index"), &err), err);
	expect_err(byte_source_read(index, NULL, 0, &byte, 1, &err), err, ERR_NOT_FOUND, "index");
	assert_int_equal(f->n_missing, 1);
	block_header_put(a);
	block_header_unref(a);
}

static void trouble_of_the_bucket_breaks_no_block(void **state)
{
	struct fixture *f = *state;
	struct fault_bucket *faults = fault_bucket_new(f->inner, FAULT_REQUEST_LOST, 1);
	struct bucket *b auto_free(bucket_close) = &faults->base;
	struct err err = ERR_INIT;

	f->options.bucket = b;
	struct block_header *a = header_of(f, A);
	expect_err(block_header_get(a, NULL, &err) != NULL, err, ERR_UNAVAILABLE, "fault injected");
	assert_false(block_header_is_broken(a));
	use(a);
	block_header_unref(a);
	header_cache_free(f->cache);
	f->cache = NULL;
}

/* --- many at once --------------------------------------------------------------------------- */

enum { ASKERS = 8 };

static void *use_in_thread(void *arg)
{
	use(arg);
	return NULL;
}

static void many_askers_share_one_download(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[ASKERS];
	struct block_header *alone = header_of(f, B), *a = header_of(f, A);

	use(alone);
	size_t n_of_one = f->slow.n_gets;
	pthread_mutex_lock(&f->slow.gate);
	for (size_t i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_in_thread, a), 0);
	pthread_mutex_unlock(&f->slow.gate);
	for (size_t i = 0; i < ASKERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(f->slow.n_gets, 2 * n_of_one);
	block_header_unref(a);
	block_header_unref(alone);
}

static void who_goes_away_leaves_the_download_to_the_others(void **state)
{
	struct fixture *f = *state;
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 1);
	struct err err = ERR_INIT;
	struct block_header *a = header_of(f, A);

	pthread_mutex_lock(&f->slow.gate);
	expect_err(block_header_get(a, ctx, &err) != NULL, err, ERR_TIMEOUT, "");
	pthread_mutex_unlock(&f->slow.gate);
	expect_ok(block_header_prepare(a, HEADER_ON_DISK, NULL, &err), err);
	size_t n = f->slow.n_gets;
	use(a);
	assert_int_equal(f->slow.n_gets, n);
	block_header_unref(a);
}

static void what_is_prepared_for_the_disk_is_opened_when_it_is_used(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct block_header *a = header_of(f, A);

	expect_ok(block_header_prepare(a, HEADER_ON_DISK, NULL, &err), err);
	expect_ok(block_header_prepare(a, HEADER_ON_DISK, NULL, &err), err);
	use(a);
	block_header_unref(a);
}

static void a_stopped_cache_says_so(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct block_header *a = header_of(f, A);

	header_cache_stop(f->cache);
	expect_err(block_header_get(a, NULL, &err) != NULL, err, ERR_CANCELED, "stopped");
	block_header_unref(a);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_header_is_made_once_and_then_read_from_the_disk),
	    TEST(a_damaged_or_foreign_file_is_made_anew),
	    TEST(without_a_folder_headers_are_kept_in_memory),
	    TEST(headers_beyond_the_budget_are_closed_and_opened_again),
	    TEST(memory_that_others_need_closes_headers),
	    TEST(idle_headers_are_closed_after_their_time),
	    TEST(a_dropped_block_leaves_nothing_and_can_still_be_read),
	    TEST(a_broken_index_is_told_and_healed),
	    TEST(an_index_that_vanishes_under_an_open_header_is_told),
	    TEST(trouble_of_the_bucket_breaks_no_block),
	    TEST(many_askers_share_one_download),
	    TEST(who_goes_away_leaves_the_download_to_the_others),
	    TEST(what_is_prepared_for_the_disk_is_opened_when_it_is_used),
	    TEST(a_stopped_cache_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
