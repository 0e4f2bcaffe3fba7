#include "promql/histogram_notes.h"

#include "tests/lib/expect.h"
#include "tests/lib/histogram_rig.h"

static int set_up(void **state)
{
	static struct histogram_rig rig;

	histogram_rig_init(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	histogram_rig_done(*state);
	return 0;
}

static void notes_have_the_texts_of_prometheus(void **state)
{
	static const struct {
		void (*add)(const struct note_place *p);
		const char *want;
	} cases[] = {
	    {note_mixed_samples, "warning: encountered a mix of histograms and floats for metric "
				 "name \"h\""},
	    {note_mixed_schemas, "warning: vector contains a mix of histograms with exponential "
				 "and custom buckets schemas for metric name \"h\""},
	    {note_ignored_in_range, "info: ignored histograms in a range containing both floats "
				    "and histograms for metric name \"h\""},
	    {note_not_counter, "warning: this native histogram metric is not a counter: \"h\""},
	    {note_not_gauge, "warning: this native histogram metric is not a gauge: \"h\""},
	};
	struct histogram_rig *rig = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cases[i].add(&rig->place);
		expect_notes(rig, cases[i].want);
	}
	note_reconciled_bounds(&rig->place, "subtraction");
	expect_notes(rig, "info: mismatched custom buckets were reconciled during subtraction");
	note_conflicting_resets(&rig->place, "addition");
	expect_notes(rig, "warning: conflicting counter resets during histogram addition");
}

static void a_total_tells_conflicts_only_where_both_kinds_were_met(void **state)
{
	struct histogram_rig *rig = *state;
	struct histogram_total t = {.has_reset = true};

	note_total(&rig->place, &t);
	expect_notes(rig, "");
	t.has_not_reset = true;
	t.has_bounds = true;
	note_total(&rig->place, &t);
	expect_notes(rig, "warning: conflicting counter resets during histogram aggregation\n"
			  "info: mismatched custom buckets were reconciled during aggregation");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(notes_have_the_texts_of_prometheus),
	    TEST(a_total_tells_conflicts_only_where_both_kinds_were_met),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
