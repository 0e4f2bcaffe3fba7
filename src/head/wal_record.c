#include "head/wal_record.h"

#include "codec/byte_cursor.h"
#include "codec/byte_put.h"
#include "head/wal_histogram_internal.h"

/* What stands in the start timestamp's place. */
enum start_marker { START_NONE, START_AS_BEFORE, START_GIVEN };

struct decoder {
	struct byte_cursor in;
	struct arena *a;
	struct wal_record *out;
};

/* Room for as many things as the bytes can hold, each taking `min_bytes` or more. */
#define ROOM(d, type, min_bytes)                                                                   \
	((type *)arena_alloc((d)->a, (byte_cursor_left(&(d)->in) / (min_bytes) + 1) * sizeof(type)))

/* --- what records share ----------------------------------------------------------------------- */

static struct labels read_labels(struct decoder *d)
{
	uint64_t n = byte_cursor_uvarint(&d->in);

	if (n > byte_cursor_left(&d->in) / 2) {
		d->in.failed = true;
		return (struct labels){0};
	}
	struct label *v = ARENA_ARRAY(d->a, struct label, n);
	for (size_t i = 0; i < n; i++) {
		v[i].name = byte_cursor_str(&d->in);
		v[i].value = byte_cursor_str(&d->in);
	}
	return (struct labels){v, (size_t)n};
}

/* Series, time and start of samples, told against the first one. */
struct base {
	uint64_t ref;
	int64_t t_ms;
	int64_t start_ms;
	uint64_t last_ref;
	int64_t last_start_ms;
	bool has_starts;
	bool is_first;
};

static int64_t add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static struct base read_base(struct decoder *d, bool has_starts)
{
	struct base b = {.has_starts = has_starts, .is_first = true};

	if (has_starts || byte_cursor_left(&d->in) == 0)
		return b;
	b.ref = byte_cursor_be64(&d->in);
	b.t_ms = (int64_t)byte_cursor_be64(&d->in);
	return b;
}

static int64_t read_start(struct byte_cursor *in, const struct base *b)
{
	switch (byte_cursor_u8(in)) {
	case START_NONE:
		return 0;
	case START_AS_BEFORE:
		return b->last_start_ms;
	default:
		return add(b->start_ms, byte_cursor_varint(in));
	}
}

static void read_place_with_start(struct byte_cursor *in, struct base *b, int64_t *t_ms)
{
	b->last_ref += (uint64_t)byte_cursor_varint(in);
	*t_ms = add(b->t_ms, byte_cursor_varint(in));
	if (!b->is_first) {
		b->last_start_ms = read_start(in, b);
		return;
	}
	b->t_ms = *t_ms;
	b->start_ms = b->last_start_ms = byte_cursor_varint(in);
	b->is_first = false;
}

static void read_place(struct byte_cursor *in, struct base *b, int64_t *t_ms)
{
	if (b->has_starts) {
		read_place_with_start(in, b, t_ms);
		return;
	}
	b->last_ref = b->ref + (uint64_t)byte_cursor_varint(in);
	*t_ms = add(b->t_ms, byte_cursor_varint(in));
}

/* --- reading, by type ------------------------------------------------------------------------- */

static void read_series(struct decoder *d)
{
	d->out->series = ROOM(d, struct wal_series, 9);
	while (byte_cursor_left(&d->in) && !d->in.failed) {
		uint64_t ref = byte_cursor_be64(&d->in);
		d->out->series[d->out->n++] = (struct wal_series){ref, read_labels(d)};
	}
}

static void read_samples(struct decoder *d)
{
	struct base base = read_base(d, d->out->type == WAL_SAMPLES_ST);
	struct byte_cursor in = d->in;
	int64_t t_ms;

	d->out->samples = ROOM(d, struct wal_sample, 10);
	while (byte_cursor_left(&in) && !in.failed) {
		read_place(&in, &base, &t_ms);
		double v = byte_cursor_double(&in);
		d->out->samples[d->out->n++] =
		    (struct wal_sample){base.last_ref, t_ms, base.last_start_ms, v};
	}
	d->in = in;
}

static bool is_float(enum wal_record_type type)
{
	return type == WAL_FLOAT_HISTOGRAMS || type == WAL_CUSTOM_FLOAT_HISTOGRAMS ||
	       type == WAL_FLOAT_HISTOGRAMS_ST;
}

static void read_histograms(struct decoder *d)
{
	enum wal_record_type type = d->out->type;
	struct base base =
	    read_base(d, type == WAL_HISTOGRAMS_ST || type == WAL_FLOAT_HISTOGRAMS_ST);
	int64_t t_ms;

	d->out->histograms = ROOM(d, struct wal_histogram, 25);
	while (byte_cursor_left(&d->in) && !d->in.failed) {
		read_place(&d->in, &base, &t_ms);
		struct histogram *h = wal_histogram_read(&d->in, d->a, is_float(type));
		if (h)
			d->out->histograms[d->out->n++] =
			    (struct wal_histogram){base.last_ref, t_ms, base.last_start_ms, h};
	}
}

static void read_stones(struct decoder *d)
{
	d->out->stones = ROOM(d, struct wal_stone, 10);
	while (byte_cursor_left(&d->in) && !d->in.failed) {
		struct wal_stone *s = &d->out->stones[d->out->n++];
		s->ref = byte_cursor_be64(&d->in);
		s->range.min_t_ms = byte_cursor_varint(&d->in);
		s->range.max_t_ms = byte_cursor_varint(&d->in);
	}
}

static void read_exemplars(struct decoder *d)
{
	struct base base = read_base(d, false);
	int64_t t_ms;

	d->out->exemplars = ROOM(d, struct wal_exemplar, 11);
	while (byte_cursor_left(&d->in) && !d->in.failed) {
		read_place(&d->in, &base, &t_ms);
		double v = byte_cursor_double(&d->in);
		d->out->exemplars[d->out->n++] =
		    (struct wal_exemplar){base.last_ref, t_ms, v, read_labels(d)};
	}
}

static void read_markers(struct decoder *d)
{
	d->out->markers = ROOM(d, struct wal_marker, 16);
	while (byte_cursor_left(&d->in) && !d->in.failed) {
		uint64_t ref = byte_cursor_be64(&d->in);
		d->out->markers[d->out->n++] = (struct wal_marker){ref, byte_cursor_be64(&d->in)};
	}
}

static void read_metadata(struct decoder *d)
{
	d->out->metadata = ROOM(d, struct wal_metadata, 3);
	while (byte_cursor_left(&d->in) && !d->in.failed) {
		struct wal_metadata *m = &d->out->metadata[d->out->n++];
		*m = (struct wal_metadata){.ref = byte_cursor_uvarint(&d->in)};
		m->type = byte_cursor_u8(&d->in);
		uint64_t n = byte_cursor_uvarint(&d->in);
		for (uint64_t i = 0; i < n && !d->in.failed; i++) {
			struct str name = byte_cursor_str(&d->in);
			struct str value = byte_cursor_str(&d->in);
			if (str_is(name, "UNIT"))
				m->unit = value;
			else if (str_is(name, "HELP"))
				m->help = value;
		}
	}
}

static const struct {
	const char *name;
	void (*read)(struct decoder *d);
} kinds[] = {
    [WAL_SERIES] = {"series", read_series},
    [WAL_SAMPLES] = {"samples", read_samples},
    [WAL_STONES] = {"tombstones", read_stones},
    [WAL_EXEMPLARS] = {"exemplars", read_exemplars},
    [WAL_MARKERS] = {"mmapmarkers", read_markers},
    [WAL_METADATA] = {"metadata", read_metadata},
    [WAL_HISTOGRAMS] = {"histogram_samples", read_histograms},
    [WAL_FLOAT_HISTOGRAMS] = {"float_histogram_samples", read_histograms},
    [WAL_CUSTOM_HISTOGRAMS] = {"custom_buckets_histogram_samples", read_histograms},
    [WAL_CUSTOM_FLOAT_HISTOGRAMS] = {"custom_buckets_float_histogram_samples", read_histograms},
    [WAL_SAMPLES_ST] = {"samples_v2", read_samples},
    [WAL_HISTOGRAMS_ST] = {"histogram_samples_v2", read_histograms},
    [WAL_FLOAT_HISTOGRAMS_ST] = {"float_histogram_samples_v2", read_histograms},
};

bool wal_record_decode(struct str bytes, struct arena *a, struct wal_record *out, struct err *err)
{
	struct decoder d = {.in = byte_cursor_of(bytes.p, bytes.n), .a = a, .out = out};
	uint8_t type = byte_cursor_u8(&d.in);

	if (type >= sizeof(kinds) / sizeof(*kinds) || !kinds[type].read)
		return err_set(err, ERR_UNSUPPORTED, "a record of unknown type %d, of %zu bytes",
			       type, bytes.n);
	*out = (struct wal_record){.type = type};
	kinds[type].read(&d);
	if (d.in.failed)
		return err_set(err, ERR_CORRUPT, "a record of %s breaks off behind byte %zu of %zu",
			       kinds[type].name, byte_cursor_offset(&d.in), bytes.n);
	return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void put_labels(struct buf *out, struct labels ls)
{
	put_uvarint(out, ls.n);
	for (size_t i = 0; i < ls.n; i++) {
		put_str(out, ls.v[i].name);
		put_str(out, ls.v[i].value);
	}
}

static void put_base(struct buf *out, enum wal_record_type type, uint64_t ref, int64_t t_ms)
{
	buf_putc(out, (char)type);
	put_be64(out, ref);
	put_be64(out, (uint64_t)t_ms);
}

/* Against the first of the record. */
static void put_place(struct buf *out, uint64_t ref, uint64_t first_ref, int64_t t_ms,
		      int64_t first_t_ms)
{
	put_varint(out, (int64_t)(ref - first_ref));
	put_varint(out, (int64_t)((uint64_t)t_ms - (uint64_t)first_t_ms));
}

void wal_put_series(struct buf *out, const struct wal_series *v, size_t n)
{
	if (n)
		buf_putc(out, WAL_SERIES);
	for (size_t i = 0; i < n; i++) {
		put_be64(out, v[i].ref);
		put_labels(out, v[i].labels);
	}
}

void wal_put_samples(struct buf *out, const struct wal_sample *v, size_t n)
{
	if (n)
		put_base(out, WAL_SAMPLES, v[0].ref, v[0].t_ms);
	for (size_t i = 0; i < n; i++) {
		put_place(out, v[i].ref, v[0].ref, v[i].t_ms, v[0].t_ms);
		put_double(out, v[i].v);
	}
}

void wal_put_histograms(struct buf *out, enum wal_record_type type, const struct wal_histogram *v,
			size_t n)
{
	if (n)
		put_base(out, type, v[0].ref, v[0].t_ms);
	for (size_t i = 0; i < n; i++) {
		put_place(out, v[i].ref, v[0].ref, v[i].t_ms, v[0].t_ms);
		wal_histogram_put(out, v[i].h, is_float(type));
	}
}

void wal_put_stones(struct buf *out, const struct wal_stone *v, size_t n)
{
	if (n)
		buf_putc(out, WAL_STONES);
	for (size_t i = 0; i < n; i++) {
		put_be64(out, v[i].ref);
		put_varint(out, v[i].range.min_t_ms);
		put_varint(out, v[i].range.max_t_ms);
	}
}

void wal_put_exemplars(struct buf *out, const struct wal_exemplar *v, size_t n)
{
	if (n)
		put_base(out, WAL_EXEMPLARS, v[0].ref, v[0].t_ms);
	for (size_t i = 0; i < n; i++) {
		put_place(out, v[i].ref, v[0].ref, v[i].t_ms, v[0].t_ms);
		put_double(out, v[i].v);
		put_labels(out, v[i].labels);
	}
}

void wal_put_markers(struct buf *out, const struct wal_marker *v, size_t n)
{
	if (n)
		buf_putc(out, WAL_MARKERS);
	for (size_t i = 0; i < n; i++) {
		put_be64(out, v[i].ref);
		put_be64(out, v[i].chunk_ref);
	}
}

void wal_put_metadata(struct buf *out, const struct wal_metadata *v, size_t n)
{
	if (n)
		buf_putc(out, WAL_METADATA);
	for (size_t i = 0; i < n; i++) {
		put_uvarint(out, v[i].ref);
		buf_putc(out, (char)v[i].type);
		put_uvarint(out, 2);
		put_str(out, STR("UNIT"));
		put_str(out, v[i].unit);
		put_str(out, STR("HELP"));
		put_str(out, v[i].help);
	}
}
