#include "base/alloc.h"
#include "objstore/config.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

static const struct bucket_context context = {.clock = &clock_system};

static void a_filesystem_bucket_with_a_prefix_is_opened(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *dir = temp_dir_new();
	char *yaml =
	    arena_printf(a, "type: filesystem\nconfig:\n  directory: %s\nprefix: /x/y/\n", dir);
	struct bucket *b auto_free(bucket_close) = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(bucket_from_config(str_of(yaml), &context, NULL, &b, &err), err);

	expect_ok(bucket_put_bytes(b, NULL, STR("o"), STR("1"), PUT_REPLACE, &err), err);
	expect_str(str_of(bucket_name(b)), arena_printf(a, "fs: %s", dir));
	char *check = arena_printf(a, "test \"$(cat %s/x/y/o)\" = 1", dir);
	assert_int_equal(system(check), 0);
	temp_dir_remove(dir);
}

static void a_key_that_filesystem_does_not_know_is_a_warning(void **state)
{
	struct bucket *b auto_free(bucket_close) = NULL;
	struct notes notes auto_done(notes_done);
	struct err err = ERR_INIT;
	(void)state;

	notes_init(&notes);
	expect_ok(
	    bucket_from_config(STR("type: FILESYSTEM\nconfig: {directory: /tmp, dirctory: /x}\n"),
			       &context, &notes, &b, &err),
	    err);
	assert_int_equal(notes.n, 1);
	assert_string_equal(notes.v[0].text, "object store configuration: line 2: FILESYSTEM does "
					     "not know dirctory");
}

static void hedging_is_accepted_beside_the_bucket(void **state)
{
	struct bucket *b auto_free(bucket_close) = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(bucket_from_config(STR("type: FILESYSTEM\nconfig: {directory: /tmp}\n"
					 "hedging_config: {enabled: false}\n"),
				     &context, NULL, &b, &err),
		  err);
}

static void what_cannot_be_opened_is_said_in_one_line(void **state)
{
	static const struct {
		const char *yaml;
		enum err_code code;
		const char *want;
	} cases[] = {
	    {"type: COS\nconfig: {bucket: b}", ERR_UNSUPPORTED,
	     "object store configuration: bucket with type COS is not supported by this build"},
	    {"type: oci", ERR_UNSUPPORTED, "type OCI is not supported by this build"},
	    {"type: FTP", ERR_INVALID, "bucket with type FTP is not supported"},
	    {"config: {}", ERR_INVALID, "no type of bucket given"},
	    {"type: FILESYSTEM", ERR_INVALID,
	     "create FILESYSTEM client: missing directory for filesystem bucket"},
	    {"type: FILESYSTEM\nconfig: {directory: /tmp}\nprefx: a", ERR_INVALID,
	     "line 3: field prefx not found in type client.BucketConfig"},
	    {"type: FILESYSTEM\nconfig: {directory: /tmp}\nprefix: a/../..", ERR_INVALID,
	     "prefix of the bucket: object name \"a/../..\""},
	    {"type: [", ERR_INVALID, "parsing config YAML file"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bucket *b = NULL;
		struct err err = ERR_INIT;
		expect_err(bucket_from_config(str_of(cases[i].yaml), &context, NULL, &b, &err), err,
			   cases[i].code, cases[i].want);
		assert_null(strchr(err.msg, '\n'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_filesystem_bucket_with_a_prefix_is_opened),
	    cmocka_unit_test(a_key_that_filesystem_does_not_know_is_a_warning),
	    cmocka_unit_test(hedging_is_accepted_beside_the_bucket),
	    cmocka_unit_test(what_cannot_be_opened_is_said_in_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
