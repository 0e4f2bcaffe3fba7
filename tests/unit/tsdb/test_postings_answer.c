#include "tsdb/postings_answer.h"

#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"
#include "tsdb/index_reader.h"

enum { N_SERIES = 3000 };

struct rig {
	struct index_variant variant;
	struct index_reader *index;
	struct arena *a;
	struct matcher *matchers[2];
	struct postings_plan plan;
};

/* even="yes" and all values of i that end with 0 to 4. */
static void rig_init(struct rig *r)
{
	struct err err = ERR_INIT;

	*r = (struct rig){.variant = index_variant_numbered(1, N_SERIES), .a = arena_new(NULL)};
	r->index = index_reader_open(take(r->variant.src), NULL, &err);
	assert_non_null(r->index);
	r->matchers[0] = matcher_new(MATCH_EQ, STR("even"), STR("yes"), &err);
	r->matchers[1] = matcher_new(MATCH_RE, STR("i"), STR(".*[0-4]"), &err);
	expect_ok(postings_plan_make(r->index->postings, NULL, (struct matchers){r->matchers, 2},
				     r->a, &r->plan, &err),
		  err);
	assert_int_equal(r->plan.n_groups, 2);
}

static void rig_done(struct rig *r)
{
	matcher_unref(r->matchers[0]);
	matcher_unref(r->matchers[1]);
	arena_free(r->a);
	index_reader_close(r->index);
	index_variant_done(&r->variant);
}

static void count_lists(void *arg, size_t group, size_t run, struct postings list)
{
	size_t *n = arg;
	(void)group;
	(void)run;

	*n += list.n > 0;
}

static void bytes_may_come_in_pieces_of_any_size(void **state)
{
	static const size_t sizes[] = {1, 3, 7, 16, 1000, 1 << 20};
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	struct postings want, got;
	size_t n_reads;
	(void)state;

	rig_init(&r);
	expect_ok(postings_for_matchers(r.index->src, r.index->postings, NULL,
					(struct matchers){r.matchers, 2}, r.a, &want, &err),
		  err);
	assert_int_equal(want.n, N_SERIES / 10 * 3);
	const struct postings_read *reads = postings_plan_reads(&r.plan, r.a, &n_reads);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n_lists = 0;
		struct postings_answer *answer auto_free(postings_answer_done) =
		    postings_answer_new(&r.plan, r.a, count_lists, &n_lists);
		struct postings_feed feed auto_done(postings_feed_done);
		postings_feed_init(&feed, answer, r.a);
		for (size_t k = 0; k < n_reads; k++) {
			struct postings_range range = reads[k].range;
			postings_feed_begin(&feed, reads[k].group, reads[k].run);
			for (uint64_t at = range.start; at < range.end; at += sizes[i]) {
				size_t n = range.end - at < sizes[i] ? range.end - at : sizes[i];
				const uint8_t *p = (const uint8_t *)r.variant.bytes.p + at;
				expect_ok(postings_feed_bytes(&feed, p, n, &err), err);
			}
			expect_ok(postings_feed_end(&feed, &err), err);
		}
		expect_ok(postings_answer_end(answer, &got, &err), err);
		assert_int_equal(n_lists, r.plan.groups[0].n_lists + r.plan.groups[1].n_lists);
		assert_int_equal(got.n, want.n);
		assert_memory_equal(got.be, want.be, got.n * 4);
	}
}

static void lists_may_be_added_as_they_are(void **state)
{
	static const uint32_t all[] = {3, 5, 70, 900}, some[] = {5, 900}, more[] = {4, 70};
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	struct postings got;
	(void)state;

	rig_init(&r);
	size_t one = r.plan.groups[0].n_lists == 1 ? 0 : 1, many = 1 - one;
	struct postings_answer *answer auto_free(postings_answer_done) =
	    postings_answer_new(&r.plan, r.a, NULL, NULL);
	expect_ok(postings_answer_add(answer, many, postings_of(r.a, some, 2), &err), err);
	expect_ok(postings_answer_add(answer, one, postings_of(r.a, all, 4), &err), err);
	expect_ok(postings_answer_add(answer, many, postings_of(r.a, more, 2), &err), err);
	expect_ok(postings_answer_end(answer, &got, &err), err);

	assert_int_equal(got.n, 3);
	assert_int_equal(postings_at(got, 0), 5);
	assert_int_equal(postings_at(got, 1), 70);
	assert_int_equal(postings_at(got, 2), 900);
}

static void a_reference_behind_all_series_is_corrupt(void **state)
{
	static const uint32_t refs[] = {5, UINT32_MAX};
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r);
	size_t many = r.plan.groups[0].n_lists == 1 ? 1 : 0;
	struct postings_answer *answer auto_free(postings_answer_done) =
	    postings_answer_new(&r.plan, r.a, NULL, NULL);
	expect_err(postings_answer_add(answer, many, postings_of(r.a, refs, 2), &err), err,
		   ERR_CORRUPT, "reference 4294967295 lies behind all series");
}

static void a_list_longer_than_its_place_is_corrupt(void **state)
{
	static const uint8_t bytes[12] = {0, 1, 0, 0};
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r);
	size_t many = r.plan.groups[0].n_lists == 1 ? 1 : 0;
	struct postings_answer *answer auto_free(postings_answer_done) =
	    postings_answer_new(&r.plan, r.a, NULL, NULL);
	struct postings_feed feed auto_done(postings_feed_done);
	postings_feed_init(&feed, answer, r.a);
	postings_feed_begin(&feed, many, 0);
	expect_err(postings_feed_bytes(&feed, bytes, sizeof(bytes), &err), err, ERR_CORRUPT,
		   "longer than its place");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_may_come_in_pieces_of_any_size),
	    cmocka_unit_test(lists_may_be_added_as_they_are),
	    cmocka_unit_test(a_reference_behind_all_series_is_corrupt),
	    cmocka_unit_test(a_list_longer_than_its_place_is_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
