/* fuzz_store_request.c - what the decoders of StoreAPI requests accept, they write again and then
 * read to the same bytes.
 */
#include "proto/hints.h"
#include "proto/label_messages.h"
#include "proto/series_request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str encode_series(struct arena *a, struct str message)
{
	struct series_request req;
	struct pb_writer w;
	struct err err = ERR_INIT;
	struct str out = {0};

	pb_writer_init(&w, 1 << 24, NULL);
	if (series_request_decode(message, NULL, a, &req, &err)) {
		series_request_encode(&w, &req);
		out = arena_str(a, pb_written(&w));
	}
	series_request_release(&req);
	pb_writer_done(&w);
	return out;
}

static struct str encode_labels(struct arena *a, enum label_method method, struct str message)
{
	struct label_request req;
	struct pb_writer w;
	struct err err = ERR_INIT;
	struct str out = {0};

	pb_writer_init(&w, 1 << 24, NULL);
	if (label_request_decode(method, message, a, &req, &err)) {
		label_request_encode(method, &w, &req);
		out = arena_str(a, pb_written(&w));
	}
	label_request_release(&req);
	pb_writer_done(&w);
	return out;
}

/* Hints are not written again: that what comes back is released is all there is to see. */
static void decode_hints(struct arena *a, struct str any)
{
	for (int method = HINTS_SERIES; method <= HINTS_LABEL_VALUES; method++) {
		struct request_hints hints;
		struct err err = ERR_INIT;
		request_hints_decode((enum hints_method)method, any, a, &hints, &err);
		request_hints_release(&hints);
	}
}

static void expect_stable(struct str once, struct str twice)
{
	if (once.p && (!twice.p || !str_eq(once, twice)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(NULL);
	struct str message = str_from(data, size);

	decode_hints(a, message);
	struct str series = encode_series(a, message);
	expect_stable(series, series.p ? encode_series(a, series) : series);
	for (int method = LABEL_NAMES; method <= LABEL_VALUES; method++) {
		struct str labels = encode_labels(a, (enum label_method)method, message);
		expect_stable(labels, labels.p ? encode_labels(a, (enum label_method)method, labels)
					       : labels);
	}
	arena_free(a);
	return 0;
}
