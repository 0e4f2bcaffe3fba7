/* http1.c - a head is collected line by line and parsed when it is complete; bodies pass through,
 * and the frames of a chunked one are read byte by byte.
 */
#include "net/http1.h"

#include "base/alloc.h"
#include "base/assert.h"

#include <stdlib.h>

enum {
	DEFAULT_HEAD_BYTES = 64 * 1024,
	DEFAULT_LINE_BYTES = 32 * 1024,
	DEFAULT_HEADERS = 100,
	DEFAULT_BODY_BYTES = 10 * 1024 * 1024,
	MAX_EXTRA_BYTES = 16 * 1024, /* chunk extensions and trailers of one request */
	MAX_CHUNK_DIGITS = 15,
};

enum state {
	STATE_HEAD,
	STATE_BODY_BEGINS,
	STATE_BODY,
	STATE_CHUNK_BEGINS, /* the first digit of a size */
	STATE_CHUNK_SIZE,
	STATE_CHUNK_EXTENSION,
	STATE_CHUNK_SIZE_LF,
	STATE_CHUNK_DATA,
	STATE_CHUNK_DATA_CR,
	STATE_CHUNK_DATA_LF,
	STATE_TRAILER_BEGINS, /* the first byte of a line */
	STATE_TRAILER_NAME,
	STATE_TRAILER_VALUE,
	STATE_TRAILER_LF,
	STATE_LAST_LF,
	STATE_ENDS,
	STATE_ENDED,
	STATE_BAD,
};

void http1_init(struct http1_parser *p, const struct http1_limits *limits)
{
	*p = (struct http1_parser){.limits = limits ? *limits : (struct http1_limits){0}};
	if (!p->limits.max_head_bytes)
		p->limits.max_head_bytes = DEFAULT_HEAD_BYTES;
	if (!p->limits.max_line_bytes)
		p->limits.max_line_bytes = DEFAULT_LINE_BYTES;
	if (p->limits.max_line_bytes > p->limits.max_head_bytes)
		p->limits.max_line_bytes = p->limits.max_head_bytes;
	if (!p->limits.max_headers)
		p->limits.max_headers = DEFAULT_HEADERS;
	if (!p->limits.max_body_bytes)
		p->limits.max_body_bytes = DEFAULT_BODY_BYTES;
	buf_init(&p->bytes, p->limits.max_head_bytes, NULL);
}

void http1_done(struct http1_parser *p)
{
	buf_done(&p->bytes);
	free(p->head.headers.v);
	p->head.headers = (struct http_headers){0};
}

void http1_set_max_body(struct http1_parser *p, uint64_t max_body_bytes)
{
	assert(p->state == STATE_BODY_BEGINS);
	p->limits.max_body_bytes = max_body_bytes;
}

bool http1_is_idle(const struct http1_parser *p)
{
	return (p->state == STATE_HEAD && p->bytes.n == 0) || p->state == STATE_ENDED;
}

static bool bad(struct http1_parser *p, int status, const char *reason)
{
	p->state = STATE_BAD;
	p->bad_status = status;
	p->bad_reason = reason;
	return false;
}

/* --- the request line ------------------------------------------------------------------------- */

/* Visible ASCII, or bytes of UTF-8, which browsers do not send but curl users do. */
static bool is_target(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= ' ' || c == 0x7f || c == '#')
			return false;
	}
	return s.n > 0;
}

static bool is_host(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool alphanumeric =
		    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!alphanumeric && (c == '\0' || !strchr("-._~%!$&'()*+,;=:[]", c)))
			return false;
	}
	return true;
}

/* "http://host/path": what clients send to proxies, and servers must take. */
static bool split_absolute(struct http1_parser *p, struct str *target)
{
	size_t scheme = str_find(*target, STR("://"));
	struct str name = str_from(target->p, scheme < target->n ? scheme : 0);

	if (!http_name_eq(name, STR("http")) && !http_name_eq(name, STR("https")))
		return bad(p, 400, "the request target is neither a path nor an http URL");
	struct str rest = str_skip(*target, scheme + 3);
	size_t end = 0;
	while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
		end++;
	p->head.host = str_from(rest.p, end);
	if (end == 0 || !is_host(p->head.host))
		return bad(p, 400, "malformed host in the request target");
	*target = str_skip(rest, end);
	return true;
}

static bool parse_target(struct http1_parser *p)
{
	struct http1_head *h = &p->head;
	struct str target = h->target;

	if (!is_target(target))
		return bad(p, 400, "malformed request target");
	if (str_is(target, "*") && h->method == HTTP_OPTIONS) {
		h->path = target;
		return true;
	}
	if (target.p[0] != '/' && !split_absolute(p, &target))
		return false;
	size_t question = str_find_char(target, '?');
	h->path = question == 0 ? STR("/") : str_from(target.p, question);
	if (question < target.n)
		h->query = str_skip(target, question + 1);
	return true;
}

static bool parse_version(struct http1_parser *p, struct str version)
{
	if (str_is(version, "HTTP/1.1") || str_is(version, "HTTP/1.0")) {
		p->head.minor = (unsigned)(version.p[7] - '0');
		return true;
	}
	bool digits = version.n == 8 && str_starts(version, STR("HTTP/")) && version.p[6] == '.' &&
		      version.p[5] >= '0' && version.p[5] <= '9' && version.p[7] >= '0' &&
		      version.p[7] <= '9';
	return digits ? bad(p, 505, "this server speaks HTTP/1.1")
		      : bad(p, 400, "malformed HTTP version");
}

static bool parse_request_line(struct http1_parser *p, struct str line)
{
	struct http1_head *h = &p->head;

	struct str rest = str_split(line, ' ', &h->method_name);
	if (!http_is_token(h->method_name))
		return bad(p, 400, "malformed method");
	h->method = http_method_of(h->method_name);
	struct str version = str_split(rest, ' ', &h->target);
	return parse_target(p) && parse_version(p, version);
}

/* --- headers ---------------------------------------------------------------------------------- */

static bool is_field_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool parse_header(struct http1_parser *p, struct str line)
{
	struct http_headers *headers = &p->head.headers;
	struct str name;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return bad(p, 400, "a header line is folded");
	size_t colon = str_find_char(line, ':');
	name = str_from(line.p, colon);
	if (colon == line.n || !http_is_token(name))
		return bad(p, 400, "malformed header name");
	struct str value = str_trim(str_skip(line, colon + 1), " \t");
	if (!is_field_value(value))
		return bad(p, 400, "control byte in a header");
	if (headers->n == p->limits.max_headers)
		return bad(p, 431, "too many headers");
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] >= 'A' && name.p[i] <= 'Z')
			((char *)name.p)[i] = (char)(name.p[i] + 'a' - 'A'); /* in our buffer */
	}
	if (headers->n == headers->cap) {
		headers->cap = headers->cap ? headers->cap * 2 : 16;
		headers->v = xreallocarray(headers->v, headers->cap, sizeof(*headers->v));
	}
	headers->v[headers->n++] = (struct http_header){name, value};
	return true;
}

/* The only header of this name in *out, NULL without one; false when there are two. */
static bool single(struct http1_parser *p, const char *name, const struct http_header **out)
{
	const struct http_headers *headers = &p->head.headers;

	*out = NULL;
	for (size_t i = 0; i < headers->n; i++) {
		if (!str_is(headers->v[i].name, name))
			continue;
		if (*out)
			return false;
		*out = &headers->v[i];
	}
	return true;
}

static bool check_host(struct http1_parser *p)
{
	const struct http_header *host;

	if (!single(p, "host", &host))
		return bad(p, 400, "more than one Host header");
	if (!host)
		return p->head.minor == 0 || bad(p, 400, "missing Host header");
	if (!is_host(host->value))
		return bad(p, 400, "malformed Host header");
	if (!p->head.host.n)
		p->head.host = host->value;
	return true;
}

static bool check_length(struct http1_parser *p)
{
	const struct http_header *length, *coding;
	struct http1_head *h = &p->head;

	if (!single(p, "content-length", &length))
		return bad(p, 400, "more than one Content-Length");
	if (!single(p, "transfer-encoding", &coding))
		return bad(p, 400, "more than one Transfer-Encoding");
	if (length && coding)
		return bad(p, 400, "both Content-Length and Transfer-Encoding");
	if (coding && h->minor == 0)
		return bad(p, 400, "Transfer-Encoding in HTTP/1.0");
	if (coding && !http_name_eq(coding->value, STR("chunked")))
		return bad(p, 501, "only the transfer encoding \"chunked\" is known");
	h->is_chunked = coding != NULL;
	if (length) {
		for (size_t i = 0; i < length->value.n; i++) {
			if (length->value.p[i] < '0' || length->value.p[i] > '9')
				return bad(p, 400, "malformed Content-Length");
		}
		if (!str_to_u64(length->value, &h->content_length))
			return bad(p, 400, "malformed Content-Length");
	}
	h->has_body = h->is_chunked || h->content_length > 0;
	return true;
}

static bool connection_has(const struct http1_head *h, const char *word)
{
	for (size_t i = 0; i < h->headers.n; i++) {
		if (str_is(h->headers.v[i].name, "connection") &&
		    http_list_has(h->headers.v[i].value, word))
			return true;
	}
	return false;
}

static bool check_expect(struct http1_parser *p)
{
	const struct http_header *expect = http_header_find(&p->head.headers, "expect");

	if (!expect)
		return true;
	if (!http_name_eq(expect->value, STR("100-continue")))
		return bad(p, 417, "only the expectation \"100-continue\" is known");
	p->head.expects_continue = p->head.has_body && p->head.minor == 1;
	return true;
}

static bool parse_head(struct http1_parser *p)
{
	struct str rest = buf_str(&p->bytes), line;

	rest.n -= 2; /* the empty line */
	bool first = true;
	while (rest.n > 0) {
		size_t end = str_find_char(rest, '\n');
		line = str_from(rest.p, end - 1); /* without CR */
		rest = str_skip(rest, end + 1);
		if (first ? !parse_request_line(p, line) : !parse_header(p, line))
			return false;
		first = false;
	}
	if (first)
		return bad(p, 400, "empty request line");
	if (!check_host(p) || !check_length(p) || !check_expect(p))
		return false;
	p->head.keep_alive = p->head.minor == 1 ? !connection_has(&p->head, "close")
						: connection_has(&p->head, "keep-alive");
	return true;
}

static void begin_request(struct http1_parser *p)
{
	struct http_headers headers = p->head.headers;

	headers.n = 0;
	p->head = (struct http1_head){.headers = headers};
	buf_clear(&p->bytes);
	p->state = STATE_HEAD;
	p->left = 0;
	p->n_body = 0;
	p->n_extra = 0;
	p->line_start = 0;
}

/* Takes lines up to the empty one; true when the head is complete. The limits look at how many
 * bytes a line has so far, so that the outcome does not depend on the cuts. */
static bool collect_head(struct http1_parser *p, struct str *in)
{
	while (in->n > 0) {
		size_t newline = str_find_char(*in, '\n');
		size_t n = newline < in->n ? newline + 1 : in->n;
		size_t n_line = p->bytes.n - p->line_start + n;
		if (p->line_start == 0 && n_line > p->limits.max_line_bytes)
			return bad(p, 414, "the request line is too long");
		if (!buf_append(&p->bytes, in->p, n))
			return bad(p, 431, "the headers are too large");
		*in = str_skip(*in, n);
		if (newline >= n)
			return false;
		if (n_line < 2 || p->bytes.p[p->bytes.n - 2] != '\r')
			return bad(p, 400, "a line ends without CR");
		p->line_start = p->bytes.n;
		if (n_line == 2)
			return parse_head(p);
	}
	return false;
}

/* --- bodies ----------------------------------------------------------------------------------- */

static bool begin_body(struct http1_parser *p)
{
	if (!p->head.has_body) {
		p->state = STATE_ENDS;
		return true;
	}
	if (p->head.is_chunked) {
		p->state = STATE_CHUNK_BEGINS;
		return true;
	}
	if (p->head.content_length > p->limits.max_body_bytes)
		return bad(p, 413, "the body is too large");
	p->left = p->head.content_length;
	p->state = STATE_BODY;
	return true;
}

/* The next part of `left` bytes; then the state is `then`. */
static struct str take_piece(struct http1_parser *p, struct str *in, enum state then)
{
	size_t n = in->n < p->left ? in->n : (size_t)p->left;
	struct str piece = str_from(in->p, n);

	*in = str_skip(*in, n);
	p->left -= n;
	if (p->left == 0)
		p->state = then;
	return piece;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool add_size_digit(struct http1_parser *p, int digit)
{
	if (++p->n_digits > MAX_CHUNK_DIGITS)
		return bad(p, 400, "malformed chunk size");
	p->left = p->left << 4 | (unsigned)digit;
	p->state = STATE_CHUNK_SIZE;
	return true;
}

static bool count_extra(struct http1_parser *p)
{
	return ++p->n_extra <= MAX_EXTRA_BYTES ||
	       bad(p, 431, "chunk extensions or trailers are too large");
}

static bool end_chunk_size(struct http1_parser *p)
{
	if (p->left == 0) {
		p->state = STATE_TRAILER_BEGINS;
		return true;
	}
	if (p->left > p->limits.max_body_bytes - p->n_body)
		return bad(p, 413, "the body is too large");
	p->n_body += p->left;
	p->state = STATE_CHUNK_DATA;
	return true;
}

static bool go(struct http1_parser *p, bool allowed, enum state next, const char *otherwise)
{
	if (!allowed)
		return bad(p, 400, otherwise);
	p->state = next;
	return true;
}

static bool is_text(char c)
{
	return is_field_value(str_from(&c, 1));
}

/* One byte between the data of chunks. */
static bool chunk_byte(struct http1_parser *p, char c)
{
	static const char size[] = "malformed chunk size", end[] = "malformed end of a chunk",
			  trailer[] = "malformed trailer";
	int digit = hex_digit(c);

	switch ((enum state)p->state) {
	case STATE_CHUNK_BEGINS:
		p->left = 0;
		p->n_digits = 0;
		return digit >= 0 ? add_size_digit(p, digit) : bad(p, 400, size);
	case STATE_CHUNK_SIZE:
		if (digit >= 0)
			return add_size_digit(p, digit);
		if (c == ';')
			return go(p, true, STATE_CHUNK_EXTENSION, size);
		return go(p, c == '\r', STATE_CHUNK_SIZE_LF, size);
	case STATE_CHUNK_EXTENSION:
		if (c == '\r')
			return go(p, true, STATE_CHUNK_SIZE_LF, size);
		return is_text(c) ? count_extra(p) : bad(p, 400, size);
	case STATE_CHUNK_SIZE_LF:
		return c == '\n' ? end_chunk_size(p) : bad(p, 400, size);
	case STATE_CHUNK_DATA_CR:
		return go(p, c == '\r', STATE_CHUNK_DATA_LF, end);
	case STATE_CHUNK_DATA_LF:
		return go(p, c == '\n', STATE_CHUNK_BEGINS, end);
	case STATE_TRAILER_BEGINS:
		if (c == '\r')
			return go(p, true, STATE_LAST_LF, trailer);
		return go(p, http_is_token(str_from(&c, 1)), STATE_TRAILER_NAME, trailer) &&
		       count_extra(p);
	case STATE_TRAILER_NAME:
		if (c == ':')
			p->state = STATE_TRAILER_VALUE;
		else if (!http_is_token(str_from(&c, 1)))
			return bad(p, 400, trailer);
		return count_extra(p);
	case STATE_TRAILER_VALUE:
		if (c == '\r')
			return go(p, true, STATE_TRAILER_LF, trailer);
		return is_text(c) ? count_extra(p) : bad(p, 400, trailer);
	case STATE_TRAILER_LF:
		return go(p, c == '\n', STATE_TRAILER_BEGINS, trailer);
	case STATE_LAST_LF:
		return go(p, c == '\n', STATE_ENDS, trailer);
	case STATE_HEAD:
	case STATE_BODY_BEGINS:
	case STATE_BODY:
	case STATE_CHUNK_DATA:
	case STATE_ENDS:
	case STATE_ENDED:
	case STATE_BAD:
		break;
	}
	assert(!"a state without chunk framing");
	return false;
}

/* --- together --------------------------------------------------------------------------------- */

static enum http1_event read_head(struct http1_parser *p, struct str *in)
{
	if (collect_head(p, in)) {
		p->state = STATE_BODY_BEGINS;
		return HTTP1_HEAD;
	}
	return p->state == STATE_BAD ? HTTP1_BAD : HTTP1_MORE;
}

enum http1_event http1_next(struct http1_parser *p, struct str *in, struct str *piece)
{
	assert(p->state != STATE_BAD);
	if (p->state == STATE_ENDED)
		begin_request(p);
	if (p->state == STATE_HEAD)
		return read_head(p, in);
	if (p->state == STATE_BODY_BEGINS && !begin_body(p))
		return HTTP1_BAD;
	while (p->state != STATE_ENDS) {
		if (in->n == 0)
			return HTTP1_MORE;
		if (p->state == STATE_BODY || p->state == STATE_CHUNK_DATA) {
			*piece = take_piece(
			    p, in, p->state == STATE_BODY ? STATE_ENDS : STATE_CHUNK_DATA_CR);
			return HTTP1_BODY;
		}
		char c = in->p[0];
		*in = str_skip(*in, 1);
		if (!chunk_byte(p, c))
			return HTTP1_BAD;
	}
	p->state = STATE_ENDED;
	return HTTP1_END;
}
