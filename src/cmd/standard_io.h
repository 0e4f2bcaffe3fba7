/* standard_io.h - what a tool reads and writes: standard input, output and error. */
#ifndef CMD_STANDARD_IO_H
#define CMD_STANDARD_IO_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/byte_sink.h"
#include "base/flags.h"
#include "base/notes.h"

/* Writes to standard output as it comes. */
extern struct byte_sink standard_output;

bool standard_output_write(struct str text, struct err *err);

/* The one word of the command line, or, when it is "-" or not there, what standard input has, white
 * space around it cut off. In memory of `a`. */
bool query_text_read(const struct flag_list *words, struct arena *a, struct str *out,
		     struct err *err);

/* "warning: ..." and "info: ...", a line each, to standard error. */
void notes_tell(struct notes *notes);
/* "athanor: error: ...", one line: the last words of a tool. */
void failure_tell(const struct err *err);

/* Whether standard output takes colours: it is a terminal, and NO_COLOR is not set. */
bool standard_output_is_colored(void);

#endif
