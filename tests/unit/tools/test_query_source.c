#include "tools/query_source.h"

#include "base/pool.h"
#include "model/matcher.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_store.h"
#include "tests/lib/golden_block.h"

#define FIRST  "01M82TCRCVG0WXFBF1KSFDD8E0"
#define SECOND "01M82TCRCVG0WXFBF1KSFDD8E1"

struct rig {
	struct fake_clock clock;
	struct pool *pool;
	struct ctx *ctx;
	struct fake_store stores[2]; /* at "a:1" and "b:1" */
	struct bucket *bucket;
	struct notes notes;
	struct err err;
};

static void rig_init(struct rig *r)
{
	*r = (struct rig){.ctx = ctx_new(NULL, CTX_NO_DEADLINE)};
	fake_clock_init(&r->clock, GOLDEN_PLAIN_MAX_T_MS);
	r->pool =
	    pool_new(&(struct pool_options){.name = "test", .max_threads = 4, .max_backlog = 100});
	fake_store_init(&r->stores[0], NULL, 0);
	fake_store_init(&r->stores[1], NULL, 0);
	r->bucket = inmem_bucket_new(&r->clock.base);
	notes_init(&r->notes);
}

static void rig_done(struct rig *r)
{
	notes_done(&r->notes);
	bucket_close(r->bucket);
	pool_free(r->pool);
	ctx_free(r->ctx);
}

static struct store_api *dial(void *arg, const char *address)
{
	struct rig *r = arg;

	return &r->stores[address[0] - 'a'].base;
}

static struct query_source *open(struct rig *r, size_t n_endpoints, size_t n_buckets,
				 struct time_range range)
{
	static const struct endpoint_spec specs[] = {{.address = "a:1"}, {.address = "b:1"}};

	return query_source_open(
	    &(struct query_source_options){
		.endpoints = {.specs = specs,
			      .n_specs = n_endpoints,
			      .dial = dial,
			      .dial_arg = r,
			      .info_timeout_ms = 1000,
			      .unhealthy_timeout_ms = 1000,
			      .pool = r->pool,
			      .clock = &r->clock.base},
		.buckets = &r->bucket,
		.n_buckets = n_buckets,
		.range = range,
		.clock = &r->clock.base,
	    },
	    r->ctx, &r->err);
}

static const struct time_range ALL = {INT64_MIN, INT64_MAX};

static size_t count_series(struct rig *r, struct query_source *source,
			   enum partial_response partial_response)
{
	struct matcher *m auto_free(matcher_unref) =
	    matcher_new(MATCH_NEQ, STR("__name__"), STR(""), &r->err);
	struct series_request req = {
	    .min_t_ms = 0,
	    .max_t_ms = INT64_MAX,
	    .matchers = {.v = &m, .n = 1},
	    .partial_response = partial_response,
	};
	struct series_iter *it auto_free(series_iter_close) =
	    store_series(query_source_store(source), r->ctx, &req, &r->notes, NULL, &r->err);
	enum iter_result result = ITER_ERROR;
	struct series s;
	size_t n = 0;

	while (it && (result = series_iter_next(it, &s, &r->err)) == ITER_VALUE)
		n++;
	return result == ITER_END ? n : SIZE_MAX;
}

static void blocks_of_a_bucket_are_found_and_served(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r);
	golden_block_put(r.bucket, &(struct golden_block){.ulid = FIRST});
	golden_block_put(r.bucket,
			 &(struct golden_block){.ulid = SECOND, .labels = "{\"cluster\":\"us\"}"});
	struct query_source *source auto_free(query_source_close) = open(&r, 0, 1, ALL);
	if (!source)
		fail_msg("%s", r.err.msg);

	assert_int_equal(count_series(&r, source, PARTIAL_RESPONSE_ABORT), 2 * GOLDEN_PLAIN_SERIES);
}

static void blocks_of_other_times_are_not_opened(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r);
	golden_block_put(r.bucket, &(struct golden_block){.ulid = FIRST});
	golden_block_put(r.bucket, &(struct golden_block){.ulid = SECOND,
							  .labels = "{\"cluster\":\"us\"}",
							  .min_t_ms = 1000,
							  .max_t_ms = 2000});
	struct query_source *source auto_free(query_source_close) =
	    open(&r, 0, 1, (struct time_range){GOLDEN_PLAIN_MIN_T_MS, GOLDEN_PLAIN_MAX_T_MS});
	if (!source)
		fail_msg("%s", r.err.msg);

	assert_int_equal(count_series(&r, source, PARTIAL_RESPONSE_ABORT), GOLDEN_PLAIN_SERIES);
}

static void endpoints_and_blocks_answer_together(void **state)
{
	struct series extra = {.labels = LABELS(LABEL("__name__", "extra"))};
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r);
	fake_store_init(&r.stores[0], &extra, 1);
	golden_block_put(r.bucket, &(struct golden_block){.ulid = FIRST});
	struct query_source *source auto_free(query_source_close) = open(&r, 1, 1, ALL);
	if (!source)
		fail_msg("%s", r.err.msg);

	assert_int_equal(count_series(&r, source, PARTIAL_RESPONSE_ABORT), GOLDEN_PLAIN_SERIES + 1);
}

static void an_endpoint_that_does_not_answer_is_left_to_the_query(void **state)
{
	struct rig r auto_done(rig_done);
	struct note note;
	(void)state;

	rig_init(&r);
	r.stores[1].fail = "no route";
	struct query_source *source auto_free(query_source_close) = open(&r, 2, 0, ALL);
	if (!source)
		fail_msg("%s", r.err.msg);

	assert_int_equal(count_series(&r, source, PARTIAL_RESPONSE_WARN), 0);
	assert_true(notes_get(&r.notes, 0, &note));
	assert_non_null(strstr(note.text, "no route"));
	assert_int_equal(count_series(&r, source, PARTIAL_RESPONSE_ABORT), SIZE_MAX);
	assert_non_null(strstr(r.err.msg, "no route"));
}

static void when_nothing_answers_there_is_nothing_to_query(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r);
	r.stores[0].fail = r.stores[1].fail = "no route";
	expect_err(open(&r, 1, 0, ALL), r.err, ERR_UNAVAILABLE, "endpoint a:1: ");
	expect_err(open(&r, 2, 0, ALL), r.err, ERR_UNAVAILABLE,
		   "none of 2 endpoints answers; a:1: ");
	ctx_cancel(r.ctx, ERR_CANCELED, "interrupted");
	expect_err(open(&r, 2, 0, ALL), r.err, ERR_CANCELED, "interrupted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_of_a_bucket_are_found_and_served),
	    cmocka_unit_test(blocks_of_other_times_are_not_opened),
	    cmocka_unit_test(endpoints_and_blocks_answer_together),
	    cmocka_unit_test(an_endpoint_that_does_not_answer_is_left_to_the_query),
	    cmocka_unit_test(when_nothing_answers_there_is_nothing_to_query),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
