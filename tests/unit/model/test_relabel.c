#include "model/relabel.h"
#include "tests/lib/expect.h"

#include <stdio.h>

static struct relabel *parse(const char *yaml, enum relabel_scope scope)
{
	struct relabel *r = NULL;
	struct err err = ERR_INIT;

	if (!relabel_parse(str_of(yaml), scope, &r, &err))
		fail_msg("%s\n%s", yaml, err.msg);
	return r;
}

static void expect_relabelled(const char *yaml, struct labels ls, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct relabel *r auto_free(relabel_free) = parse(yaml, RELABEL_ANY);
	struct buf text auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;
	struct labels out;

	expect_ok(relabel_apply(r, ls, a, &out, &err), err);
	labels_format(&text, out);
	if (!str_is(buf_str(&text), want))
		fail_msg("%s\n got  %.*s\n want %s", yaml, STR_FMT(buf_str(&text)), want);
}

/* The results were computed with Prometheus 3.14. */
static void every_action_does_what_it_does_in_prometheus(void **state)
{
	static const struct {
		const char *yaml, *want;
	} cases[] = {
	    /* replace */
	    {"[{source_labels: [a], regex: f(.*), target_label: d, replacement: 'ch${1}-ch${1}'}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\", d=\"choo-choo\"}"},
	    {"[{source_labels: [a, b], regex: 'f(.*);(.*)r', target_label: a, "
	     "replacement: 'b${1}${2}m'}, {source_labels: [c, a], regex: '(B).*b(.*)ba(.*)', "
	     "target_label: d, replacement: $1$2$2$3}]",
	     "{a=\"boobam\", b=\"bar\", c=\"Baz\", d=\"Boooom\"}"},
	    {"[{target_label: d, replacement: x}]", "{a=\"foo\", b=\"bar\", c=\"Baz\", d=\"x\"}"},
	    {"[{target_label: b, replacement: ''}]", "{a=\"foo\", c=\"Baz\"}"},
	    {"[{source_labels: [a], target_label: b, replacement: $2}]", "{a=\"foo\", c=\"Baz\"}"},
	    {"[{source_labels: [a], regex: o, target_label: b, replacement: x}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\"}"},
	    {"[{source_labels: [a], regex: (f)oo, target_label: $1.x, replacement: y}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\", \"f.x\"=\"y\"}"},
	    {"[{source_labels: [a], regex: (f)oo, target_label: $2, replacement: y}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\"}"},
	    {"[{source_labels: [a, b], separator: '', target_label: a}]",
	     "{a=\"foobar\", b=\"bar\", c=\"Baz\"}"},
	    {"[{source_labels: [a], regex: '(?P<all>.*)', target_label: b, replacement: '$all!'}]",
	     "{a=\"foo\", b=\"foo!\", c=\"Baz\"}"},
	    {"[{source_labels: [a], target_label: b, replacement: $$}]",
	     "{a=\"foo\", b=\"$\", c=\"Baz\"}"},
	    /* keep, drop and their likes */
	    {"[{source_labels: [a], regex: f.*, action: keep}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\"}"},
	    {"[{source_labels: [a], regex: o.*, action: keep}]", "{}"},
	    {"[{source_labels: [a], regex: f|o, action: drop}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\"}"},
	    {"[{source_labels: [a], regex: .*o, action: Drop}, "
	     "{target_label: d, replacement: x}]",
	     "{}"},
	    {"[{source_labels: [absent], regex: '', action: drop}]", "{}"},
	    {"[{action: drop}]", "{}"},
	    {"[{source_labels: [a], target_label: b, action: keepequal}]", "{}"},
	    {"[{source_labels: [a], target_label: a, action: keepequal}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\"}"},
	    {"[{source_labels: [a], target_label: b, action: dropequal}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\"}"},
	    {"[{source_labels: [x], target_label: y, action: dropequal}]", "{}"},
	    /* hashmod */
	    {"[{source_labels: [a], modulus: 1000, target_label: d, action: hashmod}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\", d=\"696\"}"},
	    {"[{source_labels: [a, b], separator: ':', modulus: 18446744073709551615, "
	     "target_label: d, action: hashmod}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\", d=\"3829340801889330994\"}"},
	    /* names */
	    {"[{regex: '([ab])', replacement: 'x_$1', action: labelmap}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\", x_a=\"foo\", x_b=\"bar\"}"},
	    {"[{regex: '.*', replacement: x, action: labelmap}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\", x=\"Baz\"}"},
	    {"[{target_label: a, replacement: new}, {regex: '.*', replacement: x, action: "
	     "labelmap}]",
	     "{a=\"new\", b=\"bar\", c=\"Baz\", x=\"new\"}"},
	    {"[{regex: '[ab]', action: labeldrop}]", "{c=\"Baz\"}"},
	    {"[{regex: '[ab]', action: labelkeep}]", "{a=\"foo\", b=\"bar\"}"},
	    {"[{regex: .*, action: labeldrop}]", "{}"},
	    {"[{regex: b, action: labeldrop}, {source_labels: [a], target_label: b}]",
	     "{a=\"foo\", b=\"foo\", c=\"Baz\"}"},
	    /* case */
	    {"[{source_labels: [c, a], target_label: c, action: uppercase}]",
	     "{a=\"foo\", b=\"bar\", c=\"BAZ;FOO\"}"},
	    {"[{source_labels: [c], target_label: d, action: lowercase}]",
	     "{a=\"foo\", b=\"bar\", c=\"Baz\", d=\"baz\"}"},
	    {"[{source_labels: [x], target_label: c, action: lowercase}]",
	     "{a=\"foo\", b=\"bar\"}"},
	};
	struct labels ls = LABELS(LABEL("a", "foo"), LABEL("b", "bar"), LABEL("c", "Baz"));
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_relabelled(cases[i].yaml, ls, cases[i].want);
}

static void names_and_values_may_be_any_text(void **state)
{
	struct labels ls = LABELS(LABEL("straße.№", "line1\nÄ"));
	(void)state;

	expect_relabelled("[{source_labels: ['straße.№'], regex: 'line1.(.)', "
			  "target_label: 'ü $1', replacement: '$1$1'}]",
			  ls, "{\"straße.№\"=\"line1\\nÄ\", \"ü Ä\"=\"ÄÄ\"}");
	expect_relabelled("[{source_labels: ['straße.№'], target_label: l, action: lowercase}]", ls,
			  "{l=\"line1\\nä\", \"straße.№\"=\"line1\\nÄ\"}");
}

static void no_rules_change_nothing(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct labels ls = LABELS(LABEL("a", "1")), out;
	struct err err = ERR_INIT;
	(void)state;

	expect_relabelled("", ls, "{a=\"1\"}");
	expect_relabelled("[]", ls, "{a=\"1\"}");
	expect_ok(relabel_apply(NULL, ls, a, &out, &err), err);
	assert_ptr_equal(out.v, ls.v);
}

/* Prometheus would give such a label an empty name. */
static void labelmap_makes_no_label_without_a_name(void **state)
{
	(void)state;

	expect_relabelled("[{regex: a, replacement: $1, action: labelmap}]",
			  LABELS(LABEL("a", "1")), "{a=\"1\"}");
}

static void what_is_wrong_is_told_as_prometheus_does(void **state)
{
	static const struct {
		const char *yaml, *want;
	} cases[] = {
	    {"[{action: jump}]", "unknown relabel action \"jump\""},
	    {"[{action: ''}]", "unknown relabel action \"\""},
	    {"[{}]", "relabel configuration for replace action requires 'target_label' value"},
	    {"[{action: hashmod, target_label: a}]",
	     "relabel configuration for hashmod requires non-zero modulus"},
	    {"[{action: hashmod, modulus: 2}]",
	     "relabel configuration for hashmod action requires 'target_label' value"},
	    {"[{action: lowercase, target_label: a, replacement: x}]",
	     "'replacement' can not be set for lowercase action"},
	    {"[{action: keepequal, target_label: a, replacement: x}]",
	     "'replacement' can not be set for keepequal action"},
	    {"[{action: keepequal, target_label: a, regex: (.*)}]",
	     "keepequal action requires only 'source_labels' and `target_label`, and no other "
	     "fields"},
	    {"[{action: dropequal, target_label: a, modulus: 1}]",
	     "dropequal action requires only 'source_labels' and `target_label`, and no other "
	     "fields"},
	    {"[{action: labeldrop, regex: a, source_labels: []}]",
	     "labeldrop action requires only 'regex', and no other fields"},
	    {"[{action: labelkeep, regex: a, separator: x}]",
	     "labelkeep action requires only 'regex', and no other fields"},
	    {"[{action: labelmap, replacement: ''}]",
	     "\"\" is invalid 'replacement' for labelmap action"},
	    {"[{target_label: a, source_labels: ['']}]", "\"\" is not a valid label name"},
	    {"[{target_label: a, regex: '('}]", "error parsing regexp: missing closing )"},
	    {"[{target_label: a, modulus: x}]", "cannot unmarshal !!str `x` into uint"},
	    {"[{target_label: a, target: b}]", "field target not found in type relabel.plain"},
	    {"[{target_label: a, target_label: b}]", "key \"target_label\" already set in map"},
	    {"{target_label: a}", "want a list of rules"},
	    {"a", "want a list of rules"},
	    {"[{target_label: a}, b]", "cannot unmarshal !!str `b` into relabel.plain"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct relabel *r = NULL;
		struct err err = ERR_INIT;
		expect_err(relabel_parse(str_of(cases[i].yaml), RELABEL_ANY, &r, &err), err,
			   ERR_INVALID, cases[i].want);
	}
}

static void a_selector_only_keeps_drops_and_hashes(void **state)
{
	static const char *const other[] = {
	    "replace, target_label: a",
	    "labeldrop",
	    "keepequal, target_label: a",
	    "uppercase, target_label: a",
	};
	(void)state;

	relabel_free(parse("[{action: keep}, {action: drop}, "
			   "{action: hashmod, modulus: 2, target_label: a}]",
			   RELABEL_SELECTOR));
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		char yaml[128];
		struct relabel *r = NULL;
		struct err err = ERR_INIT;
		snprintf(yaml, sizeof(yaml), "[{action: %s}]", other[i]);
		expect_err(relabel_parse(str_of(yaml), RELABEL_SELECTOR, &r, &err), err,
			   ERR_INVALID, "unsupported relabel action: ");
	}
}

static void texts_that_grow_without_end_are_refused(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf yaml auto_done(buf_done) = BUF_INIT(1 << 16);
	struct labels ls = LABELS(LABEL("a", "x")), out;
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 13; i++)
		buf_puts(&yaml, "- {source_labels: [a], target_label: a, "
				"replacement: $1$1$1$1}\n");
	struct relabel *r auto_free(relabel_free) = parse(buf_cstr(&yaml), RELABEL_ANY);
	expect_err(relabel_apply(r, ls, a, &out, &err), err, ERR_LIMIT,
		   "relabelling makes more than 16777216 bytes of text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_action_does_what_it_does_in_prometheus),
	    cmocka_unit_test(names_and_values_may_be_any_text),
	    cmocka_unit_test(no_rules_change_nothing),
	    cmocka_unit_test(labelmap_makes_no_label_without_a_name),
	    cmocka_unit_test(what_is_wrong_is_told_as_prometheus_does),
	    cmocka_unit_test(a_selector_only_keeps_drops_and_hashes),
	    cmocka_unit_test(texts_that_grow_without_end_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
