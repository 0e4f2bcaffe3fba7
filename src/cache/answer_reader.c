#include "cache/answer_reader.h"

#include <inttypes.h>

static enum read_result broken(struct err *err, const char *why)
{
	err_set(err, ERR_CORRUPT, "the answer %s", why);
	return READ_BROKEN;
}

static enum read_result cut_end(struct str with_end, struct str *line, struct err *err)
{
	if (!str_ends(with_end, STR("\r\n")))
		return broken(err, "has a line that does not end with \\r\\n");
	*line = str_from(with_end.p, with_end.n - 2);
	return READ_DONE;
}

enum read_result answer_line(struct answer_reader *r, struct str *in, struct str *line,
			     struct err *err)
{
	size_t n = str_find_char(*in, '\n');
	bool is_whole = n < in->n;
	struct str piece = str_from(in->p, n + is_whole);

	if (r->n_line + piece.n > sizeof(r->line))
		return broken(err, "has a line that is too long");
	*in = str_skip(*in, piece.n);
	if (is_whole && r->n_line == 0)
		return cut_end(piece, line, err);
	if (piece.n)
		memcpy(r->line + r->n_line, piece.p, piece.n);
	r->n_line += piece.n;
	if (!is_whole)
		return READ_MORE;
	piece = str_from(r->line, r->n_line);
	r->n_line = 0;
	return cut_end(piece, line, err);
}

enum read_result answer_bytes(struct answer_reader *r, struct str *in, char *to, size_t n,
			      struct err *err)
{
	static const char end[] = "\r\n";

	if (r->n_taken < n) {
		size_t take = n - r->n_taken < in->n ? n - r->n_taken : in->n;
		if (take)
			memcpy(to + r->n_taken, in->p, take);
		r->n_taken += take;
		*in = str_skip(*in, take);
	}
	for (; r->n_taken >= n && r->n_taken < n + 2 && in->n; *in = str_skip(*in, 1)) {
		if (in->p[0] != end[r->n_taken++ - n])
			return broken(err, "has a value that is not as long as announced");
	}
	if (r->n_taken < n + 2)
		return READ_MORE;
	r->n_taken = 0;
	return READ_DONE;
}

char *answer_room(struct arena *a, uint64_t n, struct err *err)
{
	struct tracker *t = arena_tracker(a);

	if (n > ANSWER_VALUE_MAX) {
		err_set(err, ERR_CORRUPT,
			"the answer announces a value of %" PRIu64 " bytes, allowed are %d", n,
			ANSWER_VALUE_MAX);
		return NULL;
	}
	/* The arena charges what it gives: the reservation was the question only. */
	if (!tracker_reserve(t, (int64_t)n, err))
		return NULL;
	tracker_release(t, (int64_t)n);
	return arena_alloc(a, n + 1); /* also an empty value has an address */
}
