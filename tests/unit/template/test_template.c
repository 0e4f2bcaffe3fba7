#include "template/template.h"
#include "tests/lib/expect.h"

#define TEXT(literal)                                                                              \
	{                                                                                          \
		.kind = TEMPLATE_STRING, .str = { literal, sizeof(literal) - 1 }                   \
	}
#define NAME(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* {{1} {...} ...}: a struct with another one embedded in it, as Go has them. */
static const struct template_field labels[] = {
    {NAME("a"), false, TEXT("1")},
    {NAME("b"), false, TEXT("2")},
};
static const struct template_field downsample[] = {
    {NAME("Resolution"), false, {.kind = TEMPLATE_INT, .type_name = "int64", .i64 = 300000}},
};
static const struct template_value files[] = {TEXT("p"), TEXT("q")};
static const struct template_field thanos[] = {
    {NAME("Labels"),
     false,
     {.kind = TEMPLATE_MAP, .type_name = "map[string]string", .fields = {labels, 2}}},
    {NAME("Downsample"),
     false,
     {.kind = TEMPLATE_STRUCT, .type_name = "main.D", .fields = {downsample, 1}}},
    {NAME("Source"), false, TEXT("x")},
    {NAME("Version"), false, {.kind = TEMPLATE_INT}},
    {NAME("Files"), false, {.kind = TEMPLATE_LIST, .type_name = "[]string", .list = {files, 2}}},
};
static const struct template_field block[] = {
    {NAME("ULID"), false, TEXT("01A")},
    {NAME("MinTime"), false, {.kind = TEMPLATE_INT, .type_name = "int64", .i64 = 5}},
};
static const struct template_field meta[] = {
    {NAME("B"), true, {.kind = TEMPLATE_STRUCT, .type_name = "main.B", .fields = {block, 2}}},
    {NAME("Thanos"),
     false,
     {.kind = TEMPLATE_STRUCT, .type_name = "main.T", .fields = {thanos, 5}}},
    {NAME("N"), false, {.kind = TEMPLATE_UINT, .u64 = 7}},
    {NAME("F"), false, {.kind = TEMPLATE_FLOAT, .f64 = 1.5}},
    {NAME("Ok"), false, {.kind = TEMPLATE_BOOL, .is_true = true}},
};
static const struct template_value data = {
    .kind = TEMPLATE_STRUCT, .type_name = "**main.M", .fields = {meta, 5}};

static bool execute(const char *text, struct buf *out, struct err *err)
{
	struct template *t auto_free(template_free) = template_parse(str_of(text), err);

	return t && template_execute(t, &data, out, err);
}

static void expect_executed(const char *text, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;

	if (!execute(text, &out, &err))
		fail_msg("%s: %s", text, err.msg);
	if (!str_is(buf_str(&out), want))
		fail_msg("%s\n got  %.*s\n want %s", text, STR_FMT(buf_str(&out)), want);
}

static void expect_refused(const char *text, enum err_code code, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;

	if (execute(text, &out, &err))
		fail_msg("%s: %.*s", text, STR_FMT(buf_str(&out)));
	if (err.code != code || strcmp(err.msg, want) != 0)
		fail_msg("%s\n got  %d %s\n want %s", text, err.code, err.msg, want);
}

struct template_case {
	const char *text, *want;
};

/* What is wanted was printed by Go 1.26. */
static void templates_are_executed_as_in_go(void **state)
{
	static const struct template_case cases[] = {
	    {"{{.ULID}} {{.B.MinTime}} {{.Thanos.Labels.a}} {{.Thanos.Labels.nope}}|",
	     "01A 5 1 <no value>|"},
	    {"{{ .Thanos.Labels }} {{.Thanos.Files}} {{.F}} {{.Ok}} {{.N}}",
	     "map[a:1 b:2] [p q] 1.5 true 7"},
	    {"{{.}}", "{{01A 5} {map[a:1 b:2] {300000} x 0 [p q]} 7 1.5 true}"},
	    {"{{.Thanos}}", "{map[a:1 b:2] {300000} x 0 [p q]}"},
	    {"{{if eq .MinTime 5}}five{{else}}no{{end}}", "five"},
	    {"{{range $i,$f := .Thanos.Files}}{{$i}}={{$f}},{{end}}", "0=p,1=q,"},
	    {"{{range $k,$v := .Thanos.Labels}}{{$k}}={{$v}};{{end}}", "a=1;b=2;"},
	    {"{{range .Thanos.Files}}{{.}}{{else}}none{{end}}", "pq"},
	    {"{{with .Thanos.Source}}{{.}}{{end}}", "x"},
	    {"{{printf \"%-10s|%5d|%q|%v|%x|%T\" .ULID .MinTime .Thanos.Source .F .MinTime .N}}",
	     "01A       |    5|\"x\"|1.5|5|uint64"},
	    {"{{.ULID | printf \"%s!\"}}", "01A!"},
	    {"{{len .Thanos.Labels}}", "2"},
	    {"{{index .Thanos.Labels \"b\"}} {{index .Thanos.Files 1}}", "2 q"},
	    {"{{lt .MinTime 6}} {{gt .N 6}} {{eq .MinTime .N}}", "true true false"},
	    {"{{and .Ok .ULID}} {{or \"\" \"d\"}} {{not .Ok}}", "01A d false"},
	    {"{{- \"a\" -}}  b", "ab"},
	    {"{{/* c */}}x", "x"},
	    {"{{$x := 5}}{{$x}}{{$x = 6}}{{$x}}", "56"},
	    {"{{print 1 2 \"a\" \"b\" 3}} {{println 1 \"a\"}}", "1 2ab3 1 a\n"},
	    {"{{range 3}}{{.}}{{end}}", "012"},
	    {"{{1.5}} {{0x10}} {{`r`}} {{`q\"`}}", "1.5 16 r q\""},
	    {"{{(index .Thanos.Files 0)}}", "p"},
	    {"{{printf \"%d\" \"x\"}} {{printf \"%s\" 1}} {{printf \"%d\"}} {{printf \"x\" 1}}",
	     "%!d(string=x) %!s(int=1) %!d(MISSING) x%!(EXTRA int=1)"},
	    {"{{'a'}}", "97"},
	    {"{{\"\\n\"}}", "\n"},
	    {"{{range .MinTime}}{{.}}{{end}}", "01234"},
	    {"{{.F | printf \"%.2f %6.1f %g %e\" 1.0 2.0 3.0}}", "1.00    2.0 3 1.500000e+00"},
	    {"{{$.ULID}}", "01A"},
	    {"{{if .Ok}}a{{else if .N}}b{{end}}", "a"},
	    {"{{1 | print}}{{.Thanos.Downsample.Resolution}}", "1300000"},
	    {"{{range $x := .Thanos.Files}}{{if eq $x \"q\"}}{{break}}{{end}}{{$x}}{{end}}", "p"},
	    {"{{eq .Thanos.Labels.nope \"x\"}}", "false"},
	    {"{{index .Thanos.Labels \"nope\"}}|", "|"},
	    {"{{index .ULID 1}}", "49"},
	    {"{{index .Thanos.Labels}}", "map[a:1 b:2]"},
	    {"{{eq 1 2 1}}", "true"},
	    {"{{printf \"%v %v\" .Thanos.Files .Thanos.Labels}}", "[p q] map[a:1 b:2]"},
	    {"{{printf \"%s\" .Thanos.Files}}", "[p q]"},
	    {"{{printf \"%5.2s|%-5s|%05d|%+d|%x|%X|%c|%U|%t|%e|%%|%z\" \"abc\" \"b\" 42 7 \"hi\" 255 65 65 true 1.5 1}}",
	     "   ab|b    |00042|+7|6869|FF|A|U+0041|true|1.500000e+00|%|%!z(int=1)"},
	    {"{{print}}", ""},
	    {"{{printf \"%*d\" 5 1}}", "    1"},
	    {"{{printf \"%6v|%-6v|%q\" 1 \"x\" 65}}", "     1|x     |'A'"},
	    {"{{printf \"%d %d\" 1}}", "1 %!d(MISSING)"},
	    {"{{not 1}}", "false"},
	    {"{{print nil}}", "<nil>"},
	    {"{{.F}} {{1e21}} {{100000000.0}} {{0.00001}}", "1.5 1e+21 1e+08 1e-05"},
	    {"{{printf \"%v %g %f %.3g\" 1e21 1e21 1.5 2.0}}", "1e+21 1e+21 1.500000 2"},
	    {"{{printf \"%x %#x %o %b\" 255 255 8 5}}", "ff 0xff 10 101"},
	    {"{{printf \"%t %d\" \"x\" 1.5}}", "%!t(string=x) %!d(float64=1.5)"},
	    {"{{eq .Thanos.Source \"x\" | not}}", "false"},
	    {"{{len .ULID}}", "3"},
	    {"{{if .Thanos.Labels.nope}}a{{else}}b{{end}}", "b"},
	    {"{{range .Thanos.Labels.nope}}a{{else}}b{{end}}", "b"},
	    {"{{printf \"%10q|%-4d|%4d|\" \"a\" 5 -5}}", "       \"a\"|5   |  -5|"},
	    {"{{$x := 1}}{{if .Ok}}{{$x = 2}}{{$y := 3}}{{end}}{{$x}}", "2"},
	    {"{{with $z := .F}}{{$z}}{{.}}{{end}}", "1.51.5"},
	    {"a {{- 1 -}} b {{- /* x */ -}} c", "a1bc"},
	    {"{{- 5}}", "5"},
	    {"{{-5}}", "-5"},
	    {"{{if eq 1 1 -}} x {{- end}}", "x"},
	    {"{{with .F}}{{else with .Ok}}b{{end}}", ""},
	    {"{{range .Thanos.Files}}{{if eq . \"p\"}}{{continue}}{{end}}{{.}}{{end}}", "q"},
	    {"{{or .Ok .Nope}}", "true"},
	    {"{{and false .Nope}}", "false"},
	    {"{{.Thanos.Labels.a | len}}", "1"},
	    {"{{\"x\" | printf \"%s-%s\" \"y\"}}", "y-x"},
	    {"{{printf \"%08.3f|%+.2e|%6.2f%%\" 3.14159 1234.5 2.5}}",
	     "0003.142|+1.23e+03|  2.50%"},
	    {"{{ne 1 2}} {{le \"a\" \"b\"}} {{ge 2.5 2.5}}", "true true true"},
	    {"{{(.Thanos).Source}} {{(index .Thanos.Files 1)}}", "x q"},
	    {"{{$}}", "{{01A 5} {map[a:1 b:2] {300000} x 0 [p q]} 7 1.5 true}"},
	    {"{{$.Thanos.Labels.b}}", "2"},
	    {"{{ \"a\" | print \"b\" | print \"c\" }}", "cba"},
	    {"}} {{1}}", "}} 1"},
	    {"{{if .Ok}}{{.Thanos.Source}}{{else}}{{.Nope}}{{end}}", "x"},
	    {"{{printf \"%q %v\" \"a\\\"b\" true}}", "\"a\\\"b\" true"},
	    {"{{printf \"%!\"}}", "%!!(MISSING)"},
	    {"{{printf \"%\"}}", "%!(NOVERB)"},
	    {"{{0b11}} {{0o17}} {{017}} {{1_000}} {{-3}} {{+4}}", "3 15 15 1000 -3 4"},
	    {"{{1e3}} {{.5}}", "1000 0.5"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_executed(cases[i].text, cases[i].want);
}

static void what_is_wrong_is_told_as_in_go(void **state)
{
	static const struct template_case cases[] = {
	    {"{{.Foo}}",
	     "template: :1:2: executing \"\" at <.Foo>: can't evaluate field Foo in type **main.M"},
	    {"{{.Thanos.Foo}}",
	     "template: :1:9: executing \"\" at <.Thanos.Foo>: can't evaluate field Foo in type main.T"},
	    {"{{index .Thanos.Files 5}}",
	     "template: :1:2: executing \"\" at <index .Thanos.Files 5>: error calling index: index out of range: 5"},
	    {"{{if}}", "template: :1: missing value for if"},
	    {"{{.A", "template: :1: unclosed action"},
	    {"{{end}}", "template: :1: unexpected {{end}}"},
	    {"{{if .Ok}}", "template: :1: unexpected EOF"},
	    {"{{foo}}", "template: :1: function \"foo\" not defined"},
	    {"{{eq .ULID 5}}",
	     "template: :1:2: executing \"\" at <eq .ULID 5>: error calling eq: incompatible types for comparison: string and int"},
	    {"{{$y}}", "template: :1: undefined variable \"$y\""},
	    {"{{\"a\" \"b\"}}",
	     "template: :1:2: executing \"\" at <\"a\">: can't give argument to non-function \"a\""},
	    {"{{.ULID.X}}",
	     "template: :1:7: executing \"\" at <.ULID.X>: can't evaluate field X in type string"},
	    {"{{nil}}", "template: :1:2: executing \"\" at <nil>: nil is not a command"},
	    {"{{.Thanos.Labels.a.b}}",
	     "template: :1:9: executing \"\" at <.Thanos.Labels.a.b>: can't evaluate field b in type string"},
	    {"{{break}}", "template: :1: {{break}} outside {{range}}"},
	    {"{{.ULID | .MinTime}}",
	     "template: :1:10: executing \"\" at <.MinTime>: MinTime has arguments but cannot be invoked as function"},
	    {"{{len 3}}",
	     "template: :1:2: executing \"\" at <len 3>: error calling len: len of type int"},
	    {"{{not}}",
	     "template: :1:2: executing \"\" at <not>: wrong number of args for not: want 1 got 0"},
	    {"{{true}}{{.Ok true}}",
	     "template: :1:10: executing \"\" at <.Ok>: Ok has arguments but cannot be invoked as function"},
	    {"{{ .ULID}} }} {{", "template: :1: unclosed action"},
	    {"{{break }}", "template: :1: {{break}} outside {{range}}"},
	    {"{{eq 1 1.0}}",
	     "template: :1:2: executing \"\" at <eq 1 1.0>: error calling eq: incompatible types for comparison: int and float64"},
	    {"{{lt .ULID 5}}",
	     "template: :1:2: executing \"\" at <lt .ULID 5>: error calling lt: incompatible types for comparison: string and int"},
	    {"{{lt .Ok .Ok}}",
	     "template: :1:2: executing \"\" at <lt .Ok .Ok>: error calling lt: invalid type for comparison"},
	    {"{{index 5 1}}",
	     "template: :1:2: executing \"\" at <index 5 1>: error calling index: can't index item of type int"},
	    {"{{index .Thanos.Files \"a\"}}",
	     "template: :1:2: executing \"\" at <index .Thanos.Files \"a\">: error calling index: cannot index slice/array with type string"},
	    {"{{index .Thanos.Labels 1}}",
	     "template: :1:2: executing \"\" at <index .Thanos.Labels 1>: error calling index: value has type int; should be string"},
	    {"{{eq 1}}",
	     "template: :1:2: executing \"\" at <eq 1>: error calling eq: missing argument for comparison"},
	    {"{{printf}}",
	     "template: :1:2: executing \"\" at <printf>: wrong number of args for printf: want at least 1 got 0"},
	    {"{{range .Ok}}{{end}}",
	     "template: :1:8: executing \"\" at <.Ok>: range can't iterate over true"},
	    {"{{range \"abc\"}}{{.}}{{end}}",
	     "template: :1:8: executing \"\" at <\"abc\">: range can't iterate over abc"},
	    {"{{and}}",
	     "template: :1:2: executing \"\" at <and>: wrong number of args for and: want at least 1 got 0"},
	    {"{{lt 1 2 3}}",
	     "template: :1:2: executing \"\" at <lt>: wrong number of args for lt: want 2 got 3"},
	    {"{{  }}", "template: :1: missing value for command"},
	    {"{{.A B}}", "template: :1: function \"B\" not defined"},
	    {"{{end}}", "template: :1: unexpected {{end}}"},
	    {"{{else}}", "template: :1: unexpected {{else}}"},
	    {"{{if .Ok}}{{$y := 3}}{{end}}{{$y}}", "template: :1: undefined variable \"$y\""},
	    {"{{\"a}}", "template: :1: unterminated quoted string"},
	    {"{{(1}}", "template: :1: unclosed left paren"},
	    {"a\n{{ range .Thanos.Files }}\n{{ . }}{{ end }}\n{{ .Nope }}",
	     "template: :4:3: executing \"\" at <.Nope>: can't evaluate field Nope in type **main.M"},
	    {"{{1}}{{", "template: :1: unclosed action"},
	    {"{{.Thanos.Labels.a}}{{.Thanos.Files.x}}",
	     "template: :1:29: executing \"\" at <.Thanos.Files.x>: can't evaluate field x in type []string"},
	    {"{{.MinTime.x}}",
	     "template: :1:10: executing \"\" at <.MinTime.x>: can't evaluate field x in type int64"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_refused(cases[i].text, ERR_INVALID, cases[i].want);
}

static void what_is_not_there_yet_is_refused_by_name(void **state)
{
	static const struct template_case cases[] = {
	    {"{{define \"x\"}}{{end}}", "template: :1: {{define}} is not supported yet"},
	    {"{{template \"x\"}}", "template: :1: {{template}} is not supported yet"},
	    {"a\n{{html 1}}", "template: :2: function \"html\" is not supported yet"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_refused(cases[i].text, ERR_UNSUPPORTED, cases[i].want);
}

static void what_would_take_too_much_is_refused(void **state)
{
	struct buf deep auto_done(buf_done) = BUF_INIT(1 << 16);
	(void)state;

	for (int i = 0; i < 200; i++)
		buf_puts(&deep, "{{if 1}}");
	expect_refused(buf_cstr(&deep), ERR_LIMIT, "template: :1: nested more than 100 deep");
	buf_clear(&deep);
	buf_puts(&deep, "{{");
	for (int i = 0; i < 200; i++)
		buf_putc(&deep, '(');
	expect_refused(buf_cstr(&deep), ERR_LIMIT, "template: :1: nested more than 100 deep");
	expect_refused("{{range 100000}}{{range 100000}}{{end}}{{end}}", ERR_LIMIT,
		       "template: more than 1000000 steps");
	expect_refused("{{range 10000}}x{{end}}", ERR_LIMIT, "template: the output is too large");
}

static void what_was_written_before_a_failure_stays(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;
	(void)state;

	assert_false(execute("a{{.Ok}}{{.Nope}}b", &out, &err));
	expect_str(buf_str(&out), "atrue");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(templates_are_executed_as_in_go),
	    cmocka_unit_test(what_is_wrong_is_told_as_in_go),
	    cmocka_unit_test(what_is_not_there_yet_is_refused_by_name),
	    cmocka_unit_test(what_would_take_too_much_is_refused),
	    cmocka_unit_test(what_was_written_before_a_failure_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
