#include "tsdb/deletions.h"

#include "codec/histogram_chunk.h"
#include "codec/xor2_chunk.h"
#include "codec/xor_chunk.h"
#include "model/samples.h"

bool deletions_cover(struct deletions d, struct time_range r)
{
	for (size_t i = 0; i < d.n; i++)
		if (d.v[i].min_t_ms <= r.min_t_ms && r.max_t_ms <= d.v[i].max_t_ms)
			return true;
	return false;
}

bool deletions_touch(struct deletions d, struct time_range r)
{
	for (size_t i = 0; i < d.n; i++)
		if (time_range_overlaps(d.v[i], r))
			return true;
	return false;
}

static bool is_deleted(struct deletions d, int64_t t_ms)
{
	return deletions_touch(d, (struct time_range){t_ms, t_ms});
}

/* --- floats --------------------------------------------------------------------------------- */

static void drop_samples(struct samples *s, struct deletions d)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (is_deleted(d, s->t_ms[i]))
			continue;
		s->t_ms[n] = s->t_ms[i];
		if (s->st_ms)
			s->st_ms[n] = s->st_ms[i];
		s->v[n++] = s->v[i];
	}
	s->n = n;
}

static void encode_floats(const struct samples *s, enum chunk_encoding encoding, struct buf *out)
{
	struct xor_encoder e;

	if (encoding == CHUNK_XOR2) {
		xor2_chunk_encode(&(struct xor2_columns){s->t_ms, s->v, s->st_ms}, s->n, out);
		return;
	}
	xor_encoder_init(&e, out);
	for (size_t i = 0; i < s->n; i++)
		xor_encoder_append(&e, s->t_ms[i], s->v[i]);
}

/* The times of what is left go to *range; no bytes are written when nothing is. */
static bool reencode_floats(const struct chunk_data *c, struct deletions d, struct arena *a,
			    struct time_range *range, struct buf *out, struct err *err)
{
	struct time_range all = {INT64_MIN, INT64_MAX};
	struct samples s = {0};

	if (!samples_append_chunk(a, &s, c, all, err))
		return false;
	drop_samples(&s, d);
	if (s.n == 0)
		return true;
	*range = (struct time_range){s.t_ms[0], s.t_ms[s.n - 1]};
	encode_floats(&s, c->encoding, out);
	return true;
}

/* --- histograms ----------------------------------------------------------------------------- */

static bool are_all_stale(const struct histogram_chunk *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (!is_stale_nan(h->samples[i].sum))
			return false;
	return true;
}

static bool reencode_histograms(const struct chunk_data *c, struct deletions d, struct arena *a,
				struct time_range *range, struct buf *out, struct err *err)
{
	struct histogram_chunk h;
	size_t n = 0;

	if (!histogram_chunk_decode(c, a, &h, err))
		return false;
	for (size_t i = 0; i < h.n; i++)
		if (!is_deleted(d, h.samples[i].t_ms))
			h.samples[n++] = h.samples[i];
	h.n = n;
	if (n == 0)
		return true;
	/* Whether a counter was reset before the first one that is left is not known any more. */
	if (h.reset != HISTOGRAM_CHUNK_GAUGE)
		h.reset = HISTOGRAM_CHUNK_UNKNOWN;
	/* So Prometheus writes a chunk that holds markers of staleness only. */
	if (are_all_stale(&h))
		h.layout = (struct histogram_layout){0};
	*range = (struct time_range){h.samples[0].t_ms, h.samples[n - 1].t_ms};
	histogram_chunk_encode(c->encoding, &h, out);
	return true;
}

bool chunk_without_deleted(const struct chunk *c, struct deletions d, struct arena *a,
			   struct chunk *out, struct err *err)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct time_range range = {0};
	enum chunk_encoding encoding = c->raw.encoding;
	bool ok = chunk_encoding_is_histogram(encoding)
		      ? reencode_histograms(&c->raw, d, a, &range, &bytes, err)
		      : reencode_floats(&c->raw, d, a, &range, &bytes, err);

	if (!ok)
		return err_wrap(err, "a chunk with deleted samples");
	*out = (struct chunk){.min_t_ms = range.min_t_ms, .max_t_ms = range.max_t_ms};
	if (bytes.n == 0)
		return true;
	out->raw = (struct chunk_data){
	    .data = (const uint8_t *)arena_str(a, buf_str(&bytes)).p,
	    .size_bytes = (uint32_t)bytes.n,
	    .encoding = encoding,
	};
	return true;
}
