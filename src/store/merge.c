/* merge.c - a tournament over the streams' keys.
 *
 * Each inner node holds the smaller of its two children's winners, and whether the two were equal,
 * so that the streams that share the smallest label set are found by walking down from the root,
 * without another comparison. They stay where they are until the next call, since what they gave is
 * borrowed; then all of them advance and the nodes above them play again, each node once.
 */
#include "store/merge.h"

#include "base/alloc.h"
#include "store/chunk_set.h"

#include <stdlib.h>

struct source {
	struct series_iter *it;
	struct arena *arena; /* of key */
	struct series series;
	struct str key; /* p is NULL at the end */
};

struct node {
	uint32_t winner;
	bool tie; /* the children's winners are equal */
};

struct merge {
	struct series_iter base; /* first, so that the two pointers convert */
	struct source *sources;
	size_t n;
	size_t n_leaves;    /* a power of two, >= n */
	struct node *nodes; /* [1, n_leaves): node i has the children 2i and 2i + 1 */
	uint32_t *taken;    /* the leaves of the last answer, ascending; all at first */
	size_t n_taken;
	struct arena *arena; /* of the last answer */
};

/* Leaves beyond the sources, and sources at their end, lose against all others. */
static int key_cmp(struct str a, struct str b)
{
	if (!a.p || !b.p)
		return (a.p == NULL) - (b.p == NULL);
	return str_cmp(a, b);
}

static struct str key_of(const struct merge *m, uint32_t leaf)
{
	return leaf < m->n ? m->sources[leaf].key : (struct str){0};
}

static uint32_t winner_of(const struct merge *m, size_t node)
{
	return node < m->n_leaves ? m->nodes[node].winner : (uint32_t)(node - m->n_leaves);
}

static void play(struct merge *m, size_t node)
{
	uint32_t left = winner_of(m, 2 * node);
	uint32_t right = winner_of(m, 2 * node + 1);
	int c = key_cmp(key_of(m, left), key_of(m, right));

	m->nodes[node] = (struct node){.winner = c <= 0 ? left : right, .tie = c == 0};
}

static bool advance(struct merge *m, uint32_t i, struct err *err)
{
	static const char empty[1] = "";
	struct source *s = &m->sources[i];
	enum iter_result r = series_iter_next(s->it, &s->series, err);

	if (r == ITER_ERROR)
		return false;
	arena_clear(s->arena);
	s->key = (struct str){0};
	if (r == ITER_VALUE)
		s->key = labels_key(s->arena, s->series.labels);
	if (r == ITER_VALUE && !s->key.p)
		s->key = str_from(empty, 0);
	return true;
}

/* All matches above the taken sources, level by level. Overwrites `taken`. */
static void replay(struct merge *m)
{
	for (size_t i = 0; i < m->n_taken; i++)
		m->taken[i] += (uint32_t)m->n_leaves;
	while (m->taken[0] > 1) {
		size_t n = 0;
		for (size_t i = 0; i < m->n_taken; i++) {
			uint32_t parent = m->taken[i] / 2;
			if (n == 0 || m->taken[n - 1] != parent) {
				play(m, parent);
				m->taken[n++] = parent;
			}
		}
		m->n_taken = n;
	}
}

static bool advance_taken(struct merge *m, struct err *err)
{
	for (size_t i = 0; i < m->n_taken; i++)
		if (m->taken[i] < m->n && !advance(m, m->taken[i], err))
			return false;
	if (m->n_taken)
		replay(m);
	m->n_taken = 0;
	return true;
}

/* The sources below `node` that are equal to its winner, ascending. */
static void take_equals(struct merge *m, size_t node)
{
	while (node < m->n_leaves && !m->nodes[node].tie)
		node = 2 * node + (winner_of(m, 2 * node) != m->nodes[node].winner);
	if (node >= m->n_leaves) {
		m->taken[m->n_taken++] = (uint32_t)(node - m->n_leaves);
		return;
	}
	take_equals(m, 2 * node);
	take_equals(m, 2 * node + 1);
}

static void unite_taken(struct merge *m, struct series *out)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n_taken; i++)
		n += m->sources[m->taken[i]].series.n_chunks;

	struct chunk *chunks = arena_alloc(m->arena, n * sizeof(*chunks));
	n = 0;
	for (size_t i = 0; i < m->n_taken; i++) {
		const struct series *s = &m->sources[m->taken[i]].series;
		if (s->n_chunks)
			memcpy(chunks + n, s->chunks, s->n_chunks * sizeof(*chunks));
		n += s->n_chunks;
	}
	out->chunks = chunks;
	out->n_chunks = chunks_unite(m->arena, chunks, n);
}

static enum iter_result merge_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct merge *m = (struct merge *)base;

	if (!advance_taken(m, err))
		return ITER_ERROR;
	uint32_t winner = m->nodes[1].winner;
	if (!key_of(m, winner).p)
		return ITER_END;

	take_equals(m, 1);
	arena_clear(m->arena);
	*out = m->sources[winner].series;
	if (m->n_taken > 1)
		unite_taken(m, out);
	return ITER_VALUE;
}

static void merge_close(struct series_iter *base)
{
	struct merge *m = (struct merge *)base;

	for (size_t i = 0; i < m->n; i++) {
		series_iter_close(m->sources[i].it);
		arena_free(m->sources[i].arena);
	}
	arena_free(m->arena);
	free(m->sources);
	free(m->nodes);
	free(m->taken);
	free(m);
}

static const struct series_iter_ops merge_ops = {merge_next, merge_close};

struct series_iter *series_merge(struct series_iter *const *streams, size_t n,
				 struct tracker *tracker)
{
	if (n == 0)
		return series_iter_empty();
	if (n == 1)
		return streams[0];

	struct merge *m = NEW(struct merge);
	m->base.ops = &merge_ops;
	m->n = n;
	for (m->n_leaves = 2; m->n_leaves < n; m->n_leaves *= 2)
		;
	m->sources = xcalloc(n, sizeof(*m->sources));
	m->nodes = xcalloc(m->n_leaves, sizeof(*m->nodes));
	m->taken = xcalloc(m->n_leaves, sizeof(*m->taken));
	m->arena = arena_new(tracker);
	for (size_t i = 0; i < n; i++)
		m->sources[i] = (struct source){.it = streams[i], .arena = arena_new(tracker)};
	while (m->n_taken < m->n_leaves) { /* so that the first call plays all matches */
		m->taken[m->n_taken] = (uint32_t)m->n_taken;
		m->n_taken++;
	}
	return &m->base;
}
