/* fuzz_remote_read.c - streamed answers that decode are written again and read to the same bytes;
 * sampled ones decode to columns of equal length, or are refused.
 */
#include "proto/remote_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str encode_chunked(struct arena *a, struct str message)
{
	struct chunked_read read;
	struct pb_writer w;
	struct err err = ERR_INIT;
	struct str out = {0};

	pb_writer_init(&w, 1 << 24, NULL);
	if (chunked_read_decode(message, a, &read, &err)) {
		chunked_read_encode(&w, read.series, read.n_series, read.query_index);
		out = arena_str(a, pb_written(&w));
	}
	pb_writer_done(&w);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(NULL);
	struct str message = str_from(data, size);
	struct read_response sampled;
	struct err err = ERR_INIT;

	struct str once = encode_chunked(a, message);
	if (once.p) {
		struct str twice = encode_chunked(a, once);
		if (!twice.p || !str_eq(once, twice))
			abort();
	}
	if (read_response_decode(message, a, &sampled, &err))
		for (size_t i = 0; i < sampled.n_series; i++)
			if (sampled.series[i].samples.n > sampled.series[i].samples.cap)
				abort();
	arena_free(a);
	return 0;
}
