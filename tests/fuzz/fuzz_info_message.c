/* fuzz_info_message.c - announcements that decode are written again and read to the same bytes. */
#include "proto/info_message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(NULL);
	struct buf once = BUF_INIT(1 << 24), twice = BUF_INIT(1 << 24);
	struct store_info info;
	struct err err = ERR_INIT;

	if (info_decode(str_from(data, size), a, &info, &err)) {
		info_encode(&info, a, &once);
		if (!info_decode(buf_str(&once), a, &info, &err))
			abort();
		info_encode(&info, a, &twice);
		if (!str_eq(buf_str(&once), buf_str(&twice)))
			abort();
	}
	buf_done(&once);
	buf_done(&twice);
	arena_free(a);
	return 0;
}
