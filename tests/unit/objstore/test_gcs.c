/* How the GCS client takes what stores do to it; what it does with a good one is in the acceptance
 * suite. */
#include "objstore/gcs.h"

#include "base/alloc.h"
#include "tests/lib/expect.h"
#include "tests/lib/script_server.h"

#include <stdlib.h>

#define N(steps) (sizeof(steps) / sizeof(*(steps)))

static const char *const noted[] = {"authorization", "content-range", "metadata-flavor", NULL};

struct rig {
	struct script_server server;
	struct arena *a;
};

static int set_up(void **state)
{
	static struct rig rig;

	script_server_start(&rig.server, noted);
	rig.a = arena_new(NULL);
	setenv("STORAGE_EMULATOR_HOST", script_server_address(&rig.server), 1);
	setenv("GCE_METADATA_HOST", script_server_address(&rig.server), 1);
	unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	script_server_stop(&rig->server);
	arena_free(rig->a);
	return 0;
}

static struct bucket *open_bucket(struct rig *rig, const char *yaml)
{
	struct yaml_node *root;
	struct gcs_config config;
	struct err err = ERR_INIT;

	expect_ok(yaml_parse(str_of(yaml), rig->a, &root, &err), err);
	expect_ok(gcs_config_decode(root, rig->a, &config, NULL, &err), err);
	struct bucket *b =
	    gcs_bucket_new(&config, loops_get(rig->server.web.loops, 0), &clock_system, &err);
	if (!b)
		fail_msg("%s", err.msg);
	return b;
}

static void a_machine_asks_its_metadata_server_and_again_when_the_token_is_refused(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200, "{\"access_token\":\"t1\",\"expires_in\":3600}", NULL, false},
	    {204, NULL, NULL, false},
	    {401, "{\"error\":{\"message\":\"revoked\"}}", NULL, false},
	    {200, "{\"access_token\":\"t2\",\"expires_in\":3600}", NULL, false},
	    {204, NULL, NULL, false},
	};
	struct bucket *b = open_bucket(rig, "bucket: b\n");
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_remove(b, NULL, STR("x"), &err), err);
	expect_ok(bucket_remove(b, NULL, STR("y/z"), &err), err);
	expect_str(str_of(script_server_asked(&rig->server)),
		   "GET /computeMetadata/v1/instance/service-accounts/default/token "
		   "metadata-flavor=Google\n"
		   "DELETE /storage/v1/b/b/o/x authorization=Bearer t1\n"
		   "DELETE /storage/v1/b/b/o/y%2Fz authorization=Bearer t1\n"
		   "GET /computeMetadata/v1/instance/service-accounts/default/token "
		   "metadata-flavor=Google\n"
		   "DELETE /storage/v1/b/b/o/y%2Fz authorization=Bearer t2\n");
	bucket_close(b);
}

static void a_user_has_a_refresh_token(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200, "{\"access_token\":\"t1\",\"expires_in\":3600}", NULL, false},
	    {404, "{\"error\":{\"message\":\"No such object\"}}", NULL, false},
	};
	struct bucket *b = open_bucket(
	    rig, arena_printf(rig->a,
			      "bucket: b\nservice_account: '{\"type\":\"authorized_user\","
			      "\"client_id\":\"i\",\"client_secret\":\"s\",\"refresh_token\":\"r\","
			      "\"token_uri\":\"http://%s/token\"}'\n",
			      script_server_address(&rig->server)));
	struct object_attrs attrs;
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_err(bucket_attrs(b, NULL, STR("x"), &attrs, &err), err, ERR_NOT_FOUND,
		   "GCS: GET b/x: 404: No such object");
	expect_str(str_of(script_server_asked(&rig->server)),
		   "POST /token <grant_type=refresh_token&client_id=i&client_secret=s&"
		   "refresh_token=r>\n"
		   "GET /storage/v1/b/b/o/x authorization=Bearer t1\n");
	bucket_close(b);
}

/* The store keeps what it likes of a chunk, and is sent the rest again. */
static void an_upload_goes_on_where_the_store_says(void **state)
{
	enum { CHUNK = 256 << 10 };
	struct rig *rig = *state;
	const struct script_step steps[] = {
	    {200, NULL,
	     arena_printf(rig->a, "Location: http://%s/session?id=1",
			  script_server_address(&rig->server)),
	     false},
	    {308, NULL, "Range: bytes=0-99", false},
	    {503, NULL, NULL, false},
	    {308, NULL, "Range: bytes=0-262143", false},
	    {200, "{}", NULL, false},
	};
	struct bucket *b = open_bucket(rig, "{bucket: b, no_auth: true, chunk_size_bytes: 1}");
	char *bytes auto_free(mem_free) = xcalloc(1, CHUNK + 5);
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	struct bucket_writer *w = bucket_put(b, NULL, STR("o"), PUT_IF_ABSENT, &err);
	expect_ok(bucket_writer_write(w, bytes, CHUNK + 5, &err), err);
	expect_ok(bucket_writer_commit(w, &err), err);
	const char *asked = script_server_asked(&rig->server);
	assert_non_null(strstr(asked, "POST /upload/storage/v1/b/b/o?ifGenerationMatch=0&name=o&"
				      "uploadType=resumable\n"));
	const char *ranges[] = {"PUT /session?id=1 content-range=bytes 0-262143/*",
				"PUT /session?id=1 content-range=bytes 100-262143/*",
				"PUT /session?id=1 content-range=bytes 100-262143/*",
				"PUT /session?id=1 content-range=bytes 262144-262148/262149"};
	for (size_t i = 0; i < N(ranges); i++) {
		asked = strstr(asked, ranges[i]);
		assert_non_null(asked);
		asked++;
	}
	bucket_close(b);
}

static void what_cannot_be_meant_is_refused(void **state)
{
	static const struct {
		const char *yaml, *said;
	} cases[] = {
	    {"{}", "missing Google Cloud Storage bucket name"},
	    {"{bucket: b, chunk_size_bytes: -1}", "0 to 1 GiB"},
	    {"{bucket: b, nosuch: 1}", "field nosuch not found in type gcs.Config"},
	    {"{bucket: b, service_account: hidden}", "service account: no JSON"},
	    {"{bucket: b, service_account: '{\"type\":\"hidden\"}'}", "unknown type"},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < N(cases); i++) {
		struct err err = ERR_INIT;
		struct yaml_node *root;
		struct gcs_config c;
		expect_ok(yaml_parse(str_of(cases[i].yaml), rig->a, &root, &err), err);
		bool ok = gcs_config_decode(root, rig->a, &c, NULL, &err);
		if (ok)
			ok = gcs_bucket_new(&c, loops_get(rig->server.web.loops, 0), &clock_system,
					    &err) != NULL;
		if (ok || !strstr(err.msg, cases[i].said))
			fail_msg("%s: \"%s\", want \"%s\"", cases[i].yaml, err.msg, cases[i].said);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_machine_asks_its_metadata_server_and_again_when_the_token_is_refused),
	    TEST(a_user_has_a_refresh_token),
	    TEST(an_upload_goes_on_where_the_store_says),
	    TEST(what_cannot_be_meant_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
