/* command_line.h - from argv to a command and its options, with help and errors as kingpin and
 * Thanos print them.
 *
 * As there, what cannot be read at all (an unknown flag or command) is one line and exit code 1; a
 * bad value is the usage, one line, and exit code 2; help and version go to stderr too. Completions
 * and their scripts alone go to stdout.
 */
#ifndef CMD_COMMAND_LINE_H
#define CMD_COMMAND_LINE_H

#include "cmd/commands.h"
#include "cmd/global_flags.h"

struct command_line {
	const struct command *command; /* NULL: everything has been said, exit with exit_code */
	void *options;                 /* the command's */
	struct global_flags global;
	struct flags *flags;
	int exit_code;
	bool for_program; /* what has been said is for a shell to read, on standard output */
	struct arena *a;
};

/* What is to be said goes to `out`, for the user's eyes; `width` is that of the terminal. */
void command_line_parse(struct command_line *line, struct command_list commands, int argc,
			const char *const *argv, unsigned width, struct buf *out);
void command_line_done(struct command_line *line);

/* The terminal's width behind `fd`, or COLUMNS, or 80. */
unsigned command_line_width(int fd);

#endif
