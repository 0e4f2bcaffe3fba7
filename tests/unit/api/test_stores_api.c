#include "api/stores_api.h"

#include "tests/lib/api_rig.h"
#include "tests/lib/expect.h"

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

#define CHECKED "\"lastCheck\":\"1970-01-01T00:01:40Z\","

static void endpoints_are_listed_by_kind(void **state)
{
	struct label external[] = {LABEL("cluster", "eu"), LABEL("replica", "a")};
	struct labels sets[] = {{external, 2}, {external, 1}};
	struct api_rig *rig = *state;
	rig->stores[0].info.component = "store";
	rig->stores[0].info.label_sets = sets;
	rig->stores[0].info.n_label_sets = 2;
	rig->stores[0].info.min_t_ms = 5;
	rig->stores[0].info.max_t_ms = 9;

	api_rig_start(rig);
	assert_string_equal(
	    api_rig_get(rig, 200, "/api/v1/stores"),
	    "{\"status\":\"success\",\"data\":{"
	    "\"sidecar\":[{\"name\":\"b:10901\"," CHECKED "\"lastError\":null,\"labelSets\":[],"
	    "\"minTime\":-9223372036854775808,\"maxTime\":9223372036854775807}],"
	    "\"store\":[{\"name\":\"a:10901\"," CHECKED "\"lastError\":null,\"labelSets\":["
	    "{\"cluster\":\"eu\",\"replica\":\"a\"},{\"cluster\":\"eu\"}],"
	    "\"minTime\":5,\"maxTime\":9}]}}");
}

static void a_kind_that_is_not_known_is_called_so(void **state)
{
	struct api_rig *rig = *state;
	rig->stores[0].info.component = "spaceship";

	api_rig_start(rig);
	assert_non_null(
	    strstr(api_rig_get(rig, 200, "/api/v1/stores"), "\"unknown-store-api\":[{\"name\":"));
}

static void an_endpoint_never_seen_is_not_listed_unless_strict(void **state)
{
	static const struct endpoint_spec specs[] = {{"a:10901", true}, {"b:10901", false}};
	struct api_rig *rig = *state;
	rig->options.endpoints.specs = specs;
	rig->stores[0].fail = "no \"route\"";
	rig->stores[1].fail = "no route";

	api_rig_start(rig);
	assert_string_equal(
	    api_rig_get(rig, 200, "/api/v1/stores"),
	    "{\"status\":\"success\",\"data\":{\"store\":[{\"name\":\"a:10901\","
	    "\"lastCheck\":\"0001-01-01T00:00:00Z\",\"lastError\":\"no \\\"route\\\"\","
	    "\"labelSets\":[],\"minTime\":-9223372036854775808,"
	    "\"maxTime\":9223372036854775807}]}}");
}

static void without_endpoints_the_object_is_empty(void **state)
{
	struct api_rig *rig = *state;
	rig->options.endpoints.n_specs = 0;

	api_rig_start(rig);
	assert_string_equal(api_rig_get(rig, 200, "/api/v1/stores"),
			    "{\"status\":\"success\",\"data\":{}}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(endpoints_are_listed_by_kind),
	    TEST(a_kind_that_is_not_known_is_called_so),
	    TEST(an_endpoint_never_seen_is_not_listed_unless_strict),
	    TEST(without_endpoints_the_object_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
