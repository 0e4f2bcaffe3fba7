#include "cmd/command_line.h"

#include "base/alloc.h"
#include "cmd/completion.h"
#include "cmd/usage.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { EXIT_UNREADABLE = 1, EXIT_BAD_VALUE = 2, WIDTH_DEFAULT = 80 };

unsigned command_line_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (columns && str_to_u64(str_of(columns), &n) && n < 10000)
		return (unsigned)n;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return WIDTH_DEFAULT;
}

/* --- finding the command
 * -------------------------------------------------------------------------- */

/* Thanos' commands that may be asked for before they exist here. */
static const char *const thanos_commands[] = {
    "rule", "compact", "receive", "query-frontend", "tools bucket", "tools rules-check",
};

static bool unknown_command(const char *word, const char *name, struct err *err)
{
	for (size_t i = 0; i < sizeof(thanos_commands) / sizeof(thanos_commands[0]); i++)
		if (strcmp(name, thanos_commands[i]) == 0)
			return err_set(err, ERR_UNSUPPORTED,
				       "command %s of Thanos is not part of this version of "
				       "Athanor",
				       name);
	return err_set(err, ERR_INVALID, "expected command but got \"%s\"", word);
}

static void remove_arg(struct flag_list *args, size_t i)
{
	memmove(&args->v[i], &args->v[i + 1], (args->n - i - 1) * sizeof(*args->v));
	args->n--;
}

/* Takes the command's words out of `args`: a word stands for a command as long as there are
 * commands below the one found so far. *found is NULL when there is no word; also after a failure
 * it is what was found before. */
static bool find_command(const struct usage *u, struct arena *a, struct flag_list *args,
			 const struct command **found, struct err *err)
{
	const struct command *command = NULL;

	*found = NULL;
	while (!command || command_is_group(u->commands, command)) {
		size_t n;
		struct flag_group *groups = command_groups(command, u->global, NULL, a, &n);
		size_t at = flags_find_word(groups, n, args);
		if (at == args->n)
			break;
		const char *word = args->v[at];
		const char *name = command ? arena_printf(a, "%s %s", command->name, word) : word;
		command = command_find(u->commands, name);
		if (!command)
			return unknown_command(word, name, err);
		*found = command;
		remove_arg(args, at);
	}
	return true;
}

/* --- saying what is wrong
 * ------------------------------------------------------------------------- */

static void fail(struct command_line *line, const struct usage *u, const struct err *err)
{
	buf_printf(u->out, "%s: error: %s\n", u->program, err->msg);
	line->exit_code = EXIT_UNREADABLE;
}

static void fail_value(struct command_line *line, const struct usage *u,
		       const struct command *command, int argc, const char *const *argv,
		       const struct err *err)
{
	usage_write(u, command);
	buf_puts(u->out, "error parsing commandline arguments: [");
	for (int i = 0; i < argc; i++)
		buf_printf(u->out, "%s%s", i ? " " : "", argv[i]);
	buf_printf(u->out, "]: %s\n", err->msg);
	line->exit_code = EXIT_BAD_VALUE;
}

/* "help [<command>...]" */
static void help_command(struct command_line *line, const struct usage *u, struct flag_list *args)
{
	const struct command *command = NULL;
	struct err err = ERR_INIT;

	if (find_command(u, line->a, args, &command, &err))
		usage_write(u, command);
	else
		fail(line, u, &err);
}

/* The words behind the question count as far as they name commands. */
static void complete(struct command_line *line, const struct usage *u, const struct flag_list *args)
{
	struct flag_list words = {0};
	const struct command *command;
	struct err ignored = ERR_INIT;

	for (size_t i = 1; i < args->n; i++)
		ARENA_PUSH(line->a, &words, args->v[i]);
	find_command(u, line->a, &words, &command, &ignored);
	completion_write(u, command, args);
	line->for_program = true;
}

/* True when the command line asks about the program instead of running it. */
static bool answer(struct command_line *line, const struct usage *u, const struct command *command)
{
	if (flags_is_set(line->flags, "version")) {
		usage_write_version(u->out, u->program);
	} else if (flags_is_set(line->flags, "help-long")) {
		usage_write_long(u);
	} else if (flags_is_set(line->flags, "help-man")) {
		struct err err = ERR_INIT;
		err_set(&err, ERR_UNSUPPORTED, "there is no man page; try --help-long");
		fail(line, u, &err);
	} else if (flags_is_set(line->flags, "help") ||
		   (!command && flags_words(line->flags)->n == 0)) {
		usage_write(u, command);
	} else {
		return false;
	}
	return true;
}

/* --- all of it
 * ------------------------------------------------------------------------------------ */

static bool check_words(const struct usage *u, const struct command *command,
			const struct flags *flags, struct err *err)
{
	if (command_is_group(u->commands, command))
		return err_set(err, ERR_INVALID, "must select a subcommand of '%s'", command->name);
	if (flags_words(flags)->n < command->n_words_min)
		return err_set(err, ERR_INVALID, "required argument '%s' not provided",
			       command->words_help);
	return true;
}

static void parse_command(struct command_line *line, const struct usage *u,
			  const struct command *command, struct flag_list *args, int argc,
			  const char *const *argv)
{
	struct err err = ERR_INIT;
	size_t n_groups;

	line->options = xcalloc(1, command && command->options_bytes ? command->options_bytes : 1);
	struct flag_group *groups =
	    command_groups(command, u->global, line->options, line->a, &n_groups);
	line->flags = flags_parse(groups, n_groups, args, command ? command->n_words_max : 0, &err);
	if (!line->flags) {
		fail(line, u, &err);
		return;
	}
	if (answer(line, u, command))
		return;
	if (!check_words(u, command, line->flags, &err) || !flags_assign(line->flags, &err)) {
		fail_value(line, u, command, argc, argv, &err);
		return;
	}
	line->command = command;
}

void command_line_parse(struct command_line *line, struct command_list commands, int argc,
			const char *const *argv, unsigned width, struct buf *out)
{
	const char *slash = strrchr(argv[0], '/');
	const struct command *command = NULL;
	struct flag_list args;
	struct err err = ERR_INIT;

	*line = (struct command_line){.a = arena_new(NULL)};
	struct usage u = {
	    .out = out,
	    .program = slash ? slash + 1 : argv[0],
	    .commands = commands,
	    .global = global_flags_group(&line->global),
	    .width = width,
	};
	if (!flags_expand_args(argv + 1, (size_t)argc - 1, line->a, &args, &err)) {
		fail(line, &u, &err);
		return;
	}
	if (args.n > 0 && completion_is_asked(args.v[0])) {
		complete(line, &u, &args);
		return;
	}
	size_t first = flags_find_word(&u.global, 1, &args);
	if (first < args.n && strcmp(args.v[first], "help") == 0) {
		remove_arg(&args, first);
		help_command(line, &u, &args);
		return;
	}
	if (!find_command(&u, line->a, &args, &command, &err)) {
		fail(line, &u, &err);
		return;
	}
	parse_command(line, &u, command, &args, argc, argv);
}

void command_line_done(struct command_line *line)
{
	flags_free(line->flags);
	free(line->options);
	arena_free(line->a);
}
