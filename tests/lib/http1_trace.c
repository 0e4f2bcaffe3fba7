#include "tests/lib/http1_trace.h"

static void print_head(const struct http1_head *h, struct buf *out)
{
	buf_printf(out, "%.*s %.*s", STR_FMT(h->method_name), STR_FMT(h->path));
	if (h->query.p)
		buf_printf(out, "?%.*s", STR_FMT(h->query));
	buf_printf(out, " 1.%u %s%s%s\n", h->minor, h->keep_alive ? "keep" : "close",
		   h->has_body ? " with body" : "", h->expects_continue ? " expects" : "");
	for (size_t i = 0; i < h->headers.n; i++)
		buf_printf(out, "%.*s: %.*s\n", STR_FMT(h->headers.v[i].name),
			   STR_FMT(h->headers.v[i].value));
}

/* False: refused. */
static bool print_events(struct http1_parser *p, struct str in, struct buf *body, struct buf *out)
{
	struct str piece;

	for (;;) {
		switch (http1_next(p, &in, &piece)) {
		case HTTP1_MORE:
			return true;
		case HTTP1_HEAD:
			print_head(&p->head, out);
			break;
		case HTTP1_BODY:
			buf_append_str(body, piece);
			break;
		case HTTP1_END:
			if (body->n)
				buf_printf(out, "body: %zu %.*s\n", body->n, STR_FMT(*body));
			buf_clear(body);
			buf_puts(out, "end\n");
			break;
		case HTTP1_BAD:
			buf_printf(out, "bad %d %s\n", p->bad_status, p->bad_reason);
			return false;
		}
	}
}

void http1_trace(struct str bytes, size_t cut, const struct http1_limits *limits, struct buf *out)
{
	struct http1_parser p;
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	bool going = true;

	http1_init(&p, limits);
	for (size_t i = 0; i < bytes.n && going; i += cut) {
		size_t n = bytes.n - i < cut ? bytes.n - i : cut;
		going = print_events(&p, str_from(bytes.p + i, n), &body, out);
	}
	if (going && !http1_is_idle(&p))
		buf_puts(out, "more\n");
	http1_done(&p);
}
