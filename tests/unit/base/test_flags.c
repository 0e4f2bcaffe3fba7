#include "base/alloc.h"
#include "base/flags.h"
#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

struct values {
	const char *text, *plain;
	struct flag_list list, curves;
	int64_t number, wait_ms, keep_ms, size_bytes;
	uint64_t count;
	double ratio;
	bool on, off;
	int level;
	struct time_or_duration since;
	struct flag_pairs labels;
	struct flag_content config, required_config;
};

static const struct flag_spec specs[] = {
    {.name = "text", .short_name = 't', FLAG_STRING(struct values, text), .default_text = "a b"},
    {.name = "plain", FLAG_STRING(struct values, plain)},
    {.name = "list", FLAG_STRINGS(struct values, list)},
    {.name = "number", .short_name = 'n', FLAG_INT(struct values, number), .default_text = "-3"},
    {.name = "count", FLAG_UINT(struct values, count)},
    {.name = "ratio", FLAG_FLOAT(struct values, ratio), .default_text = "0.9"},
    {.name = "on", .short_name = 'o', FLAG_BOOL(struct values, on)},
    {.name = "off", FLAG_BOOL(struct values, off), .default_text = "true"},
    {.name = "wait", FLAG_DURATION(struct values, wait_ms), .default_text = "60m"},
    {.name = "keep", FLAG_MODEL_DURATION(struct values, keep_ms), .default_text = "15d"},
    {.name = "since", FLAG_TIME(struct values, since), .default_text = "0000-01-01T00:00:00Z"},
    {.name = "size", FLAG_BYTES(struct values, size_bytes), .default_text = "250MB"},
    {.name = "level",
     FLAG_ENUM(struct values, level),
     .choices = FLAG_CHOICES("error", "warn", "info"),
     .default_text = "info"},
    {.name = "curves",
     FLAG_ENUMS(struct values, curves),
     .choices = FLAG_CHOICES("X25519", "CurveP256")},
    {.name = "label", FLAG_PAIRS(struct values, labels)},
    {.name = "config", FLAG_CONTENT(struct values, config)},
    {.name = "other",
     FLAG_CONTENT(struct values, required_config),
     .attrs = FLAG_REQUIRED | FLAG_NO_ENV},
    {.name = "future", FLAG_STRING(struct values, plain), .attrs = FLAG_UNSUPPORTED},
};

/* A command line in one string, its words one space apart, and what became of it. */
struct parsed {
	struct values values;
	struct flag_group group;
	struct arena *a;
	struct flag_list args;
	struct flags *flags;
	struct err err;
};

static void split(struct parsed *p, const char *line)
{
	for (struct str left = str_of(line), word; left.n;) {
		left = str_split(left, ' ', &word);
		ARENA_PUSH(p->a, &p->args, arena_cstr(p->a, word));
	}
}

static bool parse(struct parsed *p, const char *line)
{
	*p = (struct parsed){.a = arena_new(NULL), .err = ERR_INIT};
	p->group = (struct flag_group)FLAG_GROUP(specs, &p->values);
	split(p, line);
	p->flags = flags_parse(&p->group, 1, &p->args, 1, &p->err);
	return p->flags && flags_assign(p->flags, &p->err);
}

static void parsed_done(struct parsed *p)
{
	flags_free(p->flags);
	arena_free(p->a);
}

static void without_arguments_every_flag_has_its_default(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	expect_ok(parse(&p, ""), p.err);

	assert_string_equal(p.values.text, "a b");
	assert_string_equal(p.values.plain, "");
	assert_int_equal(p.values.list.n, 0);
	assert_int_equal(p.values.number, -3);
	assert_true(p.values.ratio == 0.9);
	assert_true(p.values.off && !p.values.on);
	assert_int_equal(p.values.wait_ms, 3600000);
	assert_int_equal(p.values.keep_ms, 15 * INT64_C(86400000));
	assert_int_equal(time_or_duration_at(p.values.since, 0), -62167219200000);
	assert_int_equal(p.values.size_bytes, 250 << 20);
	assert_int_equal(p.values.level, 2);
	assert_false(flag_content_is_set(&p.values.config));
	assert_false(flags_is_set(p.flags, "text"));
}

static void values_are_taken_in_every_form(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	expect_ok(parse(&p,
			"--text=x=y --number 1e3 --on --no-off --list=a --list b "
			"--wait=1d1us --keep 2w --since=-2h --size=1GiB --level warn "
			"--curves=CurveP256 --curves X25519 --label=a=\"1\" --label b=\"\\x32\" "
			"--count=18446744073709551615 --ratio=1.5 word"),
		  p.err);

	assert_string_equal(p.values.text, "x=y");
	assert_int_equal(p.values.number, 1000);
	assert_true(p.values.on && !p.values.off);
	assert_int_equal(p.values.list.n, 2);
	assert_string_equal(p.values.list.v[1], "b");
	assert_int_equal(p.values.wait_ms, 86400000);
	assert_int_equal(p.values.keep_ms, 14 * INT64_C(86400000));
	assert_int_equal(time_or_duration_at(p.values.since, 0), -7200000);
	assert_int_equal(p.values.size_bytes, 1 << 30);
	assert_int_equal(p.values.level, 1);
	assert_string_equal(p.values.curves.v[0], "CurveP256");
	expect_str(p.values.labels.v[1].name, "b");
	expect_str(p.values.labels.v[1].value, "2");
	assert_true(p.values.count == UINT64_MAX);
	assert_true(flags_is_set(p.flags, "text"));
	assert_int_equal(flags_words(p.flags)->n, 1);
	assert_string_equal(flags_words(p.flags)->v[0], "word");
}

static void short_flags_may_stand_together(void **state)
{
	struct parsed p auto_done(parsed_done), q auto_done(parsed_done);
	(void)state;

	expect_ok(parse(&p, "-on5"), p.err);
	assert_true(p.values.on);
	assert_int_equal(p.values.number, 5);
	expect_ok(parse(&q, "-t x -n 7 --on=true"), q.err);
	assert_string_equal(q.values.text, "x");
	assert_true(q.values.on);
}

static void behind_two_dashes_everything_is_a_word(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	expect_ok(parse(&p, "--on -- --off"), p.err);

	assert_string_equal(flags_words(p.flags)->v[0], "--off");
	assert_false(flags_is_set(p.flags, "off"));
}

static void a_very_short_duration_is_not_none(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	expect_ok(parse(&p, "--wait=1us"), p.err);

	assert_int_equal(p.values.wait_ms, 1);
}

static void what_is_wrong_is_said_in_kingpins_words(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
	    {"--bogus", "unknown long flag '--bogus'"},
	    {"--bogus=1", "unknown long flag '--bogus'"},
	    {"--no-text", "unknown long flag '--no-text'"},
	    {"-x", "unknown short flag '-x'"},
	    {"--number", "expected argument for flag '--number'"},
	    {"--number --on", "expected argument for flag '--number'"},
	    {"-n", "expected argument for flag '-n'"},
	    {"--no-on=true", "unexpected true"},
	    {"--on=maybe", "unexpected maybe"},
	    {"one two", "unexpected two"},
	    {"--number=1 --number=2", "flag 'number' cannot be repeated"},
	    {"--number=x", "strconv.ParseFloat: parsing \"x\": invalid syntax"},
	    {"--number=1e30", "strconv.ParseFloat: parsing \"1e30\": value out of range"},
	    {"--count=-1", "strconv.ParseUint: parsing \"-1\": invalid syntax"},
	    {"--count=18446744073709551616",
	     "strconv.ParseUint: parsing \"18446744073709551616\": value out of range"},
	    {"--ratio=x", "strconv.ParseFloat: parsing \"x\": invalid syntax"},
	    {"--wait=1x", "time: unknown unit \"x\" in duration \"1x\""},
	    {"--keep=1.5h", "unknown unit \".\" in duration \"1.5h\""},
	    {"--since=", "empty duration string"},
	    {"--size=1kB", "units: unknown unit kB in 1kB"},
	    {"--level=foo", "enum value must be one of error,warn,info, got 'foo'"},
	    {"--curves=c", "enum value must be one of X25519,CurveP256, got 'c'"},
	    {"--label=a", "unrecognized label a"},
	    {"--label=a=b", "unquote label value: invalid syntax"},
	    {"--label==\"b\"", "unsupported format for label "},
	    {"--future=x", "flag '--future' is one of Thanos that this version of Athanor does "
			   "not support"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p auto_done(parsed_done);
		if (parse(&p, cases[i].line))
			fail_msg("%s was accepted", cases[i].line);
		assert_string_equal(p.err.msg, cases[i].want);
		assert_true(p.err.code == ERR_INVALID || p.err.code == ERR_UNSUPPORTED);
	}
}

static void all_required_flags_that_are_missing_are_named(void **state)
{
	static const struct flag_spec required[] = {
	    {.name = "a", FLAG_STRING(struct values, text), .attrs = FLAG_REQUIRED},
	    {.name = "b", FLAG_STRING(struct values, plain), .attrs = FLAG_REQUIRED},
	};
	struct values values;
	struct flag_group group = FLAG_GROUP(required, &values);
	struct flag_list none = {0};
	struct err err = ERR_INIT;
	(void)state;

	struct flags *f auto_free(flags_free) = flags_parse(&group, 1, &none, 0, &err);

	expect_err(flags_assign(f, &err), err, ERR_INVALID,
		   "required flag(s) '--a', '--b' not provided");
}

static void the_command_is_the_first_word_that_is_no_value(void **state)
{
	struct parsed p auto_done(parsed_done);
	static const struct {
		const char *line;
		size_t want;
	} cases[] = {
	    {"--text query query --on", 2},
	    {"--on query", 1},
	    {"--text=query", 1},
	    {"-tx query", 1},
	    {"--bogus query", 2},
	    {"", 0},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = (struct parsed){.a = arena_new(NULL)};
		p.group = (struct flag_group)FLAG_GROUP(specs, &p.values);
		split(&p, cases[i].line);
		assert_int_equal(flags_find_word(&p.group, 1, &p.args), cases[i].want);
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			arena_free(p.a);
	}
}

static void arguments_can_come_from_a_file(void **state)
{
	char *dir = temp_dir_new();
	char *path auto_free(mem_free) = xasprintf("%s/args", dir);
	char *at_path auto_free(mem_free) = xasprintf("@%s", path);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct flag_list out;
	(void)state;
	expect_ok(
	    fs_write_atomic(path, STR("# comment\n--text=a b\n\n  \r\n--on\r\nlast"), 0644, &err),
	    err);

	const char *args[] = {"first", at_path, "--", at_path};
	expect_ok(flags_expand_args(args, 4, a, &out, &err), err);

	assert_int_equal(out.n, 6);
	assert_string_equal(out.v[1], "--text=a b");
	assert_string_equal(out.v[2], "--on");
	assert_string_equal(out.v[3], "last");
	assert_string_equal(out.v[5], at_path);
	args[1] = "@/nowhere/x";
	expect_err(flags_expand_args(args, 4, a, &out, &err), err, ERR_INVALID,
		   "failed to open arguments file \"/nowhere/x\"");
	temp_dir_remove(dir);
}

static void a_configuration_is_text_or_file_with_the_environment_in_it(void **state)
{
	char *dir = temp_dir_new();
	char *path auto_free(mem_free) = xasprintf("%s/config", dir);
	char *line auto_free(mem_free) = xasprintf("--other-file=%s", path);
	struct parsed p auto_done(parsed_done), q auto_done(parsed_done);
	struct err err = ERR_INIT;
	struct str text;
	(void)state;
	expect_ok(fs_write_atomic(path, STR("key: $(HOME)"), 0644, &err), err);
	setenv("ATHANOR_TEST", "filled", 1);

	expect_ok(parse(&p, "--config=a:$(ATHANOR_TEST)$$(x-y)$("), p.err);
	expect_ok(flag_content_load(&p.values.config, p.a, &text, &err), err);
	expect_str(text, "a:filled$$(x-y)$(");
	expect_err(flag_content_load(&p.values.required_config, p.a, &text, &err), err, ERR_INVALID,
		   "flag other-file or other is required for running this command and content "
		   "cannot be empty.");

	expect_ok(parse(&q, line), q.err);
	expect_ok(flag_content_load(&q.values.required_config, q.a, &text, &err), err);
	expect_str(text, "key: $(HOME)");
	expect_ok(flag_content_load(&q.values.config, q.a, &text, &err), err);
	expect_str(text, "");
	assert_true(flags_is_set(q.flags, "other-file") && !flags_is_set(q.flags, "other"));
	temp_dir_remove(dir);
}

static void a_configuration_that_cannot_be_had_is_refused(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
	    {"--config=a --config-file=b", "both config-file and config flags set."},
	    {"--config-file=/nowhere/x", "loading file /nowhere/x for config-file: open "},
	    {"--config=$(ATHANOR_UNSET_1)",
	     "found reference to unset environment variable \"ATHANOR_UNSET_1\""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p auto_done(parsed_done);
		struct err err = ERR_INIT;
		struct str text;
		expect_ok(parse(&p, cases[i].line), p.err);
		assert_false(flag_content_load(&p.values.config, p.a, &text, &err));
		assert_non_null(strstr(err.msg, cases[i].want));
	}
}

static void all_flags_are_shown_with_secrets_covered(void **state)
{
	struct parsed p auto_done(parsed_done);
	struct buf got auto_done(buf_done) = BUF_INIT(10000);
	size_t n;
	(void)state;

	expect_ok(
	    parse(
		&p,
		"--config=secret --list=a --list=b --label=x=\"y\" --since=1970-01-01T00:00:00.5Z"),
	    p.err);
	const struct flag_text *texts = flags_texts(p.flags, &n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&got, "%s%s=%s\n", texts[i].is_set ? "*" : "", texts[i].name,
			   texts[i].value);

	expect_str(buf_str(&got), "*config=<REDACTED>\n"
				  "config-file=<REDACTED>\n"
				  "count=0\n"
				  "curves=\n"
				  "future=\n"
				  "keep=15d\n"
				  "*label=x=\"y\"\n"
				  "level=info\n"
				  "*list=a,b\n"
				  "number=-3\n"
				  "off=true\n"
				  "on=false\n"
				  "other=<REDACTED>\n"
				  "other-file=<REDACTED>\n"
				  "plain=\n"
				  "ratio=0.9\n"
				  "*since=1970-01-01 00:00:00.5 +0000 UTC\n"
				  "size=250MiB\n"
				  "text=a b\n"
				  "wait=1h0m0s\n");
}

/* As in Thanos' documentation of its sidecar. */
static const struct flag_spec sidecar[] = {
    {.name = "help",
     .short_name = 'h',
     FLAG_BOOL(struct values, on),
     .help = "Show context-sensitive help (also try --help-long and --help-man)."},
    {.name = "hidden", FLAG_STRING(struct values, text), .attrs = FLAG_HIDDEN},
    {.name = "tracing.config",
     FLAG_CONTENT(struct values, config),
     .help = "YAML file with tracing configuration. See format details: "
	     "https://thanos.io/tip/thanos/tracing.md/#configuration "},
    {.name = "grpc-server-tls-cert",
     FLAG_STRING(struct values, text),
     .default_text = "",
     .help = "TLS Certificate for gRPC server, leave blank to disable TLS"},
    {.name = "grpc-server-tls-ciphers",
     FLAG_STRINGS(struct values, list),
     .help = "TLS cipher suites for gRPC server (repeatable). If not specified, the default Go "
	     "cipher suites are used. See https://pkg.go.dev/crypto/tls#pkg-constants for valid "
	     "values."},
    {.name = "tsdb.path",
     FLAG_STRING(struct values, text),
     .default_text = "./data",
     .help = "Data directory of TSDB."},
    {.name = "store.limits.request-samples",
     FLAG_UINT(struct values, count),
     .default_text = "0",
     .help = "The maximum samples allowed for a single Series request, The Series call fails if "
	     "this limit is exceeded. 0 means no limit. NOTE: For efficiency the limit is "
	     "internally implemented as 'chunks limit' considering each chunk contains a maximum "
	     "of 120 samples."},
    {.name = "min-time",
     FLAG_TIME(struct values, since),
     .default_text = "0000-01-01T00:00:00Z",
     .help = "Start of time range limit to serve. Thanos sidecar will serve only metrics, which "
	     "happened later than this value. Option can be a constant time in RFC3339 format or "
	     "time duration relative to current time, such as -1d or 2h45m. Valid duration units "
	     "are ms, s, m, h, d, w, y."},
};

static void help_is_laid_out_as_kingpin_does(void **state)
{
	struct flag_group group = FLAG_GROUP(sidecar, NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(10000);
	(void)state;

	flags_help(&out, &group, 1, 80);

	expect_str(
	    buf_str(&out),
	    "  -h, --[no-]help                Show context-sensitive help (also try\n"
	    "                                 --help-long and --help-man).\n"
	    "      --tracing.config-file=<file-path>\n"
	    "                                 Path to YAML file with tracing\n"
	    "                                 configuration. See format details:\n"
	    "                                 https://thanos.io/tip/thanos/tracing.md/#configuration\n"
	    "      --tracing.config=<content>\n"
	    "                                 Alternative to 'tracing.config-file' flag\n"
	    "                                 (mutually exclusive). Content of YAML file\n"
	    "                                 with tracing configuration. See format details:\n"
	    "                                 https://thanos.io/tip/thanos/tracing.md/#configuration\n"
	    "      --grpc-server-tls-cert=\"\"  TLS Certificate for gRPC server, leave blank to\n"
	    "                                 disable TLS\n"
	    "      --grpc-server-tls-ciphers=GRPC-SERVER-TLS-CIPHERS ...\n"
	    "                                 TLS cipher suites for gRPC server\n"
	    "                                 (repeatable). If not specified,\n"
	    "                                 the default Go cipher suites are used.\n"
	    "                                 See https://pkg.go.dev/crypto/tls#pkg-constants\n"
	    "                                 for valid values.\n"
	    "      --tsdb.path=\"./data\"       Data directory of TSDB.\n"
	    "      --store.limits.request-samples=0\n"
	    "                                 The maximum samples allowed for a single\n"
	    "                                 Series request, The Series call fails if\n"
	    "                                 this limit is exceeded. 0 means no limit.\n"
	    "                                 NOTE: For efficiency the limit is internally\n"
	    "                                 implemented as 'chunks limit' considering each\n"
	    "                                 chunk contains a maximum of 120 samples.\n"
	    "      --min-time=0000-01-01T00:00:00Z\n"
	    "                                 Start of time range limit to serve. Thanos\n"
	    "                                 sidecar will serve only metrics, which happened\n"
	    "                                 later than this value. Option can be a constant\n"
	    "                                 time in RFC3339 format or time duration\n"
	    "                                 relative to current time, such as -1d or 2h45m.\n"
	    "                                 Valid duration units are ms, s, m, h, d, w, y.\n");
}

static void a_summary_shows_what_is_required(void **state)
{
	static const struct flag_spec required[] = {
	    {.name = "a", FLAG_STRING(struct values, text), .attrs = FLAG_REQUIRED},
	};
	struct flag_group groups[] = {FLAG_GROUP(required, NULL), FLAG_GROUP(specs, NULL)};
	struct buf both auto_done(buf_done) = BUF_INIT(100),
			one auto_done(buf_done) = BUF_INIT(100);
	(void)state;

	flags_summary(&both, groups, 2);
	flags_summary(&one, groups, 1);

	expect_str(buf_str(&both), "--a=A [<flags>]");
	expect_str(buf_str(&one), "--a=A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_arguments_every_flag_has_its_default),
	    cmocka_unit_test(values_are_taken_in_every_form),
	    cmocka_unit_test(short_flags_may_stand_together),
	    cmocka_unit_test(behind_two_dashes_everything_is_a_word),
	    cmocka_unit_test(a_very_short_duration_is_not_none),
	    cmocka_unit_test(what_is_wrong_is_said_in_kingpins_words),
	    cmocka_unit_test(all_required_flags_that_are_missing_are_named),
	    cmocka_unit_test(the_command_is_the_first_word_that_is_no_value),
	    cmocka_unit_test(arguments_can_come_from_a_file),
	    cmocka_unit_test(a_configuration_is_text_or_file_with_the_environment_in_it),
	    cmocka_unit_test(a_configuration_that_cannot_be_had_is_refused),
	    cmocka_unit_test(all_flags_are_shown_with_secrets_covered),
	    cmocka_unit_test(help_is_laid_out_as_kingpin_does),
	    cmocka_unit_test(a_summary_shows_what_is_required),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
