#include "block/index_header.h"

#include "base/alloc.h"
#include "base/file_writer.h"
#include "base/fs.h"
#include "codec/bits.h"
#include "codec/crc32c.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define HEADER_MAGIC UINT32_C(0xbaaad792)

enum {
	HEADER_VERSION = 1,
	HEADER_BYTES = 14,
	FOOTER_BYTES = 20,
};

/* --- writing ------------------------------------------------------------------------------- */

static bool put_header(struct byte_sink *sink, const struct index_toc *toc, struct err *err)
{
	uint8_t bytes[HEADER_BYTES];

	store_be32(bytes, HEADER_MAGIC);
	bytes[4] = HEADER_VERSION;
	bytes[5] = (uint8_t)toc->version;
	store_be64(bytes + 6, toc->postings_table);
	return byte_sink_write(sink, bytes, sizeof(bytes), err);
}

static bool put_footer(struct byte_sink *sink, const struct index_toc *toc, struct err *err)
{
	uint8_t bytes[FOOTER_BYTES];

	store_be64(bytes, HEADER_BYTES);
	store_be64(bytes + 8, HEADER_BYTES + toc->series - toc->symbols);
	store_be32(bytes + 16, crc32c(0, bytes, 16));
	return byte_sink_write(sink, bytes, sizeof(bytes), err);
}

static bool check_sections(const struct index_toc *toc, const char *name, struct err *err)
{
	if (toc->symbols && toc->series >= toc->symbols && toc->postings_table)
		return true;
	return err_set(err, ERR_CORRUPT,
		       "%s: symbols at byte %" PRIu64 ", series at byte %" PRIu64
		       ", postings table at byte %" PRIu64,
		       name, toc->symbols, toc->series, toc->postings_table);
}

bool index_header_copy(struct byte_source *index, struct ctx *ctx, struct byte_sink *sink,
		       struct err *err)
{
	struct index_toc toc;

	return index_toc_read(index, ctx, &toc, err) && check_sections(&toc, index->name, err) &&
	       put_header(sink, &toc, err) &&
	       byte_source_copy(index, ctx, toc.symbols, toc.series, sink, err) &&
	       byte_source_copy(index, ctx, toc.postings_table, index->size_bytes, sink, err) &&
	       put_footer(sink, &toc, err);
}

bool index_header_write(struct byte_source *index, struct ctx *ctx, const char *path,
			struct err *err)
{
	char *dir auto_free(mem_free) = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	char *tmp auto_free(mem_free) = xasprintf("%s.tmp", path);

	if (!fs_mkdirs(dir, err))
		return false;
	struct file_writer *f auto_free(file_writer_close) = file_writer_open(tmp, 0640, err);
	if (!f)
		return false;
	bool ok = index_header_copy(index, ctx, &f->sink, err) && file_writer_sync(f, err) &&
		  fs_rename(tmp, path, err);
	if (!ok)
		unlink(tmp);
	return ok;
}

/* --- opening ------------------------------------------------------------------------------- */

/* Where the two sections lie in the file. */
struct places {
	uint64_t symbols;
	uint64_t postings_table;
};

static bool corrupt(const struct byte_source *src, struct err *err, const char *what, uint64_t got,
		    uint64_t want)
{
	return err_set(err, ERR_CORRUPT, "%s: %s %" PRIu64 ", want %" PRIu64, src->name, what, got,
		       want);
}

/* The index's own table of contents, as it was at the end of the index. */
static bool read_toc(struct byte_source *src, struct ctx *ctx, int version, uint64_t postings_table,
		     const struct places *at, struct index_header *h, struct err *err)
{
	struct index_toc *out = &h->toc;
	uint8_t bytes[INDEX_TOC_BYTES];
	uint64_t toc_at = src->size_bytes - FOOTER_BYTES - INDEX_TOC_BYTES;
	/* The tail of the index was copied from its postings table on. */
	h->index_bytes = toc_at - at->postings_table + postings_table + INDEX_TOC_BYTES;

	if (!byte_source_read(src, ctx, toc_at, bytes, sizeof(bytes), err) ||
	    !index_toc_parse(bytes, h->index_bytes, version, out, err))
		return false;
	if (out->postings_table != postings_table)
		return corrupt(src, err, "postings table at", out->postings_table, postings_table);
	return check_sections(out, src->name, err);
}

static bool read_places(struct byte_source *src, struct ctx *ctx, struct places *at,
			struct index_header *h, struct err *err)
{
	uint8_t head[HEADER_BYTES], foot[FOOTER_BYTES];

	if (src->size_bytes < HEADER_BYTES + INDEX_TOC_BYTES + FOOTER_BYTES)
		return corrupt(src, err, "size", src->size_bytes,
			       HEADER_BYTES + INDEX_TOC_BYTES + FOOTER_BYTES);
	if (!byte_source_read(src, ctx, 0, head, sizeof(head), err) ||
	    !byte_source_read(src, ctx, src->size_bytes - FOOTER_BYTES, foot, sizeof(foot), err))
		return false;
	if (load_be32(head) != HEADER_MAGIC)
		return corrupt(src, err, "magic", load_be32(head), HEADER_MAGIC);
	if (head[4] != HEADER_VERSION)
		return corrupt(src, err, "version", head[4], HEADER_VERSION);
	if (load_be32(foot + 16) != crc32c(0, foot, 16))
		return corrupt(src, err, "checksum", load_be32(foot + 16), crc32c(0, foot, 16));
	*at = (struct places){load_be64(foot), load_be64(foot + 8)};
	if (at->symbols != HEADER_BYTES || at->postings_table < HEADER_BYTES ||
	    at->postings_table > src->size_bytes - FOOTER_BYTES - INDEX_TOC_BYTES)
		return corrupt(src, err, "postings table at", at->postings_table, HEADER_BYTES);
	return read_toc(src, ctx, head[5], load_be64(head + 6), at, h, err);
}

static bool open_tables(struct index_header *h, const struct places *at, unsigned keep_every,
			struct ctx *ctx, struct err *err)
{
	h->symbols =
	    index_symbols_open(h->src, ctx, at->symbols, h->toc.symbols, h->toc.version, err);
	if (!h->symbols)
		return false;
	h->postings =
	    index_postings_open(h->src, ctx, at->postings_table, &h->toc, keep_every, err);
	return h->postings != NULL;
}

struct index_header *index_header_open(const char *path, const char *name, unsigned keep_every,
				       struct ctx *ctx, struct err *err)
{
	struct byte_source *src = byte_source_open_file(path, name, err);

	return src ? index_header_of_copy(src, keep_every, ctx, err) : NULL;
}

struct index_header *index_header_of_copy(struct byte_source *src, unsigned keep_every,
					  struct ctx *ctx, struct err *err)
{
	struct index_header *h = NEW(struct index_header);
	struct places at = {0};

	h->src = src;
	if (read_places(src, ctx, &at, h, err) && open_tables(h, &at, keep_every, ctx, err))
		return h;
	index_header_close(h);
	return NULL;
}

void index_header_close(struct index_header *h)
{
	if (!h)
		return;
	index_symbols_close(h->symbols);
	index_postings_close(h->postings);
	byte_source_close(h->src);
	free(h);
}

size_t index_header_memory_bytes(const struct index_header *h)
{
	return sizeof(*h) + (h->src->memory ? h->src->size_bytes : 0) +
	       index_symbols_memory_bytes(h->symbols) + index_postings_memory_bytes(h->postings);
}
