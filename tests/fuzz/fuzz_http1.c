/* The oracle: however the bytes are cut, the parser says the same; and what it says stays within
 * its limits. */
#include "base/assert.h"
#include "tests/lib/http1_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http1_limits limits = {
	    .max_head_bytes = 2000,
	    .max_line_bytes = 300,
	    .max_headers = 20,
	    .max_body_bytes = 5000,
	};
	struct buf whole auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf pieces auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str bytes = str_from(data, size);

	if (size > 100000)
		return 0;
	http1_trace(bytes, size ? size : 1, &limits, &whole);
	for (size_t cut = 1; cut <= 7; cut += 3) {
		buf_clear(&pieces);
		http1_trace(bytes, cut, &limits, &pieces);
		assert(str_eq(buf_str(&whole), buf_str(&pieces)));
	}
	return 0;
}
