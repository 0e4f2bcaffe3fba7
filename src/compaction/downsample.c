#include "compaction/downsample.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "block/new_block.h"
#include "tsdb/chunks_reader.h"
#include "tsdb/index_reader.h"
#include "tsdb/postings_answer.h"
#include "tsdb/sequential_source.h"

#include <stdlib.h>

struct downsampling {
	const struct downsample_job *job;
	struct ctx *ctx;
	struct index_reader *index;
	struct chunks_reader *chunks;
	struct new_block *block;
	struct arena *scratch; /* of the series at hand */
	struct series_downsampler series;
	struct downsample_result result;
};

static void downsampling_done(struct downsampling *d)
{
	series_downsampler_done(&d->series);
	new_block_close(d->block);
	chunks_reader_close(d->chunks);
	index_reader_close(d->index);
	arena_free(d->scratch);
}

static bool open_source(struct downsampling *d, struct err *err)
{
	char *index auto_free(mem_free) = xasprintf("%s/" INDEX_FILENAME, d->job->source_dir);
	char *chunks auto_free(mem_free) = xasprintf("%s/" CHUNKS_DIRNAME, d->job->source_dir);
	struct byte_source *src = byte_source_open_file(index, INDEX_FILENAME, err);

	if (!src)
		return false;
	src = sequential_source_new(src, SEQUENTIAL_WINDOW_BYTES);
	d->index = index_reader_open(src, d->ctx, err);
	if (!d->index)
		return false;
	/* Symbols are numbers since version 2, which came with Prometheus 2.1. */
	if (d->index->toc.version < 2)
		return err_set(err, ERR_UNSUPPORTED, "index: version %d, downsampling reads 2",
			       d->index->toc.version);
	d->chunks = chunks_reader_open(chunks, CHUNKS_FRONT_TO_BACK, err);
	return d->chunks != NULL;
}

/* All of them, so that series keep their numbers. */
static bool copy_symbols(struct downsampling *d, struct err *err)
{
	enum { AT_ONCE = 32 * 1024 }; /* a lookup remembers what it read */
	size_t n = index_symbols_count(d->index->symbols);
	struct symbol_lookup *lookup = NULL;
	struct str text;

	for (size_t i = 0; i < n; i++) {
		if (i % AT_ONCE == 0) {
			arena_clear(d->scratch);
			lookup = symbol_lookup_new(d->index->symbols, d->ctx, d->scratch);
		}
		if (!symbol_lookup_get(lookup, (uint32_t)i, &text, err) ||
		    !block_writer_add_symbol(new_block_writer(d->block), text, err))
			return false;
	}
	return true;
}

static bool read_chunks(struct downsampling *d, const struct index_series *s,
			struct chunk_data *out, struct err *err)
{
	for (size_t i = 0; i < s->n_chunks; i++)
		if (!chunks_reader_get(d->chunks, d->ctx, s->chunks[i].ref, d->scratch, &out[i],
				       err))
			return false;
	return true;
}

static struct str labels_text(struct downsampling *d, const struct index_series *s)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct symbol_lookup *lookup = symbol_lookup_new(d->index->symbols, d->ctx, d->scratch);
	struct err ignored = ERR_INIT;
	struct labels labels;

	if (!index_series_labels(s, lookup, d->scratch, &labels, &ignored))
		return STR("with labels that cannot be read");
	labels_format(&text, labels);
	return arena_str(d->scratch, buf_str(&text));
}

static bool write_series(struct downsampling *d, struct index_series *s, struct err *err)
{
	const struct aggr_chunks *out = &d->series.out;

	d->result.n_chunks += s->n_chunks;
	if (out->chunks.n == 0) {
		struct str text = labels_text(d, s);
		d->result.n_empty++;
		log_warn(d->job->logger, "series without samples is left out",
			 LOG_BYTES("series", text));
		return true;
	}
	d->result.n_series++;
	s->chunks = out->metas.v;
	s->n_chunks = out->metas.n;
	return block_writer_add_series(new_block_writer(d->block), s, out->chunks.v, err);
}

static bool downsample_series(struct downsampling *d, uint32_t ref, struct err *err)
{
	struct index_series s;

	arena_clear(d->scratch);
	if (!ctx_check(d->ctx, err) ||
	    !index_series_read(d->index->src, d->ctx, ref, d->index->toc.version, d->scratch, &s,
			       err))
		return false;
	struct chunk_data *chunks = arena_alloc(d->scratch, s.n_chunks * sizeof(*chunks));
	if (read_chunks(d, &s, chunks, err) &&
	    series_downsample(&d->series, s.chunks, chunks, s.n_chunks, err))
		return write_series(d, &s, err);
	return err_wrap(err, "series %.*s", STR_FMT(labels_text(d, &s)));
}

static bool downsample_all(struct downsampling *d, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct postings all;

	if (!postings_for_matchers(d->index->src, d->index->postings, d->ctx, (struct matchers){0},
				   a, &all, err))
		return false;
	struct postings_cursor c = postings_walk(all);
	while (postings_next(&c))
		if (!downsample_series(d, c.ref, err))
			return false;
	return true;
}

static bool list_segments(struct meta *meta, const char *dir, struct arena *a, struct err *err)
{
	char *chunks auto_free(mem_free) = xasprintf("%s/" CHUNKS_DIRNAME, dir);
	struct fs_names names auto_done(fs_names_done) = {0};

	if (!fs_list(chunks, &names, err))
		return false;
	meta->n_segment_files = names.n;
	meta->segment_files = ARENA_ARRAY(a, struct str, names.n);
	for (size_t i = 0; i < names.n; i++)
		meta->segment_files[i] = arena_str(a, str_of(names.v[i]));
	return true;
}

static void restore(int64_t *to, int64_t source)
{
	if (*to == 0)
		*to = source;
}

/* As Thanos: all of the source's meta but what it says about the files. The numbers of tombstones
 * and of samples by kind stay as they were, and so do sizes that could not be measured. */
static bool commit(struct downsampling *d, struct err *err)
{
	const struct downsample_job *job = d->job;
	const struct meta *source = job->source;
	struct meta meta = *source;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *dir auto_free(mem_free) = xasprintf("%s/%s", job->out_dir, ulid_str(job->id));

	meta.resolution_ms = job->resolution_ms;
	meta.source = STR(META_SOURCE_COMPACTOR);
	if (!new_block_commit(d->block, d->ctx, &meta, err) || !list_segments(&meta, dir, a, err))
		return false;
	d->result.n_samples = meta.stats.n_samples;
	meta.stats.n_float_samples = source->stats.n_float_samples;
	meta.stats.n_histogram_samples = source->stats.n_histogram_samples;
	meta.stats.n_tombstones = source->stats.n_tombstones;
	restore(&meta.series_max_bytes, source->series_max_bytes);
	restore(&meta.chunk_max_bytes, source->chunk_max_bytes);
	return meta_write_file(&meta, dir, err);
}

static bool run(struct downsampling *d, struct err *err)
{
	const struct block_writer_options options = {0};

	if (!open_source(d, err))
		return false;
	d->block = new_block_open(d->job->out_dir, d->job->id, &options, err);
	return d->block && copy_symbols(d, err) && downsample_all(d, err) && commit(d, err);
}

bool downsample_block(const struct downsample_job *job, struct ctx *ctx,
		      struct downsample_result *out, struct err *err)
{
	struct downsampling d = {.job = job, .ctx = ctx};

	if (job->source->resolution_ms >= job->resolution_ms)
		return err_set(
		    err, ERR_INVALID, "block %s: its resolution is %ld ms, it cannot become %ld ms",
		    ulid_str(job->source->id), job->source->resolution_ms, job->resolution_ms);
	d.scratch = arena_new(NULL);
	series_downsampler_init(&d.series, job->source->resolution_ms, job->resolution_ms);
	bool ok = run(&d, err);
	*out = d.result;
	downsampling_done(&d);
	return ok || err_wrap(err, "block %s", ulid_str(job->source->id));
}
