#include "tsdb/chunks_reader.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "codec/byte_cursor.h"
#include "codec/crc32c.h"
#include "tsdb/sequential_source.h"

#include <ctype.h>

enum { VERSION = 1, ENCODING_BYTES = 1, CRC_BYTES = 4, FIRST_READ_BYTES = 2048 };

bool chunk_segment_check(struct byte_source *segment, struct ctx *ctx, struct err *err)
{
	uint8_t header[CHUNK_SEGMENT_HEADER_BYTES];

	if (!byte_source_read(segment, ctx, 0, header, sizeof(header), err))
		return false;
	uint32_t magic = load_be32(header);
	if (magic != CHUNK_SEGMENT_MAGIC)
		return err_set(err, ERR_CORRUPT, "%s: magic 0x%08x, want 0x%08x", segment->name,
			       magic, CHUNK_SEGMENT_MAGIC);
	if (header[4] != VERSION)
		return err_set(err, ERR_CORRUPT, "%s: version %d, this build reads %d",
			       segment->name, header[4], VERSION);
	return true;
}

/* Length of the data (uvarint), encoding, data, checksum of encoding and data. */
bool chunk_parse(const uint8_t *p, size_t n, struct chunk_data *out, size_t *size, struct err *err)
{
	uint64_t data_bytes;
	size_t used = uvarint_get(p, p + n, &data_bytes);

	*out = (struct chunk_data){0};
	if (used == 0 && n < VARINT_MAX_BYTES) {
		*size = n + 1;
		return true;
	}
	if (used == 0 || data_bytes > CHUNK_MAX_BYTES)
		return err_set(err, ERR_CORRUPT, "chunk: a length above the maximum of %d bytes",
			       CHUNK_MAX_BYTES);
	*size = used + ENCODING_BYTES + data_bytes + CRC_BYTES;
	if (*size > n)
		return true;
	const uint8_t *data = p + used + ENCODING_BYTES;
	uint32_t got = crc32c(0, p + used, ENCODING_BYTES + data_bytes);
	uint32_t want = load_be32(data + data_bytes);
	if (got != want)
		return err_set(err, ERR_CORRUPT, "chunk of %lu bytes: checksum 0x%08x, want 0x%08x",
			       data_bytes, got, want);
	*out = (struct chunk_data){
	    .data = data,
	    .size_bytes = (uint32_t)data_bytes,
	    .encoding = p[used],
	};
	return true;
}

size_t chunk_ranges_plan(const uint64_t *refs, size_t n, uint64_t estimated_bytes, uint64_t max_gap,
			 struct arena *a, struct chunk_range **out)
{
	struct {
		struct chunk_range *v;
		size_t n, cap;
	} ranges = {0};

	for (size_t i = 0; i < n; i++) {
		uint32_t segment = chunk_ref_segment(refs[i]);
		uint64_t start = chunk_ref_offset(refs[i]), end = start + estimated_bytes;
		struct chunk_range *last = ranges.n ? &ranges.v[ranges.n - 1] : NULL;
		if (last && last->segment == segment && start <= last->end + max_gap) {
			last->end = end;
			last->n++;
			continue;
		}
		struct chunk_range next = {
		    .segment = segment, .start = start, .end = end, .first = i, .n = 1};
		ARENA_PUSH(a, &ranges, next);
	}
	*out = ranges.v;
	return ranges.n;
}

struct chunks_reader {
	VEC(struct byte_source *) segments;
};

struct chunks_reader *chunks_reader_new(struct byte_source **segments, size_t n, struct ctx *ctx,
					struct err *err)
{
	struct chunks_reader *r = NEW(struct chunks_reader);
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		vec_push(&r->segments, segments[i]);
	for (size_t i = 0; i < n && ok; i++)
		ok = chunk_segment_check(segments[i], ctx, err);
	if (ok)
		return r;
	chunks_reader_close(r);
	return NULL;
}

/* Segments are called 000001, 000002, ... */
static bool is_segment_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isdigit((unsigned char)*c))
			return false;
	return *name != '\0';
}

static bool open_segments(struct chunks_reader *r, const char *dir, const struct fs_names *names,
			  enum chunks_access access, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		if (!is_segment_name(names->v[i]))
			continue;
		char *path auto_free(mem_free) = xasprintf("%s/%s", dir, names->v[i]);
		char *name auto_free(mem_free) = xasprintf("chunks/%s", names->v[i]);
		struct byte_source *src = byte_source_open_file(path, name, err);
		if (!src)
			return false;
		bool ok = chunk_segment_check(src, NULL, err);
		if (ok && access == CHUNKS_FRONT_TO_BACK)
			src = sequential_source_new(src, SEQUENTIAL_WINDOW_BYTES);
		vec_push(&r->segments, src);
		if (!ok)
			return false;
	}
	return true;
}

struct chunks_reader *chunks_reader_open(const char *dir, enum chunks_access access,
					 struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};

	if (!fs_list(dir, &names, err))
		return NULL;
	struct chunks_reader *r = NEW(struct chunks_reader);
	if (open_segments(r, dir, &names, access, err))
		return r;
	chunks_reader_close(r);
	return NULL;
}

void chunks_reader_close(struct chunks_reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->segments.n; i++)
		byte_source_close(r->segments.v[i]);
	vec_done(&r->segments);
	free(r);
}

static bool get_chunk(struct byte_source *segment, struct ctx *ctx, uint64_t offset,
		      struct arena *a, struct chunk_data *out, struct err *err)
{
	size_t want = FIRST_READ_BYTES, size;

	if (offset < CHUNK_SEGMENT_HEADER_BYTES)
		return err_set(err, ERR_CORRUPT, "it lies in the header");
	for (;;) {
		uint64_t left = offset < segment->size_bytes ? segment->size_bytes - offset : 0;
		size_t n = want < left ? want : left;
		const uint8_t *p = byte_source_view(segment, ctx, offset, n, a, err);
		if (!p || !chunk_parse(p, n, out, &size, err))
			return false;
		if (out->data)
			return true;
		if (size > left)
			return err_set(err, ERR_CORRUPT,
				       "at least %zu bytes are wanted, it has %lu", size, left);
		want = size;
	}
}

bool chunks_reader_get(struct chunks_reader *r, struct ctx *ctx, uint64_t ref, struct arena *a,
		       struct chunk_data *out, struct err *err)
{
	uint32_t segment = chunk_ref_segment(ref), offset = chunk_ref_offset(ref);

	if (segment >= r->segments.n)
		return err_set(err, ERR_CORRUPT, "chunk at byte %u of segment %u: there are %zu",
			       offset, segment + 1, r->segments.n);
	if (get_chunk(r->segments.v[segment], ctx, offset, a, out, err))
		return true;
	return err_wrap(err, "%s: chunk at byte %u", r->segments.v[segment]->name, offset);
}
