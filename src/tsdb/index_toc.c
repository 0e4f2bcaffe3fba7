#include "tsdb/index_toc.h"

#include "codec/bits.h"
#include "codec/byte_cursor.h"
#include "codec/crc32c.h"

bool index_header_parse(const uint8_t *p, int *version, struct err *err)
{
	uint32_t magic = load_be32(p);

	if (magic != INDEX_MAGIC)
		return err_set(err, ERR_CORRUPT, "index: magic 0x%08x, want 0x%08x", magic,
			       INDEX_MAGIC);
	if (p[4] < INDEX_V1 || p[4] > INDEX_V3)
		return err_set(err, ERR_CORRUPT, "index: version %d, this build reads 1 to 3",
			       p[4]);
	*version = p[4];
	return true;
}

static bool check_offsets(const struct index_toc *toc, struct err *err)
{
	const struct {
		const char *name;
		uint64_t offset;
	} sections[] = {
	    {"symbols", toc->symbols},
	    {"series", toc->series},
	    {"label indices", toc->label_indices},
	    {"label indices table", toc->label_indices_table},
	    {"postings", toc->postings},
	    {"postings table", toc->postings_table},
	};

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		uint64_t at = sections[i].offset;
		if (at != 0 && (at < INDEX_HEADER_BYTES || at > toc->end))
			return err_set(err, ERR_CORRUPT,
				       "index: table of contents: %s at byte %lu, want %d to %lu",
				       sections[i].name, at, INDEX_HEADER_BYTES, toc->end);
	}
	return true;
}

bool index_toc_parse(const uint8_t *p, uint64_t index_bytes, int version, struct index_toc *out,
		     struct err *err)
{
	struct byte_cursor c = byte_cursor_of(p, INDEX_TOC_BYTES);
	uint32_t got = crc32c(0, p, INDEX_TOC_BYTES - 4);
	uint32_t want = load_be32(p + INDEX_TOC_BYTES - 4);

	if (index_bytes < INDEX_HEADER_BYTES + INDEX_TOC_BYTES)
		return err_set(err, ERR_CORRUPT, "index: %lu bytes, too few for one", index_bytes);
	if (got != want)
		return err_set(err, ERR_CORRUPT,
			       "index: table of contents: checksum 0x%08x, want 0x%08x", got, want);
	struct index_toc toc = {.version = version, .end = index_bytes - INDEX_TOC_BYTES};
	toc.symbols = byte_cursor_be64(&c);
	toc.series = byte_cursor_be64(&c);
	toc.label_indices = byte_cursor_be64(&c);
	toc.label_indices_table = byte_cursor_be64(&c);
	toc.postings = byte_cursor_be64(&c);
	toc.postings_table = byte_cursor_be64(&c);
	if (!check_offsets(&toc, err))
		return false;
	*out = toc;
	return true;
}

bool index_toc_read(struct byte_source *index, struct ctx *ctx, struct index_toc *out,
		    struct err *err)
{
	uint8_t header[INDEX_HEADER_BYTES], toc[INDEX_TOC_BYTES];
	int version;

	if (index->size_bytes < sizeof(header) + sizeof(toc))
		return err_set(err, ERR_CORRUPT, "index: %lu bytes, too few for one",
			       index->size_bytes);
	return byte_source_read(index, ctx, 0, header, sizeof(header), err) &&
	       index_header_parse(header, &version, err) &&
	       byte_source_read(index, ctx, index->size_bytes - sizeof(toc), toc, sizeof(toc),
				err) &&
	       index_toc_parse(toc, index->size_bytes, version, out, err);
}

uint64_t index_toc_series_end(const struct index_toc *toc)
{
	const uint64_t behind[] = {toc->symbols, toc->label_indices, toc->label_indices_table,
				   toc->postings, toc->postings_table};
	uint64_t end = toc->end;

	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++)
		if (behind[i] > toc->series && behind[i] < end)
			end = behind[i];
	return end;
}
