#include "compaction/sample_columns.h"

#include "model/samples.h"

static bool decode_floats(const struct chunk_data *c, struct arena *a, struct sample_columns *out,
			  struct err *err)
{
	if (!chunk_num_samples(c, &out->n, err))
		return false;
	out->t_ms = arena_alloc(a, out->n * sizeof(*out->t_ms));
	out->v = arena_alloc(a, out->n * sizeof(*out->v));
	return chunk_decode_floats(c, out->t_ms, out->v, NULL, &out->n, err);
}

static bool decode_histograms(const struct chunk_data *c, struct arena *a,
			      struct sample_columns *out, struct err *err)
{
	if (!histogram_chunk_decode(c, a, &out->histograms, err))
		return false;
	out->n = out->histograms.n;
	out->t_ms = arena_alloc(a, out->n * sizeof(*out->t_ms));
	for (size_t i = 0; i < out->n; i++)
		out->t_ms[i] = out->histograms.samples[i].t_ms;
	return true;
}

static bool check_times(const struct sample_columns *c, struct err *err)
{
	for (size_t i = 1; i < c->n; i++)
		if (c->t_ms[i] <= c->t_ms[i - 1])
			return err_set(err, ERR_CORRUPT,
				       "chunk: sample %zu of %zu is at %ld, its predecessor at %ld",
				       i + 1, c->n, c->t_ms[i], c->t_ms[i - 1]);
	return true;
}

bool sample_columns_decode(const struct chunk_data *c, struct arena *a, struct sample_columns *out,
			   struct err *err)
{
	bool is_histogram = c->encoding == CHUNK_HISTOGRAM || c->encoding == CHUNK_FLOAT_HISTOGRAM;

	if (!is_histogram && c->encoding != CHUNK_XOR)
		return err_set(err, ERR_UNSUPPORTED, "chunk: encoding %d (%s) cannot be merged",
			       (int)c->encoding, chunk_encoding_name(c->encoding));
	*out = (struct sample_columns){.encoding = c->encoding};
	return (is_histogram ? decode_histograms(c, a, out, err) : decode_floats(c, a, out, err)) &&
	       check_times(out, err);
}

static enum histogram_hint hint_of(const struct histogram_chunk *c, size_t i)
{
	if (c->reset == HISTOGRAM_CHUNK_GAUGE)
		return HISTOGRAM_GAUGE;
	return i > 0 ? HISTOGRAM_NOT_RESET : HISTOGRAM_UNKNOWN;
}

struct column_sample sample_columns_at(const struct sample_columns *c, size_t i)
{
	struct column_sample s = {.encoding = c->encoding, .t_ms = c->t_ms[i]};
	const struct histogram_sample *h;

	if (c->encoding == CHUNK_XOR) {
		s.v = c->v[i];
		return s;
	}
	h = &c->histograms.samples[i];
	s.v = h->sum;
	if (is_stale_nan(h->sum)) {
		s.histogram = (struct histogram_sample){.t_ms = h->t_ms, .sum = h->sum};
		return s;
	}
	s.histogram = *h;
	s.layout = c->histograms.layout;
	s.hint = hint_of(&c->histograms, i);
	return s;
}
