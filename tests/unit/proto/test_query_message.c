#include "proto/query_message.h"

#include "base/buf.h"
#include "tests/lib/expect.h"
#include "tests/lib/histogram_text.h"
#include "tests/proto/querypb.pb-c.h"

struct fixture {
	struct arena *a;
	struct pb_writer w;
	struct query_request req;
};

static int set_up(void **state)
{
	static struct fixture f;
	f = (struct fixture){.a = arena_new(NULL)};
	pb_writer_init(&f.w, 1 << 20, NULL);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	query_request_release(&f->req);
	arena_free(f->a);
	pb_writer_done(&f->w);
	return 0;
}

static struct str packed(struct fixture *f, const ProtobufCMessage *m)
{
	uint8_t *bytes = arena_alloc(f->a, protobuf_c_message_get_packed_size(m) + 1);
	return str_from(bytes, protobuf_c_message_pack(m, bytes));
}

/* --- requests --------------------------------------------------------------------------------- */

static struct str replicas[] = {{"replica", 7}, {"prometheus", 10}};
static struct str shard_labels[] = {{"pod", 3}};

/* All that the wire has room for. */
static struct query_request full_request(bool is_range, struct matchers *stores)
{
	return (struct query_request){
	    .text = STR("sum(up)"),
	    .start_ms = 1700000000000,
	    .end_ms = is_range ? 1700003600000 : 0,
	    .step_ms = is_range ? 30000 : 0,
	    .is_range = is_range,
	    .timeout_ms = 120000,
	    .max_resolution_ms = 300000,
	    .lookback_ms = 60000,
	    .dedup = true,
	    .partial_response = true,
	    .skip_chunks = true,
	    .replica_labels = replicas,
	    .n_replica_labels = 2,
	    .stores = stores,
	    .n_stores = 2,
	    .shard = {.index = 1, .total = 3, .by = true, .labels = shard_labels, .n_labels = 1},
	    .engine = QUERY_ENGINE_THANOS,
	    .batch_size = 64,
	};
}

static struct matchers one_matcher(struct fixture *f, enum matcher_type type, const char *value)
{
	struct err err = ERR_INIT;
	struct matcher **v = ARENA_ARRAY(f->a, struct matcher *, 1);

	v[0] = matcher_new(type, STR("__address__"), str_of(value), &err);
	assert_non_null(v[0]);
	return (struct matchers){.v = v, .n = 1};
}

static void expect_same_request(const struct query_request *got, const struct query_request *want)
{
	assert_true(str_eq(got->text, want->text));
	assert_int_equal(got->start_ms, want->start_ms);
	assert_int_equal(got->end_ms, want->end_ms);
	assert_int_equal(got->step_ms, want->step_ms);
	assert_int_equal(got->is_range, want->is_range);
	assert_int_equal(got->timeout_ms, want->timeout_ms);
	assert_int_equal(got->max_resolution_ms, want->max_resolution_ms);
	assert_int_equal(got->lookback_ms, want->lookback_ms);
	assert_int_equal(got->dedup, want->dedup);
	assert_int_equal(got->partial_response, want->partial_response);
	assert_int_equal(got->skip_chunks, want->skip_chunks);
	assert_int_equal(got->engine, want->engine);
	assert_int_equal(got->batch_size, want->batch_size);
	assert_int_equal(got->n_replica_labels, want->n_replica_labels);
	for (size_t i = 0; i < want->n_replica_labels; i++)
		assert_true(str_eq(got->replica_labels[i], want->replica_labels[i]));
	assert_int_equal(got->shard.index, want->shard.index);
	assert_int_equal(got->shard.total, want->shard.total);
	assert_int_equal(got->shard.n_labels, want->shard.n_labels);
	assert_int_equal(got->n_stores, want->n_stores);
	for (size_t i = 0; i < want->n_stores; i++)
		assert_true(str_eq(matcher_value(got->stores[i].v[0]),
				   matcher_value(want->stores[i].v[0])));
}

static void a_request_is_read_as_it_was_written(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	for (int is_range = 0; is_range < 2; is_range++) {
		struct matchers stores[] = {one_matcher(f, MATCH_EQ, "a:10901"),
					    one_matcher(f, MATCH_RE, "b.*")};
		struct query_request want = full_request(is_range, stores);
		query_request_encode(&f->w, &want);
		struct str message = arena_str(f->a, pb_written(&f->w));

		expect_ok(query_request_decode(is_range ? QUERY_RANGE : QUERY_INSTANT, message,
					       f->a, &f->req, &err),
			  err);

		expect_same_request(&f->req, &want);
		query_request_release(&f->req);
		query_request_release(&want);
	}
}

static void the_fields_are_where_thanos_has_them(void **state)
{
	struct fixture *f = *state;
	struct matchers stores[] = {one_matcher(f, MATCH_EQ, "a"), one_matcher(f, MATCH_NEQ, "b")};
	struct query_request want = full_request(false, stores);

	query_request_encode(&f->w, &want);
	struct str bytes = pb_written(&f->w);
	Oracle__Query__QueryRequest *m =
	    oracle__query__query_request__unpack(NULL, bytes.n, (const uint8_t *)bytes.p);
	assert_non_null(m);
	assert_string_equal(m->query, "sum(up)");
	assert_int_equal(m->time_seconds, 1700000000);
	assert_int_equal(m->timeout_seconds, 120);
	assert_int_equal(m->max_resolution_seconds, 300);
	assert_int_equal(m->lookback_delta_seconds, 60);
	assert_int_equal(m->engine, 2);
	assert_int_equal(m->response_batch_size, 64);
	assert_true(m->enable_dedup && m->enable_partial_response && m->skip_chunks);
	assert_int_equal(m->n_store_matchers, 2);
	assert_int_equal(m->store_matchers[1]->label_matchers[0]->type, 1);
	assert_int_equal(m->shard_info->total_shards, 3);
	oracle__query__query_request__free_unpacked(m, NULL);

	query_request_release(&want);
	want = full_request(true, NULL);
	want.n_stores = 0;
	query_request_encode(&f->w, &want);
	bytes = pb_written(&f->w);
	Oracle__Query__QueryRangeRequest *range =
	    oracle__query__query_range_request__unpack(NULL, bytes.n, (const uint8_t *)bytes.p);
	assert_non_null(range);
	assert_int_equal(range->start_time_seconds, 1700000000);
	assert_int_equal(range->end_time_seconds, 1700003600);
	assert_int_equal(range->interval_seconds, 30);
	assert_int_equal(range->timeout_seconds, 120);
	assert_int_equal(range->response_batch_size, 64);
	assert_int_equal(range->engine, 2);
	oracle__query__query_range_request__free_unpacked(range, NULL);
}

static void a_plan_beside_the_text_is_not_read(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	Oracle__Query__Plan plan = ORACLE__QUERY__PLAN__INIT;
	Oracle__Query__QueryRequest m = ORACLE__QUERY__QUERY_REQUEST__INIT;
	char json[] = "{not json";

	plan.json = (ProtobufCBinaryData){sizeof(json), (uint8_t *)json};
	m.query = (char *)"up";
	m.query_plan = &plan;
	expect_ok(query_request_decode(QUERY_INSTANT, packed(f, &m.base), f->a, &f->req, &err),
		  err);

	expect_str(f->req.text, "up");
	assert_int_equal(f->req.start_ms, 0);
	assert_true(f->req.timeout_ms == INT64_MAX);
}

static void times_before_1970_are_rounded_down(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct query_request req = {.start_ms = -1500, .timeout_ms = 1999};

	query_request_encode(&f->w, &req);
	expect_ok(query_request_decode(QUERY_INSTANT, pb_written(&f->w), f->a, &f->req, &err), err);

	assert_int_equal(f->req.start_ms, -2000);
	assert_int_equal(f->req.timeout_ms, 1000);
}

static void what_nobody_can_mean_is_invalid(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	Oracle__Query__LabelMatcher bad = ORACLE__QUERY__LABEL_MATCHER__INIT;
	Oracle__Query__LabelMatcher good = ORACLE__QUERY__LABEL_MATCHER__INIT;
	Oracle__Query__StoreMatchers list = ORACLE__QUERY__STORE_MATCHERS__INIT;
	Oracle__Query__LabelMatcher *matchers[] = {&good, &bad};
	Oracle__Query__StoreMatchers *lists[] = {&list};
	Oracle__Query__QueryRequest m = ORACLE__QUERY__QUERY_REQUEST__INIT;

	m.time_seconds = INT64_MAX / 100;
	expect_err(query_request_decode(QUERY_INSTANT, packed(f, &m.base), f->a, &f->req, &err),
		   err, ERR_INVALID, "seconds are out of range");
	m.time_seconds = 0;
	m.engine = 3;
	expect_err(query_request_decode(QUERY_INSTANT, packed(f, &m.base), f->a, &f->req, &err),
		   err, ERR_INVALID, "invalid engine parameter");
	m.engine = 0;
	good.type = bad.type = 2;
	good.name = bad.name = (char *)"a";
	good.value = (char *)"b.*";
	bad.value = (char *)"(";
	list.n_label_matchers = 2;
	list.label_matchers = matchers;
	m.n_store_matchers = 1;
	m.store_matchers = lists;
	assert_false(query_request_decode(QUERY_INSTANT, packed(f, &m.base), f->a, &f->req, &err));
	assert_int_equal(err.code, ERR_INVALID);
}

/* --- answers ---------------------------------------------------------------------------------- */

static const struct label labels[] = {LABEL("job", "a"), LABEL("zone", "")};

/* A float at 1 s, histograms at 2 s and 3 s, a float at 4 s. */
static struct query_series mixed_series(struct fixture *f)
{
	static int64_t t_ms[] = {1000, 2000, 3000, 4000};
	static double v[] = {1.5, 0, 0, -0.0};
	struct histogram **hist = ARENA_ARRAY(f->a, struct histogram *, 4);

	hist[1] = histogram_of(f->a, "{{schema:1 sum:5 count:10 z_bucket:1 z_bucket_w:0.5 "
				     "offset:-2 buckets:[1 2 0 3] n_offset:1 n_buckets:[3]}}");
	hist[2] = histogram_of(f->a, "{{schema:-53 sum:5 count:6 custom_values:[1 2.5 10] "
				     "offset:1 buckets:[1 2 3]}}");
	hist[2]->hint = HISTOGRAM_GAUGE;
	return (struct query_series){
	    .labels = {labels, 2},
	    .samples = {.t_ms = t_ms, .v = v, .hist = hist, .n = 4},
	};
}

static void expect_same_series(const struct query_series *got, const struct query_series *want)
{
	const struct samples *g = &got->samples, *w = &want->samples;

	assert_true(labels_eq(got->labels, want->labels));
	assert_int_equal(g->n, w->n);
	for (size_t i = 0; i < w->n; i++) {
		const struct histogram *h = w->hist ? w->hist[i] : NULL;
		assert_int_equal(g->t_ms[i], w->t_ms[i]);
		assert_int_equal(g->hist && g->hist[i], h != NULL);
		if (h) {
			assert_true(histogram_equal(g->hist[i], h));
			assert_int_equal(g->hist[i]->hint, h->hint);
		} else {
			assert_memory_equal(&g->v[i], &w->v[i], sizeof(double));
		}
	}
}

static void floats_and_histograms_come_back_in_their_order(void **state)
{
	struct fixture *f = *state;
	struct query_series want = mixed_series(f);
	struct query_frame got;
	struct err err = ERR_INIT;

	query_frame_encode(&f->w, &want);
	expect_ok(query_frame_decode(pb_written(&f->w), f->a, &got, &err), err);

	assert_int_equal(got.type, QUERY_FRAME_SERIES);
	assert_int_equal(got.n_series, 1);
	expect_same_series(got.series, &want);
}

static void a_batch_is_made_piece_by_piece(void **state)
{
	struct fixture *f = *state;
	struct query_series scalar = {
	    .samples = {.t_ms = (int64_t[]){7}, .v = (double[]){42}, .n = 1}};
	struct query_series mixed = mixed_series(f);
	struct buf batch auto_done(buf_done) = BUF_INIT(1 << 16);
	struct query_frame got;
	struct err err = ERR_INIT;

	query_batch_add(&f->w, &mixed, &batch);
	query_batch_add(&f->w, &scalar, &batch);
	query_batch_encode(&f->w, buf_str(&batch));
	expect_ok(query_frame_decode(pb_written(&f->w), f->a, &got, &err), err);

	assert_int_equal(got.n_series, 2);
	expect_same_series(&got.series[0], &mixed);
	expect_same_series(&got.series[1], &scalar);
}

static void warnings_and_costs_are_messages_too(void **state)
{
	struct fixture *f = *state;
	struct query_frame got;
	struct err err = ERR_INIT;

	query_frame_encode_warning(&f->w, STR("half of it"));
	expect_ok(query_frame_decode(pb_written(&f->w), f->a, &got, &err), err);
	assert_int_equal(got.type, QUERY_FRAME_WARNING);
	expect_str(got.warning, "half of it");

	query_frame_encode_cost(&f->w, &(struct query_cost){12, 3});
	expect_ok(query_frame_decode(pb_written(&f->w), f->a, &got, &err), err);
	assert_int_equal(got.type, QUERY_FRAME_COST);
	assert_int_equal(got.cost.samples_total, 12);
	assert_int_equal(got.cost.samples_peak, 3);

	expect_ok(query_frame_decode((struct str){0}, f->a, &got, &err), err);
	assert_int_equal(got.type, QUERY_FRAME_EMPTY);
}

/* The oracle's series of one histogram. */
static bool decode_histogram(struct fixture *f, Oracle__Query__Histogram *h,
			     struct query_frame *out, struct err *err)
{
	Oracle__Query__TimeSeries series = ORACLE__QUERY__TIME_SERIES__INIT;
	Oracle__Query__QueryResponse m = ORACLE__QUERY__QUERY_RESPONSE__INIT;

	series.histograms = &h;
	series.n_histograms = 1;
	m.result_case = ORACLE__QUERY__QUERY_RESPONSE__RESULT_TIMESERIES;
	m.timeseries = &series;
	return query_frame_decode(packed(f, &m.base), f->a, out, err);
}

static void counts_may_come_as_differences_of_whole_numbers(void **state)
{
	struct fixture *f = *state;
	Oracle__Query__BucketSpan spans[] = {ORACLE__QUERY__BUCKET_SPAN__INIT,
					     ORACLE__QUERY__BUCKET_SPAN__INIT};
	Oracle__Query__BucketSpan *both[] = {&spans[0], &spans[1]};
	int64_t deltas[] = {3, -2, 4};
	Oracle__Query__Histogram h = ORACLE__QUERY__HISTOGRAM__INIT;
	struct query_frame got;
	struct err err = ERR_INIT;

	spans[0].offset = -1;
	spans[0].length = 2;
	spans[1].offset = 3;
	spans[1].length = 1;
	h.count_case = ORACLE__QUERY__HISTOGRAM__COUNT_COUNT_INT;
	h.count_int = 9;
	h.sum = 7.5;
	h.positive_spans = both;
	h.n_positive_spans = 2;
	h.positive_deltas = deltas;
	h.n_positive_deltas = 3;
	h.timestamp = 11;
	expect_ok(decode_histogram(f, &h, &got, &err), err);

	const struct samples *s = &got.series->samples;
	assert_int_equal(s->t_ms[0], 11);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	histogram_format(&text, s->hist[0]);
	expect_str(buf_str(&text), "{count:9, sum:7.5, (0.25,0.5]:3, (0.5,1]:1, (8,16]:5}");
}

static void a_histogram_that_cannot_be_is_corrupt(void **state)
{
	struct fixture *f = *state;
	double counts[] = {1, 2};
	double bounds[] = {2, 1};
	struct query_frame got;
	struct err err = ERR_INIT;
	static const struct {
		int32_t schema, offset;
		uint32_t length;
		size_t n_counts;
		const char *want;
	} cases[] = {
	    {9, 0, 2, 2, "no schema 9"},
	    {0, 0, 3, 2, "as many counts as buckets"},
	    {0, 0, UINT32_MAX, 2, "more buckets than counts"},
	    {0, INT32_MAX, 2, 2, "beyond all numbers"},
	    {-53, -1, 2, 2, "below the first"},
	    {-53, 2, 2, 2, "without bounds"},
	    {-53, 0, 2, 2, "bounds do not ascend"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		Oracle__Query__BucketSpan span = ORACLE__QUERY__BUCKET_SPAN__INIT;
		Oracle__Query__BucketSpan *spans[] = {&span};
		Oracle__Query__Histogram h = ORACLE__QUERY__HISTOGRAM__INIT;
		h.schema = cases[i].schema;
		span.offset = cases[i].offset;
		span.length = cases[i].length;
		h.positive_spans = spans;
		h.n_positive_spans = 1;
		h.positive_counts = counts;
		h.n_positive_counts = cases[i].n_counts;
		h.custom_values = bounds;
		h.n_custom_values = 2;
		expect_err(decode_histogram(f, &h, &got, &err), err, ERR_CORRUPT, cases[i].want);
	}
}

static void times_that_do_not_ascend_are_corrupt(void **state)
{
	struct fixture *f = *state;
	struct query_series s = {
	    .samples = {.t_ms = (int64_t[]){2, 2}, .v = (double[]){1, 2}, .n = 2}};
	struct query_frame got;
	struct err err = ERR_INIT;

	query_frame_encode(&f->w, &s);
	expect_err(query_frame_decode(pb_written(&f->w), f->a, &got, &err), err, ERR_CORRUPT,
		   "times do not ascend");
}

/* protobuf-c finds in our bytes what we put in. */
static void the_generated_code_reads_what_we_write(void **state)
{
	struct fixture *f = *state;
	struct query_series mixed = mixed_series(f);

	query_frame_encode(&f->w, &mixed);
	struct str bytes = pb_written(&f->w);
	Oracle__Query__QueryResponse *m =
	    oracle__query__query_response__unpack(NULL, bytes.n, (const uint8_t *)bytes.p);
	assert_non_null(m);
	assert_int_equal(m->result_case, ORACLE__QUERY__QUERY_RESPONSE__RESULT_TIMESERIES);
	assert_int_equal(m->timeseries->n_samples, 2);
	assert_int_equal(m->timeseries->n_histograms, 2);
	const Oracle__Query__Histogram *h = m->timeseries->histograms[0];
	assert_int_equal(h->count_case, ORACLE__QUERY__HISTOGRAM__COUNT_COUNT_FLOAT);
	assert_int_equal(h->n_positive_counts, 4);
	assert_int_equal(h->positive_spans[0]->offset, -2);
	assert_int_equal(h->negative_spans[0]->offset, 1);
	assert_int_equal(m->timeseries->histograms[1]->reset_hint, 3);
	assert_int_equal(m->timeseries->histograms[1]->n_custom_values, 3);
	oracle__query__query_response__free_unpacked(m, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_request_is_read_as_it_was_written),
	    TEST(the_fields_are_where_thanos_has_them),
	    TEST(a_plan_beside_the_text_is_not_read),
	    TEST(times_before_1970_are_rounded_down),
	    TEST(what_nobody_can_mean_is_invalid),
	    TEST(floats_and_histograms_come_back_in_their_order),
	    TEST(a_batch_is_made_piece_by_piece),
	    TEST(warnings_and_costs_are_messages_too),
	    TEST(counts_may_come_as_differences_of_whole_numbers),
	    TEST(a_histogram_that_cannot_be_is_corrupt),
	    TEST(times_that_do_not_ascend_are_corrupt),
	    TEST(the_generated_code_reads_what_we_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
