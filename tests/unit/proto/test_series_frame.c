#include "proto/series_frame.h"

#include "tests/lib/expect.h"
#include "tests/proto/storepb.pb-c.h"

#define DATA(bytes) (const uint8_t *)(bytes), sizeof(bytes) - 1

static const struct chunk_data aggrs[AGGR_N] = {
    [AGGR_COUNT] = {DATA("count"), CHUNK_XOR, 7},
    [AGGR_SUM] = {DATA("sum"), CHUNK_XOR, 0},
    [AGGR_COUNTER] = {DATA("counter"), CHUNK_XOR, 0},
};
static const struct chunk chunks[] = {
    {.min_t_ms = -5, .max_t_ms = 10, .raw = {DATA("first"), CHUNK_XOR, UINT64_MAX}},
    {.min_t_ms = 11, .max_t_ms = 20, .raw = {DATA("a\0b"), CHUNK_FLOAT_HISTOGRAM, 0}},
    {.min_t_ms = 21, .max_t_ms = INT64_MAX, .aggrs = aggrs},
};
static const struct label labels[] = {LABEL("__name__", "up"), LABEL("job", "a"), LABEL("z", "")};
static const struct series up = {.labels = {labels, 3}, .chunks = chunks, .n_chunks = 3};
static const struct label other_labels[] = {LABEL("__name__", "down")};
static const struct series down = {.labels = {other_labels, 1}};

struct fixture {
	struct arena *a;
	struct pb_writer w;
};

static int set_up(void **state)
{
	static struct fixture f;
	f.a = arena_new(NULL);
	pb_writer_init(&f.w, 1 << 20, NULL);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_free(f->a);
	pb_writer_done(&f->w);
	return 0;
}

static void expect_chunk_data(const struct chunk_data *got, const struct chunk_data *want)
{
	assert_int_equal(got->data == NULL, want->data == NULL);
	if (!want->data)
		return;
	assert_int_equal(got->size_bytes, want->size_bytes);
	assert_memory_equal(got->data, want->data, want->size_bytes);
	assert_int_equal(got->encoding, want->encoding);
	assert_true(got->hash == want->hash);
}

static void expect_series(const struct series *got, const struct series *want)
{
	assert_true(labels_eq(got->labels, want->labels));
	assert_int_equal(got->n_chunks, want->n_chunks);
	for (size_t i = 0; i < want->n_chunks; i++) {
		assert_true(got->chunks[i].min_t_ms == want->chunks[i].min_t_ms);
		assert_true(got->chunks[i].max_t_ms == want->chunks[i].max_t_ms);
		expect_chunk_data(&got->chunks[i].raw, &want->chunks[i].raw);
		assert_int_equal(got->chunks[i].aggrs == NULL, want->chunks[i].aggrs == NULL);
		for (int k = 0; want->chunks[i].aggrs && k < AGGR_N; k++)
			expect_chunk_data(&got->chunks[i].aggrs[k], &want->chunks[i].aggrs[k]);
	}
}

static void a_series_comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;

	series_frame_encode(&f->w, &up);
	expect_ok(series_frame_decode(pb_written(&f->w), f->a, &frame, &err), err);

	assert_int_equal(frame.type, SERIES_FRAME_SERIES);
	assert_int_equal(frame.n_series, 1);
	expect_series(&frame.series[0], &up);
}

static void a_batch_comes_back_in_order(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;

	series_frame_encode_batch(&f->w, (struct series[]){down, up, down}, 3);
	expect_ok(series_frame_decode(pb_written(&f->w), f->a, &frame, &err), err);

	assert_int_equal(frame.n_series, 3);
	expect_series(&frame.series[0], &down);
	expect_series(&frame.series[1], &up);
	expect_series(&frame.series[2], &down);
}

static void a_batch_made_piece_by_piece_has_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	struct buf batch = BUF_INIT(10000);

	series_frame_encode_batch(&f->w, (struct series[]){down, up}, 2);
	struct str want = arena_str(f->a, pb_written(&f->w));
	series_batch_add(&f->w, &down, &batch);
	series_batch_add(&f->w, &up, &batch);
	series_batch_encode(&f->w, buf_str(&batch));

	assert_true(str_eq(pb_written(&f->w), want));
	buf_done(&batch);
}

static void warnings_and_hints_come_back_as_text(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;

	series_frame_encode_warning(&f->w, STR("store a: gone"));
	expect_ok(series_frame_decode(pb_written(&f->w), f->a, &frame, &err), err);
	assert_int_equal(frame.type, SERIES_FRAME_WARNING);
	expect_str(frame.text, "store a: gone");

	series_frame_encode_hints(&f->w, STR("any"));
	expect_ok(series_frame_decode(pb_written(&f->w), f->a, &frame, &err), err);
	assert_int_equal(frame.type, SERIES_FRAME_HINTS);
	expect_str(frame.text, "any");
}

static void the_generated_code_writes_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	uint8_t bytes[1000];

	series_frame_encode(&f->w, &up);
	struct str ours = pb_written(&f->w);
	Oracle__SeriesResponse *m =
	    oracle__series_response__unpack(NULL, ours.n, (const uint8_t *)ours.p);
	assert_non_null(m);

	assert_int_equal(m->result_case, ORACLE__SERIES_RESPONSE__RESULT_SERIES);
	assert_int_equal(m->series->n_labels, 3);
	assert_string_equal(m->series->labels[1]->value, "a");
	assert_int_equal(m->series->chunks[1]->raw->type, ORACLE__CHUNK__ENCODING__FLOAT_HISTOGRAM);
	assert_int_equal(m->series->chunks[2]->counter->data.len, 7);
	assert_null(m->series->chunks[2]->min);
	assert_int_equal(oracle__series_response__get_packed_size(m), ours.n);
	oracle__series_response__pack(m, bytes);
	assert_memory_equal(bytes, ours.p, ours.n);
	oracle__series_response__free_unpacked(m, NULL);
}

/* One byte of length or two, for the parts and for the whole; and no part at all. */
static void labels_of_any_length_have_the_bytes_of_the_generated_code(void **state)
{
	static const size_t lengths[] = {0, 1, 61, 62, 63, 121, 122, 127, 128, 300, 20000};
	enum { N = sizeof(lengths) / sizeof(lengths[0]) };
	struct fixture *f = *state;
	char *text = arena_calloc(f->a, 1, 20000);
	struct series_frame frame;
	struct err err = ERR_INIT;
	memset(text, 'x', 20000);

	for (size_t i = 0; i < N * N; i++) {
		struct label label = {str_from(text, lengths[i / N]),
				      str_from(text, lengths[i % N])};
		struct series s = {.labels = {&label, 1}};
		series_frame_encode(&f->w, &s);
		struct str ours = pb_written(&f->w);
		Oracle__SeriesResponse *m =
		    oracle__series_response__unpack(NULL, ours.n, (const uint8_t *)ours.p);
		assert_non_null(m);
		assert_int_equal(strlen(m->series->labels[0]->name), label.name.n);
		assert_int_equal(strlen(m->series->labels[0]->value), label.value.n);
		uint8_t *bytes = arena_alloc(f->a, ours.n);
		assert_int_equal(oracle__series_response__pack(m, bytes), ours.n);
		assert_memory_equal(bytes, ours.p, ours.n);
		oracle__series_response__free_unpacked(m, NULL);
		expect_ok(series_frame_decode(ours, f->a, &frame, &err), err);
		assert_true(labels_eq(frame.series[0].labels, s.labels));
	}
}

static void unknown_fields_are_skipped(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;
	/* varint 9, fixed64 10, group 11 {}, and field 1 with the wrong type, around a warning */
	static const char message[] = "\x48\x05\x51"
				      "12345678"
				      "\x5b\x5c\x08\x01\x12\x02hi";

	expect_ok(series_frame_decode(str_from(message, sizeof(message) - 1), f->a, &frame, &err),
		  err);

	assert_int_equal(frame.type, SERIES_FRAME_WARNING);
	expect_str(frame.text, "hi");
}

static void of_several_results_the_last_counts(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;

	expect_ok(series_frame_decode(STR("\x12\x01x\x12\x02hi"), f->a, &frame, &err), err);
	expect_str(frame.text, "hi");
	expect_ok(series_frame_decode(STR(""), f->a, &frame, &err), err);
	assert_int_equal(frame.type, SERIES_FRAME_EMPTY);
}

static void a_chunk_without_data_is_there_and_empty(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;
	/* series { chunks { raw {} } } */
	expect_ok(series_frame_decode(STR("\x0a\x04\x12\x02\x1a\x00"), f->a, &frame, &err), err);

	assert_int_equal(frame.series[0].n_chunks, 1);
	assert_non_null(frame.series[0].chunks[0].raw.data);
	assert_int_equal(frame.series[0].chunks[0].raw.size_bytes, 0);
	assert_int_equal(frame.series[0].chunks[0].raw.encoding, CHUNK_XOR);
}

static void a_chunk_sent_in_two_parts_is_one(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;
	/* chunks { raw { type 2 } raw { data "x" } } */
	static const char message[] = "\x0a\x0b\x12\x09\x1a\x02\x08\x02\x1a\x03\x12\x01x";

	expect_ok(series_frame_decode(str_from(message, sizeof(message) - 1), f->a, &frame, &err),
		  err);

	assert_int_equal(frame.series[0].chunks[0].raw.encoding, CHUNK_FLOAT_HISTOGRAM);
	assert_int_equal(frame.series[0].chunks[0].raw.size_bytes, 1);
}

static void labels_that_come_in_disorder_are_sorted(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;
	struct series s = {.labels = LABELS(LABEL("b", "1"), LABEL("a", "2"))};

	series_frame_encode(&f->w, &s);
	expect_ok(series_frame_decode(pb_written(&f->w), f->a, &frame, &err), err);
	expect_str(frame.series[0].labels.v[0].name, "a");

	s.labels = LABELS(LABEL("b", "1"), LABEL("b", "2"));
	series_frame_encode(&f->w, &s);
	expect_err(series_frame_decode(pb_written(&f->w), f->a, &frame, &err), err, ERR_CORRUPT,
		   "Series: a label name occurs twice");
}

static void an_unknown_chunk_type_is_refused(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct err err = ERR_INIT;

	expect_err(series_frame_decode(STR("\x0a\x06\x12\x04\x1a\x02\x08\x03"), f->a, &frame, &err),
		   err, ERR_CORRUPT, "Chunk: type 3 is unknown");
}

static void an_array_that_the_budget_does_not_allow_is_not_made(void **state)
{
	struct fixture *f = *state;
	struct series_frame frame;
	struct tracker t;
	struct err err = ERR_INIT;
	/* series { 100,000 x labels {} }: 200 KB that stand for 3.2 MB */
	enum { N = 100000 };

	size_t mark = pb_message_end(&f->w);
	for (int i = 0; i < N; i++)
		pb_put_bytes(&f->w, 1, STR(""));
	pb_message_begin(&f->w, 1, mark);
	tracker_init(&t, NULL, "the query", "--query.max-memory", 1 << 20);
	struct arena *a = arena_new(&t);

	expect_err(series_frame_decode(pb_written(&f->w), a, &frame, &err), err, ERR_LIMIT,
		   "--query.max-memory");
	assert_true(t.peak_bytes < 1 << 20);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_series_comes_back_as_it_was, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_batch_comes_back_in_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_batch_made_piece_by_piece_has_the_same_bytes, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(warnings_and_hints_come_back_as_text, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(the_generated_code_writes_the_same_bytes, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(
		labels_of_any_length_have_the_bytes_of_the_generated_code, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(unknown_fields_are_skipped, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(of_several_results_the_last_counts, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_chunk_without_data_is_there_and_empty, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(a_chunk_sent_in_two_parts_is_one, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(labels_that_come_in_disorder_are_sorted, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(an_unknown_chunk_type_is_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_array_that_the_budget_does_not_allow_is_not_made,
					    set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
