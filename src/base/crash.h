/* crash.h - last words: on a fatal signal or a failed assertion, what was going on is written to
 * stderr, then the signal does what it does by default.
 *
 * The report has the signal, version, build id, a backtrace, and the work that was announced by
 * crash_note_begin(): the texts of active queries.
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#include <stddef.h>

/* SIGPIPE is ignored from here on, as writes report it. Call once, before threads start. */
void crash_handler_install(void);

/* Raise the limit of open files to what is allowed; the limit now in force. */
size_t crash_raise_file_limit(void);

/* Announce a piece of work, such as "query 01HZ...: sum(rate(x[5m]))"; long texts are cut. The
 * result goes to crash_note_end(); -1 when all places are taken, which is fine to pass on. */
int crash_note_begin(const char *what, const char *text);
void crash_note_end(int note);

#endif
