#include "cache/memcached_cluster.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/vec.h"
#include "cache/answer_reader.h"
#include "cache/exchange.h"

#include <stdlib.h>

enum { MAX_NODES_BYTES = 1 << 20 };

/* One endpoint and its last answer, in memory of its own. */
struct endpoint {
	struct arena *a;
	struct str address;
	struct memcached_nodes nodes;
};

struct memcached_cluster {
	char *name;
	int64_t timeout_ms;
	struct counter *lookups, *failures;
	struct metric_callback *versions, *sizes;
	struct mutex mu;
	VEC(struct endpoint *) endpoints; /* guarded by mu */
};

/* --- the list of nodes ------------------------------------------------------------------------ */

static bool parse_node(struct str text, struct arena *a, struct memcached_nodes *out,
		       struct err *err)
{
	struct str host, ip, rest = str_split(text, '|', &host);
	struct str port = str_split(rest, '|', &ip);
	uint64_t number;

	if (host.n == 0 || !str_to_u64(port, &number) || number > UINT16_MAX)
		return err_set(err, ERR_CORRUPT, "node \"%.*s\" is not of the form host|ip|port",
			       STR_FMT(text));
	ARENA_PUSH(a, out, str_of(arena_printf(a, "%.*s:%.*s", STR_FMT(host), STR_FMT(port))));
	return true;
}

bool memcached_nodes_parse(struct str text, struct arena *a, struct memcached_nodes *out,
			   struct err *err)
{
	struct str version, nodes, one;
	struct str rest = str_split(text, '\n', &version);

	rest = str_split(rest, '\n', &nodes);
	if (!rest.p || rest.n)
		return err_set(err, ERR_CORRUPT, "the nodes are not on two lines");
	*out = (struct memcached_nodes){0};
	if (!str_to_i64(str_trim(version, " \r"), &out->version))
		return err_set(err, ERR_CORRUPT, "version \"%.*s\" is no number", STR_FMT(version));
	for (struct str left = str_trim(nodes, " \r"); left.n;) {
		left = str_split(left, ' ', &one);
		if (!parse_node(one, a, out, err))
			return false;
	}
	return true;
}

/* --- asking one endpoint ---------------------------------------------------------------------- */

struct question {
	struct arena *a;
	struct answer_reader reader;
	char *body; /* NULL: a line is expected */
	size_t n_body;
	struct str nodes; /* p is NULL until they have come */
};

static bool start_nodes(struct question *q, struct str line, struct err *err)
{
	struct str config, name, flags, size;
	struct str rest = str_split(line, ' ', &config);
	uint64_t n;

	rest = str_split(rest, ' ', &name);
	size = str_split(rest, ' ', &flags);
	if (q->nodes.p || !str_is(config, "CONFIG") || !str_to_u64(size, &n) || n > MAX_NODES_BYTES)
		return err_set(err, ERR_CORRUPT, "unexpected answer \"%.*s\"",
			       (int)(line.n < 128 ? line.n : 128), line.p);
	q->body = answer_room(q->a, n, err);
	q->n_body = (size_t)n;
	return q->body != NULL;
}

static enum answer_progress read_answer(void *arg, struct str in, struct err *err)
{
	struct question *q = arg;
	struct str line;

	while (in.n) {
		enum read_result r = q->body
					 ? answer_bytes(&q->reader, &in, q->body, q->n_body, err)
					 : answer_line(&q->reader, &in, &line, err);
		if (r == READ_BROKEN)
			return ANSWER_BROKEN;
		if (r == READ_MORE)
			break;
		if (q->body) {
			q->nodes = str_from(take(q->body), q->n_body);
			continue;
		}
		if (str_is(line, "END") && q->nodes.p)
			return ANSWER_WHOLE;
		if (!start_nodes(q, line, err))
			return ANSWER_BROKEN;
	}
	return ANSWER_MORE;
}

static bool ask(const struct memcached_cluster *c, struct ctx *ctx, struct str address,
		struct question *q, struct err *err)
{
	struct wire_address to;

	if (!wire_address_resolve(address, &to, err))
		return false;
	struct wire *w auto_free(wire_close) = wire_open(&to, NULL, err);
	if (!w)
		return false;
	struct exchange e = {
	    .wire = w,
	    .request = STR("config get cluster\r\n"),
	    .read = read_answer,
	    .arg = q,
	    .timeout_ms = c->timeout_ms,
	};
	exchanges_run(&e, 1, ctx);
	return e.state == EXCHANGE_DONE ||
	       err_set(err, e.err.code, "%.*s: %s", STR_FMT(address), e.err.msg);
}

static void endpoint_free(struct endpoint *e)
{
	arena_free(e->a);
	free(e);
}

static struct endpoint *look_up(struct memcached_cluster *c, struct ctx *ctx, struct str address,
				struct err *err)
{
	struct endpoint *e = NEW(struct endpoint);
	struct question q = {.a = e->a = arena_new(NULL)};

	e->address = arena_str(e->a, address);
	counter_inc(c->lookups);
	if (ask(c, ctx, address, &q, err) && memcached_nodes_parse(q.nodes, e->a, &e->nodes, err))
		return e;
	counter_inc(c->failures);
	endpoint_free(e);
	return NULL;
}

/* --- metrics ---------------------------------------------------------------------------------- */

static void emit(struct metric_sink *sink, struct memcached_cluster *c,
		 double (*value)(const struct endpoint *e))
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	MUTEX_HOLD(&c->mu);
	for (size_t i = 0; i < c->endpoints.n; i++) {
		const struct endpoint *e = c->endpoints.v[i];
		metric_emit(sink, value(e), arena_cstr(a, e->address), c->name);
	}
}

static double version_of(const struct endpoint *e)
{
	return (double)e->nodes.version;
}

static double size_of(const struct endpoint *e)
{
	return (double)e->nodes.n;
}

static void emit_versions(struct metric_sink *sink, void *arg)
{
	emit(sink, arg, version_of);
}

static void emit_sizes(struct metric_sink *sink, void *arg)
{
	emit(sink, arg, size_of);
}

static void count_in(struct memcached_cluster *c, struct metrics *m)
{
	const struct metric_spec version = {
	    .name = "thanos_memcached_auto_discovery_config_version",
	    .help = "The current auto discovery config version",
	    .type = METRIC_GAUGE,
	    .label_names = METRIC_NAMES("addr", "name"),
	};
	const struct metric_spec size = {
	    .name = "thanos_memcached_auto_discovery_resolved_addresses",
	    .help = "The number of memcached nodes found via auto discovery",
	    .type = METRIC_GAUGE,
	    .label_names = METRIC_NAMES("addr", "name"),
	};

	c->lookups =
	    counter_at(metrics_counters(m, "thanos_memcached_auto_discovery_total",
					"The number of memcache auto discovery attempts", "name"),
		       c->name);
	c->failures =
	    counter_at(metrics_counters(m, "thanos_memcached_auto_discovery_failures_total",
					"The number of memcache auto discovery failures", "name"),
		       c->name);
	if (!m)
		return;
	c->versions = metrics_callback(m, &version, emit_versions, c);
	c->sizes = metrics_callback(m, &size, emit_sizes, c);
}

/* --- all endpoints ---------------------------------------------------------------------------- */

struct memcached_cluster *memcached_cluster_new(struct metrics *m, const char *name,
						int64_t timeout_ms)
{
	struct memcached_cluster *c = NEW(struct memcached_cluster);

	c->name = xstrdup(name);
	c->timeout_ms = timeout_ms;
	mutex_init(&c->mu, RANK_LEAF);
	count_in(c, m);
	return c;
}

void memcached_cluster_free(struct memcached_cluster *c)
{
	if (!c)
		return;
	metrics_callback_remove(c->versions);
	metrics_callback_remove(c->sizes);
	for (size_t i = 0; i < c->endpoints.n; i++)
		endpoint_free(c->endpoints.v[i]);
	vec_done(&c->endpoints);
	mutex_done(&c->mu);
	free(c->name);
	free(c);
}

static void replace(struct memcached_cluster *c, struct endpoint *e)
{
	MUTEX_HOLD(&c->mu);
	for (size_t i = 0; i < c->endpoints.n; i++) {
		if (str_eq(c->endpoints.v[i]->address, e->address)) {
			endpoint_free(c->endpoints.v[i]);
			c->endpoints.v[i] = e;
			return;
		}
	}
	vec_push(&c->endpoints, e);
}

bool memcached_cluster_resolve(struct memcached_cluster *c, struct ctx *ctx,
			       const struct str *endpoints, size_t n, struct err *err)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		struct endpoint *e = look_up(c, ctx, endpoints[i], err);
		if (e)
			replace(c, e);
		else
			ok = err_wrap(err, "memcached auto-discovery");
	}
	return ok;
}

void memcached_cluster_nodes(struct memcached_cluster *c, struct arena *a,
			     struct memcached_nodes *out)
{
	MUTEX_HOLD(&c->mu);
	for (size_t i = 0; i < c->endpoints.n; i++) {
		const struct memcached_nodes *nodes = &c->endpoints.v[i]->nodes;
		for (size_t j = 0; j < nodes->n; j++)
			ARENA_PUSH(a, out, arena_str(a, nodes->v[j]));
	}
}
