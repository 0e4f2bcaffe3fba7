/* http_response.c - an answer is collected in a small buffer. If all of it fits, it leaves in one
 * piece with its length; otherwise the head goes out, and the body follows in chunks (or until the
 * end of the connection, for HTTP/1.0). Bodies that gain by it are compressed.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "net/http_server_internal.h"

#include <libdeflate.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	GZIP_MIN_BYTES = 1400, /* below, an answer is one packet anyway */
	GZIP_WHOLE_LEVEL = 6,
	GZIP_STREAM_LEVEL = 1,
	LARGEST_PART_BYTES = 256 * 1024,
	GZIP_WINDOW = 15 + 16, /* the largest, with a gzip header */
};

/* --- status and headers ----------------------------------------------------------------------- */

void http_response_set_status(struct http_response *r, int status)
{
	r->status = status;
}

static struct str clean_copy(struct arena *a, const char *text)
{
	char *copy = arena_cstr(a, str_of(text));

	for (char *p = copy; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	}
	return str_of(copy);
}

void http_response_add_header(struct http_response *r, const char *name, const char *value)
{
	struct arena *a = r->exchange->request.arena;

	ARENA_PUSH(a, &r->headers, (struct http_header){clean_copy(a, name), clean_copy(a, value)});
}

void http_response_set_header(struct http_response *r, const char *name, const char *value)
{
	for (size_t i = 0; i < r->headers.n; i++) {
		if (!http_name_eq(r->headers.v[i].name, str_of(name)))
			continue;
		r->headers.v[i].value = clean_copy(r->exchange->request.arena, value);
		return;
	}
	http_response_add_header(r, name, value);
}

bool http_response_has_begun(const struct http_response *r)
{
	return r->has_begun;
}

void http_response_abort(struct http_response *r)
{
	r->is_aborted = true;
}

/* --- the head --------------------------------------------------------------------------------- */

static bool is_compressible(struct str content_type)
{
	static const char *const types[] = {
	    "application/json",          "application/javascript",
	    "application/xml",           "application/openmetrics-text",
	    "application/manifest+json", "image/svg+xml",
	};

	if (content_type.n >= 5 && http_name_eq(str_from(content_type.p, 5), STR("text/")))
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (http_media_type_is(content_type, types[i]))
			return true;
	}
	return false;
}

static bool may_compress(const struct http_response *r)
{
	return is_compressible(http_header_value(&r->headers, "content-type")) &&
	       !http_header_find(&r->headers, "content-encoding");
}

static bool status_has_no_body(int status)
{
	return status < 200 || status == 204 || status == 304;
}

enum { LENGTH_UNKNOWN = -1 };

static void print_head(struct http_response *r, int64_t length, const char *encoding,
		       struct buf *out)
{
	const struct http_exchange *e = r->exchange;
	char date[HTTP_DATE_BYTES];

	http_date(clock_wall_ms(&clock_system) / 1000, date);
	buf_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", r->status, http_status_text(r->status),
		   date);
	if (may_compress(r))
		buf_puts(out, "Vary: Accept-Encoding\r\n");
	for (size_t i = 0; i < r->headers.n; i++)
		buf_printf(out, "%.*s: %.*s\r\n", STR_FMT(r->headers.v[i].name),
			   STR_FMT(r->headers.v[i].value));
	if (encoding)
		buf_printf(out, "Content-Encoding: %s\r\n", encoding);
	if (r->is_chunked)
		buf_puts(out, "Transfer-Encoding: chunked\r\n");
	else if (length != LENGTH_UNKNOWN && !status_has_no_body(r->status))
		buf_printf(out, "Content-Length: %lld\r\n", (long long)length);
	if (!r->keep_alive)
		buf_puts(out, "Connection: close\r\n");
	else if (e->is_http10)
		buf_puts(out, "Connection: keep-alive\r\n");
	buf_puts(out, "\r\n");
}

/* --- whole answers ---------------------------------------------------------------------------- */

/* Replaces *body by its compressed form, in `packed`, where that is smaller. */
static bool compress_whole(struct str *body, struct buf *packed)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(GZIP_WHOLE_LEVEL);
	char *room = c ? buf_reserve(packed, body->n) : NULL;
	size_t n = room ? libdeflate_gzip_compress(c, body->p, body->n, room, body->n) : 0;

	libdeflate_free_compressor(c);
	if (n == 0)
		return false;
	buf_grown(packed, n);
	*body = buf_str(packed);
	return true;
}

static void send_whole(struct http_response *r)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf packed auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str body = buf_str(&r->body);
	const char *encoding = NULL;

	if (body.n >= GZIP_MIN_BYTES && r->exchange->accepts_gzip && may_compress(r) &&
	    compress_whole(&body, &packed))
		encoding = "gzip";
	print_head(r, (int64_t)body.n, encoding, &out);
	if (r->has_no_body)
		body = STR("");
	r->sent_bytes += body.n;
	r->has_begun = true;
	const struct str parts[] = {buf_str(&out), body};
	if (!http_exchange_hand_on(r->exchange, parts, 2))
		r->is_aborted = true;
}

/* --- answers in pieces ------------------------------------------------------------------------ */

static bool send_chunk(struct http_response *r, struct str bytes)
{
	char size[32];

	if (bytes.n == 0)
		return true;
	r->sent_bytes += bytes.n;
	if (!r->is_chunked)
		return http_exchange_hand_on(r->exchange, &bytes, 1);
	int n = snprintf(size, sizeof(size), "%zx\r\n", bytes.n);
	const struct str parts[] = {str_from(size, (size_t)n), bytes, STR("\r\n")};
	return http_exchange_hand_on(r->exchange, parts, 3);
}

static bool send_gzip(struct http_response *r, struct str bytes, int flush)
{
	char packed[16 * 1024];
	z_stream *z = r->gzip;

	z->next_in = (Bytef *)bytes.p;
	z->avail_in = (uInt)bytes.n;
	do {
		z->next_out = (Bytef *)packed;
		z->avail_out = sizeof(packed);
		deflate(z, flush);
		if (!send_chunk(r, str_from(packed, sizeof(packed) - z->avail_out)))
			return false;
	} while (z->avail_out == 0);
	return true;
}

static void begin_gzip(struct http_response *r)
{
	z_stream *z = NEW(z_stream);

	if (deflateInit2(z, GZIP_STREAM_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) ==
	    Z_OK)
		r->gzip = z;
	else
		free(z);
}

static bool send_head(struct http_response *r)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (r->exchange->is_http10)
		r->keep_alive = false; /* the end of the connection is the end of the body */
	r->is_chunked = !r->exchange->is_http10 && !status_has_no_body(r->status);
	if (!r->has_no_body && r->exchange->accepts_gzip && may_compress(r))
		begin_gzip(r);
	print_head(r, LENGTH_UNKNOWN, r->gzip ? "gzip" : NULL, &out);
	r->has_begun = true;
	const struct str head = buf_str(&out);
	return http_exchange_hand_on(r->exchange, &head, 1);
}

static bool send_part(struct http_response *r, struct str bytes)
{
	bool ok = r->has_begun || send_head(r);

	if (ok && !r->has_no_body && bytes.n > 0)
		ok = r->gzip ? send_gzip(r, bytes, Z_NO_FLUSH) : send_chunk(r, bytes);
	if (!ok)
		r->is_aborted = true;
	return ok;
}

static bool send_buffer(struct http_response *r)
{
	bool ok = send_part(r, buf_str(&r->body));
	buf_clear(&r->body);
	return ok;
}

bool http_response_write(struct http_response *r, const void *p, size_t n, struct err *err)
{
	struct str rest = str_from(p, n);

	r->has_no_body |= status_has_no_body(r->status);
	while (rest.n > 0 && !r->is_aborted) {
		size_t room = r->body.max - r->body.n;
		if (r->body.n == 0 && rest.n > room) { /* past the buffer */
			size_t part = rest.n < LARGEST_PART_BYTES ? rest.n : LARGEST_PART_BYTES;
			send_part(r, str_from(rest.p, part));
			rest = str_skip(rest, part);
			continue;
		}
		size_t part = rest.n < room ? rest.n : room;
		buf_append(&r->body, rest.p, part);
		rest = str_skip(rest, part);
		if (r->body.n == r->body.max)
			send_buffer(r);
	}
	return !r->is_aborted ||
	       err_set(err, ERR_CANCELED, "the client has gone before the answer was complete");
}

static void send_end(struct http_response *r)
{
	static const struct str last = {.p = "0\r\n\r\n", .n = 5};

	if (!send_buffer(r))
		return;
	if (r->gzip && !send_gzip(r, STR(""), Z_FINISH))
		r->is_aborted = true;
	else if (r->is_chunked && !r->has_no_body && !http_exchange_hand_on(r->exchange, &last, 1))
		r->is_aborted = true;
}

void http_response_end(struct http_response *r)
{
	if (r->is_aborted)
		return;
	r->has_no_body |= status_has_no_body(r->status);
	if (r->has_begun)
		send_end(r);
	else
		send_whole(r);
}

/* --- conveniences ----------------------------------------------------------------------------- */

static bool sink_write(struct byte_sink *sink, const void *p, size_t n, struct err *err)
{
	return http_response_write((struct http_response *)sink, p, n, err);
}

struct byte_sink *http_response_sink(struct http_response *r)
{
	return &r->sink;
}

void http_response_send(struct http_response *r, int status, const char *content_type,
			struct str body)
{
	struct err gone;

	http_response_set_status(r, status);
	http_response_set_header(r, "Content-Type", content_type);
	http_response_write(r, body.p, body.n, &gone);
}

void http_response_error(struct http_response *r, int status, const char *fmt, ...)
{
	struct buf text auto_done(buf_done) = BUF_INIT(64 * 1024);
	char line[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	buf_printf(&text, "%s\n", line);
	http_response_set_header(r, "X-Content-Type-Options", "nosniff");
	http_response_send(r, status, "text/plain; charset=utf-8", buf_str(&text));
}

void http_response_redirect(struct http_response *r, int status, const char *location)
{
	http_response_set_status(r, status);
	http_response_set_header(r, "Location", location);
}

void http_response_init(struct http_response *r, struct http_exchange *e)
{
	*r = (struct http_response){
	    .sink.write = sink_write,
	    .exchange = e,
	    .status = 200,
	    .has_no_body = e->request.method == HTTP_HEAD,
	    .keep_alive = e->keep_alive,
	};
	buf_init(&r->body, HTTP_RESPONSE_BUFFER_BYTES, NULL);
}

void http_response_done(struct http_response *r)
{
	if (r->gzip) {
		deflateEnd(r->gzip);
		free(r->gzip);
	}
	buf_done(&r->body);
}
