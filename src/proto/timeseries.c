#include "proto/timeseries.h"

#include "proto/histogram_message.h"
#include "proto/labels_message.h"

/* Field numbers of prompb. */
enum {
	SERIES_LABELS = 1,
	SERIES_SAMPLES = 2,
	SERIES_HISTOGRAMS = 4,
	SAMPLE_VALUE = 1,
	SAMPLE_TIMESTAMP = 2,
};

/* --- decoding ------------------------------------------------------------------------------- */

static bool sample_decode(struct str message, struct samples *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	double v = 0;
	int64_t t_ms = 0;

	while (pb_next(&r)) {
		if (r.key == PB_FIXED64(SAMPLE_VALUE))
			v = pb_f64(r.number);
		else if (r.key == PB_VARINT(SAMPLE_TIMESTAMP))
			t_ms = (int64_t)r.number;
	}
	out->v[out->n] = v;
	out->t_ms[out->n++] = t_ms;
	return pb_reader_end(&r, "Sample", err);
}

static bool histogram_decode(struct str message, struct arena *a, struct samples *out,
			     struct err *err)
{
	struct histogram *h;

	if (!histogram_message_decode(message, a, &out->t_ms[out->n], &h, err))
		return false;
	out->v[out->n] = h->sum;
	out->hist[out->n++] = h;
	return true;
}

static void append(struct samples *to, const struct samples *from, size_t i)
{
	to->t_ms[to->n] = from->t_ms[i];
	to->v[to->n] = from->v[i];
	to->hist[to->n++] = from->hist ? from->hist[i] : NULL;
}

/* Both ascend; so does what becomes of them. */
static void merge(struct arena *a, const struct samples *floats, const struct samples *histograms,
		  struct samples *out)
{
	size_t i = 0, k = 0;

	*out = (struct samples){0};
	samples_reserve(a, out, floats->n + histograms->n);
	samples_need_histograms(a, out);
	while (i < floats->n || k < histograms->n) {
		if (k == histograms->n || (i < floats->n && floats->t_ms[i] < histograms->t_ms[k]))
			append(out, floats, i++);
		else
			append(out, histograms, k++);
	}
}

static bool check_order(const struct samples *s, struct err *err)
{
	for (size_t i = 1; i < s->n; i++)
		if (s->t_ms[i - 1] >= s->t_ms[i])
			return err_set(err, ERR_CORRUPT, "TimeSeries: times do not ascend");
	return true;
}

/* What the two kinds of samples are read into. */
struct parts {
	struct label *labels;
	size_t n_labels;
	struct samples floats;
	struct samples histograms;
};

/* All arrays in their final size. */
static bool make_room(struct str message, enum timeseries_parts wanted, struct arena *a,
		      struct parts *p, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	size_t n_labels = 0, n_samples = 0, n_histograms = 0;

	while (pb_next(&r)) {
		n_labels += r.key == PB_BYTES(SERIES_LABELS);
		n_samples += r.key == PB_BYTES(SERIES_SAMPLES);
		n_histograms += wanted == TIMESERIES_ALL && r.key == PB_BYTES(SERIES_HISTOGRAMS);
	}
	if (!pb_reader_end(&r, "TimeSeries", err) ||
	    !arena_has_room(a,
			    n_labels * sizeof(struct label) + n_samples * 16 +
				n_histograms * (sizeof(struct histogram) + 24),
			    err))
		return false;
	*p = (struct parts){.labels = arena_alloc(a, n_labels * sizeof(struct label))};
	samples_reserve(a, &p->floats, n_samples);
	if (n_histograms > 0) {
		samples_reserve(a, &p->histograms, n_histograms);
		samples_need_histograms(a, &p->histograms);
	}
	return true;
}

bool timeseries_decode(struct str message, enum timeseries_parts wanted, struct arena *a,
		       struct query_series *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct parts p;
	bool ok = true;

	if (!make_room(message, wanted, a, &p, err))
		return false;
	while (ok && pb_next(&r)) {
		if (r.key == PB_BYTES(SERIES_LABELS))
			ok = label_decode(r.bytes, &p.labels[p.n_labels++], err);
		else if (r.key == PB_BYTES(SERIES_SAMPLES))
			ok = sample_decode(r.bytes, &p.floats, err);
		else if (wanted == TIMESERIES_ALL && r.key == PB_BYTES(SERIES_HISTOGRAMS))
			ok = histogram_decode(r.bytes, a, &p.histograms, err);
	}
	if (!ok || !labels_settle(p.labels, p.n_labels, "TimeSeries", err))
		return false;
	*out = (struct query_series){.labels = {p.labels, p.n_labels}, .samples = p.floats};
	if (p.histograms.n > 0)
		merge(a, &p.floats, &p.histograms, &out->samples);
	return wanted != TIMESERIES_ALL || check_order(&out->samples, err);
}

/* --- encoding, backwards ---------------------------------------------------------------------- */

static void sample_encode(struct pb_writer *w, int64_t t_ms, double v)
{
	size_t mark = pb_message_end(w);
	pb_opt_varint(w, SAMPLE_TIMESTAMP, (uint64_t)t_ms);
	pb_opt_f64(w, SAMPLE_VALUE, v);
	pb_message_begin(w, SERIES_SAMPLES, mark);
}

void timeseries_encode(struct pb_writer *w, uint32_t field, const struct query_series *series)
{
	const struct samples *s = &series->samples;
	size_t mark = pb_message_end(w);

	for (size_t i = s->hist ? s->n : 0; i > 0; i--)
		if (s->hist[i - 1])
			histogram_message_encode(w, SERIES_HISTOGRAMS, s->t_ms[i - 1],
						 s->hist[i - 1]);
	for (size_t i = s->n; i > 0; i--)
		if (!s->hist || !s->hist[i - 1])
			sample_encode(w, s->t_ms[i - 1], s->v[i - 1]);
	labels_encode(w, SERIES_LABELS, series->labels);
	pb_message_begin(w, field, mark);
}
