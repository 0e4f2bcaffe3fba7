#include "compaction/sample_chain.h"

struct chain_link {
	const struct sample_columns *columns;
	size_t next; /* one behind the sample it stands at */
};

static int64_t time_of(const struct chain_link *l)
{
	return l->columns->t_ms[l->next - 1];
}

static bool advance(struct chain_link *l)
{
	if (l->next == l->columns->n)
		return false;
	l->next++;
	return true;
}

static bool is_earlier(const void *a, const void *b)
{
	return time_of(a) < time_of(b);
}

void sample_chain_init(struct sample_chain *c, const struct sample_columns *columns, size_t n,
		       struct arena *a)
{
	*c = (struct sample_chain){
	    .links = ARENA_ARRAY(a, struct chain_link, n),
	    .n = n,
	    .last_t_ms = INT64_MIN,
	};
	order_heap_init(&c->waiting, is_earlier);
	for (size_t i = 0; i < n; i++)
		c->links[i].columns = &columns[i];
}

void sample_chain_done(struct sample_chain *c)
{
	order_heap_done(&c->waiting);
}

/* The first link stands before its first sample, all others at theirs. */
static void begin(struct sample_chain *c)
{
	c->is_begun = true;
	c->now = c->n ? &c->links[0] : NULL;
	for (size_t i = 1; i < c->n; i++)
		if (advance(&c->links[i]))
			order_heap_push(&c->waiting, &c->links[i]);
}

/* The link goes on: is its sample the next one? If not, it waits, unless it is at its end. */
static bool stays(struct sample_chain *c)
{
	while (advance(c->now)) {
		int64_t t_ms = time_of(c->now);
		if (t_ms == c->last_t_ms)
			continue;
		if (c->waiting.n == 0 || t_ms < time_of(c->waiting.v[0]))
			return true;
		order_heap_push(&c->waiting, c->now);
		return false;
	}
	return false;
}

bool sample_chain_next(struct sample_chain *c, struct column_sample *out)
{
	bool is_neighbour = c->is_begun;

	if (!c->is_begun)
		begin(c);
	while (c->now && !stays(c)) {
		is_neighbour = false;
		c->now = c->waiting.n ? order_heap_pop(&c->waiting) : NULL;
		if (c->now && time_of(c->now) != c->last_t_ms)
			break;
	}
	if (!c->now)
		return false;
	*out = sample_columns_at(c->now->columns, c->now->next - 1);
	if (!is_neighbour && out->hint != HISTOGRAM_GAUGE)
		out->hint = HISTOGRAM_UNKNOWN;
	c->last_t_ms = out->t_ms;
	return true;
}
