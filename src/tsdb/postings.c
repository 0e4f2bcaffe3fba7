#include "tsdb/postings.h"

#include "codec/crc32c.h"

enum { LENGTH_BYTES = 4, COUNT_BYTES = 4, CRC_BYTES = 4, REF_BYTES = 4 };

uint64_t postings_stored_bytes(const uint8_t *p)
{
	return LENGTH_BYTES + (uint64_t)load_be32(p) + CRC_BYTES;
}

/* The index of the first reference that is not above the one before it; n if all ascend. */
static size_t find_disorder(struct postings p)
{
	for (size_t i = 1; i < p.n; i++)
		if (postings_at(p, i) <= postings_at(p, i - 1))
			return i;
	return p.n;
}

bool postings_parse(const uint8_t *p, size_t n, struct postings *out, struct err *err)
{
	if (n < LENGTH_BYTES + COUNT_BYTES + CRC_BYTES || n < postings_stored_bytes(p))
		return err_set(err, ERR_CORRUPT, "postings list: it does not fit in %zu bytes", n);
	uint32_t size = load_be32(p);
	uint32_t count = size < COUNT_BYTES ? 0 : load_be32(p + LENGTH_BYTES);
	if (size != COUNT_BYTES + (uint64_t)count * REF_BYTES)
		return err_set(err, ERR_CORRUPT, "postings list: %u entries in %u bytes", count,
			       size);
	uint32_t got = crc32c(0, p + LENGTH_BYTES, size);
	uint32_t want = load_be32(p + LENGTH_BYTES + size);
	if (got != want)
		return err_set(err, ERR_CORRUPT, "postings list: checksum 0x%08x, want 0x%08x", got,
			       want);
	struct postings list = {p + LENGTH_BYTES + COUNT_BYTES, count};
	size_t bad = find_disorder(list);
	if (bad < count)
		return err_set(err, ERR_CORRUPT,
			       "postings list: entry %zu of %u is not above its "
			       "predecessor",
			       bad, count);
	*out = list;
	return true;
}

struct postings postings_of(struct arena *a, const uint32_t *refs, size_t n)
{
	uint8_t *be = arena_alloc(a, n * REF_BYTES);

	for (size_t i = 0; i < n; i++)
		store_be32(be + i * REF_BYTES, refs[i]);
	return (struct postings){be, n};
}

struct postings postings_copy(struct arena *a, struct postings p)
{
	uint8_t *be = arena_alloc(a, p.n * REF_BYTES);

	if (p.n)
		memcpy(be, p.be, p.n * REF_BYTES);
	return (struct postings){be, p.n};
}

/* The first index >= `from` whose reference is >= `ref`: doubling steps, then bisection, so that a
 * near one is found fast. */
static size_t gallop(struct postings p, size_t from, uint32_t ref)
{
	size_t step = 1;

	if (from >= p.n || postings_at(p, from) >= ref)
		return from;
	while (step < p.n - from && postings_at(p, from + step) < ref)
		step *= 2;
	size_t low = from + step / 2; /* below ref */
	size_t high = step < p.n - from ? from + step : p.n;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (postings_at(p, mid) < ref)
			low = mid;
		else
			high = mid;
	}
	return high;
}

bool postings_seek(struct postings_cursor *c, uint32_t ref)
{
	if (c->next > 0 && c->ref >= ref)
		return true;
	c->next = gallop(c->list, c->next, ref);
	return postings_next(c);
}

/* Both about as long: one comparison a step, without a branch that depends on the outcome. */
static size_t intersect_merge(uint8_t *out, struct postings x, struct postings y)
{
	size_t n = 0, i = 0, k = 0;

	while (i < x.n && k < y.n) {
		uint32_t rx = postings_at(x, i), ry = postings_at(y, k);
		store_be32(out + n * REF_BYTES, rx);
		n += rx == ry;
		i += rx <= ry;
		k += ry <= rx;
	}
	return n;
}

static size_t intersect_gallop(uint8_t *out, struct postings few, struct postings many)
{
	size_t n = 0, k = 0;

	for (size_t i = 0; i < few.n && k < many.n; i++) {
		uint32_t ref = postings_at(few, i);
		k = gallop(many, k, ref);
		if (k < many.n && postings_at(many, k) == ref)
			store_be32(out + n++ * REF_BYTES, ref);
	}
	return n;
}

/* Above this ratio of lengths, searching the longer list beats walking it. */
enum { GALLOP_RATIO = 16 };

struct postings postings_intersect(struct arena *a, struct postings x, struct postings y)
{
	struct postings few = x.n < y.n ? x : y, many = x.n < y.n ? y : x;

	if (few.n == 0)
		return (struct postings){0};
	/* Merging stores before it knows whether the place is taken: one more. */
	uint8_t *out = arena_alloc(a, (few.n + 1) * REF_BYTES);
	size_t n = many.n / few.n >= GALLOP_RATIO ? intersect_gallop(out, few, many)
						  : intersect_merge(out, few, many);
	return (struct postings){out, n};
}

static size_t merge_two(uint8_t *out, struct postings x, struct postings y)
{
	size_t n = 0, i = 0, k = 0;

	while (i < x.n && k < y.n) {
		uint32_t rx = postings_at(x, i), ry = postings_at(y, k);
		store_be32(out + n++ * REF_BYTES, rx < ry ? rx : ry);
		i += rx <= ry;
		k += ry <= rx;
	}
	struct postings rest = i < x.n ? x : y;
	size_t from = i < x.n ? i : k;
	if (from < rest.n)
		memcpy(out + n * REF_BYTES, rest.be + from * REF_BYTES,
		       (rest.n - from) * REF_BYTES);
	return n + (rest.n - from);
}

/* Merge neighbours, then neighbours of those, until one list is left. The results of a round lie
 * one after the other in one of two areas, from which the next round reads. */
struct postings postings_union(struct arena *a, const struct postings *lists, size_t n)
{
	size_t total = 0;

	if (n == 0)
		return (struct postings){0};
	if (n == 1)
		return lists[0];
	for (size_t i = 0; i < n; i++)
		total += lists[i].n;
	uint8_t *areas[2] = {arena_alloc(a, total * REF_BYTES),
			     n > 2 ? arena_alloc(a, total * REF_BYTES) : NULL};
	struct postings *runs = arena_alloc(a, n * sizeof(*runs));
	memcpy(runs, lists, n * sizeof(*runs));

	for (int round = 0; n > 1; round++) {
		uint8_t *out = areas[round & 1];
		size_t n_out = 0;
		for (size_t i = 0; i < n; i += 2) {
			struct postings other = i + 1 < n ? runs[i + 1] : (struct postings){0};
			size_t merged = merge_two(out, runs[i], other);
			runs[n_out++] = (struct postings){out, merged};
			out += merged * REF_BYTES;
		}
		n = n_out;
	}
	return runs[0];
}

struct postings postings_without(struct arena *a, struct postings x, struct postings minus)
{
	size_t n = 0, k = 0;

	if (x.n == 0 || minus.n == 0)
		return x;
	uint8_t *out = arena_alloc(a, x.n * REF_BYTES);
	for (size_t i = 0; i < x.n; i++) {
		uint32_t ref = postings_at(x, i);
		k = gallop(minus, k, ref);
		if (k == minus.n || postings_at(minus, k) != ref)
			store_be32(out + n++ * REF_BYTES, ref);
	}
	return (struct postings){out, n};
}
