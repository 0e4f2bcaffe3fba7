#include "codec/aggr_chunk.h"

#include "codec/byte_cursor.h"

bool aggr_chunk_split(const uint8_t *data, size_t size, struct chunk_data out[AGGR_N],
		      struct err *err)
{
	struct byte_cursor c = byte_cursor_of(data, size);
	struct chunk_data parts[AGGR_N] = {0};

	for (int i = 0; i < AGGR_N; i++) {
		size_t at = byte_cursor_offset(&c);
		uint64_t part_bytes = byte_cursor_uvarint(&c);
		if (part_bytes) {
			parts[i].encoding = byte_cursor_u8(&c);
			parts[i].size_bytes = (uint32_t)part_bytes;
			parts[i].data = byte_cursor_skip(&c, part_bytes);
		}
		if (c.failed || part_bytes > UINT32_MAX)
			return err_set(err, ERR_CORRUPT,
				       "aggregate chunk: aggregate %d, at byte %zu of %zu, does "
				       "not fit",
				       i, at, size);
	}
	memcpy(out, parts, sizeof(parts));
	return true;
}

void aggr_chunk_encode(const struct chunk_data parts[AGGR_N], struct buf *out)
{
	uint8_t head[VARINT_MAX_BYTES + 1];

	for (int i = 0; i < AGGR_N; i++) {
		uint32_t size = parts[i].data ? parts[i].size_bytes : 0;
		size_t n = uvarint_put(head, size);
		if (size)
			head[n++] = (uint8_t)parts[i].encoding;
		buf_append(out, head, n);
		if (size)
			buf_append(out, parts[i].data, size);
	}
}
