#include "proto/hints.h"

#include "proto/repeated.h"

enum {
	ANY_TYPE_URL = 1,
	ANY_VALUE = 2,

	REQUEST_BLOCK_MATCHERS = 1,
	REQUEST_QUERY_STATS = 2,

	RESPONSE_QUERIED_BLOCKS = 1,
	BLOCK_ID = 1,

	HINTS_MAX_BYTES = 16 << 20,
};

static const struct {
	const char *request;
	const char *response;
	const char *what; /* in errors */
} names[] = {
    [HINTS_SERIES] = {"hintspb.SeriesRequestHints", "hintspb.SeriesResponseHints", "series"},
    [HINTS_LABEL_NAMES] = {"hintspb.LabelNamesRequestHints", "hintspb.LabelNamesResponseHints",
			   "label names"},
    [HINTS_LABEL_VALUES] = {"hintspb.LabelValuesRequestHints", "hintspb.LabelValuesResponseHints",
			    "label values"},
};

static bool decode_any(struct str any, struct str *type_url, struct str *value, struct err *err)
{
	struct pb_reader r = pb_reader(any);

	*type_url = *value = (struct str){0};
	while (pb_next(&r)) {
		if (r.key == PB_BYTES(ANY_TYPE_URL))
			*type_url = r.bytes;
		else if (r.key == PB_BYTES(ANY_VALUE))
			*value = r.bytes;
	}
	return pb_reader_end(&r, "Any", err);
}

/* What follows the last '/' counts, as in Go. */
static struct str type_name(struct str type_url)
{
	size_t i = type_url.n;

	while (i > 0 && type_url.p[i - 1] != '/')
		i--;
	return str_skip(type_url, i);
}

static bool decode_hints(struct str message, struct arena *a, struct request_hints *out,
			 struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct matcher_vec matchers = {0};
	bool ok = true;

	while (ok && pb_next(&r)) {
		if (r.key == PB_BYTES(REQUEST_BLOCK_MATCHERS))
			ok = matcher_vec_decode(&matchers, r.bytes, a, err);
		else if (r.key == PB_VARINT(REQUEST_QUERY_STATS))
			out->enable_query_stats = r.number != 0;
	}
	out->block_matchers = (struct matchers){matchers.v, matchers.n};
	return ok && pb_reader_end(&r, "hints", err);
}

bool request_hints_decode(enum hints_method method, struct str any, struct arena *a,
			  struct request_hints *out, struct err *err)
{
	struct str url, value;
	bool ok;

	*out = (struct request_hints){0};
	if (any.n == 0)
		return true;
	ok = decode_any(any, &url, &value, err);
	if (ok && !str_is(type_name(url), names[method].request))
		ok = err_set(err, ERR_INVALID, "mismatched message type: got \"%s\" want \"%.*s\"",
			     names[method].request, STR_FMT(type_name(url)));
	if (ok && decode_hints(value, a, out, err))
		return true;
	err->code = ERR_INVALID;
	return err_wrap(err, "unmarshal %s request hints", names[method].what);
}

void request_hints_release(struct request_hints *hints)
{
	matchers_release(hints->block_matchers);
	hints->block_matchers = (struct matchers){0};
}

bool response_hints_encode(enum hints_method method, const struct str *block_ids, size_t n,
			   struct arena *a, struct str *any, struct err *err)
{
	struct pb_writer inner auto_done(pb_writer_done);
	struct pb_writer w auto_done(pb_writer_done);

	pb_writer_init(&inner, HINTS_MAX_BYTES, arena_tracker(a));
	pb_writer_init(&w, HINTS_MAX_BYTES, arena_tracker(a));
	for (size_t i = n; i-- > 0;) {
		pb_writer_clear(&w);
		pb_opt_bytes(&w, BLOCK_ID, block_ids[i]);
		pb_put_bytes(&inner, RESPONSE_QUERIED_BLOCKS, pb_written(&w));
	}
	pb_writer_clear(&w);
	pb_opt_bytes(&w, ANY_VALUE, pb_written(&inner));
	pb_put_bytes(&w, ANY_TYPE_URL,
		     str_of(arena_printf(a, "type.googleapis.com/%s", names[method].response)));
	if (!pb_writer_end(&inner, "hints", err) || !pb_writer_end(&w, "hints", err))
		return false;
	*any = arena_str(a, pb_written(&w));
	return true;
}
