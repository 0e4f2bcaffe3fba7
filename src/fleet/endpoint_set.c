/* endpoint_set.c - members are what we want to know of, a snapshot is what we know.
 *
 * An update asks all members on the pool, each answer landing in an arena of its own, then builds
 * a snapshot that shares the members' state by reference. A member's state never changes after the
 * update that made it; the next update makes a new one or keeps it.
 */
#include "fleet/endpoint_set.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/pool.h"

#include <stdlib.h>

/* A client with the snapshots that use it. */
struct client {
	atomic_int refs;
	struct store_api *api;
	struct query_service *query; /* NULL: not wanted */
};

/* What the last good Info said. */
struct announcement {
	atomic_int refs;
	struct arena *arena;
	struct store_info info;
};

struct member {
	char *address;
	bool strict;
	struct client *client;
	struct announcement *said; /* NULL before the first good Info of a strict member */
	bool listed;               /* has joined */
	bool healthy;              /* the last Info succeeded */
	int64_t last_check_ms;
	char *last_error; /* NULL when healthy */
};

struct snapshot {
	struct endpoints list; /* first, so that the two pointers convert */
	atomic_int refs;
	struct arena *arena;
	struct client **clients;     /* list.n of them, referenced */
	struct announcement **saids; /* the same; NULL where nothing was said */
};

struct endpoint_set {
	struct endpoint_set_options options;
	struct member *members; /* ascending by address; owned by the updating thread */
	size_t n_members;
	pthread_mutex_t mu;
	struct snapshot *current; /* guarded by mu */
	bool updated;             /* guarded by mu */
	struct family *connections;
};

static void client_unref(struct client *c)
{
	if (atomic_fetch_sub(&c->refs, 1) > 1)
		return;
	query_service_close(c->query);
	store_close(c->api);
	free(c);
}

static void announcement_unref(struct announcement *said)
{
	if (!said || atomic_fetch_sub(&said->refs, 1) > 1)
		return;
	arena_free(said->arena);
	free(said);
}

static void snapshot_unref(struct snapshot *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	for (size_t i = 0; i < s->list.n; i++) {
		client_unref(s->clients[i]);
		announcement_unref(s->saids[i]);
	}
	arena_free(s->arena);
	free(s);
}

void endpoints_unref(const struct endpoints *endpoints)
{
	snapshot_unref((struct snapshot *)endpoints);
}

const struct endpoints *endpoint_set_snapshot(struct endpoint_set *set)
{
	pthread_mutex_lock(&set->mu);
	struct snapshot *s = set->current;
	atomic_fetch_add(&s->refs, 1);
	pthread_mutex_unlock(&set->mu);
	return &s->list;
}

bool endpoint_set_updated(struct endpoint_set *set)
{
	pthread_mutex_lock(&set->mu);
	bool updated = set->updated;
	pthread_mutex_unlock(&set->mu);
	return updated;
}

/* --- making a snapshot ------------------------------------------------------------------------ */

/* A strict member that has not answered yet may have anything. */
static const struct store_info unknown_info = {
    .component = "store",
    .min_t_ms = INT64_MIN,
    .max_t_ms = INT64_MAX,
    .has_store = true,
};

static void snapshot_add(struct snapshot *s, const struct member *m)
{
	size_t i = s->list.n++;
	struct endpoint *e = (struct endpoint *)&s->list.v[i];

	*e = (struct endpoint){
	    .address = arena_cstr(s->arena, str_of(m->address)),
	    .client = m->client->api,
	    .query = m->client->query,
	    .queryable = m->healthy || m->strict,
	    .info = m->said ? m->said->info : unknown_info,
	    .last_check_ms = m->last_check_ms,
	    .last_error = m->last_error ? arena_cstr(s->arena, str_of(m->last_error)) : NULL,
	};
	atomic_fetch_add(&m->client->refs, 1);
	s->clients[i] = m->client;
	if (m->said)
		atomic_fetch_add(&m->said->refs, 1);
	s->saids[i] = m->said;
}

static struct snapshot *snapshot_new(const struct endpoint_set *set)
{
	struct snapshot *s = NEW(struct snapshot);

	atomic_init(&s->refs, 1);
	s->arena = arena_new(NULL);
	s->list.v = ARENA_ARRAY(s->arena, struct endpoint, set->n_members);
	s->clients = ARENA_ARRAY(s->arena, struct client *, set->n_members);
	s->saids = ARENA_ARRAY(s->arena, struct announcement *, set->n_members);
	for (size_t i = 0; i < set->n_members; i++)
		if (set->members[i].listed)
			snapshot_add(s, &set->members[i]);
	return s;
}

static void format_label_sets(struct buf *out, const struct store_info *info)
{
	for (size_t i = 0; i < info->n_label_sets; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		labels_format(out, info->label_sets[i]);
	}
}

/* thanos_store_nodes_grpc_connections: how many endpoints per label sets and kind. */
static void count_connections(struct endpoint_set *set, const struct endpoints *list)
{
	if (!set->connections)
		return;
	family_clear(set->connections);
	for (size_t i = 0; i < list->n; i++) {
		if (!list->v[i].queryable)
			continue;
		struct buf labels auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		format_label_sets(&labels, &list->v[i].info);
		gauge_inc(gauge_at(set->connections, buf_cstr(&labels), list->v[i].info.component));
	}
}

static void publish(struct endpoint_set *set, bool updated)
{
	struct snapshot *fresh = snapshot_new(set);
	if (updated)
		count_connections(set, &fresh->list);

	pthread_mutex_lock(&set->mu);
	struct snapshot *old = set->current;
	set->current = fresh;
	set->updated |= updated;
	pthread_mutex_unlock(&set->mu);
	snapshot_unref(old);
}

/* --- asking ----------------------------------------------------------------------------------- */

struct question {
	struct member *member;
	struct ctx *ctx;
	int64_t timeout_ms;
	struct announcement *said; /* on success */
	struct err err;
};

static void ask(void *arg)
{
	struct question *q = arg;
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(q->ctx, q->timeout_ms);
	struct announcement *said = NEW(struct announcement);

	atomic_init(&said->refs, 1);
	said->arena = arena_new(NULL);
	if (store_info(q->member->client->api, ctx, said->arena, &said->info, &q->err))
		q->said = said;
	else
		announcement_unref(said);
}

static const char *const KNOWN_COMPONENTS[] = {"query", "rule",    "sidecar",
					       "store", "receive", "debug"};

static const char *component_name(const char *said)
{
	for (size_t i = 0; i < sizeof(KNOWN_COMPONENTS) / sizeof(*KNOWN_COMPONENTS); i++)
		if (strcmp(said, KNOWN_COMPONENTS[i]) == 0)
			return KNOWN_COMPONENTS[i];
	return "unknown-store-api";
}

static void log_joined(struct endpoint_set *set, const struct member *m)
{
	struct buf labels auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	format_label_sets(&labels, &m->said->info);
	buf_printf(&text, "adding new %s", m->said->info.component);
	log_info(set->options.logger, buf_cstr(&text), LOG_STR("address", m->address),
		 LOG_STR("extLset", buf_cstr(&labels)));
}

static void member_answered(struct endpoint_set *set, struct member *m, struct question *q)
{
	announcement_unref(m->said);
	m->said = take(q->said);
	m->said->info.component = component_name(m->said->info.component);
	m->last_check_ms = clock_wall_ms(set->options.clock);
	m->healthy = true;
	free(m->last_error);
	m->last_error = NULL;
	if (!m->listed)
		log_joined(set, m);
	m->listed = true;
}

static void member_failed(struct endpoint_set *set, struct member *m, const struct err *err)
{
	/* The same failure every few seconds is said once. */
	if (!m->last_error || strcmp(m->last_error, err->msg) != 0)
		log_warn(set->options.logger, "update of endpoint failed",
			 LOG_STR("address", m->address), LOG_ERR(err));
	free(m->last_error);
	m->last_error = xstrdup(err->msg);
	m->healthy = false;

	int64_t silent_ms = clock_wall_ms(set->options.clock) - m->last_check_ms;
	if (m->strict || !m->listed || silent_ms < set->options.unhealthy_timeout_ms)
		return;
	log_info(set->options.logger, "removing endpoint because it's unhealthy or does not exist",
		 LOG_STR("address", m->address));
	m->listed = false;
}

void endpoint_set_update(struct endpoint_set *set, struct ctx *ctx)
{
	struct question *questions = xcalloc(set->n_members, sizeof(*questions));
	struct pool_group group;

	pool_group_init(&group, set->options.pool);
	for (size_t i = 0; i < set->n_members; i++) {
		struct err err;
		questions[i] = (struct question){
		    .member = &set->members[i],
		    .ctx = ctx,
		    .timeout_ms = set->options.info_timeout_ms,
		};
		if (!pool_group_run(&group, ask, &questions[i], &err))
			ask(&questions[i]);
	}
	pool_group_wait(&group);

	for (size_t i = 0; i < set->n_members; i++) {
		if (questions[i].said)
			member_answered(set, &set->members[i], &questions[i]);
		else
			member_failed(set, &set->members[i], &questions[i].err);
	}
	free(questions);
	publish(set, true);
}

/* --- life ------------------------------------------------------------------------------------- */

static int spec_cmp(const void *a, const void *b)
{
	return strcmp(((const struct endpoint_spec *)a)->address,
		      ((const struct endpoint_spec *)b)->address);
}

static void add_member(struct endpoint_set *set, const struct endpoint_spec *spec)
{
	struct client *client = NEW(struct client);

	atomic_init(&client->refs, 1);
	client->api = set->options.dial(set->options.dial_arg, spec->address);
	if (set->options.dial_query)
		client->query = set->options.dial_query(set->options.dial_arg, spec->address);
	set->members[set->n_members++] = (struct member){
	    .address = xstrdup(spec->address),
	    .strict = spec->strict,
	    .client = client,
	    .listed = spec->strict,
	};
}

static void add_members(struct endpoint_set *set, const struct endpoint_spec *specs, size_t n)
{
	struct counter *duplicates = NULL;
	if (set->options.metrics)
		duplicates = metrics_counter(
		    set->options.metrics, "thanos_query_duplicated_endpoint_addresses_total",
		    "The number of times a duplicated endpoint addresses is detected from the "
		    "different configs in query");

	struct endpoint_spec *sorted = xcalloc(n, sizeof(*sorted));
	if (n)
		memcpy(sorted, specs, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), spec_cmp);

	set->members = xcalloc(n, sizeof(*set->members));
	for (size_t i = 0; i < n; i++) {
		struct member *last = set->n_members ? &set->members[set->n_members - 1] : NULL;
		if (last && strcmp(last->address, sorted[i].address) == 0) {
			counter_inc(duplicates);
			last->strict |= sorted[i].strict;
			last->listed |= sorted[i].strict;
		} else {
			add_member(set, &sorted[i]);
		}
	}
	free(sorted);
}

struct endpoint_set *endpoint_set_new(const struct endpoint_set_options *options)
{
	struct endpoint_set *set = NEW(struct endpoint_set);

	set->options = *options;
	set->options.specs = NULL;
	pthread_mutex_init(&set->mu, NULL);
	if (options->metrics)
		set->connections = metrics_gauges(
		    options->metrics, "thanos_store_nodes_grpc_connections",
		    "Number of gRPC connection to Store APIs. Opened connection means healthy "
		    "store APIs available for Querier.",
		    "external_labels", "store_type");
	add_members(set, options->specs, options->n_specs);
	publish(set, false);
	return set;
}

void endpoint_set_free(struct endpoint_set *set)
{
	if (!set)
		return;
	snapshot_unref(set->current);
	for (size_t i = 0; i < set->n_members; i++) {
		client_unref(set->members[i].client);
		announcement_unref(set->members[i].said);
		free(set->members[i].last_error);
		free(set->members[i].address);
	}
	free(set->members);
	pthread_mutex_destroy(&set->mu);
	free(set);
}
