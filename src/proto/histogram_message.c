#include "proto/histogram_message.h"

#include "proto/labels_message.h"

/* Field numbers of prompb. */
enum {
	COUNT_INT = 1,
	COUNT_FLOAT = 2,
	SUM = 3,
	SCHEMA = 4,
	ZERO_THRESHOLD = 5,
	ZERO_COUNT_INT = 6,
	ZERO_COUNT_FLOAT = 7,
	NEGATIVE_SPANS = 8,
	NEGATIVE_DELTAS = 9,
	NEGATIVE_COUNTS = 10,
	POSITIVE_SPANS = 11,
	POSITIVE_DELTAS = 12,
	POSITIVE_COUNTS = 13,
	RESET_HINT = 14,
	TIMESTAMP = 15,
	CUSTOM_VALUES = 16,

	SPAN_OFFSET = 1,
	SPAN_LENGTH = 2,
};

static bool corrupt(const char *what, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "Histogram: %s", what);
}

/* --- decoding ------------------------------------------------------------------------------- */

struct f64_vec {
	double *v;
	size_t n, cap;
};

/* One side while it is read. A span is one of the message; counts come as they are, or each as its
 * difference to the one before. */
struct side {
	struct f64_vec counts;
	uint64_t last; /* count, of differences */
	struct {
		int32_t *v;
		size_t n, cap;
	} index;
	int64_t next; /* index behind the last span */
	bool has_span;
};

static bool read_floats(struct f64_vec *to, struct str packed, struct arena *a, struct err *err)
{
	const char *broken = NULL;
	double v;

	while (pb_next_packed_f64(&packed, &v, &broken))
		ARENA_PUSH(a, to, v);
	return !broken || corrupt(broken, err);
}

static void add_delta(struct side *s, uint64_t zigzag, struct arena *a)
{
	s->last += (uint64_t)zigzag_decode(zigzag);
	ARENA_PUSH(a, &s->counts, (double)(int64_t)s->last);
}

static bool read_deltas(struct side *s, struct str packed, struct arena *a, struct err *err)
{
	const char *broken = NULL;
	uint64_t number;

	while (pb_next_packed(&packed, &number, &broken))
		add_delta(s, number, a);
	return !broken || corrupt(broken, err);
}

/* `max_buckets` is more than the message can hold counts for: whoever wrote it tells a lie. */
static bool read_span(struct side *s, struct str message, size_t max_buckets, struct arena *a,
		      struct err *err)
{
	struct pb_reader r = pb_reader(message);
	int64_t offset = 0;
	uint64_t length = 0;

	while (pb_next(&r)) {
		if (r.key == PB_VARINT(SPAN_OFFSET))
			offset = zigzag_decode(r.number);
		else if (r.key == PB_VARINT(SPAN_LENGTH))
			length = r.number;
	}
	if (!pb_reader_end(&r, "BucketSpan", err))
		return false;
	if (length > max_buckets - s->index.n)
		return corrupt("more buckets than counts", err);
	if (offset < (s->has_span ? 0 : INT32_MIN) || offset > INT32_MAX)
		return corrupt("buckets do not ascend", err);
	s->next += offset;
	if (s->next + (int64_t)length > INT32_MAX)
		return corrupt("a bucket beyond all numbers", err);
	for (uint64_t i = 0; i < length; i++) {
		int32_t index = (int32_t)s->next++;
		ARENA_PUSH(a, &s->index, index);
	}
	s->has_span = true;
	return true;
}

static bool read_side(struct side *s, struct pb_reader *r, size_t max_buckets, struct arena *a,
		      struct err *err)
{
	switch (r->key) {
	case PB_BYTES(POSITIVE_SPANS):
	case PB_BYTES(NEGATIVE_SPANS):
		return read_span(s, r->bytes, max_buckets, a, err);
	case PB_BYTES(POSITIVE_DELTAS):
	case PB_BYTES(NEGATIVE_DELTAS):
		return read_deltas(s, r->bytes, a, err);
	case PB_VARINT(POSITIVE_DELTAS):
	case PB_VARINT(NEGATIVE_DELTAS):
		add_delta(s, r->number, a);
		return true;
	case PB_BYTES(POSITIVE_COUNTS):
	case PB_BYTES(NEGATIVE_COUNTS):
		return read_floats(&s->counts, r->bytes, a, err);
	case PB_FIXED64(POSITIVE_COUNTS):
	case PB_FIXED64(NEGATIVE_COUNTS): {
		double count = pb_f64(r->number);
		ARENA_PUSH(a, &s->counts, count);
		return true;
	}
	}
	return true;
}

static bool settle_side(const struct side *s, struct histogram_side *out, struct err *err)
{
	if (s->counts.n != s->index.n)
		return corrupt("as many counts as buckets are wanted", err);
	*out = (struct histogram_side){s->index.v, s->counts.v, s->counts.n};
	return true;
}

static bool check_custom(const struct histogram *h, struct err *err)
{
	size_t n = h->positive.n;

	if (h->negative.n > 0)
		return corrupt("custom buckets below zero", err);
	if (n > 0 && h->positive.index[0] < 0)
		return corrupt("a custom bucket below the first", err);
	if (n > 0 && (size_t)h->positive.index[n - 1] > h->n_bounds)
		return corrupt("a custom bucket without bounds", err);
	for (size_t i = 1; i < h->n_bounds; i++)
		if (!(h->bounds[i - 1] < h->bounds[i]))
			return corrupt("bounds do not ascend", err);
	return true;
}

static bool check_schema(struct histogram *h, int64_t schema, const struct f64_vec *bounds,
			 struct err *err)
{
	h->schema = (int32_t)schema;
	if (schema >= HISTOGRAM_MIN_SCHEMA && schema <= HISTOGRAM_MAX_SCHEMA)
		return true;
	if (schema != HISTOGRAM_CUSTOM)
		return err_set(err, ERR_CORRUPT, "Histogram: there is no schema %lld",
			       (long long)schema);
	h->bounds = bounds->v;
	h->n_bounds = bounds->n;
	return check_custom(h, err);
}

static void read_number(const struct pb_reader *r, struct histogram *h, int64_t *t_ms,
			int64_t *schema)
{
	switch (r->key) {
	case PB_VARINT(COUNT_INT):
		h->count = (double)r->number;
		break;
	case PB_FIXED64(COUNT_FLOAT):
		h->count = pb_f64(r->number);
		break;
	case PB_FIXED64(SUM):
		h->sum = pb_f64(r->number);
		break;
	case PB_VARINT(SCHEMA):
		*schema = zigzag_decode(r->number);
		break;
	case PB_FIXED64(ZERO_THRESHOLD):
		h->zero_threshold = pb_f64(r->number);
		break;
	case PB_VARINT(ZERO_COUNT_INT):
		h->zero_count = (double)r->number;
		break;
	case PB_FIXED64(ZERO_COUNT_FLOAT):
		h->zero_count = pb_f64(r->number);
		break;
	case PB_VARINT(RESET_HINT):
		if (r->number <= HISTOGRAM_GAUGE)
			h->hint = (enum histogram_hint)r->number;
		break;
	case PB_VARINT(TIMESTAMP):
		*t_ms = (int64_t)r->number;
		break;
	}
}

bool histogram_message_decode(struct str message, struct arena *a, int64_t *t_ms,
			      struct histogram **out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct histogram *h = ARENA_NEW(a, struct histogram);
	struct side positive = {0}, negative = {0};
	struct f64_vec bounds = {0};
	int64_t schema = 0;
	bool ok = true;

	/* A count takes a byte at least; made of it are a number and an index, in arrays that
	 * double as they grow. */
	if (!arena_has_room(a, message.n * 24, err))
		return false;
	*t_ms = 0;
	while (ok && pb_next(&r)) {
		uint32_t field = r.key >> 3;
		if (field >= POSITIVE_SPANS && field <= POSITIVE_COUNTS) {
			ok = read_side(&positive, &r, message.n, a, err);
		} else if (field >= NEGATIVE_SPANS && field <= NEGATIVE_COUNTS) {
			ok = read_side(&negative, &r, message.n, a, err);
		} else if (r.key == PB_BYTES(CUSTOM_VALUES)) {
			ok = read_floats(&bounds, r.bytes, a, err);
		} else if (r.key == PB_FIXED64(CUSTOM_VALUES)) {
			double bound = pb_f64(r.number);
			ARENA_PUSH(a, &bounds, bound);
		} else {
			read_number(&r, h, t_ms, &schema);
		}
	}
	*out = h;
	return ok && pb_reader_end(&r, "Histogram", err) &&
	       settle_side(&positive, &h->positive, err) &&
	       settle_side(&negative, &h->negative, err) && check_schema(h, schema, &bounds, err);
}

/* --- encoding, backwards ---------------------------------------------------------------------- */

static void floats_encode(struct pb_writer *w, uint32_t field, const double *v, size_t n)
{
	if (n == 0)
		return;
	size_t mark = pb_message_end(w);
	uint8_t *to = pb_put_raw(w, n * sizeof(*v));
	if (to)
		memcpy(to, v, n * sizeof(*v));
	pb_message_begin(w, field, mark);
}

/* A span for every run of neighbours. */
static void spans_encode(struct pb_writer *w, uint32_t field, const struct histogram_side *s)
{
	for (size_t end = s->n, first; end > 0; end = first) {
		first = end - 1;
		while (first > 0 && s->index[first - 1] == s->index[first] - 1)
			first--;
		int64_t before = first > 0 ? (int64_t)s->index[first - 1] + 1 : 0;
		size_t mark = pb_message_end(w);
		pb_put_varint(w, SPAN_LENGTH, end - first);
		pb_opt_varint(w, SPAN_OFFSET, zigzag_encode(s->index[first] - before));
		pb_message_begin(w, field, mark);
	}
}

void histogram_message_encode(struct pb_writer *w, uint32_t field, int64_t t_ms,
			      const struct histogram *h)
{
	size_t mark = pb_message_end(w);

	floats_encode(w, CUSTOM_VALUES, h->bounds, h->n_bounds);
	pb_opt_varint(w, TIMESTAMP, (uint64_t)t_ms);
	pb_opt_varint(w, RESET_HINT, h->hint);
	floats_encode(w, POSITIVE_COUNTS, h->positive.count, h->positive.n);
	spans_encode(w, POSITIVE_SPANS, &h->positive);
	floats_encode(w, NEGATIVE_COUNTS, h->negative.count, h->negative.n);
	spans_encode(w, NEGATIVE_SPANS, &h->negative);
	pb_put_f64(w, ZERO_COUNT_FLOAT, h->zero_count); /* which kind it is tells which field */
	pb_opt_f64(w, ZERO_THRESHOLD, h->zero_threshold);
	pb_opt_varint(w, SCHEMA, zigzag_encode(h->schema));
	pb_opt_f64(w, SUM, h->sum);
	pb_put_f64(w, COUNT_FLOAT, h->count);
	pb_message_begin(w, field, mark);
}
