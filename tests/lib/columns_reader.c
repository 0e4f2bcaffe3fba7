#include "tests/lib/columns_reader.h"

#include "codec/json_reader.h"

#include <string.h>

/* How a series is described. */
struct description {
	struct labels labels;
	bool has_times;
	uint64_t n;
	uint64_t n_histograms;
};

struct description_list {
	struct description *v;
	size_t n, cap;
};

struct label_list {
	struct label *v;
	size_t n, cap;
};

/* --- the header ------------------------------------------------------------------------------- */

static void read_metric(struct json_reader *r, struct labels *out)
{
	struct label_list list = {0};
	struct label l;

	json_read_object(r);
	while (json_next_key(r, &l.name) && json_read_str(r, &l.value))
		ARENA_PUSH(r->arena, &list, l);
	*out = (struct labels){list.v, list.n};
}

static void read_description(struct json_reader *r, struct description *d)
{
	struct str key;

	json_read_object(r);
	while (json_next_key(r, &key)) {
		if (str_is(key, "metric")) {
			read_metric(r, &d->labels);
		} else if (str_is(key, "n")) {
			d->has_times = true;
			json_read_u64(r, &d->n);
		} else if (str_is(key, "histograms")) {
			json_read_u64(r, &d->n_histograms);
		} else {
			json_skip(r);
		}
	}
}

static bool read_header(struct arena *a, struct str text, struct columns_answer *out,
			struct description_list *series, struct err *err)
{
	struct json_reader *r = ARENA_NEW(a, struct json_reader);
	const struct {
		const char *key;
		struct str *value;
	} raw[] = {
	    {"value", &out->value}, {"warnings", &out->warnings}, {"infos", &out->infos},
	    {"stats", &out->stats}, {"analysis", &out->analysis}, {"fanout", &out->fanout},
	};
	struct str key;

	json_reader_init(r, text, a);
	json_read_object(r);
	while (json_next_key(r, &key)) {
		bool is_read = true;
		if (str_is(key, "resultType"))
			json_read_str(r, &out->result_type);
		else if (str_is(key, "start"))
			json_read_i64(r, &out->start_ms);
		else if (str_is(key, "step"))
			json_read_i64(r, &out->step_ms);
		else if (str_is(key, "n"))
			json_read_u64(r, &out->n_steps);
		else
			is_read = false;
		for (size_t i = 0; !is_read && i < sizeof(raw) / sizeof(*raw); i++) {
			if (!str_is(key, raw[i].key))
				continue;
			json_read_raw(r, raw[i].value);
			is_read = true;
		}
		if (is_read)
			continue;
		if (!str_is(key, "series")) {
			json_skip(r);
			continue;
		}
		json_read_array(r);
		while (json_next_item(r)) {
			struct description d = {0};
			read_description(r, &d);
			ARENA_PUSH(a, series, d);
		}
	}
	return json_reader_end(r, err);
}

/* --- the columns ------------------------------------------------------------------------------ */

struct cursor {
	struct str all;
	size_t at;
	bool is_short;
};

static uint64_t take_bits(struct cursor *c, size_t n_bytes)
{
	uint64_t bits = 0;

	if (c->all.n - c->at < n_bytes) {
		c->is_short = true;
		return 0;
	}
	for (size_t i = 0; i < n_bytes; i++)
		bits |= (uint64_t)(unsigned char)c->all.p[c->at++] << (8 * i);
	return bits;
}

static double take_double(struct cursor *c)
{
	uint64_t bits = take_bits(c, 8);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* Whether so many items can be there, before memory is taken for them. */
static bool has_items(struct cursor *c, uint64_t n, size_t item_bytes)
{
	if (n > (c->all.n - c->at) / item_bytes)
		c->is_short = true;
	return !c->is_short;
}

static const double *take_doubles(struct arena *a, struct cursor *c, uint64_t n)
{
	if (!has_items(c, n, 8))
		return NULL;
	double *v = ARENA_ARRAY(a, double, n);
	for (size_t i = 0; i < n; i++)
		v[i] = take_double(c);
	return v;
}

static const int32_t *take_indexes(struct arena *a, struct cursor *c, size_t n)
{
	if (!has_items(c, n, 4))
		return NULL;
	int32_t *v = ARENA_ARRAY(a, int32_t, n);
	for (size_t i = 0; i < n; i++)
		v[i] = (int32_t)take_bits(c, 4);
	return v;
}

static void take_histogram(struct arena *a, struct cursor *c, struct columns_series *s)
{
	struct histogram *h = ARENA_NEW(a, struct histogram);
	uint64_t position = take_bits(c, 4);

	h->schema = (int32_t)take_bits(c, 4);
	h->zero_threshold = take_double(c);
	h->zero_count = take_double(c);
	h->count = take_double(c);
	h->sum = take_double(c);
	h->positive.n = take_bits(c, 4);
	h->negative.n = take_bits(c, 4);
	h->n_bounds = take_bits(c, 4);
	take_bits(c, 4);
	h->positive.index = take_indexes(a, c, h->positive.n);
	h->negative.index = take_indexes(a, c, h->negative.n);
	if ((h->positive.n + h->negative.n) % 2)
		take_bits(c, 4);
	h->positive.count = (double *)take_doubles(a, c, h->positive.n);
	h->negative.count = (double *)take_doubles(a, c, h->negative.n);
	h->bounds = take_doubles(a, c, h->n_bounds);
	if (position < s->n)
		s->hist[position] = h;
	else
		c->is_short = true;
}

static bool take_series(struct arena *a, struct cursor *c, const struct description *d,
			uint64_t n_steps, struct columns_series *out)
{
	uint64_t n = d->has_times ? d->n : n_steps;

	if (!has_items(c, n, 8))
		return false;
	*out = (struct columns_series){.labels = d->labels, .n = n};
	if (d->has_times)
		out->t_ms = take_doubles(a, c, n);
	if (!has_items(c, n, 8))
		return false;
	uint64_t *v = ARENA_ARRAY(a, uint64_t, n);
	for (size_t i = 0; i < n; i++)
		v[i] = take_bits(c, 8);
	out->v = v;
	if (d->n_histograms == 0)
		return !c->is_short;
	out->hist = ARENA_ARRAY(a, struct histogram *, n);
	memset(out->hist, 0, n * sizeof(*out->hist));
	for (uint64_t i = 0; i < d->n_histograms && !c->is_short; i++)
		take_histogram(a, c, out);
	return !c->is_short;
}

bool columns_read(struct arena *a, struct str bytes, struct columns_answer *out, struct err *err)
{
	struct cursor c = {.all = bytes, .at = 4};
	struct description_list series = {0};

	*out = (struct columns_answer){0};
	if (bytes.n < 8 || memcmp(bytes.p, "TCC1", 4) != 0)
		return err_set(err, ERR_CORRUPT, "columns: no TCC1 at the start");
	uint64_t header_bytes = take_bits(&c, 4);
	if (!has_items(&c, header_bytes, 1))
		return err_set(err, ERR_CORRUPT, "columns: the header is cut");
	if (!read_header(a, str_from(bytes.p + 8, header_bytes), out, &series, err))
		return false;
	c.at += header_bytes;
	take_bits(&c, -c.at & 7);
	for (size_t i = 0; i < series.n; i++) {
		struct columns_series s;
		if (!take_series(a, &c, &series.v[i], out->n_steps, &s))
			return err_set(err, ERR_CORRUPT, "columns: series %zu is cut", i);
		ARENA_PUSH(a, out, s);
	}
	if (c.is_short || c.at != bytes.n)
		return err_set(err, ERR_CORRUPT, "columns: %zu bytes where %zu are wanted", bytes.n,
			       c.at);
	return true;
}
