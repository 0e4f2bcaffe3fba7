#include "promql/plan_info.h"

#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

enum { MINUTE = 60000 };

static int with_targets(void **state)
{
	static struct query_rig rig;

	query_rig_init(&rig);
	rig.opts.parser.experimental_functions = true;
	query_rig_load(&rig, MINUTE,
		       "up{instance=\"a\", job=\"j\"} 1x5\n"
		       "up{instance=\"b\", job=\"j\"} 0x5\n"
		       "target_info{instance=\"a\", job=\"j\", zone=\"x\"} 1 1 _ _ _ _\n"
		       "target_info{instance=\"a\", job=\"j\", zone=\"y\"} _ _ _ 1 1 1\n"
		       "build_info{instance=\"a\", job=\"j\", version=\"1\"} 1x5\n"
		       "twice_info{instance=\"a\", job=\"j\", os=\"p\"} 1x5\n"
		       "twice_info{instance=\"a\", job=\"j\", os=\"q\"} 1x5\n");
	*state = &rig;
	return 0;
}

static int done(void **state)
{
	query_rig_done(*state);
	return 0;
}

static void labels_come_from_the_newest_info_of_instance_and_job(void **state)
{
	struct query_rig *rig = *state;

	expect_range(rig, "info(up)", MINUTE, 4 * MINUTE, MINUTE,
		     "{__name__=\"up\", instance=\"a\", job=\"j\", zone=\"x\"} 60:1 120:1\n"
		     "{__name__=\"up\", instance=\"a\", job=\"j\", zone=\"y\"} 180:1 240:1\n"
		     "{__name__=\"up\", instance=\"b\", job=\"j\"} 60:0 120:0 180:0 240:0");
}

static void matchers_say_which_infos_and_which_of_their_labels(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "info(up, {__name__=\"build_info\"})", MINUTE,
		       "{__name__=\"up\", instance=\"a\", job=\"j\", version=\"1\"} 1\n"
		       "{__name__=\"up\", instance=\"b\", job=\"j\"} 0");
	expect_instant(rig, "info(up, {__name__=~\"(target|build)_info\", version=~\".+\"})",
		       MINUTE, "{__name__=\"up\", instance=\"a\", job=\"j\", version=\"1\"} 1");
	expect_instant(rig, "info(up, {zone=\"nowhere\"})", MINUTE, "");
}

static void infos_without_an_enforced_label_add_nothing(void **state)
{
	struct query_rig *rig = *state;

	rig->opts.parser.enforced = (struct label){STR("zone"), STR("y")};
	query_rig_load(rig, MINUTE, "mine{instance=\"a\", job=\"j\", zone=\"y\"} 1x5\n");
	expect_range(
	    rig, "info(mine)", MINUTE, 4 * MINUTE, MINUTE,
	    "{__name__=\"mine\", instance=\"a\", job=\"j\", zone=\"y\"} 60:1 120:1 180:1 240:1");
	/* Written out, the label is one that the info must have. */
	expect_instant(rig, "info(mine, {__name__=\"build_info\"})", MINUTE, "");
	rig->opts.parser.enforced = (struct label){0};
}

static void two_infos_at_once_are_an_error(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(
	    rig, "info(up, {__name__=\"twice_info\"})", MINUTE,
	    "error: found duplicate series for info metric: existing "
	    "{__name__=\"twice_info\", instance=\"a\", job=\"j\", os=\"p\"} @ 60000, new "
	    "{__name__=\"twice_info\", instance=\"a\", job=\"j\", os=\"q\"} @ 60000");
}

static void the_first_selector_says_when_infos_are_looked_at(void **state)
{
	struct query_rig *rig = *state;
	const char *then = "{__name__=\"up\", instance=\"a\", job=\"j\", zone=\"x\"} 1";

	expect_instant(rig, "info(up{instance=\"a\"} @ 60)", 4 * MINUTE, then);
	expect_instant(rig, "info(up{instance=\"a\"} offset 3m)", 4 * MINUTE, then);
	expect_instant(rig, "info(last_over_time(up{instance=\"a\"}[5m:1m] offset 3m))", 4 * MINUTE,
		       then);
	expect_instant(rig, "info(last_over_time((up{instance=\"a\"} offset 1m)[5m:1m] @ 120))",
		       4 * MINUTE, then);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels_come_from_the_newest_info_of_instance_and_job),
	    cmocka_unit_test(matchers_say_which_infos_and_which_of_their_labels),
	    cmocka_unit_test(infos_without_an_enforced_label_add_nothing),
	    cmocka_unit_test(two_infos_at_once_are_an_error),
	    cmocka_unit_test(the_first_selector_says_when_infos_are_looked_at),
	};
	return cmocka_run_group_tests(tests, with_targets, done);
}
