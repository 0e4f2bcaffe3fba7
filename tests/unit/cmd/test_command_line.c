#include "base/version.h"
#include "cmd/command_line.h"
#include "tests/lib/expect.h"

struct node_options {
	struct {
		int64_t number;
		const char *text;
	} own;
	struct {
		const char *bucket;
	} shared;
};

static const struct flag_spec own_flags[] = {
    {.name = "number",
     FLAG_INT(struct node_options, own.number),
     .default_text = "3",
     .help = "A number."},
};
static const struct flag_spec shared_flags[] = {
    {.name = "bucket",
     FLAG_STRING(struct node_options, shared.bucket),
     .attrs = FLAG_REQUIRED,
     .help = "A bucket."},
};

static const struct command_flags node_tables[] = {
    COMMAND_FLAGS(own_flags, struct node_options, own)};

static bool run(struct runtime *rt, const void *options, struct err *err)
{
	(void)rt;
	(void)options;
	(void)err;
	return true;
}

static const struct command_flags bucket_tables[] = {{shared_flags, 1, 0}};
static const struct command_flags ls_tables[] = {{shared_flags, 1, 0}, {own_flags, 1, 0}};

static const struct command node = {
    .name = "node",
    .help = "Runs a node.",
    .flags = node_tables,
    .n_flags = 1,
    .options_bytes = sizeof(struct node_options),
    .run = run,
};
static const struct command tools = {.name = "tools", .help = "Tools utility commands"};
static const struct command bucket = {
    .name = "tools bucket",
    .help = "Bucket utility commands",
    .flags = bucket_tables,
    .n_flags = 1,
};
static const struct command ls = {
    .name = "tools bucket ls",
    .help = "List all blocks in the bucket.",
    .flags = ls_tables,
    .n_flags = 2,
    .options_bytes = sizeof(struct node_options),
    .words_help = "<file>",
    .n_words_min = 1,
    .n_words_max = 1,
    .run = run,
};
static const struct command *const all[] = {&node, &tools, &bucket, &ls};

struct parsed {
	struct command_line line;
	struct buf said;
};

static void parse(struct parsed *p, const char *const *argv)
{
	int argc = 0;
	while (argv[argc])
		argc++;
	buf_init(&p->said, 100000, NULL);
	command_line_parse(&p->line, (struct command_list){all, 4}, argc, argv, 80, &p->said);
}

#define PARSE(p, ...) parse((p), (const char *const[]){"/usr/bin/athanor", __VA_ARGS__, NULL})

static void parsed_done(struct parsed *p)
{
	command_line_done(&p->line);
	buf_done(&p->said);
}

static void expect_said(struct parsed *p, int exit_code, const char *want)
{
	assert_null(p->line.command);
	expect_str(buf_str(&p->said), want);
	assert_int_equal(p->line.exit_code, exit_code);
}

static void a_command_gets_its_options_wherever_its_flags_stand(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	PARSE(&p, "--log.level", "debug", "node", "--number=7", "--debug.name=x");

	assert_ptr_equal(p.line.command, &node);
	assert_int_equal(((struct node_options *)p.line.options)->own.number, 7);
	assert_int_equal(p.line.global.log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(p.line.global.debug_name, "x");
	assert_int_equal(p.said.n, 0);
}

static void commands_below_commands_share_their_flags(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	PARSE(&p, "tools", "bucket", "--bucket", "b", "ls", "f", "--number=1");

	assert_ptr_equal(p.line.command, &ls);
	assert_string_equal(((struct node_options *)p.line.options)->shared.bucket, "b");
	assert_string_equal(flags_words(p.line.flags)->v[0], "f");
}

#define NODE_USAGE                                                                                 \
	"usage: athanor node [<flags>]\n"                                                          \
	"\n"                                                                                       \
	"Runs a node.\n"                                                                           \
	"\n"                                                                                       \
	"\n"                                                                                       \
	"Flags:\n"                                                                                 \
	"  -h, --[no-]help          Show context-sensitive help (also try --help-long and\n"       \
	"                           --help-man).\n"                                                \
	"      --[no-]version       Show application version.\n"                                   \
	"      --log.level=info     Log filtering level.\n"                                        \
	"      --log.format=logfmt  Log format to use. Possible options: logfmt, json or\n"        \
	"                           journald.\n"                                                   \
	"      --tracing.config-file=<file-path>\n"                                                \
	"                           Path to YAML file with tracing\n"                              \
	"                           configuration. See format details:\n"                          \
	"                           https://thanos.io/tip/thanos/tracing.md/#configuration\n"      \
	"      --tracing.config=<content>\n"                                                       \
	"                           Alternative to 'tracing.config-file' flag\n"                   \
	"                           (mutually exclusive). Content of YAML file\n"                  \
	"                           with tracing configuration. See format details:\n"             \
	"                           https://thanos.io/tip/thanos/tracing.md/#configuration\n"      \
	"      --[no-]enable-auto-gomemlimit\n"                                                    \
	"                           Enable go runtime to automatically limit memory\n"             \
	"                           consumption.\n"                                                \
	"      --auto-gomemlimit.ratio=0.9\n"                                                      \
	"                           The ratio of reserved GOMEMLIMIT memory to the\n"              \
	"                           detected maximum container or system memory.\n"                \
	"      --number=3           A number.\n"                                                   \
	"\n"

static void help_shows_a_commands_flags(void **state)
{
	struct parsed p auto_done(parsed_done), q auto_done(parsed_done);
	(void)state;

	PARSE(&p, "node", "--number=x", "--help");
	expect_said(&p, 0, NODE_USAGE);
	PARSE(&q, "help", "node");
	expect_said(&q, 0, NODE_USAGE);
}

static void a_bad_value_is_the_usage_a_line_and_exit_code_2(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	PARSE(&p, "node", "--log.level=foo");

	expect_said(&p, 2,
		    NODE_USAGE "error parsing commandline arguments: [/usr/bin/athanor node "
			       "--log.level=foo]: enum value must be one of "
			       "error,warn,info,debug, got 'foo'\n");
}

static void what_cannot_be_read_is_a_line_and_exit_code_1(void **state)
{
	struct parsed p auto_done(parsed_done), q auto_done(parsed_done), r auto_done(parsed_done);
	struct parsed s auto_done(parsed_done);
	(void)state;

	PARSE(&p, "node", "--bogus");
	expect_said(&p, 1, "athanor: error: unknown long flag '--bogus'\n");
	PARSE(&q, "bogus");
	expect_said(&q, 1, "athanor: error: expected command but got \"bogus\"\n");
	PARSE(&r, "node", "extra");
	expect_said(&r, 1, "athanor: error: unexpected extra\n");
	PARSE(&s, "--number=3", "node");
	expect_said(&s, 1, "athanor: error: unknown long flag '--number'\n");
}

static void a_command_of_thanos_that_is_missing_is_told_apart(void **state)
{
	struct parsed p auto_done(parsed_done), q auto_done(parsed_done);
	(void)state;

	PARSE(&p, "receive");

	expect_said(&p, 1,
		    "athanor: error: command receive of Thanos is not part of this version of "
		    "Athanor\n");
	PARSE(&q, "tools", "rules-check");
	expect_said(
	    &q, 1,
	    "athanor: error: command tools rules-check of Thanos is not part of this version "
	    "of Athanor\n");
}

static void a_group_is_not_a_command(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	PARSE(&p, "tools", "bucket");

	const char *said = buf_cstr(&p.said);
	assert_int_equal(p.line.exit_code, 2);
	assert_non_null(strstr(said, "usage: athanor tools bucket --bucket=BUCKET <command> "
				     "[<args> ...]\n"));
	assert_non_null(strstr(said, "Subcommands:\n"
				     "tools bucket ls --bucket=BUCKET [<flags>] <file>\n"
				     "    List all blocks in the bucket.\n"
				     "\n"));
	assert_non_null(strstr(said, ": must select a subcommand of 'tools bucket'\n"));
}

static void a_word_that_is_needed_is_asked_for(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	PARSE(&p, "tools", "bucket", "ls", "--bucket=b");

	assert_int_equal(p.line.exit_code, 2);
	assert_non_null(strstr(buf_cstr(&p.said), ": required argument '<file>' not provided\n"));
}

static void without_a_command_all_of_them_are_listed(void **state)
{
	struct parsed p auto_done(parsed_done);
	(void)state;

	parse(&p, (const char *const[]){"athanor", NULL});

	assert_int_equal(p.line.exit_code, 0);
	assert_null(p.line.command);
	assert_true(str_starts(buf_str(&p.said),
			       STR("usage: athanor [<flags>] <command> [<args> ...]\n\nA block")));
	assert_true(
	    str_ends(buf_str(&p.said), STR("Commands:\n"
					   "help [<command>...]\n"
					   "    Show help.\n"
					   "\n"
					   "node [<flags>]\n"
					   "    Runs a node.\n"
					   "\n"
					   "tools bucket ls --bucket=BUCKET [<flags>] <file>\n"
					   "    List all blocks in the bucket.\n"
					   "\n"
					   "\n")));
}

static void the_version_and_the_long_help_are_told(void **state)
{
	struct parsed p auto_done(parsed_done), q auto_done(parsed_done), r auto_done(parsed_done);
	(void)state;

	PARSE(&p, "--version");
	assert_int_equal(p.line.exit_code, 0);
	assert_memory_equal(buf_cstr(&p.said), "athanor, version ", 17);
	assert_non_null(strstr(buf_cstr(&p.said), version_string()));

	PARSE(&q, "--help-long");
	assert_int_equal(q.line.exit_code, 0);
	assert_non_null(strstr(buf_cstr(&q.said), "node [<flags>]\n    Runs a node.\n\n"
						  "  --number=3  A number.\n"));
	PARSE(&r, "--help-man");
	expect_said(&r, 1, "athanor: error: there is no man page; try --help-long\n");
}

#define COMPLETE(p, want, ...)                                                                     \
	do {                                                                                       \
		PARSE((p), "--completion-bash", __VA_ARGS__);                                      \
		expect_said((p), 0, want);                                                         \
		assert_true((p)->line.for_program);                                                \
		parsed_done(p);                                                                    \
	} while (0)

#define GLOBAL_FLAGS                                                                               \
	"--help\n--version\n--log.level\n--log.format\n--tracing.config-file\n--tracing.config\n"  \
	"--enable-auto-gomemlimit\n--auto-gomemlimit.ratio"

static void a_shell_is_told_what_could_come_next(void **state)
{
	struct parsed p;
	(void)state;

	COMPLETE(&p, "help\nnode\ntools", "");
	COMPLETE(&p, "help\nnode\ntools", "no");
	COMPLETE(&p, "bucket", "tools", "");
	COMPLETE(&p, "ls", "tools", "bucket", "");
	COMPLETE(&p, "", "node", "");
	COMPLETE(&p, "--number\n" GLOBAL_FLAGS, "node", "--");
	COMPLETE(&p, "--number\n" GLOBAL_FLAGS, "node", "--num");
	COMPLETE(&p, "--bucket\n--number\n" GLOBAL_FLAGS, "tools", "bucket", "ls", "--n");
	COMPLETE(&p, GLOBAL_FLAGS, "--");
	COMPLETE(&p, "error\nwarn\ninfo\ndebug", "node", "--log.level", "");
	COMPLETE(&p, "error\nwarn\ninfo\ndebug", "node", "--log.level", "i");
	COMPLETE(&p, "", "node", "--log.level", "info");
	COMPLETE(&p, "ls", "tools", "bucket", "--bucket", "b");
	COMPLETE(&p, "bucket", "tools", "nosuch", "");
}

static void scripts_for_shells_name_the_program(void **state)
{
	struct parsed p auto_done(parsed_done), q auto_done(parsed_done);
	(void)state;

	PARSE(&p, "--completion-script-bash");
	assert_true(p.line.for_program);
	assert_true(str_ends(buf_str(&p.said),
			     STR("complete -F _athanor_bash_autocomplete -o default athanor\n")));
	PARSE(&q, "--completion-script-zsh");
	assert_true(str_starts(buf_str(&q.said), STR("#compdef athanor\n")));
	assert_non_null(strstr(buf_cstr(&q.said), "${(%):-%x}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_command_gets_its_options_wherever_its_flags_stand),
	    cmocka_unit_test(commands_below_commands_share_their_flags),
	    cmocka_unit_test(help_shows_a_commands_flags),
	    cmocka_unit_test(a_bad_value_is_the_usage_a_line_and_exit_code_2),
	    cmocka_unit_test(what_cannot_be_read_is_a_line_and_exit_code_1),
	    cmocka_unit_test(a_command_of_thanos_that_is_missing_is_told_apart),
	    cmocka_unit_test(a_group_is_not_a_command),
	    cmocka_unit_test(a_word_that_is_needed_is_asked_for),
	    cmocka_unit_test(without_a_command_all_of_them_are_listed),
	    cmocka_unit_test(the_version_and_the_long_help_are_told),
	    cmocka_unit_test(a_shell_is_told_what_could_come_next),
	    cmocka_unit_test(scripts_for_shells_name_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
