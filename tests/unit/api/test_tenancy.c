#include "api/tenancy.h"

#include "net/tls.h"
#include "tests/lib/api_rig.h"
#include "tests/lib/expect.h"

/* --- who is it -------------------------------------------------------------------------------- */

struct seen {
	const char *name, *value; /* a header; NULL: none */
	const struct tls_subject *certificate;
};

static bool read_tenant(const struct tenancy *t, struct seen seen, struct str *out, struct err *err)
{
	struct http_header header = {
	    .name = str_of(seen.name ? seen.name : "accept"),
	    .value = str_of(seen.value ? seen.value : ""),
	};
	struct http_request r = {.headers = {&header, 1, 1}, .certificate = seen.certificate};

	return tenancy_read(t, &r, out, err);
}

static void a_tenant_is_told_by_a_header(void **state)
{
	static const struct {
		const char *header, *name, *value, *want;
	} cases[] = {
	    {"X-Tenant", "x-tenant", "a", "a"},     {"X-Tenant", "thanos-tenant", "b", "b"},
	    {"X-Tenant", "x-tenant", "", "nobody"}, {NULL, "thanos-tenant", "b", "b"},
	    {"X-Tenant", NULL, NULL, "nobody"},     {"X-Tenant", "x-tenant", "..", ".."},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tenancy t = {.header = cases[i].header, .default_tenant = STR("nobody")};
		struct err err = ERR_INIT;
		struct str got;
		expect_ok(
		    read_tenant(&t, (struct seen){cases[i].name, cases[i].value, NULL}, &got, &err),
		    err);
		expect_str(got, cases[i].want);
	}
}

static void a_tenant_is_not_a_path(void **state)
{
	static const char *const bad[] = {"a/b", "a/", "../x", "//"};
	struct tenancy t = {.default_tenant = STR("nobody")}, none = {0};
	struct err err = ERR_INIT;
	struct str got;
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_err(
		    read_tenant(&t, (struct seen){"thanos-tenant", bad[i], NULL}, &got, &err), err,
		    ERR_INVALID, "tenant name not valid");
	expect_err(read_tenant(&none, (struct seen){0}, &got, &err), err, ERR_INVALID,
		   "tenant name not valid");
}

static void a_tenant_is_told_by_its_certificate_and_by_nothing_else_then(void **state)
{
	static const struct tls_subject subject = {{"org", 3}, {"unit", 4}, {"name", 4}};
	static const char *const fields[] = {NULL, "organization", "organizationalUnit",
					     "commonName"};
	static const char *const wants[] = {NULL, "org", "unit", "name"};
	const struct tls_subject nothing = {0};
	struct err err = ERR_INIT;
	struct str got;
	(void)state;

	for (enum tenant_certificate_field f = TENANT_FIELD_ORGANIZATION;
	     f <= TENANT_FIELD_COMMON_NAME; f++) {
		struct tenancy t = {.default_tenant = STR("nobody"), .certificate_field = f};
		expect_ok(
		    read_tenant(&t, (struct seen){"thanos-tenant", "x", &subject}, &got, &err),
		    err);
		expect_str(got, wants[f]);
		expect_err(read_tenant(&t, (struct seen){"thanos-tenant", "x", NULL}, &got, &err),
			   err, ERR_INVALID,
			   "could not get required certificate field from client cert");
		expect_err(
		    read_tenant(&t, (struct seen){"thanos-tenant", "x", &nothing}, &got, &err), err,
		    ERR_INVALID, fields[f]);
	}
}

/* --- what may it see -------------------------------------------------------------------------- */

static int set_up(void **state)
{
	static struct api_rig rig;

	api_rig_init(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	api_rig_stop(*state);
	return 0;
}

/* Tenants are told apart by the label "job"; without a header it is "x". */
static struct api_rig *start_enforcing(void **state)
{
	struct api_rig *rig = *state;

	rig->options.query.tenancy = (struct tenancy){
	    .header = "X-Tenant",
	    .default_tenant = STR("x"),
	    .is_enforced = true,
	    .label = STR("job"),
	};
	api_rig_start(rig);
	return rig;
}

static void the_tenant_travels_to_the_stores(void **state)
{
	static const char *const paths[] = {
	    "/api/v1/query?query=up&time=50",
	    "/api/v1/series?match[]=up&start=0&end=100",
	    "/api/v1/query_range?query=up&start=0&end=10&step=10",
	};
	struct api_rig *rig = *state;

	rig->options.query.tenancy.default_tenant = STR("somebody");
	api_rig_start(rig);
	for (size_t i = 0; i < 3; i++) {
		rig->stores[0].last_request.tenant = (struct str){0};
		api_rig_get(rig, 200, paths[i]);
		expect_str(rig->stores[0].last_request.tenant, "somebody");
	}
}

static const char *form_of(struct web_rig *web, const char *query)
{
	struct buf form auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_puts(&form, "query=");
	for (const char *c = query; *c; c++)
		buf_printf(&form, "%%%02x", (unsigned char)*c);
	return arena_cstr(web->arena, buf_str(&form));
}

static void a_query_sees_the_series_of_its_tenant_only(void **state)
{
	/* Two jobs on two stores; a tenant that asks for another's gets its own. */
	static const char *const queries[] = {
	    "count(up)",
	    "count(up{job=\"z\"})",
	    "count(up{job=~\".*\",job!=\"x\"})",
	    "count({__name__=~\".+\"})",
	    "count(rate(up[1m]))",
	    "count(max_over_time(up[1m:10s]))",
	    "count(-(up) + on(replica) up{job=\"z\"})",
	    "topk(scalar(count(up{job=\"z\"})), vector(1))",
	};
	struct api_rig *rig = start_enforcing(state);

	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		struct web_answer got =
		    web_post(&rig->web, "/api/v1/query?time=50", form_of(&rig->web, queries[i]));
		assert_int_equal(got.status, 200);
		if (!strstr(got.body, "\"value\":[50,\"1\"]"))
			fail_msg("%s: got %s, want one series", queries[i], got.body);
	}
}

static void what_cannot_be_parsed_is_refused_as_thanos_does(void **state)
{
	struct api_rig *rig = start_enforcing(state);

	assert_non_null(strstr(api_rig_get(rig, 400, "/api/v1/query?query=up%7B%7B"),
			       "\"error\":\"error parsing query string, when enforcing tenenacy: "
			       "1:4: parse error: unexpected left brace '{'\""));
	assert_non_null(strstr(api_rig_get(rig, 400, "/api/v1/labels?match[]=%7B%7B"),
			       "\"error\":\"1:2: parse error: unexpected left brace '{'\""));
}

static void metadata_is_that_of_the_tenant(void **state)
{
	struct api_rig *rig = start_enforcing(state);

	const char *body = api_rig_get(rig, 200, "/api/v1/series?match[]=up%7Bjob=%22z%22%7D");
	assert_non_null(strstr(body, "\"job\":\"x\""));
	assert_null(strstr(body, "\"job\":\"z\""));
	assert_non_null(strstr(api_rig_get(rig, 400, "/api/v1/series"), "no match[] parameter"));
	expect_str(str_of(api_rig_get(rig, 200, "/api/v1/label/job/values")),
		   "{\"status\":\"success\",\"data\":[\"x\"]}");
	expect_str(
	    str_of(api_rig_get(rig, 200, "/api/v1/label/job/values?match[]=%7Bjob=%22z%22%7D")),
	    "{\"status\":\"success\",\"data\":[\"x\"]}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_tenant_is_told_by_a_header),
	    cmocka_unit_test(a_tenant_is_not_a_path),
	    cmocka_unit_test(a_tenant_is_told_by_its_certificate_and_by_nothing_else_then),
	    cmocka_unit_test_setup_teardown(the_tenant_travels_to_the_stores, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_query_sees_the_series_of_its_tenant_only, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(what_cannot_be_parsed_is_refused_as_thanos_does, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(metadata_is_that_of_the_tenant, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
