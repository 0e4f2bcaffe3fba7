#include "api/analysis_json.h"

#include "base/duration.h"

#include <stdlib.h>

static void put_name(struct json_writer *w, const struct explain_node *node)
{
	json_key(w, "name");
	json_put_str(w, node->name);
}

void explain_json(struct json_writer *w, const struct explain_node *node)
{
	json_begin_object(w);
	put_name(w, node);
	if (node->n_children > 0) {
		json_key(w, "children");
		json_begin_array(w);
		for (size_t i = 0; i < node->n_children; i++)
			explain_json(w, node->children[i]);
		json_end_array(w);
	}
	json_end_object(w);
}

/* --- analysis --------------------------------------------------------------------------------- */

static void put_count(struct json_writer *w, const char *key, uint64_t n)
{
	if (n == 0)
		return;
	json_key(w, key);
	json_put_u64(w, n);
}

static void put_duration(struct json_writer *w, const char *key, int64_t ns)
{
	json_key(w, key);
	json_put_cstr(w, duration_str(ns));
}

static void put_share(struct json_writer *w, const struct store_share *s, int64_t now_ns)
{
	int64_t ended_ns = s->ended_ns > 0 ? s->ended_ns : now_ns;

	json_begin_object(w);
	json_key(w, "endpointAddr");
	json_put_cstr(w, s->address);
	put_duration(w, "duration", ended_ns - s->asked_ns);
	put_count(w, "bytesProcessed", s->message_bytes);
	put_count(w, "numResponses", s->n_messages);
	put_count(w, "series", s->count.n_series);
	put_count(w, "chunks", s->count.n_chunks);
	put_count(w, "samples", s->count.n_samples);
	json_end_object(w);
}

static int cmp_shares(const void *a, const void *b)
{
	return strcmp((*(struct store_share *const *)a)->address,
		      (*(struct store_share *const *)b)->address);
}

struct share_list {
	struct store_share **v;
	size_t n, cap;
};

/* By address; of one selector, or with 0 of all. */
static struct share_list shares_of(struct fanout *f, uint32_t selector, struct arena *a)
{
	struct share_list list = {0};

	MUTEX_HOLD(&f->mu);
	for (size_t i = 0; i < f->shares.n; i++)
		if (selector == 0 || f->shares.v[i]->selector == selector)
			ARENA_PUSH(a, &list, f->shares.v[i]);
	if (list.n > 0)
		qsort(list.v, list.n, sizeof(*list.v), cmp_shares);
	return list;
}

static void put_shares(struct json_writer *w, const char *key, struct fanout *f, uint32_t selector,
		       int64_t now_ns)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct share_list list = shares_of(f, selector, a);

	if (list.n == 0)
		return;
	json_key(w, key);
	json_begin_array(w);
	for (size_t i = 0; i < list.n; i++)
		put_share(w, list.v[i], now_ns);
	json_end_array(w);
}

void fanout_json(struct json_writer *w, const char *key, struct fanout *fanout, int64_t now_ns)
{
	put_shares(w, key, fanout, 0, now_ns);
}

void analysis_json(struct json_writer *w, const struct explain_node *node, struct fanout *fanout,
		   int64_t now_ns)
{
	const struct operator_cost *c = &node->cost;

	json_begin_object(w);
	put_name(w, node);
	put_duration(w, "executionTime", c->time_ns);
	put_count(w, "peakSamples", c->samples_peak);
	put_count(w, "totalSamples", c->samples_total);
	put_count(w, "series", c->n_series);
	put_count(w, "values", c->n_values);
	put_count(w, "chunkBytes", c->chunk_bytes);
	if (node->selector > 0)
		put_shares(w, "fanout", fanout, node->selector, now_ns);
	if (node->n_children > 0) {
		json_key(w, "children");
		json_begin_array(w);
		for (size_t i = 0; i < node->n_children; i++)
			analysis_json(w, node->children[i], fanout, now_ns);
		json_end_array(w);
	}
	json_end_object(w);
}
