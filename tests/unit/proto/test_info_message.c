#include "proto/info_message.h"

#include "tests/lib/expect.h"

static void an_announcement_comes_back_as_it_was(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(10000);
	struct err err = ERR_INIT;
	struct labels eu = LABELS(LABEL("region", "eu"), LABEL("replica", "1"));
	struct tsdb_info tsdbs[] = {{.labels = eu, .min_t_ms = -1, .max_t_ms = 5}, {.min_t_ms = 7}};
	struct store_info want = {
	    .component = "sidecar",
	    .min_t_ms = INT64_MIN,
	    .max_t_ms = INT64_MAX,
	    .label_sets = (struct labels[]){eu, {0}},
	    .n_label_sets = 2,
	    .tsdbs = tsdbs,
	    .n_tsdbs = 2,
	    .supports_without_replica_labels = true,
	    .has_store = true,
	    .has_rules = true,
	    .has_exemplars = true,
	    .exemplars_min_t_ms = 3,
	    .exemplars_max_t_ms = 4,
	};
	struct store_info got;
	(void)state;

	info_encode(&want, a, &out);
	expect_ok(info_decode(buf_str(&out), a, &got, &err), err);

	assert_string_equal(got.component, "sidecar");
	assert_true(got.min_t_ms == INT64_MIN && got.max_t_ms == INT64_MAX);
	assert_int_equal(got.n_label_sets, 2);
	assert_true(labels_eq(got.label_sets[0], eu));
	assert_int_equal(got.label_sets[1].n, 0);
	assert_int_equal(got.n_tsdbs, 2);
	assert_true(labels_eq(got.tsdbs[0].labels, eu));
	assert_true(got.tsdbs[0].min_t_ms == -1 && got.tsdbs[0].max_t_ms == 5);
	assert_true(got.has_store && got.has_rules && got.has_exemplars);
	assert_false(got.has_metadata || got.has_targets || got.has_query || got.has_status);
	assert_true(got.supports_without_replica_labels && !got.supports_sharding);
	assert_true(got.exemplars_min_t_ms == 3 && got.exemplars_max_t_ms == 4);
}

static void an_api_without_details_is_a_present_empty_field(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(10000);
	struct store_info info = {.component = "rule",
				  .has_store = true,
				  .has_rules = true,
				  .has_metadata = true,
				  .has_targets = true,
				  .has_query = true,
				  .has_status = true};
	(void)state;

	info_encode(&info, a, &out);

	/* component_type 2, then the fields 3, 4, 5, 6, 8, 9 with no bytes */
	static const char want[] = "\x12\x04rule\x1a\x00\x22\x00\x2a\x00\x32\x00\x42\x00\x4a\x00";
	assert_int_equal(out.n, sizeof(want) - 1);
	assert_memory_equal(out.p, want, out.n);
}

static void the_labels_of_a_tsdb_are_sent_even_when_there_are_none(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(10000);
	struct tsdb_info tsdb = {.min_t_ms = 1, .max_t_ms = 2};
	struct store_info info = {.has_store = true, .tsdbs = &tsdb, .n_tsdbs = 1};
	(void)state;

	info_encode(&info, a, &out);

	static const char want[] = "\x1a\x08\x32\x06\x0a\x00\x10\x01\x18\x02";
	assert_int_equal(out.n, sizeof(want) - 1);
	assert_memory_equal(out.p, want, out.n);
}

static void broken_bytes_are_refused(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_info got;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(info_decode(STR("\x0a\x7f"), a, &got, &err), err, ERR_CORRUPT, "InfoResponse");
	expect_err(info_decode(STR("\x0a\x0a\x0a\x03\x0a\x01x\x0a\x03\x0a\x01x"), a, &got, &err),
		   err, ERR_CORRUPT, "a label name occurs twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_announcement_comes_back_as_it_was),
	    cmocka_unit_test(an_api_without_details_is_a_present_empty_field),
	    cmocka_unit_test(the_labels_of_a_tsdb_are_sent_even_when_there_are_none),
	    cmocka_unit_test(broken_bytes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
