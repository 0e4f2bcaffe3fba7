#include "objstore/sigv4.h"

#include "base/assert.h"
#include "base/buf.h"
#include "codec/digest.h"

#include <stdlib.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

struct str sigv4_date(int64_t now_ms, struct arena *a)
{
	time_t seconds = (time_t)(now_ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	return arena_str(a, str_of(text));
}

static int compare_headers(const void *x, const void *y)
{
	return str_cmp(((const struct http_header *)x)->name,
		       ((const struct http_header *)y)->name);
}

static int compare_texts(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* Parameters ascending; one without a value gets a '='. */
static void put_query(struct buf *out, struct str query, struct arena *a)
{
	struct {
		struct str *v;
		size_t n, cap;
	} params = {0};

	while (query.n) {
		size_t end = str_find(query, STR("&"));
		struct str param = str_from(query.p, end);
		query = str_skip(query, end < query.n ? end + 1 : end);
		if (str_find(param, STR("=")) == param.n)
			param = str_of(arena_printf(a, "%.*s=", STR_FMT(param)));
		ARENA_PUSH(a, &params, param);
	}
	if (params.n)
		qsort(params.v, params.n, sizeof(*params.v), compare_texts);
	for (size_t i = 0; i < params.n; i++) {
		if (i)
			buf_putc(out, '&');
		buf_append_str(out, params.v[i]);
	}
}

/* Without blanks around it, runs of them as one. */
static void put_value(struct buf *out, struct str value)
{
	size_t start = out->n;

	for (size_t i = 0; i < value.n; i++) {
		bool is_blank = value.p[i] == ' ' || value.p[i] == '\t';
		if (!is_blank)
			buf_putc(out, value.p[i]);
		else if (out->n > start && out->p[out->n - 1] != ' ')
			buf_putc(out, ' ');
	}
	if (out->n > start && out->p[out->n - 1] == ' ')
		out->n--;
}

static void put_names(struct buf *out, const struct http_header *headers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(out, ';');
		buf_append_str(out, headers[i].name);
	}
}

static struct sha256 canonical_digest(const struct sigv4_request *r,
				      const struct http_header *headers, struct arena *a)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_printf(&text, "%s\n%.*s\n", r->method, STR_FMT(r->path));
	put_query(&text, r->query, a);
	buf_putc(&text, '\n');
	for (size_t i = 0; i < r->n_headers; i++) {
		buf_append_str(&text, headers[i].name);
		buf_putc(&text, ':');
		put_value(&text, headers[i].value);
		buf_putc(&text, '\n');
	}
	buf_putc(&text, '\n');
	put_names(&text, headers, r->n_headers);
	buf_printf(&text, "\n%.*s", STR_FMT(r->payload_sha256));
	return sha256_of(buf_str(&text));
}

static struct sha256 sign(const struct sigv4_key *key, struct str day, struct str text,
			  struct arena *a)
{
	struct str secret = str_of(arena_printf(a, "AWS4%.*s", STR_FMT(key->secret_key)));
	struct sha256 by_day = hmac_sha256(secret, day);
	struct sha256 by_region = hmac_sha256(sha256_str(&by_day), key->region);
	struct sha256 by_service = hmac_sha256(sha256_str(&by_region), str_of(key->service));
	struct sha256 by_key = hmac_sha256(sha256_str(&by_service), STR("aws4_request"));

	return hmac_sha256(sha256_str(&by_key), text);
}

struct str sigv4_authorization(const struct sigv4_key *key, const struct sigv4_request *r,
			       struct arena *a)
{
	struct http_header headers[SIGV4_MAX_HEADERS];
	struct buf names auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str date = sigv4_date(r->now_ms, a), day = str_from(date.p, 8);

	assert(r->n_headers <= SIGV4_MAX_HEADERS);
	memcpy(headers, r->headers, r->n_headers * sizeof(*headers));
	qsort(headers, r->n_headers, sizeof(*headers), compare_headers);
	put_names(&names, headers, r->n_headers);

	const char *scope = arena_printf(a, "%.*s/%.*s/%s/aws4_request", STR_FMT(day),
					 STR_FMT(key->region), key->service);
	struct hex_sha256 canonical = sha256_hex(canonical_digest(r, headers, a));
	const char *text =
	    arena_printf(a, ALGORITHM "\n%.*s\n%s\n%s", STR_FMT(date), scope, canonical.s);
	struct hex_sha256 signature = sha256_hex(sign(key, day, str_of(text), a));
	return str_of(
	    arena_printf(a, ALGORITHM " Credential=%.*s/%s,SignedHeaders=%.*s,Signature=%s",
			 STR_FMT(key->access_key), scope, STR_FMT(buf_str(&names)), signature.s));
}
