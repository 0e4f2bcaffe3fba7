#include "compaction/chunk_merge.h"

#include "model/samples.h"
#include "tests/lib/expect.h"

enum { MAX_CHUNKS = 8 };

struct rig {
	struct arena *a;
	struct chunk chunks[4][MAX_CHUNKS];
	struct chunk_run runs[4];
	size_t n_runs;
	struct chunk_list merged;
};

static int set_up(void **state)
{
	static struct rig r;

	r = (struct rig){.a = arena_new(NULL)};
	*state = &r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	arena_free(r->a);
	return 0;
}

/* A run of its own. */
static void begin_run(struct rig *r)
{
	r->runs[r->n_runs] = (struct chunk_run){r->chunks[r->n_runs], 0};
	r->n_runs++;
}

/* A chunk of the last run: samples from `from` on, `step` apart, of value `v`. */
static const struct chunk *add_chunk(struct rig *r, int64_t from, int64_t step, size_t n, double v)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	struct chunk_run *run = &r->runs[r->n_runs - 1];
	struct chunk *c = &r->chunks[r->n_runs - 1][run->n++];
	struct xor_encoder e;

	xor_encoder_init(&e, &bytes);
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&e, from + (int64_t)i * step, v);
	*c = (struct chunk){.min_t_ms = from, .max_t_ms = from + (int64_t)(n - 1) * step};
	c->raw = (struct chunk_data){(const uint8_t *)arena_str(r->a, buf_str(&bytes)).p,
				     (uint32_t)bytes.n, CHUNK_XOR, 0};
	return c;
}

static void merge(struct rig *r)
{
	struct err err = ERR_INIT;

	expect_ok(chunk_merger_one_to_one.merge(&chunk_merger_one_to_one, r->runs, r->n_runs, r->a,
						&r->merged, &err),
		  err);
}

/* "min-max:samples", one for each chunk. */
static void expect_chunks(struct rig *r, const char *want)
{
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 16);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < r->merged.n; i++) {
		const struct chunk *c = &r->merged.v[i];
		size_t n;
		expect_ok(chunk_num_samples(&c->raw, &n, &err), err);
		buf_printf(&text, "%ld-%ld:%zu ", c->min_t_ms, c->max_t_ms, n);
	}
	expect_str(buf_str(&text), want);
}

static void chunks_that_do_not_overlap_go_through_as_they_are(void **state)
{
	struct rig *r = *state;

	begin_run(r);
	const struct chunk *first = add_chunk(r, 100, 10, 5, 1);
	begin_run(r);
	add_chunk(r, 0, 10, 10, 1);
	const struct chunk *last = add_chunk(r, 150, 10, 5, 1);
	merge(r);

	expect_chunks(r, "0-90:10 100-140:5 150-190:5 ");
	assert_ptr_equal(r->merged.v[1].raw.data, first->raw.data);
	assert_ptr_equal(r->merged.v[2].raw.data, last->raw.data);
}

static void a_chunk_that_is_repeated_is_taken_once(void **state)
{
	struct rig *r = *state;

	begin_run(r);
	add_chunk(r, 0, 10, 10, 1);
	begin_run(r);
	add_chunk(r, 0, 10, 10, 1);
	begin_run(r);
	add_chunk(r, 0, 10, 10, 1);
	merge(r);

	expect_chunks(r, "0-90:10 ");
}

static void what_overlaps_is_cut_after_120_samples(void **state)
{
	struct rig *r = *state;

	begin_run(r);
	add_chunk(r, 0, 10, 100, 1); /* to 990 */
	begin_run(r);
	add_chunk(r, 5, 10, 100, 2); /* to 995 */
	add_chunk(r, 2000, 10, 3, 2);
	merge(r);

	expect_chunks(r, "0-595:120 600-995:80 2000-2020:3 ");
}

static void overlaps_reach_as_far_as_chunks_touch_each_other(void **state)
{
	struct rig *r = *state;

	begin_run(r);
	add_chunk(r, 0, 10, 5, 1); /* to 40 */
	add_chunk(r, 75, 10, 4, 1);
	begin_run(r);
	add_chunk(r, 35, 10, 5, 2); /* to 75 */
	merge(r);

	expect_chunks(r, "0-105:13 ");
}

static void of_samples_at_one_time_that_of_the_later_chunk_is_kept(void **state)
{
	struct rig *r = *state;
	struct samples s = {0};
	struct err err = ERR_INIT;

	begin_run(r);
	add_chunk(r, 0, 10, 4, 1);
	begin_run(r);
	add_chunk(r, 10, 10, 4, 2);
	merge(r);

	expect_chunks(r, "0-40:5 ");
	expect_ok(samples_append_chunk(r->a, &s, &r->merged.v[0].raw,
				       (struct time_range){INT64_MIN, INT64_MAX}, &err),
		  err);
	const double want[] = {1, 2, 2, 2, 2};
	assert_memory_equal(s.v, want, sizeof(want));
}

static void with_a_penalty_one_replica_is_followed_until_it_has_a_gap(void **state)
{
	struct rig *r = *state;
	struct samples s = {0};
	struct err err = ERR_INIT;

	begin_run(r);
	add_chunk(r, 0, 15000, 4, 1); /* to 45 s */
	begin_run(r);
	add_chunk(r, 1000, 15000, 8, 2); /* to 106 s */
	expect_ok(
	    chunk_merger_penalty.merge(&chunk_merger_penalty, r->runs, 2, r->a, &r->merged, &err),
	    err);

	expect_ok(samples_append_chunk(r->a, &s, &r->merged.v[0].raw,
				       (struct time_range){INT64_MIN, INT64_MAX}, &err),
		  err);
	const int64_t want_t_ms[] = {0, 15000, 30000, 45000, 76000, 91000, 106000};
	const double want[] = {1, 1, 1, 1, 2, 2, 2};
	assert_int_equal(r->merged.n, 1);
	assert_int_equal(s.n, 7);
	assert_memory_equal(s.t_ms, want_t_ms, sizeof(want_t_ms));
	assert_memory_equal(s.v, want, sizeof(want));
}

static void aggregates_that_overlap_are_refused(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	begin_run(r);
	add_chunk(r, 0, 10, 4, 1);
	begin_run(r);
	add_chunk(r, 10, 10, 4, 2);
	r->chunks[1][0].raw.encoding = CHUNK_AGGR;
	expect_err(chunk_merger_one_to_one.merge(&chunk_merger_one_to_one, r->runs, 2, r->a,
						 &r->merged, &err),
		   err, ERR_UNSUPPORTED, "encoding 255 (aggregate) cannot be merged");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(chunks_that_do_not_overlap_go_through_as_they_are),
	    TEST(a_chunk_that_is_repeated_is_taken_once),
	    TEST(what_overlaps_is_cut_after_120_samples),
	    TEST(overlaps_reach_as_far_as_chunks_touch_each_other),
	    TEST(of_samples_at_one_time_that_of_the_later_chunk_is_kept),
	    TEST(with_a_penalty_one_replica_is_followed_until_it_has_a_gap),
	    TEST(aggregates_that_overlap_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
