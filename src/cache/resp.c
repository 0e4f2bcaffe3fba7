#include "cache/resp.h"

static enum read_result refuse(struct err *err, const char *what)
{
	err_set(err, ERR_CORRUPT, "the answer has %s", what);
	return READ_BROKEN;
}

static enum read_result start_bulk(struct resp_reader *r, int64_t n, struct resp_item *out,
				   struct arena *a, struct err *err)
{
	if (n == -1) {
		out->type = RESP_NIL;
		return READ_DONE;
	}
	if (n < 0)
		return refuse(err, "a negative length");
	r->body = answer_room(a, (uint64_t)n, err);
	r->n_body = (size_t)n;
	return r->body ? READ_MORE : READ_BROKEN;
}

static enum read_result array(int64_t n, struct resp_item *out, struct err *err)
{
	if (n < -1 || n > RESP_MAX_ITEMS)
		return refuse(err, "an array of an impossible length");
	*out = (struct resp_item){.type = n < 0 ? RESP_NIL : RESP_ARRAY, .number = n};
	return READ_DONE;
}

/* READ_MORE: the bytes of a bulk come next. */
static enum read_result start(struct resp_reader *r, struct str line, struct resp_item *out,
			      struct arena *a, struct err *err)
{
	struct str rest = str_skip(line, 1);
	char sigil = line.n ? line.p[0] : '\0';
	bool has_number = sigil == ':' || sigil == '$' || sigil == '*';
	int64_t n = 0;

	if (has_number && !str_to_i64(rest, &n))
		return refuse(err, "a length that is no number");
	switch (sigil) {
	case '+':
	case '-':
		*out = (struct resp_item){
		    .type = sigil == '+' ? RESP_SIMPLE : RESP_ERROR,
		    .text = rest,
		};
		return READ_DONE;
	case ':':
		*out = (struct resp_item){.type = RESP_INTEGER, .number = n};
		return READ_DONE;
	case '$':
		return start_bulk(r, n, out, a, err);
	case '*':
		return array(n, out, err);
	default:
		return refuse(err, "an item of an unknown type");
	}
}

static enum read_result end_bulk(struct resp_reader *r, struct str *in, struct resp_item *out,
				 struct err *err)
{
	enum read_result result = answer_bytes(&r->reader, in, r->body, r->n_body, err);

	if (result != READ_DONE)
		return result;
	*out = (struct resp_item){.type = RESP_BULK, .text = str_from(r->body, r->n_body)};
	r->body = NULL;
	return READ_DONE;
}

enum read_result resp_read(struct resp_reader *r, struct str *in, struct arena *a,
			   struct resp_item *out, struct err *err)
{
	struct str line;

	if (!r->body) {
		enum read_result result = answer_line(&r->reader, in, &line, err);
		if (result != READ_DONE)
			return result;
		result = start(r, line, out, a, err);
		if (result != READ_MORE)
			return result;
	}
	return end_bulk(r, in, out, err);
}

void resp_write_head(struct buf *b, size_t n_parts)
{
	buf_printf(b, "*%zu\r\n", n_parts);
}

void resp_write_part(struct buf *b, struct str part)
{
	buf_printf(b, "$%zu\r\n", part.n);
	buf_append_str(b, part);
	buf_puts(b, "\r\n");
}
