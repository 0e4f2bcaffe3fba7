/* completion.h - the shells' completion of the command line, as kingpin offers it: a script for the
 * shell, which asks the program what could come next.
 *
 *	eval "$(athanor --completion-script-bash)"
 */
#ifndef CMD_COMPLETION_H
#define CMD_COMPLETION_H

#include "cmd/usage.h"

/* Whether this first argument asks for a completion or a script. */
bool completion_is_asked(const char *arg);

/* The answer to args->v[0], which asks; `command` is the one that the words behind it name so far,
 * or NULL. One option a line, without a newline at the end. */
void completion_write(const struct usage *u, const struct command *command,
		      const struct flag_list *args);

#endif
