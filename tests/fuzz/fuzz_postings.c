/* Lists of references, a byte for each step: every operation must do what sets do. */
#include "base/assert.h"
#include "tsdb/postings.h"

enum { N_LISTS = 8, N_REFS = 1 << 12 };

struct set {
	uint8_t has[N_REFS / 8];
};

static bool has(const struct set *s, uint32_t ref)
{
	return s->has[ref / 8] >> ref % 8 & 1;
}

/* Each byte is the step to the next reference; 0 ends the list, 255 is a long step. */
static struct postings read_list(struct arena *a, const uint8_t **p, const uint8_t *end,
				 struct set *set)
{
	struct {
		uint32_t *v;
		size_t n, cap;
	} refs = {0};
	uint32_t ref = 0;

	for (; *p < end && **p; ++*p) {
		ref += **p == 255 ? 1000 : **p;
		if (ref >= N_REFS)
			break;
		ARENA_PUSH(a, &refs, ref);
		set->has[ref / 8] |= (uint8_t)(1 << ref % 8);
	}
	*p += *p < end;
	return postings_of(a, refs.v, refs.n);
}

static void expect_set(struct postings p, const struct set *want)
{
	struct postings_cursor c = postings_walk(p);

	for (uint32_t i = 0; i < N_REFS; i++)
		if (has(want, i))
			assert(postings_next(&c) && c.ref == i);
	assert(!postings_next(&c));
}

/* Forwards and backwards, by as much as the references say themselves. */
static void check_seeks(struct postings p, const struct set *set)
{
	struct postings_cursor c = postings_walk(p);

	for (size_t i = 0; i < p.n; i++) {
		uint32_t target = postings_at(p, i) * 2 % N_REFS, at = target;
		if (c.next && c.ref > at)
			at = c.ref;
		while (at < N_REFS && !has(set, at))
			at++;
		if (!postings_seek(&c, target)) {
			assert(at == N_REFS);
			return;
		}
		assert(c.ref == at);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct set *sets = ARENA_ARRAY(a, struct set, N_LISTS);
	struct set *want = ARENA_ARRAY(a, struct set, 3);
	struct postings lists[N_LISTS];
	const uint8_t *p = data, *end = size ? data + size : data;

	for (int i = 0; i < N_LISTS; i++)
		lists[i] = read_list(a, &p, end, &sets[i]);
	for (size_t i = 0; i < sizeof(want->has); i++) {
		want[0].has[i] = sets[0].has[i] & sets[1].has[i];
		want[1].has[i] = sets[0].has[i] & (uint8_t)~sets[1].has[i];
		for (int k = 0; k < N_LISTS; k++)
			want[2].has[i] |= sets[k].has[i];
	}
	expect_set(postings_intersect(a, lists[0], lists[1]), &want[0]);
	expect_set(postings_intersect(a, lists[1], lists[0]), &want[0]);
	expect_set(postings_without(a, lists[0], lists[1]), &want[1]);
	expect_set(postings_union(a, lists, N_LISTS), &want[2]);
	check_seeks(lists[0], &sets[0]);
	return 0;
}
