#include "api/columns.h"

#include "base/assert.h"
#include "model/histogram.h"

#include <string.h>

void columns_init(struct columns *c, const struct columns_info *info, struct tracker *tracker)
{
	struct json_writer *w = &c->writer;

	*c = (struct columns){.info = *info, .tracker = tracker};
	buf_init(&c->header, COLUMNS_MAX_BYTES, tracker);
	buf_init(&c->data, COLUMNS_MAX_BYTES, tracker);
	json_writer_init(w, &c->header, JSON_ESCAPE_PLAIN);
	json_begin_object(w);
	json_key(w, "resultType");
	json_put_cstr(w, value_type_name(info->type));
	json_key(w, "start");
	json_put_i64(w, info->start_ms);
	json_key(w, "step");
	json_put_i64(w, info->step_ms);
	json_key(w, "n");
	json_put_u64(w, info->n_steps);
	json_key(w, "series");
	json_begin_array(w);
}

void columns_done(struct columns *c)
{
	buf_done(&c->header);
	buf_done(&c->data);
}

/* --- numbers, little-endian ------------------------------------------------------------------- */

static void store_bits(char *out, uint64_t bits, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		out[i] = (char)(bits >> (8 * i));
}

static void put_bits(struct buf *out, uint64_t bits, size_t n_bytes)
{
	char bytes[8];

	store_bits(bytes, bits, n_bytes);
	buf_append(out, bytes, n_bytes);
}

static uint64_t bits_of(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

static void put_double(struct buf *out, double v)
{
	put_bits(out, bits_of(v), 8);
}

/* A value is never taken for a missing one. */
static uint64_t bits_of_value(double v)
{
	uint64_t bits = bits_of(v);

	return bits == COLUMNS_MISSING ? bits_of(__builtin_nan("")) : bits;
}

static void pad(struct buf *out)
{
	static const char zeros[8];

	buf_append(out, zeros, -out->n & 7);
}

/* --- histograms ------------------------------------------------------------------------------- */

static void put_indexes(struct buf *out, const struct histogram_side *side)
{
	for (size_t i = 0; i < side->n; i++)
		put_bits(out, (uint32_t)side->index[i], 4);
}

static void put_counts(struct buf *out, const struct histogram_side *side)
{
	for (size_t i = 0; i < side->n; i++)
		put_double(out, side->count[i]);
}

static void put_histogram(struct buf *out, uint32_t position, const struct histogram *h)
{
	put_bits(out, position, 4);
	put_bits(out, (uint32_t)h->schema, 4);
	put_double(out, h->zero_threshold);
	put_double(out, h->zero_count);
	put_double(out, h->count);
	put_double(out, h->sum);
	put_bits(out, h->positive.n, 4);
	put_bits(out, h->negative.n, 4);
	put_bits(out, h->n_bounds, 4);
	put_bits(out, 0, 4);
	put_indexes(out, &h->positive);
	put_indexes(out, &h->negative);
	pad(out);
	put_counts(out, &h->positive);
	put_counts(out, &h->negative);
	for (size_t i = 0; i < h->n_bounds; i++)
		put_double(out, h->bounds[i]);
}

static size_t put_histograms(struct buf *out, const struct result_series *s)
{
	size_t n = 0;

	for (size_t i = 0; s->hist && i < s->n; i++) {
		if (!s->hist[i])
			continue;
		put_histogram(out, s->steps ? s->steps[i] : (uint32_t)i, s->hist[i]);
		n++;
	}
	return n;
}

/* --- series ----------------------------------------------------------------------------------- */

static bool is_float(const struct result_series *s, size_t i)
{
	return !s->hist || !s->hist[i];
}

/* A value for each step. */
static void put_steps(struct columns *c, const struct result_series *s)
{
	size_t n = c->info.n_steps;
	char *out = buf_reserve(&c->data, 8 * n);

	if (!out)
		return;
	for (size_t i = 0; i < n; i++)
		store_bits(out + 8 * i, COLUMNS_MISSING, 8);
	for (size_t i = 0; i < s->n; i++) {
		assert(s->steps[i] < n);
		if (is_float(s, i))
			store_bits(out + 8 * (size_t)s->steps[i], bits_of_value(s->v[i]), 8);
	}
	buf_grown(&c->data, 8 * n);
}

/* A time and a value for each sample. */
static void put_samples(struct columns *c, const struct result_series *s)
{
	for (size_t i = 0; i < s->n; i++)
		put_double(&c->data, (double)s->t_ms[i]);
	for (size_t i = 0; i < s->n; i++)
		put_bits(&c->data, is_float(s, i) ? bits_of_value(s->v[i]) : COLUMNS_MISSING, 8);
}

static void describe(struct json_writer *w, const struct result_series *s, size_t n_histograms)
{
	json_begin_object(w);
	json_key(w, "metric");
	json_begin_object(w);
	for (size_t i = 0; i < s->labels.n; i++) {
		json_key_str(w, s->labels.v[i].name);
		json_put_str(w, s->labels.v[i].value);
	}
	json_end_object(w);
	json_key(w, "kind");
	json_put_cstr(w, n_histograms > 0 ? "histogram" : "float");
	if (!s->steps) {
		json_key(w, "n");
		json_put_u64(w, s->n);
	}
	if (n_histograms > 0) {
		json_key(w, "histograms");
		json_put_u64(w, n_histograms);
	}
	json_end_object(w);
}

static bool fits(const struct columns *c, struct err *err)
{
	if (c->header.overflowed || c->data.overflowed)
		return err_set(err, ERR_LIMIT, "the columns of the answer take more than %d bytes",
			       COLUMNS_MAX_BYTES);
	return tracker_check(c->tracker, err);
}

bool columns_add(struct columns *c, const struct result_series *s, struct err *err)
{
	if (s->steps)
		put_steps(c, s);
	else
		put_samples(c, s);
	describe(&c->writer, s, put_histograms(&c->data, s));
	return fits(c, err);
}

/* --- the end ---------------------------------------------------------------------------------- */

struct json_writer *columns_header(struct columns *c)
{
	if (!c->has_all)
		json_end_array(&c->writer);
	c->has_all = true;
	return &c->writer;
}

bool columns_end(struct columns *c, struct str parts[COLUMNS_PARTS], struct err *err)
{
	static const char zeros[8];

	json_end_object(columns_header(c));
	if (!fits(c, err))
		return false;
	memcpy(c->prefix, COLUMNS_MAGIC, 4);
	store_bits(c->prefix + 4, c->header.n, 4);
	parts[0] = str_from(c->prefix, sizeof(c->prefix));
	parts[1] = buf_str(&c->header);
	parts[2] = str_from(zeros, -c->header.n & 7);
	parts[3] = buf_str(&c->data);
	return true;
}
