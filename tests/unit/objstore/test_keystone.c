/* What is said to OpenStack's identity service, and what is taken from its answer. The bodies are
 * those of the Identity API's reference. */
#include "objstore/keystone.h"

#include "tests/lib/expect.h"
#include "tests/lib/script_server.h"

#define N(steps) (sizeof(steps) / sizeof(*(steps)))

static const char catalog_v2[] =
    "{\"access\":{\"token\":{\"id\":\"t2\",\"expires\":\"2026-11-01T01:00:00Z\"},"
    "\"serviceCatalog\":["
    "{\"type\":\"compute\",\"endpoints\":[{\"region\":\"a\",\"publicURL\":\"http://no\"}]},"
    "{\"type\":\"object-store\",\"endpoints\":["
    "{\"region\":\"a\",\"publicURL\":\"http://a/v1/AUTH_t\"},"
    "{\"region\":\"b\",\"publicURL\":\"http://b/v1/AUTH_t\"}]}]}}";

static const char catalog_v3[] =
    "{\"token\":{\"expires_at\":\"2026-11-01T01:00:00.000000Z\",\"catalog\":["
    "{\"type\":\"object-store\",\"endpoints\":["
    "{\"interface\":\"admin\",\"region\":\"a\",\"url\":\"http://admin\"},"
    "{\"interface\":\"public\",\"region\":\"a\",\"url\":\"http://a/v1/AUTH_t\"},"
    "{\"interface\":\"public\",\"region_id\":\"b\",\"url\":\"http://b/v1/AUTH_t\"}]}]}}";

static const char *const noted[] = {"content-type", NULL};

struct rig {
	struct script_server server;
	struct arena *a;
	struct http_store *store;
	struct store_url url;
};

static int set_up(void **state)
{
	static struct rig rig;
	struct http_client_options plain = {0};
	struct http_store_options options = {
	    .kind = "Swift", .clock = &clock_system, .explain = keystone_explain};
	struct err err = ERR_INIT;

	rig = (struct rig){.a = arena_new(NULL)};
	script_server_start(&rig.server, noted);
	rig.store = http_store_new(
	    http_client_new(loops_get(rig.server.web.loops, 0), &plain, &err), &options);
	rig.url = (struct store_url){.base = web_rig_url(&rig.server.web), .path = STR("/id/")};
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	http_store_free(rig->store);
	script_server_stop(&rig->server);
	arena_free(rig->a);
	return 0;
}

static struct keystone keystone_of(struct rig *rig, const struct swift_identity *identity)
{
	return (struct keystone){.identity = identity, .url = &rig->url, .store = rig->store};
}

static void version_2_sends_a_password_and_finds_the_region(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {{200, catalog_v2, NULL, false}};
	const struct swift_identity id = {.username = STR("u"),
					  .password = STR("secret\"s"),
					  .project_name = STR("p"),
					  .region = STR("b")};
	struct keystone k = keystone_of(rig, &id);
	struct keystone_answer got = {0};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(keystone_ask_v2(&k, NULL, rig->a, &got, &err), err);
	expect_str(got.token, "t2");
	expect_str(got.storage_url, "http://b/v1/AUTH_t");
	expect_str(got.expires, "2026-11-01T01:00:00Z");
	expect_str(str_of(script_server_asked(&rig->server)),
		   "POST /id/tokens content-type=application/json "
		   "<{\"auth\":{\"passwordCredentials\":{\"username\":\"u\",\"password\":"
		   "\"secret\\\"s\"},\"tenantName\":\"p\"}}>\n");
}

static void version_2_tries_the_other_kind_of_secret_and_remembers_it(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {401, NULL, NULL, false},
	    {200, catalog_v2, NULL, false},
	    {200, catalog_v2, NULL, false},
	};
	const struct swift_identity id = {
	    .username = STR("u"), .password = STR("k"), .project_id = STR("9")};
	struct keystone k = keystone_of(rig, &id);
	struct keystone_answer got = {0};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(keystone_ask_v2(&k, NULL, rig->a, &got, &err), err);
	expect_ok(keystone_ask_v2(&k, NULL, rig->a, &got, &err), err);
	expect_str(got.storage_url, "http://a/v1/AUTH_t");
	const char *key = "POST /id/tokens content-type=application/json "
			  "<{\"auth\":{\"RAX-KSKEY:apiKeyCredentials\":{\"username\":\"u\","
			  "\"apiKey\":\"k\"},\"tenantId\":\"9\"}}>\n";
	expect_str(
	    str_of(script_server_asked(&rig->server)),
	    arena_printf(rig->a,
			 "POST /id/tokens content-type=application/json "
			 "<{\"auth\":{\"passwordCredentials\":{\"username\":\"u\",\"password\":"
			 "\"k\"},\"tenantId\":\"9\"}}>\n%s%s",
			 key, key));
}

static void version_3_says_who_and_for_what_project(void **state)
{
#define PASSWORD(user) "\"methods\":[\"password\"],\"password\":{\"user\":{" user "}}"
#define APPLICATION(a) "\"methods\":[\"application_credential\"],\"application_credential\":{" a "}"
	static const struct {
		struct swift_identity id;
		const char *identity, *scope;
	} cases[] = {
	    {{.username = STR("u"), .password = STR("s"), .domain_name = STR("d")},
	     PASSWORD("\"name\":\"u\",\"domain\":{\"name\":\"d\"},\"password\":\"s\""),
	     ""},
	    {{.username = STR("u"),
	      .password = STR("s"),
	      .user_domain_id = STR("7"),
	      .project_name = STR("p")},
	     PASSWORD("\"name\":\"u\",\"domain\":{\"id\":\"7\"},\"password\":\"s\""),
	     "{\"project\":{\"name\":\"p\",\"domain\":{\"name\":\"Default\"}}}"},
	    {{.username = STR("u"),
	      .password = STR("s"),
	      .domain_id = STR("1"),
	      .user_domain_name = STR("other"),
	      .project_name = STR("p")},
	     PASSWORD("\"name\":\"u\",\"domain\":{\"id\":\"1\"},\"password\":\"s\""),
	     "{\"project\":{\"name\":\"p\",\"domain\":{\"id\":\"1\"}}}"},
	    {{.user_id = STR("42"),
	      .password = STR("s"),
	      .project_name = STR("p"),
	      .project_domain_name = STR("pd"),
	      .domain_name = STR("d")},
	     PASSWORD("\"id\":\"42\",\"domain\":{\"name\":\"d\"},\"password\":\"s\""),
	     "{\"project\":{\"name\":\"p\",\"domain\":{\"name\":\"pd\"}}}"},
	    {{.user_id = STR("42"),
	      .password = STR("s"),
	      .project_id = STR("9"),
	      .project_name = STR("p")},
	     PASSWORD("\"id\":\"42\",\"password\":\"s\""),
	     "{\"project\":{\"id\":\"9\"}}"},
	    {{.password = STR("a-token"), .project_id = STR("9")},
	     "\"methods\":[\"token\"],\"token\":{\"id\":\"a-token\"}",
	     "{\"project\":{\"id\":\"9\"}}"},
	    {{.application_credential_id = STR("i"),
	      .application_credential_name = STR("n"),
	      .application_credential_secret = STR("s"),
	      .project_id = STR("9")},
	     APPLICATION("\"id\":\"i\",\"secret\":\"s\""),
	     ""},
	    {{.application_credential_name = STR("n"),
	      .application_credential_secret = STR("s"),
	      .username = STR("u"),
	      .domain_name = STR("d")},
	     APPLICATION("\"name\":\"n\",\"user\":{\"name\":\"u\",\"domain\":{\"name\":\"d\"}},"
			 "\"secret\":\"s\""),
	     ""},
	    {{.application_credential_name = STR("n"),
	      .application_credential_secret = STR("s"),
	      .user_id = STR("42")},
	     APPLICATION("\"name\":\"n\",\"user\":{\"id\":\"42\"},\"secret\":\"s\""),
	     ""},
	};
	struct rig *rig = *state;
	static const struct script_step step = {201, catalog_v3, "X-Subject-Token: t3", false};

	for (size_t i = 0; i < N(cases); i++) {
		struct keystone k = keystone_of(rig, &cases[i].id);
		struct keystone_answer got = {0};
		struct err err = ERR_INIT;
		script_server_play(&rig->server, &step, 1);
		expect_ok(keystone_check_v3(&cases[i].id, &err), err);
		expect_ok(keystone_ask_v3(&k, NULL, rig->a, &got, &err), err);
		expect_str(got.token, "t3");
		expect_str(got.storage_url, "http://a/v1/AUTH_t");
		expect_str(str_of(script_server_asked(&rig->server)),
			   arena_printf(rig->a,
					"POST /id/auth/tokens content-type=application/json "
					"<{\"auth\":{\"identity\":{%s}%s%s}}>\n",
					cases[i].identity, *cases[i].scope ? ",\"scope\":" : "",
					cases[i].scope));
	}
}

static void regions_are_chosen_by_name_or_id(void **state)
{
	static const struct {
		const char *region, *url;
	} cases[] = {{"a", "http://a/v1/AUTH_t"}, {"b", "http://b/v1/AUTH_t"}, {"c", NULL}};
	static const struct script_step step = {201, catalog_v3, "X-Subject-Token: t3", false};
	struct rig *rig = *state;

	for (size_t i = 0; i < N(cases); i++) {
		const struct swift_identity id = {.user_id = STR("42"),
						  .region = str_of(cases[i].region)};
		struct keystone k = keystone_of(rig, &id);
		struct keystone_answer got = {0};
		struct err err = ERR_INIT;
		script_server_play(&rig->server, &step, 1);
		bool ok = keystone_ask_v3(&k, NULL, rig->a, &got, &err);
		if (cases[i].url)
			expect_str(got.storage_url, cases[i].url);
		else
			expect_err(ok, err, ERR_UNAVAILABLE,
				   "the catalog has no public object-store in region c");
	}
}

static void its_own_words_are_in_the_error_and_the_password_is_not(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {401,
	     "{\"error\":{\"message\":\"The request you have made requires authentication.\","
	     "\"code\":401,\"title\":\"Unauthorized\"}}",
	     NULL, false}};
	const struct swift_identity id = {.username = STR("u"), .password = STR("hidden")};
	struct keystone k = keystone_of(rig, &id);
	struct keystone_answer got = {0};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_err(keystone_ask_v3(&k, NULL, rig->a, &got, &err), err, ERR_INTERNAL,
		   "Swift: POST auth/tokens: 401: The request you have made requires "
		   "authentication.");
	assert_null(strstr(err.msg, "hidden"));
}

static void an_application_credential_by_name_needs_its_user(void **state)
{
	static const struct swift_identity nobody = {.application_credential_name = STR("n"),
						     .application_credential_secret = STR("s")},
					   nowhere = {.application_credential_name = STR("n"),
						      .application_credential_secret = STR("s"),
						      .username = STR("u")};
	struct err err = ERR_INIT;
	(void)state;

	expect_err(keystone_check_v3(&nobody, &err), err, ERR_INVALID,
		   "application_credential_name wants user_id or username");
	expect_err(keystone_check_v3(&nowhere, &err), err, ERR_INVALID,
		   "application_credential_name wants domain_id or domain_name");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(version_2_sends_a_password_and_finds_the_region),
	    TEST(version_2_tries_the_other_kind_of_secret_and_remembers_it),
	    TEST(version_3_says_who_and_for_what_project),
	    TEST(regions_are_chosen_by_name_or_id),
	    TEST(its_own_words_are_in_the_error_and_the_password_is_not),
	    cmocka_unit_test(an_application_credential_by_name_needs_its_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
