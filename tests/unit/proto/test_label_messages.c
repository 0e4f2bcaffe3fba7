#include "proto/label_messages.h"

#include "tests/lib/expect.h"
#include "tests/proto/storepb.pb-c.h"

static const struct str replicas[] = {{"replica", 7}};

struct fixture {
	struct arena *a;
	struct pb_writer w;
	struct matcher *matcher;
	struct label_request full;
};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err;
	f.a = arena_new(NULL);
	pb_writer_init(&f.w, 1 << 20, NULL);
	f.matcher = matcher_new(MATCH_RE, STR("job"), STR("a.*"), &err);
	f.full = (struct label_request){
	    .label = STR("job"),
	    .min_t_ms = -5,
	    .max_t_ms = 5,
	    .matchers = {&f.matcher, 1},
	    .partial_response = PARTIAL_RESPONSE_ABORT,
	    .without_replica_labels = replicas,
	    .n_without_replica_labels = 1,
	    .limit = 9,
	    .hints = STR("\x0a\x03url"),
	};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	matcher_unref(f->matcher);
	pb_writer_done(&f->w);
	arena_free(f->a);
	return 0;
}

static void expect_round_trip(struct fixture *f, enum label_method method, const char *label)
{
	struct label_request got;
	struct err err = ERR_INIT;

	label_request_encode(method, &f->w, &f->full);
	expect_ok(label_request_decode(method, pb_written(&f->w), f->a, &got, &err), err);

	expect_str(got.label, label);
	assert_true(got.min_t_ms == -5 && got.max_t_ms == 5 && got.limit == 9);
	assert_int_equal(got.matchers.n, 1);
	expect_str(matcher_value(got.matchers.v[0]), "a.*");
	assert_int_equal(got.partial_response, PARTIAL_RESPONSE_ABORT);
	assert_int_equal(got.n_without_replica_labels, 1);
	expect_str(got.without_replica_labels[0], "replica");
	assert_true(str_eq(got.hints, f->full.hints));
	label_request_release(&got);
}

static void requests_come_back_as_they_were(void **state)
{
	struct fixture *f = *state;

	expect_round_trip(f, LABEL_VALUES, "job");
	expect_round_trip(f, LABEL_NAMES, ""); /* which has no label */
}

static void the_generated_code_writes_the_same_requests(void **state)
{
	struct fixture *f = *state;
	uint8_t bytes[1000];

	label_request_encode(LABEL_NAMES, &f->w, &f->full);
	struct str ours = pb_written(&f->w);
	Oracle__LabelNamesRequest *names =
	    oracle__label_names_request__unpack(NULL, ours.n, (const uint8_t *)ours.p);
	assert_true(names && names->start == -5 && names->limit == 9);
	assert_int_equal(oracle__label_names_request__pack(names, bytes), ours.n);
	assert_memory_equal(bytes, ours.p, ours.n);
	oracle__label_names_request__free_unpacked(names, NULL);

	label_request_encode(LABEL_VALUES, &f->w, &f->full);
	ours = pb_written(&f->w);
	Oracle__LabelValuesRequest *values =
	    oracle__label_values_request__unpack(NULL, ours.n, (const uint8_t *)ours.p);
	assert_true(values && values->end == 5);
	assert_string_equal(values->label, "job");
	assert_string_equal(values->without_replica_labels[0], "replica");
	assert_int_equal(oracle__label_values_request__pack(values, bytes), ours.n);
	assert_memory_equal(bytes, ours.p, ours.n);
	oracle__label_values_request__free_unpacked(values, NULL);
}

static void responses_come_back_as_they_were(void **state)
{
	struct fixture *f = *state;
	struct str values[] = {STR(""), STR("a"), str_from("b\0c", 3)};
	struct str warnings[] = {STR("careful")};
	struct label_response got, want = {.values = {values, 3, 3},
					   .warnings = {warnings, 1, 1},
					   .hints = STR("\x0a\x03url")};
	struct err err = ERR_INIT;

	label_response_encode(&f->w, &want);
	expect_ok(label_response_decode(pb_written(&f->w), f->a, &got, &err), err);

	assert_int_equal(got.values.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(str_eq(got.values.v[i], values[i]));
	assert_int_equal(got.warnings.n, 1);
	expect_str(got.warnings.v[0], "careful");
	assert_true(str_eq(got.hints, want.hints));
	struct str ours = pb_written(&f->w);
	Oracle__LabelResponse *m =
	    oracle__label_response__unpack(NULL, ours.n, (const uint8_t *)ours.p);
	assert_true(m && m->n_values == 3 && m->n_warnings == 1);
	assert_string_equal(m->hints->type_url, "url");
	oracle__label_response__free_unpacked(m, NULL);
}

static void broken_messages_are_refused(void **state)
{
	struct fixture *f = *state;
	struct label_request request;
	struct label_response response;
	struct err err = ERR_INIT;

	expect_err(label_request_decode(LABEL_NAMES, STR("\x18"), f->a, &request, &err), err,
		   ERR_CORRUPT, "LabelNamesRequest: ");
	expect_err(label_request_decode(LABEL_VALUES, STR("\x0a\x05x"), f->a, &request, &err), err,
		   ERR_CORRUPT, "LabelValuesRequest: ");
	expect_err(label_response_decode(STR("\x0a\x05x"), f->a, &response, &err), err, ERR_CORRUPT,
		   "LabelResponse: ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(requests_come_back_as_they_were),
	    TEST(the_generated_code_writes_the_same_requests),
	    TEST(responses_come_back_as_they_were),
	    TEST(broken_messages_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
