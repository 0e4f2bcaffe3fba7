/* How requests over a bucket are answered: caches, hints, postings left out, memory. What the
 * answers are is the matter of test_bucket_store.c. */
#include "objstore/inmem.h"
#include "proto/hints.h"
#include "store/bucket_store.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/golden_block.h"

#define A "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define B "01BBBBBBBBBBBBBBBBBBBBBBBB"

struct rig {
	struct bucket *inner;
	struct fault_bucket *counting;
	struct fetcher *fetcher;
	struct metrics *metrics;
	struct bucket_store_options options;
	struct store_api *store;
	struct arena *a;
};

static void rig_init(struct rig *r)
{
	*r = (struct rig){.inner = inmem_bucket_new(&clock_system), .a = arena_new(NULL)};
	r->counting = fault_bucket_new(r->inner, FAULT_CRASH, SIZE_MAX);
	r->fetcher = fetcher_new(&(const struct fetcher_options){.bucket = &r->counting->base});
	r->metrics = metrics_new();
	r->options = (struct bucket_store_options){
	    .bucket = &r->counting->base,
	    .fetcher = r->fetcher,
	    .min_time = {.ms = INT64_MIN},
	    .max_time = {.ms = INT64_MAX},
	    .clock = &clock_system,
	    .metrics = r->metrics,
	};
	golden_block_put(r->inner,
			 &(struct golden_block){.ulid = A, .labels = "{\"cluster\":\"eu\"}"});
	golden_block_put(r->inner,
			 &(struct golden_block){.ulid = B, .labels = "{\"cluster\":\"us\"}"});
}

static void rig_open(struct rig *r)
{
	struct err err = ERR_INIT;
	struct bucket_store *s = bucket_store_new(&r->options);

	expect_ok(bucket_store_initial_sync(s, NULL, 1, 0, &err), err);
	r->store = bucket_store_api(s);
}

static void rig_done(struct rig *r)
{
	store_close(r->store);
	fetcher_free(r->fetcher);
	bucket_close(&r->counting->base);
	bucket_close(r->inner);
	metrics_free(r->metrics);
	arena_free(r->a);
}

/* Labels and sizes of chunks, a line for each series. */
static char *ask_with(struct rig *r, const struct series_request *req, struct tracker *tracker)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct series s;
	enum iter_result result = ITER_ERROR;
	struct series_iter *it auto_free(series_iter_close) =
	    store_series(r->store, NULL, req, NULL, tracker, &err);

	while (it && (result = series_iter_next(it, &s, &err)) == ITER_VALUE) {
		labels_format(&text, s.labels);
		for (size_t i = 0; i < s.n_chunks; i++)
			buf_printf(&text, " %u", s.chunks[i].raw.size_bytes);
		buf_puts(&text, "\n");
	}
	if (result == ITER_ERROR)
		fail_msg("%s", err.msg);
	return arena_cstr(r->a, buf_str(&text));
}

static char *ask(struct rig *r, struct matchers ms, struct str hints)
{
	struct series_request req = {.min_t_ms = INT64_MIN,
				     .max_t_ms = INT64_MAX,
				     .matchers = ms,
				     .aggrs = WANT_RAW,
				     .hints = hints};

	return ask_with(r, &req, NULL);
}

static struct matcher *matcher_of(enum matcher_type type, const char *name, const char *value)
{
	struct err err = ERR_INIT;
	struct matcher *m = matcher_new(type, str_of(name), str_of(value), &err);

	assert_non_null(m);
	return m;
}

static void a_second_request_takes_the_index_from_the_cache(void **state)
{
	struct rig r auto_done(rig_done);
	struct matcher *m auto_free(matcher_unref) = matcher_of(MATCH_RE, "instance", "h0[0-5]");
	(void)state;

	rig_init(&r);
	rig_open(&r);
	char *want = ask(&r, (struct matchers){&m, 1}, STR(""));
	store_close(r.store);

	struct index_cache *cache auto_free(index_cache_free) =
	    index_cache_new(&(const struct index_cache_options){
		.max_bytes = 64 << 20, .max_item_bytes = 1 << 20, .clock = &clock_system});
	r.options.requests.index_cache = cache;
	rig_open(&r);
	assert_string_equal(ask(&r, (struct matchers){&m, 1}, STR("")), want);
	r.counting->n_operations = 0;
	assert_string_equal(ask(&r, (struct matchers){&m, 1}, STR("")), want);
	/* Of the two blocks, chunks only: one segment each; the headers are open or come from the
	 * bucket, for there is no folder for them. */
	size_t with_cache = r.counting->n_operations;
	store_close(r.store);
	r.options.requests.index_cache = NULL;
	rig_open(&r);
	ask(&r, (struct matchers){&m, 1}, STR(""));
	r.counting->n_operations = 0;
	ask(&r, (struct matchers){&m, 1}, STR(""));
	assert_true(with_cache + 4 <= r.counting->n_operations);
}

static void postings_that_are_left_out_do_not_change_the_answer(void **state)
{
	static const struct {
		enum matcher_type type;
		const char *name, *value;
	} menu[] = {
	    {MATCH_EQ, "instance", "h00"},      {MATCH_RE, "mode", ".+"},
	    {MATCH_NEQ, "mode", "idle"},        {MATCH_RE, "__name__", ".*_.*"},
	    {MATCH_NRE, "instance", "h0[0-3]"}, {MATCH_EQ, "job", "node"},
	};
	enum { N = sizeof(menu) / sizeof(menu[0]) };
	struct rig r auto_done(rig_done);
	struct matcher *all[N];
	char *want[N * N];
	(void)state;

	rig_init(&r);
	rig_open(&r);
	for (size_t i = 0; i < N; i++)
		all[i] = matcher_of(menu[i].type, menu[i].name, menu[i].value);
	for (size_t i = 0; i < N * N; i++)
		want[i] =
		    ask(&r, (struct matchers){(struct matcher *[]){all[i / N], all[i % N]}, 2},
			STR(""));
	store_close(r.store);
	/* More than no list at all for each series is too many. */
	r.options.requests.thrift =
	    (struct postings_thrift){.assumes_half = true, .max_lists_per_series = 1e-9};
	rig_open(&r);
	for (size_t i = 0; i < N * N; i++)
		assert_string_equal(
		    ask(&r, (struct matchers){(struct matcher *[]){all[i / N], all[i % N]}, 2},
			STR("")),
		    want[i]);
	struct family *groups = metrics_counters(
	    r.metrics, "thanos_bucket_store_lazy_expanded_posting_groups_total", "", "reason");
	assert_true(counter_value(counter_at(groups, "keys_limit")) > 0);
	for (size_t i = 0; i < N; i++)
		matcher_unref(all[i]);
}

/* block_matchers: {__block_id="01A..."}. */
static struct str hints_for_block_a(struct rig *r, const char *message)
{
	struct pb_writer w auto_done(pb_writer_done);

	pb_writer_init(&w, 1 << 20, NULL);
	pb_put_bytes(&w, 3, STR(A));
	pb_put_bytes(&w, 2, STR("__block_id"));
	struct str matcher = arena_str(r->a, pb_written(&w));
	pb_writer_clear(&w);
	pb_put_bytes(&w, 1, matcher);
	struct str value = arena_str(r->a, pb_written(&w));
	pb_writer_clear(&w);
	pb_put_bytes(&w, 2, value);
	pb_put_bytes(&w, 1, str_of(arena_printf(r->a, "type.googleapis.com/hintspb.%s", message)));
	return arena_str(r->a, pb_written(&w));
}

static void hints_choose_blocks(void **state)
{
	struct rig r auto_done(rig_done);
	struct matcher *m auto_free(matcher_unref) = matcher_of(MATCH_EQ, "instance", "h00");
	struct str_list list;
	struct str told = {0};
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r);
	rig_open(&r);
	assert_non_null(strstr(ask(&r, (struct matchers){&m, 1}, STR("")), "cluster=\"us\""));
	char *got = ask(&r, (struct matchers){&m, 1}, hints_for_block_a(&r, "SeriesRequestHints"));
	assert_non_null(strstr(got, "cluster=\"eu\""));
	assert_null(strstr(got, "cluster=\"us\""));

	struct label_request req = {.label = STR("cluster"),
				    .min_t_ms = INT64_MIN,
				    .max_t_ms = INT64_MAX,
				    .hints = hints_for_block_a(&r, "LabelValuesRequestHints"),
				    .answer_hints = &told};
	expect_ok(store_label_values(r.store, NULL, &req, NULL, r.a, &list, &err), err);
	assert_int_equal(list.n, 1);
	expect_str(list.v[0], "eu");
	assert_true(str_find(told, STR("hintspb.LabelValuesResponseHints")) < told.n);
	assert_true(str_find(told, STR(A)) < told.n);
	assert_true(str_find(told, STR(B)) == told.n);
	req.hints = hints_for_block_a(&r, "SeriesRequestHints");
	expect_err(store_label_values(r.store, NULL, &req, NULL, r.a, &list, &err), err,
		   ERR_INVALID, "unmarshal label values request hints");
}

static void a_request_beyond_its_memory_names_its_matchers_and_the_limit(void **state)
{
	struct rig r auto_done(rig_done);
	struct matcher *m auto_free(matcher_unref) = matcher_of(MATCH_RE, "__name__", ".+");
	struct series_request req = {
	    .min_t_ms = INT64_MIN, .max_t_ms = INT64_MAX, .matchers = {&m, 1}, .aggrs = WANT_RAW};
	struct tracker store, request;
	struct err err = ERR_INIT;
	struct series s;
	enum iter_result result = ITER_ERROR;
	(void)state;

	rig_init(&r);
	rig_open(&r);
	tracker_init(&store, NULL, "the store", "--store.max-memory", 4096);
	tracker_init(&request, &store, "the request", "", 0);
	struct series_iter *it = store_series(r.store, NULL, &req, NULL, &request, &err);
	while (it && (result = series_iter_next(it, &s, &err)) == ITER_VALUE)
		;
	series_iter_close(it);
	assert_int_equal(result, ITER_ERROR);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.msg, "{__name__=~\".+\"}: "));
	assert_non_null(strstr(err.msg, "--store.max-memory"));
	assert_int_equal(store.used_bytes, 0);
}

static void what_a_request_touched_is_counted(void **state)
{
	struct rig r auto_done(rig_done);
	struct matcher *m auto_free(matcher_unref) = matcher_of(MATCH_EQ, "instance", "h00");
	(void)state;

	rig_init(&r);
	rig_open(&r);
	ask(&r, (struct matchers){&m, 1}, STR(""));
	struct metric_snapshots all = metrics_gather(r.metrics, r.a);
	size_t n_seen = 0;
	for (size_t i = 0; i < all.n; i++) {
		const struct metric_snapshot *f = &all.v[i];
		if (!str_is(f->name, "thanos_bucket_store_series_data_touched") &&
		    !str_is(f->name, "thanos_bucket_store_series_data_size_fetched_bytes"))
			continue;
		assert_int_equal(f->n_points, 3); /* chunks, postings, series */
		for (size_t k = 0; k < f->n_points; k++) {
			expect_str(f->points[k].label_values[1], "default-tenant");
			assert_true(f->points[k].value > 0);
			n_seen++;
		}
	}
	assert_int_equal(n_seen, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_second_request_takes_the_index_from_the_cache),
	    cmocka_unit_test(postings_that_are_left_out_do_not_change_the_answer),
	    cmocka_unit_test(hints_choose_blocks),
	    cmocka_unit_test(a_request_beyond_its_memory_names_its_matchers_and_the_limit),
	    cmocka_unit_test(what_a_request_touched_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
