#include "store/record_read.h"

#include "base/buf.h"

#include <inttypes.h>

/* The bytes of one fetch. */
struct record_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	const struct record_read *r;
	size_t worker;
	const uint64_t *places;
	size_t next, end;   /* of the records that are still to come */
	uint64_t at;        /* the place of the byte that comes next */
	struct buf partial; /* the record that has begun */
};

static bool take_record(struct record_sink *s, const uint8_t *p, size_t n, struct err *err)
{
	bool ok = s->r->on_record(s->r->arg, s->worker, s->next, p, n, err);

	s->next += ok;
	return ok;
}

/* The size of the next record, of which `n` bytes are there. */
static bool size_of(const struct record_sink *s, const uint8_t *p, size_t n, uint64_t *size,
		    struct err *err)
{
	*size = s->r->size(p, n);
	if (*size > 0 && *size <= s->r->max_bytes)
		return true;
	return err_set(err, ERR_CORRUPT, *size ? "it has %" PRIu64 " bytes" : "it has no length",
		       *size);
}

/* The next record begins among the n bytes at `p`. */
static bool begin_record(struct record_sink *s, const uint8_t *p, size_t n, struct err *err)
{
	uint64_t size;

	if (!size_of(s, p, n, &size, err))
		return false;
	if (size <= n)
		return take_record(s, p, size, err);
	if (!tracker_room(s->r->tracker, (int64_t)size, err))
		return false;
	buf_append(&s->partial, p, n);
	return true;
}

/* The n bytes at `p` follow what there is of the record. *used of them belong to it. */
static bool continue_record(struct record_sink *s, const uint8_t *p, size_t n, size_t *used,
			    struct err *err)
{
	const uint8_t *record;
	uint64_t size;

	*used = 0;
	for (;;) {
		record = (const uint8_t *)s->partial.p;
		if (!size_of(s, record, s->partial.n, &size, err))
			return false;
		if (size <= s->partial.n)
			break;
		uint64_t lacking = size - s->partial.n;
		size_t more = lacking < n - *used ? lacking : n - *used;
		if (more == 0)
			return true;
		if (!tracker_room(s->r->tracker, (int64_t)lacking, err))
			return false;
		buf_append(&s->partial, p + *used, more);
		*used += more;
	}
	bool ok = take_record(s, record, size, err);
	buf_clear(&s->partial);
	return ok;
}

static bool sink_write(struct byte_sink *base, const void *bytes, size_t n, struct err *err)
{
	struct record_sink *s = (struct record_sink *)base;
	const uint8_t *p = bytes;
	uint64_t end = s->at + n;
	size_t used = 0;

	if (s->partial.n > 0 && !continue_record(s, p, n, &used, err))
		return false;
	while (s->partial.n == 0 && s->next < s->end && s->places[s->next] < end) {
		if (s->places[s->next] < s->at)
			return err_set(err, ERR_CORRUPT, "it overlaps the one before it");
		size_t skip = s->places[s->next] - s->at;
		if (!begin_record(s, p + skip, n - skip, err))
			return false;
	}
	s->at = end;
	return true;
}

/* --- fetches ------------------------------------------------------------------------------- */

struct reading {
	const struct record_read *r;
	const uint64_t *places;
	struct range_part *parts;
};

static uint64_t more_of(const uint64_t a, const uint64_t b)
{
	return a > b ? a : b;
}

/* One fetch, and what follows when its last record is longer than thought. */
static bool read_part(void *arg, size_t worker, size_t part, struct err *err)
{
	const struct reading *reading = arg;
	const struct record_read *r = reading->r;
	struct range_part p = reading->parts[part];
	struct record_sink s = {.base.write = sink_write,
				.r = r,
				.worker = worker,
				.places = reading->places,
				.next = p.first,
				.end = p.first + p.n};
	bool ok = true;

	buf_init(&s.partial, r->max_bytes, r->tracker);
	while (ok && s.next < s.end) {
		uint64_t start = s.places[s.next], missing = 1;
		s.at = start;
		buf_clear(&s.partial);
		ok = r->get(r->arg, s.end - s.next, start, p.end, &s.base, err);
		if (!ok || s.next == s.end)
			break;
		if (s.partial.n > 0)
			missing = r->size((const uint8_t *)s.partial.p, s.partial.n);
		if (s.at < p.end) {
			ok = err_set(err, ERR_CORRUPT,
				     "at least %" PRIu64 " bytes are wanted, the object has %zu",
				     missing, s.partial.n);
			break;
		}
		r->refetch(r->arg);
		p.end =
		    more_of(s.places[s.end - 1] + r->estimated_bytes, s.places[s.next] + missing);
	}
	buf_done(&s.partial);
	return ok || r->blame(r->arg, s.places[s.next], err);
}

bool record_read_all(const struct record_read *r, const uint64_t *places, size_t n, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(r->tracker);
	struct reading reading = {.r = r, .places = places};
	struct range_item *items = arena_alloc(scratch, n * sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = (struct range_item){places[i], places[i] + r->estimated_bytes};
	size_t n_parts = range_parts_plan(items, n, RANGE_MAX_GAP_BYTES, scratch, &reading.parts);
	return range_parts_run(r->pool, n_parts, read_part, &reading, err);
}
