#include "store/prometheus_store.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "codec/plain_chunk.h"
#include "promclient/prom_api.h"
#include "promclient/remote_read.h"
#include "store/external_labels.h"
#include "store/label_list.h"
#include "store/limit_error.h"
#include "store/resort.h"
#include "store/shard.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* One state of what is known; never changes, counted by reference. */
struct knowledge {
	atomic_int refs;
	struct arena *arena;
	struct prometheus_facts facts;
};

struct prometheus_store {
	struct store_api api; /* first, so that the two pointers convert */
	struct prom_client *client;
	const char *component;
	pthread_mutex_t mu;
	struct knowledge *known; /* guarded by mu; NULL before the first update */
	bool ready;              /* guarded by mu */
};

/* --- knowledge -------------------------------------------------------------------------------- */

static void knowledge_unref(struct knowledge *k)
{
	if (!k || atomic_fetch_sub(&k->refs, 1) > 1)
		return;
	arena_free(k->arena);
	free(k);
}
CLEANUP_DEFINE(struct knowledge, knowledge_unref)

void prometheus_store_update(struct prometheus_store *s, const struct prometheus_facts *facts)
{
	struct knowledge *k = NEW(struct knowledge);

	atomic_init(&k->refs, 1);
	k->arena = arena_new(NULL);
	k->facts = *facts;
	k->facts.external_labels = labels_copy(k->arena, facts->external_labels);
	k->facts.version = arena_cstr(k->arena, str_of(facts->version));

	pthread_mutex_lock(&s->mu);
	struct knowledge *old = s->known;
	s->known = k;
	s->ready = true;
	pthread_mutex_unlock(&s->mu);
	knowledge_unref(old);
}

void prometheus_store_set_not_ready(struct prometheus_store *s)
{
	pthread_mutex_lock(&s->mu);
	s->ready = false;
	pthread_mutex_unlock(&s->mu);
}

enum need { NEED_KNOWN, NEED_READY };

static struct knowledge *get_knowledge(struct prometheus_store *s, enum need need, struct err *err)
{
	struct knowledge *k = NULL;

	pthread_mutex_lock(&s->mu);
	if (s->known && (need == NEED_KNOWN || s->ready)) {
		k = s->known;
		atomic_fetch_add(&k->refs, 1);
	}
	pthread_mutex_unlock(&s->mu);
	if (!k)
		err_set(err, ERR_UNAVAILABLE, "Not ready");
	return k;
}

/* --- series ----------------------------------------------------------------------------------- */

/* Adds the external labels to each series, and the hash to each chunk. Chunks that the StoreAPI has
 * no number for become those that it has. */
struct labelled {
	struct series_iter base; /* first */
	struct series_iter *src;
	struct labels external;
	struct arena *arena; /* of the current series */
};

static enum iter_result labelled_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct labelled *l = (struct labelled *)base;
	enum iter_result r = series_iter_next(l->src, out, err);

	if (r != ITER_VALUE)
		return r;
	arena_clear(l->arena);
	out->labels = labels_merge(l->arena, out->labels, l->external);
	struct chunk *chunks = ARENA_ARRAY(l->arena, struct chunk, out->n_chunks);
	for (size_t i = 0; i < out->n_chunks; i++) {
		chunks[i] = out->chunks[i];
		if (!chunk_make_plain(&out->chunks[i].raw, l->arena, &chunks[i].raw, err)) {
			err_wrap(err, "chunk %zu of %zu of a series", i + 1, out->n_chunks);
			return ITER_ERROR;
		}
		chunks[i].raw.hash =
		    hash_xx64(str_from(chunks[i].raw.data, chunks[i].raw.size_bytes));
	}
	out->chunks = chunks;
	return ITER_VALUE;
}

static void labelled_close(struct series_iter *base)
{
	struct labelled *l = (struct labelled *)base;
	series_iter_close(l->src);
	arena_free(l->arena);
	free(l);
}

static const struct series_iter_ops labelled_ops = {labelled_next, labelled_close};

static struct series_iter *with_labels(struct series_iter *src, struct labels external,
				       struct tracker *tracker)
{
	struct labelled *l = NEW(struct labelled);
	*l = (struct labelled){
	    .base.ops = &labelled_ops,
	    .src = src,
	    .external = external,
	    .arena = arena_new(tracker),
	};
	return &l->base;
}

/* Series without chunks, from /api/v1/series. */
struct found {
	struct series_iter base; /* first */
	struct arena *arena;
	struct label_sets sets;
	size_t at;
};

static enum iter_result found_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct found *f = (struct found *)base;
	(void)err;
	if (f->at == f->sets.n)
		return ITER_END;
	*out = (struct series){.labels = f->sets.v[f->at++]};
	return ITER_VALUE;
}

static void found_close(struct series_iter *base)
{
	struct found *f = (struct found *)base;
	arena_free(f->arena);
	free(f);
}

static const struct series_iter_ops found_ops = {found_next, found_close};

static struct series_iter *find_series(struct prometheus_store *s, struct ctx *ctx,
				       const struct prom_find *find, struct tracker *tracker,
				       struct err *err)
{
	struct found *f = NEW(struct found);

	f->base.ops = &found_ops;
	f->arena = arena_new(tracker);
	if (prom_find_series(s->client, ctx, find, f->arena, &f->sets, err))
		return &f->base;
	found_close(&f->base);
	return NULL;
}

static struct series_iter *read_series(struct prometheus_store *s, struct ctx *ctx,
				       const struct series_request *req, struct matchers matchers,
				       struct time_range range, struct tracker *tracker,
				       struct err *err)
{
	/* Of a shard, the first series may all belong to others. */
	int64_t limit = req->shard.total > 0 ? 0 : req->limit;

	if (req->skip_chunks)
		return find_series(s, ctx, &(struct prom_find){matchers, range, limit}, tracker,
				   err);
	return remote_read(s->client, ctx,
			   &(struct read_query){.min_t_ms = range.min_t_ms,
						.max_t_ms = range.max_t_ms,
						.matchers = matchers},
			   tracker, err);
}

/* The whole answer with what it refers to. */
struct answer {
	struct series_iter base; /* first */
	struct series_iter *src;
	struct knowledge *known;
	struct arena *arena;
	struct matchers matchers;
	int64_t n_left;
};

static enum iter_result answer_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct answer *a = (struct answer *)base;

	if (a->n_left-- <= 0)
		return ITER_END;
	enum iter_result r = series_iter_next(a->src, out, err);
	if (r == ITER_ERROR)
		limit_error_name(err, a->matchers);
	return r;
}

static void answer_close(struct series_iter *base)
{
	struct answer *a = (struct answer *)base;
	series_iter_close(a->src);
	arena_free(a->arena);
	knowledge_unref(a->known);
	free(a);
}

static const struct series_iter_ops answer_ops = {answer_next, answer_close};

static bool answer_open(struct answer *a, struct prometheus_store *s, struct ctx *ctx,
			const struct series_request *req, struct tracker *tracker, struct err *err)
{
	const struct prometheus_facts *facts = &a->known->facts;
	struct time_range range = {req->min_t_ms, req->max_t_ms};
	struct matchers rest;

	if (!external_labels_match(facts->external_labels, req->matchers, a->arena, &rest) ||
	    facts->min_t_ms > range.max_t_ms) {
		a->src = series_iter_empty();
		return true;
	}
	if (rest.n == 0)
		return err_set(err, ERR_INVALID,
			       "no matchers specified (excluding external labels)");
	if (range.min_t_ms < facts->min_t_ms)
		range.min_t_ms = facts->min_t_ms;
	struct series_iter *raw = read_series(s, ctx, req, rest, range, tracker, err);
	if (!raw)
		return false;
	a->src = series_resort(with_labels(raw, facts->external_labels, tracker),
			       req->without_replica_labels, req->n_without_replica_labels, tracker);
	a->src = series_shard(a->src, &req->shard);
	return true;
}

static struct series_iter *store_series_of(struct store_api *base, struct ctx *ctx,
					   const struct series_request *req, struct notes *notes,
					   struct tracker *tracker, struct err *err)
{
	struct prometheus_store *s = (struct prometheus_store *)base;
	struct knowledge *known = get_knowledge(s, NEED_KNOWN, err);
	(void)notes;

	if (!known)
		return NULL;
	struct answer *a = NEW(struct answer);
	a->base.ops = &answer_ops;
	a->known = known;
	a->arena = arena_new(tracker);
	a->matchers = req->matchers;
	a->n_left = req->limit > 0 ? req->limit : INT64_MAX;
	if (answer_open(a, s, ctx, req, tracker, err))
		return &a->base;
	limit_error_name(err, req->matchers);
	answer_close(&a->base);
	return NULL;
}

/* --- labels ----------------------------------------------------------------------------------- */

/* From 2.24 on, the label APIs take matchers. */
static bool labels_take_matchers(const char *version)
{
	unsigned major = 0, minor = 0;

	if (sscanf(version, "%u.%u", &major, &minor) < 2)
		return false;
	return major > 2 || (major == 2 && minor >= 24);
}

/* Whether any series matches; true when nothing is asked of them. */
static bool any_series(struct prometheus_store *s, struct ctx *ctx, const struct prom_find *find,
		       struct arena *a, bool *any, struct err *err)
{
	struct label_sets sets = {0};
	struct prom_find first = *find;

	if (find->matchers.n == 0) {
		*any = true;
		return true;
	}
	first.limit = 1;
	if (!prom_find_series(s->client, ctx, &first, a, &sets, err))
		return false;
	*any = sets.n > 0;
	return true;
}

/* Names or values out of the series themselves, for a Prometheus that cannot do it. */
static bool labels_of_series(struct prometheus_store *s, struct ctx *ctx, struct str label,
			     const struct prom_find *find, struct arena *a, struct str_list *out,
			     struct err *err)
{
	struct label_sets sets = {0};

	if (!prom_find_series(s->client, ctx, find, a, &sets, err))
		return false;
	for (size_t i = 0; i < sets.n; i++) {
		for (size_t k = 0; k < sets.v[i].n; k++) {
			const struct label *l = &sets.v[i].v[k];
			if (label.n == 0)
				ARENA_PUSH(a, out, l->name);
			else if (str_eq(label, l->name))
				ARENA_PUSH(a, out, l->value);
		}
	}
	return true;
}

static bool ask_labels(struct prometheus_store *s, struct ctx *ctx, const char *version,
		       struct str label, const struct prom_find *find, struct arena *a,
		       struct str_list *out, struct err *err)
{
	if (find->matchers.n > 0 && !labels_take_matchers(version))
		return labels_of_series(s, ctx, label, find, a, out, err);
	if (label.n == 0)
		return prom_find_label_names(s->client, ctx, find, a, out, err);
	return prom_find_label_values(s->client, ctx, label, find, a, out, err);
}

/* False when there is nothing: the external labels do not match, or it is all too long ago. */
static bool find_of(const struct prometheus_facts *facts, const struct label_request *req,
		    struct arena *a, struct prom_find *out)
{
	out->range = (struct time_range){req->min_t_ms, req->max_t_ms};
	if (out->range.min_t_ms < facts->min_t_ms)
		out->range.min_t_ms = facts->min_t_ms;
	out->limit = req->limit;
	return out->range.min_t_ms <= out->range.max_t_ms &&
	       external_labels_match(facts->external_labels, req->matchers, a, &out->matchers);
}

static bool store_label_names_of(struct store_api *base, struct ctx *ctx,
				 const struct label_request *req, struct notes *notes,
				 struct arena *a, struct str_list *out, struct err *err)
{
	struct prometheus_store *s = (struct prometheus_store *)base;
	struct knowledge *known auto_free(knowledge_unref) = get_knowledge(s, NEED_KNOWN, err);
	struct str_list names = {0};
	struct prom_find find;
	(void)notes;

	if (!known)
		return false;
	const struct prometheus_facts *facts = &known->facts;
	if (find_of(facts, req, a, &find) &&
	    !ask_labels(s, ctx, facts->version, (struct str){0}, &find, a, &names, err))
		return false;
	for (size_t i = 0; names.n > 0 && i < facts->external_labels.n; i++)
		ARENA_PUSH(a, &names, arena_str(a, facts->external_labels.v[i].name));
	label_list_settle(&names, req);
	*out = names;
	return true;
}

static bool values_of(struct prometheus_store *s, struct ctx *ctx,
		      const struct prometheus_facts *facts, struct str label,
		      const struct prom_find *find, struct arena *a, struct str_list *out,
		      struct err *err)
{
	bool any;

	if (!labels_has(facts->external_labels, label))
		return ask_labels(s, ctx, facts->version, label, find, a, out, err);
	if (!any_series(s, ctx, find, a, &any, err))
		return false;
	if (any)
		ARENA_PUSH(a, out, arena_str(a, labels_get(facts->external_labels, label)));
	return true;
}

static bool store_label_values_of(struct store_api *base, struct ctx *ctx,
				  const struct label_request *req, struct notes *notes,
				  struct arena *a, struct str_list *out, struct err *err)
{
	struct prometheus_store *s = (struct prometheus_store *)base;
	struct knowledge *known auto_free(knowledge_unref) = get_knowledge(s, NEED_KNOWN, err);
	struct str_list values = {0};
	struct prom_find find;
	(void)notes;

	if (!known)
		return false;
	if (req->label.n == 0)
		return err_set(err, ERR_INVALID, "label name parameter cannot be empty");
	if (!label_is_dropped(req->label, req) && find_of(&known->facts, req, a, &find) &&
	    !values_of(s, ctx, &known->facts, req->label, &find, a, &values, err))
		return false;
	label_list_settle(&values, req);
	*out = values;
	return true;
}

/* --- info ------------------------------------------------------------------------------------- */

static bool store_info_of(struct store_api *base, struct ctx *ctx, struct arena *a,
			  struct store_info *out, struct err *err)
{
	struct prometheus_store *s = (struct prometheus_store *)base;
	struct knowledge *known auto_free(knowledge_unref) = get_knowledge(s, NEED_READY, err);
	(void)ctx;

	if (!known)
		return false;
	struct labels *set = ARENA_NEW(a, struct labels);
	*set = labels_copy(a, known->facts.external_labels);
	struct tsdb_info *tsdb = ARENA_NEW(a, struct tsdb_info);
	*tsdb = (struct tsdb_info){*set, known->facts.min_t_ms, INT64_MAX};
	*out = (struct store_info){
	    .component = s->component,
	    .min_t_ms = known->facts.min_t_ms,
	    .max_t_ms = INT64_MAX,
	    .label_sets = set,
	    .n_label_sets = 1,
	    .tsdbs = tsdb,
	    .n_tsdbs = 1,
	    .supports_sharding = true,
	    .supports_without_replica_labels = true,
	    .has_store = true,
	};
	return true;
}

static void store_close_nothing(struct store_api *base)
{
	(void)base;
}

static const struct store_api_ops prometheus_ops = {
    .series = store_series_of,
    .label_names = store_label_names_of,
    .label_values = store_label_values_of,
    .info = store_info_of,
    .close = store_close_nothing,
};

struct prometheus_store *prometheus_store_new(struct prom_client *client, const char *component)
{
	struct prometheus_store *s = NEW(struct prometheus_store);

	s->api.ops = &prometheus_ops;
	s->client = client;
	s->component = component;
	pthread_mutex_init(&s->mu, NULL);
	return s;
}

void prometheus_store_free(struct prometheus_store *s)
{
	if (!s)
		return;
	knowledge_unref(s->known);
	pthread_mutex_destroy(&s->mu);
	free(s);
}

struct store_api *prometheus_store_api(struct prometheus_store *s)
{
	return &s->api;
}
