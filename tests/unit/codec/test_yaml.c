#include "codec/yaml.h"

#include "base/buf.h"
#include "tests/lib/expect.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

static struct yaml_node *parse(struct arena *a, const char *text)
{
	struct err err = ERR_INIT;
	struct yaml_node *root = NULL;
	expect_ok(yaml_parse(str_of(text), a, &root, &err), err);
	return root;
}

static void expect_refused(struct str text, enum err_code code, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct yaml_node *root;
	expect_err(yaml_parse(text, a, &root, &err), err, code, want);
}

/* --- the tree -----------------------------------------------------------------------------------
 */

static void a_document_becomes_a_tree_with_line_numbers(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct yaml_node *root = parse(a, "type: S3\n"
					  "config:\n"
					  "  bucket: \"a b\"\n"
					  "  hosts: [x, y]\n");

	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->n, 2);
	expect_str(root->entries[0].key->text, "type");
	struct yaml_node *config = yaml_get(root, "config");
	assert_int_equal(config->line, 3);
	expect_str(yaml_get(config, "bucket")->text, "a b");
	assert_false(yaml_get(config, "bucket")->is_plain);
	struct yaml_node *hosts = yaml_get(config, "hosts");
	assert_int_equal(hosts->kind, YAML_LIST);
	assert_int_equal(hosts->line, 4);
	expect_str(hosts->items[1]->text, "y");
	assert_null(yaml_get(config, "absent"));
	assert_null(yaml_get(hosts, "x"));
}

static void an_empty_document_is_null(void **state)
{
	static const char *const texts[] = {"", "# nothing\n", "---\n", "~", "null"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		assert_true(yaml_is_null(parse(a, texts[i])));
	}
}

static void only_the_first_document_is_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct yaml_node *root = parse(a, "a: 1\n---\nb: 2\n");

	assert_int_equal(root->n, 1);
}

static void aliases_and_merges_are_resolved(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct yaml_node *root = parse(a, "x: &x {a: 1, b: 2}\n"
					  "y: &y {b: 3, c: 4}\n"
					  "both: {<<: [*x, *y], c: 5, d: 6}\n"
					  "one: {b: 7, <<: *x}\n"
					  "same: *x\n");

	struct yaml_node *both = yaml_get(root, "both");
	assert_int_equal(both->n, 4);
	expect_str(yaml_get(both, "a")->text, "1");
	expect_str(yaml_get(both, "b")->text, "2");
	expect_str(yaml_get(both, "c")->text, "5");
	expect_str(yaml_get(both, "d")->text, "6");
	expect_str(yaml_get(yaml_get(root, "one"), "b")->text, "7");
	assert_ptr_equal(yaml_get(root, "same"), yaml_get(root, "x"));
}

static void broken_documents_are_refused_with_their_line(void **state)
{
	(void)state;
	expect_refused(STR("a: 1\nb: [1, 2\nc: 3\n"), ERR_INVALID, "line 3: did not find expected");
	expect_refused(STR("a: 1\n\tb: 2\n"), ERR_INVALID, "line 2: found a tab character");
	expect_refused(STR("a: 1\nb: 2\na: 3\n"), ERR_INVALID,
		       "line 3: key \"a\" already set in map");
	expect_refused(STR("b: *nowhere\n"), ERR_INVALID,
		       "line 1: unknown anchor 'nowhere' referenced");
	expect_refused(STR("a: &a [*a]\n"), ERR_INVALID, "unknown anchor 'a' referenced");
	expect_refused(STR("a: 1\n[b]: 2\n"), ERR_INVALID, "line 2: invalid map key");
	expect_refused(STR("a:\n  <<: 5\n"), ERR_INVALID, "line 2: map merge requires map");
	expect_refused(STR("a: \xff\n"), ERR_INVALID, "line 1: ");
}

/* --- hostile documents must cost nothing ---------------------------------------------------------
 */

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void deep_nesting_is_refused_at_once(void **state)
{
	static const char *const units[] = {"[", "{", "- ", "? ", "[{a: ", "{a: "};
	enum { SIZE = 200000 };
	char *text = malloc(SIZE);
	(void)state;

	double start = seconds();
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i]);
		for (size_t k = 0; k + n <= SIZE; k += n)
			memcpy(text + k, units[i], n);
		expect_refused(str_from(text, SIZE / n * n), ERR_LIMIT,
			       "nested more than 100 deep");
	}

	/* libyaml alone takes a minute for each. */
	assert_true(seconds() - start < 5);
	free(text);
}

static void aliases_that_multiply_are_refused(void **state)
{
	struct buf text = BUF_INIT(100000);
	(void)state;

	buf_puts(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 30; i++) {
		buf_printf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_printf(&text, "%s*a%d", k ? ", " : "", i - 1);
		buf_puts(&text, "]\n");
	}

	expect_refused(buf_str(&text), ERR_LIMIT, "line 7: document contains excessive aliasing");
	buf_done(&text);
}

static void aliases_that_nest_count_as_what_they_stand_for(void **state)
{
	struct buf text = BUF_INIT(100000);
	(void)state;

	buf_puts(&text, "a0: &a0 x\n");
	for (int i = 1; i < 200; i++)
		buf_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);

	/* a99 is 99 deep, below the map. */
	expect_refused(buf_str(&text), ERR_LIMIT, "line 101: nested more than 100 deep");
	buf_done(&text);
}

static void a_document_too_large_is_not_read(void **state)
{
	(void)state;
	expect_refused(str_from("a", (size_t)YAML_MAX_BYTES + 1), ERR_LIMIT, "bytes of YAML");
}

/* --- scalars
 * -------------------------------------------------------------------------------------- */

static void booleans_follow_go(void **state)
{
	static const char *const trues[] = {"true", "True", "TRUE", "yes", "Yes", "y", "on", "ON"};
	static const char *const falses[] = {"false", "no", "NO", "n", "off", "Off"};
	static const char *const neither[] = {"tRue", "1", "'true'", "\"yes\"", "!!str true", "[]"};
	(void)state;

	for (size_t i = 0; i < sizeof(trues) / sizeof(trues[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		bool v = false;
		expect_ok(yaml_to_bool(parse(a, trues[i]), &v, &err), err);
		assert_true(v);
	}
	for (size_t i = 0; i < sizeof(falses) / sizeof(falses[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		bool v = true;
		expect_ok(yaml_to_bool(parse(a, falses[i]), &v, &err), err);
		assert_false(v);
	}
	for (size_t i = 0; i < sizeof(neither) / sizeof(neither[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		bool v;
		expect_err(yaml_to_bool(parse(a, neither[i]), &v, &err), err, ERR_INVALID,
			   "line 1: cannot unmarshal !!");
	}
}

static void integers_follow_go(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = {
	    {"0", 0},
	    {"-12", -12},
	    {"+12", 12},
	    {"1_000_000", 1000000},
	    {"0x1F", 31},
	    {"0b101", 5},
	    {"0o17", 15},
	    {"017", 15},
	    {"-0x10", -16},
	    {"08", 8},
	    {"1e3", 1000},
	    {"2.0", 2},
	    {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775808", INT64_MIN},
	};
	static const char *const bad[] = {"9223372036854775808",
					  "1.5",
					  "abc",
					  "'5'",
					  "0x",
					  "0b2",
					  "1e30",
					  ".",
					  "-",
					  "[1]",
					  "true"};
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		int64_t v = 99;
		expect_ok(yaml_to_i64(parse(a, good[i].text), &v, &err), err);
		assert_true(v == good[i].value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		int64_t v;
		if (yaml_to_i64(parse(a, bad[i]), &v, &err))
			fail_msg("accepted %s", bad[i]);
	}
}

static void unsigned_integers_reach_further(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	uint64_t v = 0;
	(void)state;

	expect_ok(yaml_to_u64(parse(a, "18446744073709551615"), &v, &err), err);
	assert_true(v == UINT64_MAX);
	expect_err(yaml_to_u64(parse(a, "-1"), &v, &err), err, ERR_INVALID,
		   "cannot unmarshal !!int `-1` into uint");
}

static void floats_follow_go(void **state)
{
	static const struct {
		const char *text;
		double value;
	} good[] = {{"1", 1},           {"-1.5", -1.5},
		    {".5", .5},         {"5.", 5},
		    {"1e-3", 1e-3},     {"+1.5E+2", 150},
		    {".inf", INFINITY}, {"-.INF", -INFINITY},
		    {"1_0.5", 10.5},    {"18446744073709551615", 0x1p64}};
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		double v = 99;
		expect_ok(yaml_to_f64(parse(a, good[i].text), &v, &err), err);
		assert_true(v == good[i].value);
	}
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	double v = 0;
	expect_ok(yaml_to_f64(parse(a, ".NaN"), &v, &err), err);
	assert_true(isnan(v));
	expect_err(yaml_to_f64(parse(a, "inf"), &v, &err), err, ERR_INVALID,
		   "cannot unmarshal !!str `inf` into float64");
}

static void durations_are_gos_and_numbers_are_nanoseconds(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	int64_t ns = 0;
	(void)state;

	expect_ok(yaml_decode_duration(parse(a, "1m500ms"), a, &ns, &err), err);
	assert_int_equal(ns, 60500 * INT64_C(1000000));
	expect_ok(yaml_decode_duration(parse(a, "-1s"), a, &ns, &err), err);
	assert_int_equal(ns, -1000 * INT64_C(1000000));
	expect_ok(yaml_decode_duration(parse(a, "500"), a, &ns, &err), err);
	assert_int_equal(ns, 500);
	expect_err(yaml_decode_duration(parse(a, "1d"), a, &ns, &err), err, ERR_INVALID,
		   "line 1: cannot unmarshal !!str `1d` into time.Duration");
	expect_err(yaml_decode_duration(parse(a, "[1s]"), a, &ns, &err), err, ERR_INVALID,
		   "cannot unmarshal !!seq into time.Duration");
	expect_err(yaml_decode_duration(parse(a, "true"), a, &ns, &err), err, ERR_INVALID,
		   "cannot unmarshal !!bool `true` into time.Duration");
}

static void sizes_have_units_to_the_base_of_two(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	int64_t bytes = 0;
	(void)state;

	expect_ok(yaml_decode_byte_size(parse(a, "1MiB"), a, &bytes, &err), err);
	assert_int_equal(bytes, 1 << 20);
	expect_ok(yaml_decode_byte_size(parse(a, "0"), a, &bytes, &err), err);
	assert_int_equal(bytes, 0);
	expect_err(yaml_decode_byte_size(parse(a, "10 apples"), a, &bytes, &err), err, ERR_INVALID,
		   "line 1: units: unknown unit  apples in 10 apples");
	expect_err(yaml_decode_byte_size(parse(a, "{}"), a, &bytes, &err), err, ERR_INVALID,
		   "cannot unmarshal !!map into string");
}

static void strings_take_any_scalar_but_null(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct str s = STR("default");
	(void)state;

	expect_ok(yaml_to_str(parse(a, "null"), &s, &err), err);
	expect_str(s, "default");
	expect_ok(yaml_to_str(parse(a, "5m"), &s, &err), err);
	expect_str(s, "5m");
	expect_ok(yaml_to_str(parse(a, "true"), &s, &err), err);
	expect_str(s, "true");
	expect_ok(yaml_to_str(parse(a, "'null'"), &s, &err), err);
	expect_str(s, "null");
	expect_err(yaml_to_str(parse(a, "{a: b}"), &s, &err), err, ERR_INVALID,
		   "line 1: cannot unmarshal !!map into string");
}

/* --- decoding by tables
 * ---------------------------------------------------------------------------- */

struct tls {
	struct str ca_file;
	bool insecure;
};

struct endpoint {
	struct str address;
	int64_t weight;
	struct tls tls;
};

struct config {
	struct str bucket;
	bool insecure;
	int64_t part_size;
	double ratio;
	struct tls tls;
	struct str *hosts;
	size_t n_hosts;
	struct endpoint *endpoints;
	size_t n_endpoints;
	struct yaml_pair *labels;
	size_t n_labels;
	struct yaml_node *rest;
	size_t length;
};

static const struct yaml_field tls_fields[] = {
    YAML_FIELD(struct tls, "ca_file", ca_file, YAML_STR),
    YAML_FIELD(struct tls, "insecure_skip_verify", insecure, YAML_BOOL),
};
static const struct yaml_table tls_table = YAML_TABLE("tls.Config", struct tls, tls_fields);

static void endpoint_defaults(void *out)
{
	((struct endpoint *)out)->weight = 1;
}

static bool endpoint_validate(const struct yaml_node *node, void *out, struct err *err)
{
	if (((struct endpoint *)out)->weight < 1)
		return yaml_fail(node, err, "weight must be positive");
	return true;
}

static const struct yaml_field endpoint_fields[] = {
    YAML_FIELD(struct endpoint, "address", address, YAML_STR),
    YAML_FIELD(struct endpoint, "weight", weight, YAML_I64),
    YAML_FIELD_SUB(struct endpoint, "", tls, &tls_table),
};
static const struct yaml_table endpoint_table =
    YAML_TABLE("query.Endpoint", struct endpoint, endpoint_fields,
	       .set_defaults = endpoint_defaults, .validate = endpoint_validate);

static bool decode_length(const struct yaml_node *node, struct arena *arena, void *out,
			  struct err *err)
{
	struct str s = {0};
	(void)arena;
	if (!yaml_to_str(node, &s, err))
		return false;
	*(size_t *)out = s.n;
	return true;
}

static const struct yaml_field config_fields[] = {
    YAML_FIELD(struct config, "bucket", bucket, YAML_STR),
    YAML_FIELD(struct config, "insecure", insecure, YAML_BOOL),
    YAML_FIELD(struct config, "part_size", part_size, YAML_I64),
    YAML_FIELD(struct config, "ratio", ratio, YAML_F64),
    YAML_FIELD_SUB(struct config, "tls", tls, &tls_table),
    YAML_FIELD_LIST(struct config, "hosts", hosts, n_hosts, YAML_STR),
    YAML_FIELD_LIST_OF(struct config, "endpoints", endpoints, n_endpoints, &endpoint_table),
    YAML_FIELD_PAIRS(struct config, "labels", labels, n_labels),
    YAML_FIELD(struct config, "config", rest, YAML_NODE),
    YAML_FIELD_DECODED(struct config, "length", length, decode_length),
    {.name = "old", .type = YAML_IGNORED},
};
static const struct yaml_table config_table = YAML_TABLE("s3.Config", struct config, config_fields);

static bool decode(struct arena *a, const char *text, struct config *out, struct err *err)
{
	return yaml_decode(parse(a, text), &config_table, a, out, err);
}

static void a_table_decodes_every_kind_of_field(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct config c = {.part_size = 64};
	(void)state;

	expect_ok(decode(a,
			 "bucket: b\n"
			 "insecure: yes\n"
			 "part_size: ~\n"
			 "ratio: 3\n"
			 "tls: {ca_file: /ca}\n"
			 "hosts: [x, 5, ~]\n"
			 "endpoints:\n"
			 "- address: one\n"
			 "- {address: two, weight: 2, insecure_skip_verify: true}\n"
			 "-\n"
			 "labels: {b: 1, a: 'x'}\n"
			 "config: {free: form}\n"
			 "length: hello\n"
			 "old: [whatever]\n",
			 &c, &err),
		  err);

	expect_str(c.bucket, "b");
	assert_true(c.insecure && c.part_size == 64 && c.ratio == 3);
	expect_str(c.tls.ca_file, "/ca");
	assert_int_equal(c.n_hosts, 3);
	expect_str(c.hosts[1], "5");
	assert_int_equal(c.hosts[2].n, 0);
	assert_int_equal(c.n_endpoints, 3);
	expect_str(c.endpoints[0].address, "one");
	assert_int_equal(c.endpoints[0].weight, 1);
	assert_true(c.endpoints[1].weight == 2 && c.endpoints[1].tls.insecure);
	assert_int_equal(c.endpoints[2].weight, 1);
	assert_int_equal(c.n_labels, 2);
	expect_str(c.labels[0].name, "b");
	expect_str(c.labels[1].value, "x");
	expect_str(yaml_get(c.rest, "free")->text, "form");
	assert_int_equal(c.length, 5);
}

static void what_is_not_as_the_table_says_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} wrong[] = {
	    {"bucket: b\nfoo: 1\n", "line 2: field foo not found in type s3.Config"},
	    {"\"a\\nb\": 1\n", "line 1: field a b not found in type s3.Config"},
    {"tls:\n  foo: 1\n", "line 2: field foo not found in type tls.Config"},
	    {"endpoints:\n- a: 1\n", "line 2: field a not found in type query.Endpoint"},
	    {"part_size: abc\n", "line 1: cannot unmarshal !!str `abc` into int"},
	    {"part_size: a long text\n", "cannot unmarshal !!str `a long ...` into int"},
	    {"insecure: 1\n", "line 1: cannot unmarshal !!int `1` into bool"},
	    {"hosts: x\n", "line 1: cannot unmarshal !!str `x` into []string"},
	    {"hosts: [[x]]\n", "line 1: cannot unmarshal !!seq into string"},
	    {"endpoints: {a: 1}\n", "line 1: cannot unmarshal !!map into []query.Endpoint"},
	    {"tls: 5\n", "line 1: cannot unmarshal !!int `5` into tls.Config"},
	    {"labels: [x]\n", "line 1: cannot unmarshal !!seq into map[string]string"},
	    {"- x\n", "line 1: cannot unmarshal !!seq into s3.Config"},
	    {"endpoints:\n- weight: 0\n", "line 2: weight must be positive"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		struct config c = {0};
		expect_err(decode(a, wrong[i].text, &c, &err), err, ERR_INVALID, wrong[i].error);
	}
}

static void a_lenient_table_ignores_what_it_does_not_know(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct yaml_table lenient = tls_table;
	struct err err = ERR_INIT;
	struct tls tls = {0};
	(void)state;
	lenient.unknown = YAML_UNKNOWN_IGNORED;
	struct yaml_node *root = parse(a, "ca_file: x\nfoo: 1\n");

	expect_ok(yaml_decode(root, &lenient, a, &tls, &err), err);

	expect_str(tls.ca_file, "x");
	expect_str(yaml_unknown_key(root, &lenient)->text, "foo");
	assert_null(yaml_unknown_key(parse(a, "ca_file: x"), &lenient));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_document_becomes_a_tree_with_line_numbers),
	    cmocka_unit_test(an_empty_document_is_null),
	    cmocka_unit_test(only_the_first_document_is_read),
	    cmocka_unit_test(aliases_and_merges_are_resolved),
	    cmocka_unit_test(broken_documents_are_refused_with_their_line),
	    cmocka_unit_test(deep_nesting_is_refused_at_once),
	    cmocka_unit_test(aliases_that_multiply_are_refused),
	    cmocka_unit_test(aliases_that_nest_count_as_what_they_stand_for),
	    cmocka_unit_test(a_document_too_large_is_not_read),
	    cmocka_unit_test(booleans_follow_go),
	    cmocka_unit_test(integers_follow_go),
	    cmocka_unit_test(unsigned_integers_reach_further),
	    cmocka_unit_test(floats_follow_go),
	    cmocka_unit_test(durations_are_gos_and_numbers_are_nanoseconds),
	    cmocka_unit_test(sizes_have_units_to_the_base_of_two),
	    cmocka_unit_test(strings_take_any_scalar_but_null),
	    cmocka_unit_test(a_table_decodes_every_kind_of_field),
	    cmocka_unit_test(what_is_not_as_the_table_says_is_refused),
	    cmocka_unit_test(a_lenient_table_ignores_what_it_does_not_know),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
