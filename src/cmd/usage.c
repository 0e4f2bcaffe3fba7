#include "cmd/usage.h"

#include "base/version.h"

#include <string.h>

static const char about[] = "A block storage based long-term storage for Prometheus.";

/* --- commands ------------------------------------------------------------------------------------
 */

const struct command *command_find(struct command_list commands, const char *name)
{
	for (size_t i = 0; i < commands.n; i++)
		if (strcmp(commands.v[i]->name, name) == 0)
			return commands.v[i];
	return NULL;
}

static bool is_below(const struct command *command, const struct command *group)
{
	size_t n = group ? strlen(group->name) : 0;
	return !group || (strncmp(command->name, group->name, n) == 0 && command->name[n] == ' ');
}

bool command_is_group(struct command_list commands, const struct command *command)
{
	for (size_t i = 0; i < commands.n; i++)
		if (is_below(commands.v[i], command))
			return true;
	return false;
}

struct flag_group *command_groups(const struct command *command, struct flag_group global,
				  void *options, struct arena *a, size_t *n)
{
	size_t n_tables = command ? command->n_flags : 0;
	struct flag_group *groups = ARENA_ARRAY(a, struct flag_group, n_tables + 1);

	groups[0] = global;
	for (size_t i = 0; i < n_tables; i++)
		groups[i + 1] = (struct flag_group){
		    .specs = command->flags[i].specs,
		    .n = command->flags[i].n,
		    .values = options ? (char *)options + command->flags[i].offset : NULL,
		};
	*n = n_tables + 1;
	return groups;
}

/* --- parts of the usage
 * --------------------------------------------------------------------------- */

/* "name --req=REQ [<flags>] <file>": what the command's own tables and words ask for. */
static void append_call(const struct usage *u, const struct command *command)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf summary auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	size_t n;

	struct flag_group *groups = command_groups(command, u->global, NULL, a, &n);
	flags_summary(&summary, command ? groups + 1 : groups, command ? n - 1 : 1);
	if (command)
		buf_printf(u->out, " %s", command->name);
	if (summary.n)
		buf_printf(u->out, " %s", buf_cstr(&summary));
	if (command && command->words_help)
		buf_printf(u->out, " %s", command->words_help);
}

static void append_flags(const struct usage *u, const struct command *command)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	size_t n;

	struct flag_group *groups = command_groups(command, u->global, NULL, a, &n);
	buf_puts(u->out, "Flags:\n");
	flags_help(u->out, groups, n, u->width);
	buf_putc(u->out, '\n');
}

static void append_entry(const struct usage *u, const struct command *command)
{
	struct buf call auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct usage into = *u;

	into.out = &call;
	append_call(&into, command);
	struct str text = str_skip(buf_str(&call), 1);
	buf_printf(u->out, "%.*s\n", STR_FMT(text));
	flags_wrap(u->out, command->help, 4, u->width);
	buf_putc(u->out, '\n');
}

static void append_commands(const struct usage *u, const struct command *group)
{
	buf_puts(u->out, group ? "Subcommands:\n" : "Commands:\n");
	if (!group)
		buf_puts(u->out, "help [<command>...]\n    Show help.\n\n");
	for (size_t i = 0; i < u->commands.n; i++)
		if (u->commands.v[i]->run && is_below(u->commands.v[i], group))
			append_entry(u, u->commands.v[i]);
	buf_putc(u->out, '\n');
}

/* --- all of it
 * ------------------------------------------------------------------------------------ */

void usage_write(const struct usage *u, const struct command *command)
{
	bool group = !command || command_is_group(u->commands, command);

	buf_printf(u->out, "usage: %s", u->program);
	append_call(u, command);
	buf_puts(u->out, group ? " <command> [<args> ...]\n\n" : "\n\n");
	flags_wrap(u->out, command ? command->help : about, 0, u->width);
	buf_puts(u->out, "\n\n");
	append_flags(u, command);
	if (group)
		append_commands(u, command);
}

void usage_write_long(const struct usage *u)
{
	buf_printf(u->out, "usage: %s", u->program);
	append_call(u, NULL);
	buf_puts(u->out, " <command> [<args> ...]\n\n");
	flags_wrap(u->out, about, 0, u->width);
	buf_puts(u->out, "\n\n");
	append_flags(u, NULL);
	buf_puts(u->out, "Commands:\n");
	for (size_t i = 0; i < u->commands.n; i++) {
		const struct command *command = u->commands.v[i];
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		size_t n;
		if (!command->run)
			continue;
		append_entry(u, command);
		struct flag_group *groups = command_groups(command, u->global, NULL, a, &n);
		flags_help(u->out, groups + 1, n - 1, u->width);
		buf_putc(u->out, '\n');
	}
}

void usage_write_version(struct buf *out, const char *program)
{
	buf_printf(out,
		   "%s, version %s (branch: %s, revision: %s)\n"
		   "  compiler:         %s\n"
		   "  platform:         %s\n",
		   program, version_string(), version_branch(), version_revision(),
		   version_compiler(), version_platform());
}
