#include "objstore/hedging.h"

#include "tests/lib/expect.h"

#define MS INT64_C(1000000)

static void decode(const char *yaml, struct hedging_config *out, bool *ok, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct yaml_node *root;

	expect_ok(yaml_parse(str_of(yaml), a, &root, err), *err);
	*ok = yaml_decode(root, &hedging_config_table, a, out, err);
}

static struct hedging hedging_of(double quantile)
{
	struct hedging h;

	hedging_init(&h,
		     &(struct hedging_config){.enabled = true, .up_to = 3, .quantile = quantile});
	return h;
}

static void it_is_off_unless_it_is_switched_on(void **state)
{
	struct hedging_config c;
	struct err err = ERR_INIT;
	bool ok;
	(void)state;

	decode("{}", &c, &ok, &err);
	assert_true(ok);
	assert_false(c.enabled);
	assert_int_equal(c.up_to, 3);
	assert_true(c.quantile == 0.9);

	struct hedging h;
	hedging_init(&h, &c);
	for (int i = 0; i < 100; i++)
		hedging_note(&h, MS);
	assert_int_equal(hedging_delay_ns(&h), -1);
	hedging_done(&h);
}

static void what_cannot_be_meant_is_refused(void **state)
{
	static const struct {
		const char *yaml, *said;
	} cases[] = {
	    {"{up_to: -1}", "up_to: 0 to 32 are allowed"},
	    {"{up_to: 33}", "up_to: 0 to 32 are allowed"},
	    {"{quantile: 1.5}", "quantile: 0 to 1 are allowed"},
	    {"{quantile: .nan}", "quantile: 0 to 1 are allowed"},
	    {"{up: 1}", "field up not found in type exthttp.HedgingConfig"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct hedging_config c;
		struct err err = ERR_INIT;
		bool ok;
		decode(cases[i].yaml, &c, &ok, &err);
		if (ok || !strstr(err.msg, cases[i].said))
			fail_msg("%s: \"%s\", want \"%s\"", cases[i].yaml, err.msg, cases[i].said);
	}
}

static void the_delay_is_the_quantile_of_what_was_seen(void **state)
{
	struct hedging h = hedging_of(0.9);
	(void)state;

	for (int i = 1; i < 20; i++) {
		hedging_note(&h, i * MS);
		assert_int_equal(hedging_delay_ns(&h), -1);
	}
	hedging_note(&h, 20 * MS);
	assert_int_equal(hedging_delay_ns(&h), 18 * MS);
	hedging_done(&h);
}

static void what_is_long_ago_is_forgotten(void **state)
{
	struct hedging h = hedging_of(0.5);
	(void)state;

	for (int i = 0; i < HEDGING_WINDOW; i++)
		hedging_note(&h, 7 * MS);
	assert_int_equal(hedging_delay_ns(&h), 7 * MS);
	for (int i = 0; i < HEDGING_WINDOW; i++)
		hedging_note(&h, 3 * MS);
	assert_int_equal(hedging_delay_ns(&h), 3 * MS);
	hedging_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_off_unless_it_is_switched_on),
	    cmocka_unit_test(what_cannot_be_meant_is_refused),
	    cmocka_unit_test(the_delay_is_the_quantile_of_what_was_seen),
	    cmocka_unit_test(what_is_long_ago_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
