#include "codec/json.h"

#include "tests/lib/expect.h"

static const char document[] =
    "{\n"
    "\t\"version\": 1,\n"
    "\t\"thanos\": {\"labels\": {\"a\": \"1\"}, \"sizes\": [5, 6.5, null]},\n"
    "\t\"none\": null,\n"
    "\t\"twice\": 1, \"twice\": 2\n"
    "}";

static const struct json *parse(struct arena *a, const char *text)
{
	struct err err = ERR_INIT;
	const struct json *root = NULL;
	expect_ok(json_parse(str_of(text), a, &root, &err), err);
	return root;
}

static void members_are_found_by_their_key(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct json *root = parse(a, document);
	struct err err = ERR_INIT;
	int64_t version = 0, twice = 0;
	struct str label = {0};
	(void)state;

	expect_ok(json_to_i64(json_get(root, "version"), &version, &err), err);
	expect_ok(json_to_i64(json_get(root, "twice"), &twice, &err), err);
	const struct json *labels = json_get(json_get(root, "thanos"), "labels");
	expect_ok(json_to_str(json_get(labels, "a"), &label, &err), err);

	assert_int_equal(version, 1);
	assert_int_equal(twice, 2);
	expect_str(label, "1");
}

static void what_is_absent_or_null_leaves_its_target_alone(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct json *root = parse(a, document);
	struct err err = ERR_INIT;
	int64_t i = 7;
	bool b = true;
	double f = 1.5;
	(void)state;

	assert_null(json_get(root, "none"));
	assert_null(json_get(json_get(root, "absent"), "deeper"));
	assert_null(json_get(json_get(root, "version"), "deeper"));
	expect_ok(json_to_i64(json_get(root, "none"), &i, &err), err);
	expect_ok(json_to_bool(json_get(root, "absent"), &b, &err), err);
	const struct json *sizes = json_get(json_get(root, "thanos"), "sizes");
	assert_int_equal(sizes->n, 3);
	expect_ok(json_to_f64(sizes->first->next->next, &f, &err), err);

	assert_true(i == 7 && b && f == 1.5);
}

static void a_wrong_type_is_told_with_its_place(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct json *root = parse(a, document);
	struct err err = ERR_INIT;
	struct str s;
	int64_t i;
	(void)state;

	expect_err(json_to_str(json_get(root, "version"), &s, &err), err, ERR_INVALID,
		   "line 2, column 13: .version: want a string, found a number");
	const struct json *sizes = json_get(json_get(root, "thanos"), "sizes");
	expect_err(json_to_i64(sizes->first->next, &i, &err), err, ERR_INVALID,
		   ".thanos.sizes[1]: want a whole number of 64 bits, found 6.5");
	expect_err(json_is(sizes, JSON_OBJECT, &err), err, ERR_INVALID,
		   ".thanos.sizes: want an object, found an array");
}

static void strict_readers_can_demand_and_refuse_members(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct json *root = parse(a, document);
	const struct json *found = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(json_require(root, "version", &found, &err), err);
	expect_err(json_require(root, "none", &found, &err), err, ERR_INVALID,
		   "line 1, column 1: \"none\" is missing");
	const char *const all[] = {"version", "thanos", "none", "twice", NULL};
	expect_ok(json_only_keys(root, all, &err), err);
	expect_err(json_only_keys(root, all + 1, &err), err, ERR_INVALID,
		   "line 2, column 13: .version: unknown field \"version\"");
}

static void broken_text_is_refused(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct json *root = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(json_parse(STR("{\"a\": [1, }"), a, &root, &err), err, ERR_INVALID,
		   "line 1, column 11: .a[1]: want a value, found '}'");
	expect_err(json_parse(STR(""), a, &root, &err), err, ERR_INVALID, "the end of the text");
	assert_null(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(members_are_found_by_their_key),
	    cmocka_unit_test(what_is_absent_or_null_leaves_its_target_alone),
	    cmocka_unit_test(a_wrong_type_is_told_with_its_place),
	    cmocka_unit_test(strict_readers_can_demand_and_refuse_members),
	    cmocka_unit_test(broken_text_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
