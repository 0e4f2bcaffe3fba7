/* How the Swift client takes what stores do to it; what it does with a good one is in the
 * acceptance suite. */
#include "objstore/swift.h"

#include "tests/lib/expect.h"
#include "tests/lib/script_server.h"

#define N(steps) (sizeof(steps) / sizeof(*(steps)))
#define MD5_ABCD "e2fc714c4727ee9395f324cd2e7f331f"
#define MD5_EF   "feb78cc258bdc76867354f01c22dbe43"

static const char *const noted[] = {"x-auth-user", "x-auth-key",    "x-auth-token",
				    "etag",        "if-none-match", "x-object-manifest",
				    NULL};

struct rig {
	struct script_server server;
	struct arena *a;
	struct bucket *b;
};

static int set_up(void **state)
{
	static struct rig rig;

	rig = (struct rig){.a = arena_new(NULL)};
	script_server_start(&rig.server, noted);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	bucket_close(rig->b);
	script_server_stop(&rig->server);
	arena_free(rig->a);
	return 0;
}

/* The answer that gives a token and the account's address. */
static struct script_step token(struct rig *rig, const char *text, const char *account)
{
	return (struct script_step){200, NULL,
				    arena_printf(rig->a,
						 "X-Auth-Token: %s\nX-Auth-Token-Expires: 3600\n"
						 "X-Storage-Url: http://%s/v1/%s",
						 text, script_server_address(&rig->server),
						 account),
				    false};
}

static bool try_open(struct rig *rig, const char *more, struct err *err)
{
	struct yaml_node *root;
	struct swift_config config;
	const char *yaml = arena_printf(rig->a,
					"auth_url: http://%s/auth/v1.0\nusername: a:u\n"
					"password: secret\ncontainer_name: c\n%s",
					script_server_address(&rig->server), more);

	expect_ok(yaml_parse(str_of(yaml), rig->a, &root, err), *err);
	expect_ok(swift_config_decode(root, rig->a, &config, err), *err);
	rig->b = swift_bucket_new(&config, loops_get(rig->server.web.loops, 0), &clock_system, err);
	return rig->b != NULL;
}

/* A bucket whose token is t1, with these answers to come. */
static void open_bucket(struct rig *rig, const char *more, const struct script_step *steps,
			size_t n)
{
	struct script_step open[] = {token(rig, "t1", "AUTH_a"), {204, NULL, NULL, false}};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, open, N(open));
	expect_ok(try_open(rig, more, &err), err);
	script_server_asked(&rig->server);
	script_server_play(&rig->server, steps, n);
}

static void expect_asked(struct rig *rig, const char *want)
{
	expect_str(str_of(script_server_asked(&rig->server)), want);
}

static void it_asks_for_a_token_and_whether_the_container_is_there(void **state)
{
	struct rig *rig = *state;
	const struct script_step steps[] = {token(rig, "t1", "AUTH_a"), {204, NULL, NULL, false}};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(try_open(rig, "", &err), err);
	expect_asked(rig, "GET /auth/v1.0 x-auth-user=a:u x-auth-key=secret\n"
			  "HEAD /v1/AUTH_a/c x-auth-token=t1\n");
}

static void a_container_that_is_not_there_is_named(void **state)
{
	struct rig *rig = *state;
	const struct script_step steps[] = {
	    token(rig, "t1", "AUTH_a"), {204, NULL, NULL, false}, {404, NULL, NULL, false}};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_err(try_open(rig, "large_object_segments_container_name: s", &err), err,
		   ERR_NOT_FOUND, "unable to find the expected container s");
}

static void who_is_not_let_in_reads_why_but_no_secret(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {{401, NULL, NULL, false}};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_err(try_open(rig, "", &err), err, ERR_INTERNAL,
		   "authentication: Swift: GET auth: 401: Unauthorized");
	assert_null(strstr(err.msg, "secret"));
}

static void that_nobody_gives_tokens_does_not_mean_that_an_object_is_absent(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {{401, NULL, NULL, false},
						   {404, NULL, NULL, false}};
	struct err err = ERR_INIT;
	bool exists = false;

	open_bucket(rig, "", steps, N(steps));
	expect_err(bucket_exists(rig->b, NULL, STR("x"), &exists, &err), err, ERR_INTERNAL,
		   "authentication: Swift: GET auth: 404: Not Found");
}

/* The account may have moved meanwhile. */
static void a_token_that_is_refused_is_fetched_again(void **state)
{
	struct rig *rig = *state;
	const struct script_step steps[] = {
	    {401, NULL, NULL, false},
	    token(rig, "t2", "AUTH_b"),
	    {200, NULL, NULL, false},
	    {204, NULL, NULL, false},
	};
	struct err err = ERR_INIT;

	open_bucket(rig, "", steps, N(steps));
	expect_ok(bucket_remove(rig->b, NULL, STR("x y"), &err), err);
	expect_asked(rig, "HEAD /v1/AUTH_a/c/x%20y x-auth-token=t1\n"
			  "GET /auth/v1.0 x-auth-user=a:u x-auth-key=secret\n"
			  "HEAD /v1/AUTH_b/c/x%20y x-auth-token=t2\n"
			  "DELETE /v1/AUTH_b/c/x%20y x-auth-token=t2\n");
}

static void what_arrives_otherwise_than_it_was_sent_is_sent_again(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {422, NULL, NULL, false}, {498, NULL, NULL, false}, {201, NULL, NULL, false}};
	const char *put =
	    "PUT /v1/AUTH_a/c/o x-auth-token=t1 etag=" MD5_ABCD " if-none-match=* <abcd>\n";
	struct err err = ERR_INIT;

	open_bucket(rig, "", steps, N(steps));
	expect_ok(bucket_put_bytes(rig->b, NULL, STR("o"), STR("abcd"), PUT_IF_ABSENT, &err), err);
	expect_asked(rig, arena_printf(rig->a, "%s%s%s", put, put, put));
}

/* --- large objects ---------------------------------------------------------------------------- */

/* Segments have random names: '#' in their place. */
static const char *without_names(struct rig *rig, const char *asked)
{
	enum { DIGITS = 3 + 1 + 61 };
	char *text = arena_cstr(rig->a, str_of(asked));

	for (char *at = text; (at = strstr(at, "segments/"));) {
		at += strlen("segments/");
		*at = '#';
		memmove(at + 1, at + DIGITS, strlen(at + DIGITS) + 1);
	}
	return text;
}

static void a_static_large_object_is_segments_and_their_list(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200, "{\"slo\":{\"min_segment_size\":1}}", NULL, false},
	    {201, NULL, NULL, false},
	    {201, NULL, NULL, false},
	    {404, NULL, NULL, false},
	    {201, NULL, NULL, false},
	};
	struct err err = ERR_INIT;

	open_bucket(rig, "large_object_chunk_size: 4", steps, N(steps));
	expect_ok(bucket_put_bytes(rig->b, NULL, STR("d/o"), STR("abcdef"), PUT_REPLACE, &err),
		  err);
	expect_str(str_of(without_names(rig, script_server_asked(&rig->server))),
		   "GET /info\n"
		   "PUT /v1/AUTH_a/c/segments/#/0000000000000001 x-auth-token=t1 etag=" MD5_ABCD
		   " <abcd>\n"
		   "PUT /v1/AUTH_a/c/segments/#/0000000000000002 x-auth-token=t1 etag=" MD5_EF
		   " <ef>\n"
		   "HEAD /v1/AUTH_a/c/d/o x-auth-token=t1\n"
		   "PUT /v1/AUTH_a/c/d/o?multipart-manifest=put x-auth-token=t1 <["
		   "{\"path\":\"c/segments/#/0000000000000001\",\"etag\":\"" MD5_ABCD
		   "\",\"size_bytes\":4},"
		   "{\"path\":\"c/segments/#/0000000000000002\",\"etag\":\"" MD5_EF
		   "\",\"size_bytes\":2}]>\n");
}

static void a_dynamic_large_object_waits_until_its_segments_are_listed(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {201, NULL, NULL, false},
	    {201, NULL, NULL, false},
	    {200, "[{\"name\":\"1\",\"bytes\":4}]", NULL, false},
	    {200, "[{\"name\":\"1\",\"bytes\":4},{\"name\":\"2\",\"bytes\":2}]", NULL, false},
	    {201, NULL, NULL, false},
	};
	struct script_step open[] = {
	    token(rig, "t1", "AUTH_a"), {204, NULL, NULL, false}, {204, NULL, NULL, false}};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, open, N(open));
	expect_ok(try_open(rig,
			   "large_object_chunk_size: 4\nuse_dynamic_large_objects: true\n"
			   "large_object_segments_container_name: s",
			   &err),
		  err);
	script_server_asked(&rig->server);
	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_put_bytes(rig->b, NULL, STR("o"), STR("abcdef"), PUT_IF_ABSENT, &err),
		  err);
	const char *asked = script_server_asked(&rig->server), *prefix = strstr(asked, "segments/");
	const char *listing =
	    arena_printf(rig->a,
			 "GET /v1/AUTH_a/s?format=json&limit=1000&prefix=segments%%2F%.3s%%2F%.61s "
			 "x-auth-token=t1\n",
			 prefix + 9, prefix + 13);
	assert_non_null(strstr(asked, arena_printf(rig->a, "%s%s", listing, listing)));
	assert_non_null(strstr(asked, arena_printf(rig->a,
						   "PUT /v1/AUTH_a/c/o x-auth-token=t1 "
						   "if-none-match=* x-object-manifest=s/%.*s\n",
						   (int)strlen("segments/abc/") + 61, prefix)));
}

static void a_store_that_does_not_have_static_large_objects_is_not_given_one(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {{200, "{\"swift\":{}}", NULL, false}};
	struct err err = ERR_INIT;

	open_bucket(rig, "large_object_chunk_size: 4", steps, N(steps));
	expect_err(bucket_put_bytes(rig->b, NULL, STR("o"), STR("abcdef"), PUT_REPLACE, &err), err,
		   ERR_UNSUPPORTED, "set use_dynamic_large_objects");
	expect_asked(rig, "GET /info\n");
}

static void segments_without_a_manifest_are_removed(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200, "{\"slo\":{}}", NULL, false}, {201, NULL, NULL, false}, {201, NULL, NULL, false},
	    {412, NULL, NULL, false},           {204, NULL, NULL, false}, {404, NULL, NULL, false},
	};
	struct err err = ERR_INIT;

	open_bucket(rig, "large_object_chunk_size: 4", steps, N(steps));
	expect_err(bucket_put_bytes(rig->b, NULL, STR("o"), STR("abcdef"), PUT_IF_ABSENT, &err),
		   err, ERR_EXISTS, "object o: is in the bucket already");
	assert_non_null(
	    strstr(without_names(rig, script_server_asked(&rig->server)),
		   "DELETE /v1/AUTH_a/c/segments/#/0000000000000001 x-auth-token=t1\n"
		   "DELETE /v1/AUTH_a/c/segments/#/0000000000000002 x-auth-token=t1\n"));
}

static void a_static_large_object_goes_with_its_segments(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200, NULL, "X-Static-Large-Object: True", false},
	    {200, "[{\"name\":\"/s/segments/1\"},{\"name\":\"/s/segments/2\"}]", NULL, false},
	    {204, NULL, NULL, false},
	    {404, NULL, NULL, false},
	    {204, NULL, NULL, false},
	};
	struct err err = ERR_INIT;

	open_bucket(rig, "", steps, N(steps));
	expect_ok(bucket_remove(rig->b, NULL, STR("o"), &err), err);
	expect_asked(rig, "HEAD /v1/AUTH_a/c/o x-auth-token=t1\n"
			  "GET /v1/AUTH_a/c/o?multipart-manifest=get x-auth-token=t1\n"
			  "DELETE /v1/AUTH_a/s/segments/1 x-auth-token=t1\n"
			  "DELETE /v1/AUTH_a/s/segments/2 x-auth-token=t1\n"
			  "DELETE /v1/AUTH_a/c/o x-auth-token=t1\n");
}

static void a_dynamic_large_object_goes_with_its_segments(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200, NULL, "X-Object-Manifest: s/a%20b", false},
	    {200, "[{\"name\":\"a b/1\",\"bytes\":1}]", NULL, false},
	    {204, NULL, NULL, false},
	    {204, NULL, NULL, false},
	};
	struct err err = ERR_INIT;

	open_bucket(rig, "", steps, N(steps));
	expect_ok(bucket_remove(rig->b, NULL, STR("o"), &err), err);
	expect_asked(rig, "HEAD /v1/AUTH_a/c/o x-auth-token=t1\n"
			  "GET /v1/AUTH_a/s?format=json&limit=1000&prefix=a%20b x-auth-token=t1\n"
			  "DELETE /v1/AUTH_a/s/a%20b/1 x-auth-token=t1\n"
			  "DELETE /v1/AUTH_a/c/o x-auth-token=t1\n");
}

/* Of one that takes all the container has for its segments, only itself is removed. */
static void a_manifest_without_a_prefix_removes_nothing_else(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {{200, NULL, "X-Object-Manifest: s/", false},
						   {204, NULL, NULL, false}};
	struct err err = ERR_INIT;

	open_bucket(rig, "", steps, N(steps));
	expect_ok(bucket_remove(rig->b, NULL, STR("o"), &err), err);
	expect_asked(rig, "HEAD /v1/AUTH_a/c/o x-auth-token=t1\n"
			  "DELETE /v1/AUTH_a/c/o x-auth-token=t1\n");
}

/* --- listing ---------------------------------------------------------------------------------- */

static bool note_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	(void)err;
	buf_printf(arg, "%.*s=%ld@%ld ", STR_FMT(entry->name), entry->attrs.size_bytes,
		   entry->attrs.modified_ms);
	return true;
}

static void a_listing_has_no_segments_and_asks_for_sizes_it_does_not_have(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200,
	     "[{\"name\":\"large\",\"bytes\":0,\"last_modified\":\"1970-01-01T00:00:09.5\"},"
	     "{\"subdir\":\"segments/\"},"
	     "{\"name\":\"small\",\"bytes\":5,\"last_modified\":\"1970-01-01T00:00:01.250000\"}]",
	     NULL, false},
	    {200, "1234567", "Last-Modified: Thu, 01 Jan 1970 00:00:07 GMT", false},
	};
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	open_bucket(rig, "", steps, N(steps));
	expect_ok(bucket_list(rig->b, NULL, STR(""), LIST_DIRECTORY, note_entry, &got, &err), err);
	expect_str(buf_str(&got), "large=7@7000 small=5@1250 ");
	expect_asked(rig, "GET /v1/AUTH_a/c?delimiter=%2F&format=json&limit=1000 x-auth-token=t1\n"
			  "HEAD /v1/AUTH_a/c/large x-auth-token=t1\n");
}

/* --- configuration ---------------------------------------------------------------------------- */

static void what_cannot_be_meant_is_refused(void **state)
{
	static const struct {
		const char *yaml, *said;
	} cases[] = {
	    {"{}", "no container_name specified"},
	    {"{container_name: a/b}", "the name of a container has no '/'"},
	    {"{container_name: c, large_object_chunk_size: 0}", "1 byte to 5 GiB"},
	    {"{container_name: c, retries: -1}", "retries -1: 0 to 100"},
	    {"{container_name: c, nosuch: 1}", "field nosuch not found in type swift.Config"},
	    {"{container_name: c, auth_url: 'u:hidden@h'}", "auth_url: no http or https URL"},
	    {"{container_name: c, auth_url: 'http://h/auth'}", "set auth_version"},
	    {"{container_name: c, auth_url: 'http://h/', auth_version: 4}",
	     "Auth Version 4 not supported"},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < N(cases); i++) {
		struct err err = ERR_INIT;
		struct yaml_node *root;
		struct swift_config c;
		expect_ok(yaml_parse(str_of(cases[i].yaml), rig->a, &root, &err), err);
		bool ok = swift_config_decode(root, rig->a, &c, &err);
		if (ok)
			ok = swift_bucket_new(&c, loops_get(rig->server.web.loops, 0),
					      &clock_system, &err) != NULL;
		if (ok || !strstr(err.msg, cases[i].said) || strstr(err.msg, "hidden"))
			fail_msg("%s: \"%s\", want \"%s\"", cases[i].yaml, err.msg, cases[i].said);
	}
}

static void names_that_the_store_could_not_tell_apart_are_refused(void **state)
{
	struct rig *rig = *state;
	struct err err = ERR_INIT;

	open_bucket(rig, "", NULL, 0);
	expect_err(bucket_put_bytes(rig->b, NULL, STR("a\xff"), STR("x"), PUT_REPLACE, &err), err,
		   ERR_INVALID, "Swift wants UTF-8");
	expect_err(bucket_put_bytes(rig->b, NULL, STR("segments/x"), STR("x"), PUT_REPLACE, &err),
		   err, ERR_INVALID, "segments/ is reserved");
	expect_asked(rig, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_asks_for_a_token_and_whether_the_container_is_there),
	    TEST(a_container_that_is_not_there_is_named),
	    TEST(who_is_not_let_in_reads_why_but_no_secret),
	    TEST(that_nobody_gives_tokens_does_not_mean_that_an_object_is_absent),
	    TEST(a_token_that_is_refused_is_fetched_again),
	    TEST(what_arrives_otherwise_than_it_was_sent_is_sent_again),
	    TEST(a_static_large_object_is_segments_and_their_list),
	    TEST(a_dynamic_large_object_waits_until_its_segments_are_listed),
	    TEST(a_store_that_does_not_have_static_large_objects_is_not_given_one),
	    TEST(segments_without_a_manifest_are_removed),
	    TEST(a_static_large_object_goes_with_its_segments),
	    TEST(a_dynamic_large_object_goes_with_its_segments),
	    TEST(a_manifest_without_a_prefix_removes_nothing_else),
	    TEST(a_listing_has_no_segments_and_asks_for_sizes_it_does_not_have),
	    TEST(what_cannot_be_meant_is_refused),
	    TEST(names_that_the_store_could_not_tell_apart_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
