#include "cmd/standard_io.h"

#include "promql/parser.h"
#include "tools/text_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool write_all(struct byte_sink *sink, const void *p, size_t n, struct err *err)
{
	const char *at = p;

	(void)sink;
	while (n > 0) {
		ssize_t written = write(STDOUT_FILENO, at, n);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_set_errno(err, errno, "writing to standard output");
		at += written;
		n -= (size_t)written;
	}
	return true;
}

struct byte_sink standard_output = {write_all};

bool standard_output_write(struct str text, struct err *err)
{
	return byte_sink_write(&standard_output, text.p, text.n, err);
}

static bool read_standard_input(struct buf *out, struct err *err)
{
	enum { PIECE_BYTES = 64 << 10 };

	for (;;) {
		char piece[PIECE_BYTES];
		ssize_t n = read(STDIN_FILENO, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, errno, "reading standard input");
		if (n == 0)
			return true;
		if (!buf_append(out, piece, (size_t)n))
			return err_set(err, ERR_LIMIT, "standard input has more than %zu bytes",
				       out->max);
	}
}

bool query_text_read(const struct flag_list *words, struct arena *a, struct str *out,
		     struct err *err)
{
	struct buf input auto_done(buf_done) = BUF_INIT(QUERY_MAX_BYTES);

	if (words->n > 0 && strcmp(words->v[0], "-") != 0) {
		*out = str_of(words->v[0]);
		return true;
	}
	if (!read_standard_input(&input, err))
		return false;
	*out = arena_str(a, str_trim(buf_str(&input), " \t\r\n"));
	return true;
}

/* Texts of servers are among them. */
static void tell(const char *what, const char *text)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str printable = text_printable(str_of(text), a);

	fprintf(stderr, "%s: %.*s\n", what, STR_FMT(printable));
}

void notes_tell(struct notes *notes)
{
	struct note note;

	for (size_t i = 0; notes_get(notes, i, &note); i++)
		tell(note.kind == NOTE_PROMQL_INFO ? "info" : "warning", note.text);
}

void failure_tell(const struct err *err)
{
	tell("athanor: error", err->msg);
}

bool standard_output_is_colored(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}
