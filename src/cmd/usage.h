/* usage.h - help texts of the program and its commands. */
#ifndef CMD_USAGE_H
#define CMD_USAGE_H

#include "cmd/commands.h"

struct usage {
	struct buf *out;
	const char *program; /* as it was called */
	struct command_list commands;
	struct flag_group global;
	unsigned width;
};

/* --help: of one command, or of the program when `command` is NULL. */
void usage_write(const struct usage *u, const struct command *command);
/* --help-long: of the program, then of every command. */
void usage_write_long(const struct usage *u);
/* --version. */
void usage_write_version(struct buf *out, const char *program);

/* Whether other commands are below it. */
bool command_is_group(struct command_list commands, const struct command *command);
const struct command *command_find(struct command_list commands, const char *name);
/* The tables of a command as groups, with `options` as their base, behind `global`. */
struct flag_group *command_groups(const struct command *command, struct flag_group global,
				  void *options, struct arena *a, size_t *n);

#endif
