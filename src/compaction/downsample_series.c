#include "compaction/downsample_series.h"

void series_downsampler_init(struct series_downsampler *d, int64_t from_ms, int64_t to_ms)
{
	*d = (struct series_downsampler){.from_ms = from_ms, .to_ms = to_ms};
	aggr_chunks_init(&d->out);
	aggr_chunks_init(&d->repaired);
	histogram_samples_init(&d->histograms);
}

void series_downsampler_done(struct series_downsampler *d)
{
	aggr_chunks_done(&d->out);
	aggr_chunks_done(&d->repaired);
	float_samples_done(&d->floats);
	histogram_samples_done(&d->histograms);
	float_scratch_done(&d->scratch);
	vec_done(&d->parts);
	vec_done(&d->metas);
}

/* --- from raw samples ------------------------------------------------------------------------- */

/* Floats and histograms in a row are each put into chunks of their own. */
static bool flush_raw(struct series_downsampler *d, int64_t to_ms, struct aggr_chunks *out,
		      struct err *err)
{
	bool ok = downsample_floats(&d->floats, to_ms, &d->scratch, out, err) &&
		  downsample_histograms(&d->histograms, to_ms, out, err);

	float_samples_clear(&d->floats);
	histogram_samples_clear(&d->histograms);
	return ok;
}

static bool take_raw(struct series_downsampler *d, const struct chunk_data *c, struct err *err)
{
	if (!chunk_encoding_is_histogram(c->encoding))
		return float_samples_append(&d->floats, c, err);
	return histogram_samples_append(&d->histograms, c, err);
}

static bool downsample_raw(struct series_downsampler *d, const struct chunk_data *chunks, size_t n,
			   struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		bool is_cut = i > 0 && chunk_encoding_is_histogram(chunks[i].encoding) !=
					   chunk_encoding_is_histogram(chunks[i - 1].encoding);
		if (is_cut && !flush_raw(d, d->to_ms, &d->out, err))
			return false;
		if (!take_raw(d, &chunks[i], err))
			return false;
	}
	return flush_raw(d, d->to_ms, &d->out, err);
}

/* --- from aggregates -------------------------------------------------------------------------- */

static bool push_aggr(struct series_downsampler *d, const struct chunk_meta *meta,
		      const struct chunk_data *c, struct err *err)
{
	struct aggr_parts parts;

	if (!aggr_chunk_split(c->data, c->size_bytes, parts.of, err))
		return false;
	vec_push(&d->parts, parts);
	vec_push(&d->metas, *meta);
	return true;
}

/* Downsampled blocks of old versions have raw chunks here and there: those with samples are
 * downsampled now. How many chunks come of it shows in d->repaired. */
static bool repair(struct series_downsampler *d, const struct chunk_data *c, struct err *err)
{
	size_t n;

	if (!chunk_num_samples(c, &n, err))
		return false;
	return n == 0 || (take_raw(d, c, err) && flush_raw(d, RESOLUTION_5M_MS, &d->repaired, err));
}

/* First all repairs, since each may move the bytes of those before; then all parts in order. */
static bool split_all(struct series_downsampler *d, const struct chunk_meta *metas,
		      const struct chunk_data *chunks, size_t n, struct err *err)
{
	VEC(size_t) ends = {0};
	size_t next = 0;
	bool ok = true;

	for (size_t i = 0; i < n && ok; i++) {
		ok = chunks[i].encoding == CHUNK_AGGR || repair(d, &chunks[i], err);
		vec_push(&ends, d->repaired.chunks.n);
	}
	aggr_chunks_settle(&d->repaired);
	for (size_t i = 0; i < n && ok; i++) {
		if (chunks[i].encoding == CHUNK_AGGR)
			ok = push_aggr(d, &metas[i], &chunks[i], err);
		for (; next < ends.v[i] && ok; next++)
			ok = push_aggr(d, &d->repaired.metas.v[next], &d->repaired.chunks.v[next],
				       err);
	}
	vec_done(&ends);
	return ok;
}

static bool has_histograms(const struct aggr_parts *parts)
{
	return chunk_encoding_is_histogram(parts->of[AGGR_COUNTER].encoding);
}

/* The first histogram of a chunk's counter, NULL when there is none; lives in d->histograms. */
static bool first_histogram(struct series_downsampler *d, const struct aggr_parts *parts,
			    const struct histogram **out, struct err *err)
{
	size_t n = d->histograms.h.n;

	if (!histogram_samples_append(&d->histograms, &parts->of[AGGR_COUNTER], err))
		return false;
	*out = d->histograms.h.n > n ? d->histograms.h.v[n] : NULL;
	return true;
}

/* Where the run of chunks ends that begins with `first`: they can be put together. */
static bool find_run(struct series_downsampler *d, size_t first, size_t *end, struct err *err)
{
	bool is_histogram = has_histograms(&d->parts.v[first]);
	const struct histogram *kind = NULL, *h;
	size_t i = first;
	bool ok = true;

	for (; i < d->parts.n && has_histograms(&d->parts.v[i]) == is_histogram; i++) {
		if (!is_histogram)
			continue;
		ok = first_histogram(d, &d->parts.v[i], &h, err);
		if (!ok || (kind && h && !histograms_are_of_a_kind(h, kind)))
			break;
		kind = kind ? kind : h;
	}
	histogram_samples_clear(&d->histograms);
	*end = i;
	return ok;
}

static bool count_samples(const struct aggr_parts *parts, size_t n, size_t *out, struct err *err)
{
	size_t n_samples;

	*out = 0;
	for (size_t i = 0; i < n; i++) {
		const struct chunk_data *count = &parts[i].of[AGGR_COUNT];
		if (!count->data)
			continue;
		if (count->encoding == CHUNK_AGGR)
			return err_set(err, ERR_CORRUPT, "an aggregate chunk inside another");
		if (!chunk_num_samples(count, &n_samples, err))
			return false;
		*out += n_samples;
	}
	return true;
}

/* Chunks are put together whole: the first and the last value of their counters are those of the
 * raw series, and are needed again. */
static bool downsample_run(struct series_downsampler *d, size_t first, size_t end, struct err *err)
{
	const struct aggr_parts *parts = d->parts.v;
	size_t n_samples;

	if (!count_samples(parts + first, end - first, &n_samples, err))
		return false;
	size_t n_chunks =
	    downsample_chunk_count(d->metas.v[first].min_t_ms, d->metas.v[end - 1].max_t_ms,
				   d->from_ms, d->to_ms, n_samples);
	size_t size = n_chunks < end - first ? (end - first) / n_chunks : 1;
	for (size_t i = first, n; i < end; i += n) {
		n = size < end - i ? size : end - i;
		bool ok =
		    has_histograms(&d->parts.v[i])
			? downsample_histogram_aggrs(parts + i, n, d->to_ms, &d->scratch, &d->out,
						     err)
			: downsample_float_aggrs(parts + i, n, d->to_ms, &d->scratch, &d->out, err);
		if (!ok)
			return false;
	}
	return true;
}

static bool downsample_aggrs(struct series_downsampler *d, const struct chunk_meta *metas,
			     const struct chunk_data *chunks, size_t n, struct err *err)
{
	vec_clear(&d->parts);
	vec_clear(&d->metas);
	aggr_chunks_clear(&d->repaired);
	if (!split_all(d, metas, chunks, n, err))
		return false;
	for (size_t first = 0, end; first < d->parts.n; first = end)
		if (!find_run(d, first, &end, err) || !downsample_run(d, first, end, err))
			return false;
	return true;
}

static bool check_order(const struct chunk_meta *metas, size_t n, struct err *err)
{
	for (size_t i = 1; i < n; i++)
		if (metas[i].min_t_ms <= metas[i - 1].max_t_ms)
			return err_set(err, ERR_CORRUPT,
				       "chunk %zu of %zu, from %ld to %ld, overlaps the one "
				       "before it, from %ld to %ld",
				       i + 1, n, metas[i].min_t_ms, metas[i].max_t_ms,
				       metas[i - 1].min_t_ms, metas[i - 1].max_t_ms);
	return true;
}

bool series_downsample(struct series_downsampler *d, const struct chunk_meta *metas,
		       const struct chunk_data *chunks, size_t n, struct err *err)
{
	aggr_chunks_clear(&d->out);
	float_samples_clear(&d->floats);
	histogram_samples_clear(&d->histograms);
	if (!check_order(metas, n, err))
		return false;
	bool ok = d->from_ms == RESOLUTION_RAW_MS ? downsample_raw(d, chunks, n, err)
						  : downsample_aggrs(d, metas, chunks, n, err);
	aggr_chunks_settle(&d->out);
	return ok;
}
