#include "cmd/completion.h"

#include <string.h>

#define ASK_BASH    "--completion-bash"
#define SCRIPT_BASH "--completion-script-bash"
#define SCRIPT_ZSH  "--completion-script-zsh"

bool completion_is_asked(const char *arg)
{
	return strcmp(arg, ASK_BASH) == 0 || strcmp(arg, SCRIPT_BASH) == 0 ||
	       strcmp(arg, SCRIPT_ZSH) == 0;
}

/* --- scripts ---------------------------------------------------------------------------------- */

static void put_bash_script(struct buf *out, const char *program)
{
	buf_printf(out,
		   "\n"
		   "_%s_bash_autocomplete() {\n"
		   "    local word=\"${COMP_WORDS[COMP_CWORD]}\" options\n"
		   "    options=$(\"${COMP_WORDS[0]}\" " ASK_BASH
		   " \"${COMP_WORDS[@]:1:$COMP_CWORD}\")\n"
		   "    COMPREPLY=($(compgen -W \"${options}\" -- \"${word}\"))\n"
		   "    return 0\n"
		   "}\n"
		   "complete -F _%s_bash_autocomplete -o default %s\n",
		   program, program, program);
}

static void put_zsh_script(struct buf *out, const char *program)
{
	buf_printf(out,
		   "#compdef %s\n"
		   "\n"
		   "_%s() {\n"
		   "    local options=($(${words[1]} " ASK_BASH " \"${(@)words[2,$CURRENT]}\"))\n"
		   "    compadd -a options\n"
		   "    if [[ $compstate[nmatches] -eq 0 && $words[$CURRENT] != -* ]]; then\n"
		   "        _files\n"
		   "    fi\n"
		   "}\n"
		   "\n"
		   "if [[ \"$(basename -- ${(%%):-%%x})\" != \"_%s\" ]]; then\n"
		   "    compdef _%s %s\n"
		   "fi\n",
		   program, program, program, program, program);
}

/* --- what could come next --------------------------------------------------------------------- */

static void put_option(struct buf *out, const char *before, struct str option)
{
	buf_printf(out, "%s%s%.*s", out->n ? "\n" : "", before, STR_FMT(option));
}

/* The next word of commands below `command`; of the program's with NULL. */
static void put_commands(const struct usage *u, const struct command *command)
{
	size_t n = command ? strlen(command->name) + 1 : 0;

	if (!command)
		put_option(u->out, "", STR("help"));
	for (size_t i = 0; i < u->commands.n; i++) {
		struct str name = str_of(u->commands.v[i]->name), rest = str_skip(name, n);
		if (command && !(str_starts(name, str_of(command->name)) && name.n > n &&
				 name.p[n - 1] == ' '))
			continue;
		if (str_find_char(rest, ' ') == rest.n)
			put_option(u->out, "", rest);
	}
}

static void put_flags(struct buf *out, const struct flag_group *group)
{
	for (size_t i = 0; i < group->n; i++) {
		const struct flag_spec *spec = &group->specs[i];
		if (spec->attrs & FLAG_HIDDEN)
			continue;
		if (spec->type == FLAG_TYPE_CONTENT) {
			put_option(out, "--", str_of(spec->name));
			buf_puts(out, "-file");
		}
		put_option(out, "--", str_of(spec->name));
	}
}

static const struct flag_spec *find_flag(const struct flag_group *groups, size_t n_groups,
					 const char *name)
{
	for (size_t i = 0; i < n_groups; i++)
		for (size_t k = 0; k < groups[i].n; k++)
			if (strcmp(groups[i].specs[k].name, name) == 0)
				return &groups[i].specs[k];
	return NULL;
}

/* False when there is nothing to choose, or nothing left to. */
static bool put_choices(struct buf *out, const struct flag_spec *spec, const char *value)
{
	bool is_prefix = false, is_whole = false;
	size_t length = strlen(value);

	for (size_t i = 0; spec->choices && spec->choices[i]; i++) {
		is_whole |= strcmp(spec->choices[i], value) == 0;
		is_prefix |= strncmp(spec->choices[i], value, length) == 0 &&
			     spec->choices[i][length] != '\0';
	}
	if (!spec->choices || (is_whole && !is_prefix))
		return false;
	for (size_t i = 0; spec->choices[i]; i++)
		put_option(out, "", str_of(spec->choices[i]));
	return true;
}

static bool is_long_flag(const char *arg)
{
	return strncmp(arg, "--", 2) == 0;
}

static void put_next(const struct usage *u, const struct command *command, const char *before,
		     const char *word)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	size_t n;

	struct flag_group *groups = command_groups(command, u->global, NULL, a, &n);
	if (!is_long_flag(word) && !is_long_flag(before)) {
		put_commands(u, command);
		return;
	}
	/* "--flag", or "--flag value". */
	bool is_value = !is_long_flag(word);
	const struct flag_spec *spec = find_flag(groups, n, (is_value ? before : word) + 2);
	if (spec) {
		if (!put_choices(u->out, spec, is_value ? word : ""))
			put_commands(u, command);
		return;
	}
	for (size_t i = 1; i < n; i++)
		put_flags(u->out, &groups[i]);
	put_flags(u->out, &groups[0]);
}

void completion_write(const struct usage *u, const struct command *command,
		      const struct flag_list *args)
{
	const char *ask = args->v[0];

	if (strcmp(ask, SCRIPT_BASH) == 0)
		put_bash_script(u->out, u->program);
	else if (strcmp(ask, SCRIPT_ZSH) == 0)
		put_zsh_script(u->out, u->program);
	else
		put_next(u, command, args->n > 2 ? args->v[args->n - 2] : "",
			 args->n > 1 ? args->v[args->n - 1] : "");
}
