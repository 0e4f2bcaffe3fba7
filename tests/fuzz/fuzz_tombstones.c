/* A tombstones file, its checksum put right: what is read must be exactly the union of its stones.
 */
#include "base/assert.h"
#include "base/vec.h"
#include "codec/byte_cursor.h"
#include "codec/crc32c.h"
#include "tsdb/tombstones.h"

static bool covers(const struct time_range *v, size_t n, struct time_range want)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].min_t_ms <= want.min_t_ms && want.max_t_ms <= v[i].max_t_ms)
			return true;
	return false;
}

static void check_stones(const struct tombstones *ts, struct byte_cursor c)
{
	while (byte_cursor_left(&c)) {
		uint64_t ref = byte_cursor_uvarint(&c);
		struct time_range stone = {.min_t_ms = byte_cursor_varint(&c)};
		stone.max_t_ms = byte_cursor_varint(&c);
		assert(!c.failed);

		size_t n;
		const struct time_range *v = tombstones_of(ts, ref, &n);
		if (stone.min_t_ms <= stone.max_t_ms)
			assert(covers(v, n, stone));
		for (size_t i = 1; i < n; i++)
			assert(v[i - 1].max_t_ms < v[i].min_t_ms - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;

	if (size < 9)
		return 0;
	uint8_t *file = xmalloc(size);
	memcpy(file, data, size);
	store_be32(file + size - 4, crc32c(0, file + 5, size - 9));
	struct tombstones *ts = tombstones_parse(file, size, &err);
	if (ts)
		check_stones(ts, byte_cursor_of(file + 5, size - 9));
	else
		assert(err.code == ERR_CORRUPT);
	tombstones_free(ts);
	free(file);
	return 0;
}
