#include "net/grpc_metadata.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"

static void a_timeout_is_written_as_exactly_as_eight_digits_allow(void **state)
{
	(void)state;
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
	    {1, "1n"},
	    {0, "1n"},
	    {-5, "1n"},
	    {99999999, "99999999n"},
	    {100000000, "100000u"},
	    {100000001, "100001u"},
	    {10000000000, "10000000u"},
	    {120000000000, "120000m"},
	    {INT64_MAX, "2562048H"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[GRPC_TIMEOUT_TEXT_MAX];
		grpc_timeout_write(cases[i].ns, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void a_timeout_is_read(void **state)
{
	(void)state;
	int64_t ns;

	assert_true(grpc_timeout_read(STR("1n"), &ns));
	assert_int_equal(ns, 1);
	assert_true(grpc_timeout_read(STR("30S"), &ns));
	assert_int_equal(ns, 30000000000);
	assert_true(grpc_timeout_read(STR("2M"), &ns));
	assert_int_equal(ns, 120000000000);
	assert_true(grpc_timeout_read(STR("99999999H"), &ns));
	assert_int_equal(ns, INT64_MAX);
}

static void what_is_no_timeout_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "S", "5", "5s", "-1S", "1.5S", "123456789S", "1 S"};
	int64_t ns;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (grpc_timeout_read(str_of(bad[i]), &ns))
			fail_msg("\"%s\" was read as a timeout", bad[i]);
	}
}

static void binary_values_travel_as_base64(void **state)
{
	(void)state;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct grpc_pair pair = {STR("key-bin"), STR("\x00\xff\x10")};
	struct grpc_pair back;
	struct err err = ERR_INIT;

	struct str text = grpc_metadata_text(&pair, a);
	expect_str(text, "AP8Q");
	expect_ok(grpc_metadata_read(pair.key, text, a, &back, &err), err);
	assert_true(str_eq(back.value, pair.value));
	expect_ok(grpc_metadata_read(STR("key-bin"), STR("AA=="), a, &back, &err), err);
	assert_true(str_eq(back.value, STR("\0")));
	expect_err(grpc_metadata_read(STR("key-bin"), STR("A!"), a, &back, &err), err, ERR_INVALID,
		   "metadata \"key-bin\"");
	expect_ok(grpc_metadata_read(STR("key"), STR("A!"), a, &back, &err), err);
	expect_str(back.value, "A!");
}

static void keys_of_grpc_and_http_are_reserved(void **state)
{
	(void)state;
	static const char *const reserved[] = {"",   ":path",        "grpc-status",
					       "te", "content-type", "connection"};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		assert_true(grpc_metadata_is_reserved(str_of(reserved[i])));
	assert_false(grpc_metadata_is_reserved(STR("thanos-tenant")));
	const struct grpc_pair upper = {STR("Tenant"), STR("a")};
	expect_err(grpc_metadata_check(&upper, &err), err, ERR_INVALID, "not of [0-9a-z_.-]");
	const struct grpc_pair good = {STR("thanos-tenant"), STR("a b~")};
	expect_ok(grpc_metadata_check(&good, &err), err);
}

static void only_known_compressions_are_parsed(void **state)
{
	(void)state;
	enum grpc_compression compression = GRPC_COMPRESSION_NONE;

	assert_true(grpc_compression_parse(STR("snappy"), &compression));
	assert_int_equal(compression, GRPC_COMPRESSION_SNAPPY);
	assert_true(grpc_compression_parse(STR("identity"), &compression));
	assert_int_equal(compression, GRPC_COMPRESSION_NONE);
	assert_false(grpc_compression_parse(STR("gzip"), &compression));
	assert_string_equal(grpc_compression_name(GRPC_COMPRESSION_SNAPPY), "snappy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_timeout_is_written_as_exactly_as_eight_digits_allow),
	    cmocka_unit_test(a_timeout_is_read),
	    cmocka_unit_test(what_is_no_timeout_is_refused),
	    cmocka_unit_test(binary_values_travel_as_base64),
	    cmocka_unit_test(keys_of_grpc_and_http_are_reserved),
	    cmocka_unit_test(only_known_compressions_are_parsed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
