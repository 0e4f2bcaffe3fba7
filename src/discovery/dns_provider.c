#include "discovery/dns_provider.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/lock.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

/* An address and its last results, in memory of its own. */
struct known {
	struct arena *a;
	struct str address;
	struct dns_targets targets;
};

struct dns_provider {
	struct dns_resolver *resolver;
	char *name; /* NULL: none */
	struct counter *lookups, *failures;
	struct metric_callback *results;
	struct mutex resolving; /* held by the one who resolves */
	struct mutex mu;
	VEC(struct known *) known; /* guarded by mu */
};

static void known_free(struct known *k)
{
	if (!k)
		return;
	arena_free(k->a);
	free(k);
}

/* --- metrics ---------------------------------------------------------------------------------- */

static void emit_results(struct metric_sink *sink, void *arg)
{
	struct dns_provider *p = arg;
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	MUTEX_HOLD(&p->mu);
	for (size_t i = 0; i < p->known.n; i++) {
		const struct known *k = p->known.v[i];
		const char *const labels[] = {arena_cstr(a, k->address), p->name};
		metric_emit_of(sink, (double)k->targets.n, labels, p->name ? 2 : 1);
	}
}

static struct counter *counter_named(struct dns_provider *p, struct metrics *m, const char *prefix,
				     const char *what, const char *help)
{
	char name[160];

	snprintf(name, sizeof(name), "%sdns_%s_total", prefix, what);
	if (!p->name)
		return metrics_counter(m, name, help);
	return counter_at(metrics_counters(m, name, help, "name"), p->name);
}

static void count_in(struct dns_provider *p, struct metrics *m, const char *prefix)
{
	char name[160];

	p->lookups = counter_named(p, m, prefix, "lookups",
				   "The number of DNS lookups resolutions attempts");
	p->failures = counter_named(p, m, prefix, "failures", "The number of DNS lookup failures");
	snprintf(name, sizeof(name), "%sdns_provider_results", prefix);
	const struct metric_spec spec = {
	    .name = name,
	    .help = "The number of resolved endpoints for each configured address",
	    .type = METRIC_GAUGE,
	    .label_names = p->name ? METRIC_NAMES("addr", "name") : METRIC_NAMES("addr"),
	};
	if (m)
		p->results = metrics_callback(m, &spec, emit_results, p);
}

/* --- life ------------------------------------------------------------------------------------- */

struct dns_provider *dns_provider_new(struct dns_resolver *resolver, struct metrics *m,
				      const char *prefix, const char *name)
{
	struct dns_provider *p = NEW(struct dns_provider);

	p->resolver = resolver;
	p->name = name ? xstrdup(name) : NULL;
	mutex_init(&p->resolving, RANK_DISCOVERY);
	mutex_init(&p->mu, RANK_LEAF);
	count_in(p, m, prefix);
	return p;
}

void dns_provider_free(struct dns_provider *p)
{
	if (!p)
		return;
	metrics_callback_remove(p->results);
	for (size_t i = 0; i < p->known.n; i++)
		known_free(p->known.v[i]);
	vec_done(&p->known);
	mutex_done(&p->mu);
	mutex_done(&p->resolving);
	free(p->name);
	free(p);
}

/* --- resolving -------------------------------------------------------------------------------- */

static struct known *look_up(struct dns_provider *p, struct ctx *ctx, struct str address,
			     struct err *err)
{
	struct arena *a = arena_new(NULL);
	struct known *k = NEW(struct known);

	*k = (struct known){.a = a, .address = arena_str(a, address)};
	if (!dns_is_dynamic(address)) {
		ARENA_PUSH(a, &k->targets, k->address);
		return k;
	}
	counter_inc(p->lookups);
	if (dns_lookup(p->resolver, ctx, address, a, &k->targets, err))
		return k;
	counter_inc(p->failures);
	known_free(k);
	return NULL;
}

/* Puts `k` in the place of what is known of its address; guarded by mu. */
static void replace(struct dns_provider *p, struct known *k)
{
	for (size_t i = 0; i < p->known.n; i++) {
		if (str_eq(p->known.v[i]->address, k->address)) {
			known_free(p->known.v[i]);
			p->known.v[i] = k;
			return;
		}
	}
	vec_push(&p->known, k);
}

static void forget_all(struct dns_provider *p)
{
	while (p->known.n)
		known_free(vec_pop(&p->known));
}

/* "2 errors: a; b", as Thanos puts it. */
static bool fail_with_all(const struct buf *reasons, size_t n, enum err_code code, struct err *err)
{
	if (n == 1)
		return err_set(err, code, "%.*s", STR_FMT(buf_str(reasons)));
	return err_set(err, code, "%zu errors: %.*s", n, STR_FMT(buf_str(reasons)));
}

bool dns_provider_resolve(struct dns_provider *p, struct ctx *ctx, const struct str *addresses,
			  size_t n, struct err *err)
{
	struct known **found auto_free(mem_free) = xcalloc(n + 1, sizeof(*found));
	struct buf reasons auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err why = ERR_INIT;
	size_t n_failed = 0;

	MUTEX_HOLD(&p->resolving);
	for (size_t i = 0; i < n; i++) {
		found[i] = look_up(p, ctx, addresses[i], &why);
		if (!found[i])
			buf_printf(&reasons, "%s%s", n_failed++ ? "; " : "", why.msg);
	}
	mutex_lock(&p->mu);
	if (n_failed == 0)
		forget_all(p);
	for (size_t i = 0; i < n; i++) {
		if (found[i])
			replace(p, found[i]);
	}
	mutex_unlock(&p->mu);
	return n_failed == 0 || fail_with_all(&reasons, n_failed, why.code, err);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void copy_targets(const struct known *k, struct arena *a, struct dns_targets *out)
{
	for (size_t i = 0; i < k->targets.n; i++)
		ARENA_PUSH(a, out, arena_str(a, k->targets.v[i]));
}

void dns_provider_targets(struct dns_provider *p, struct arena *a, struct dns_targets *out)
{
	MUTEX_HOLD(&p->mu);
	for (size_t i = 0; i < p->known.n; i++)
		copy_targets(p->known.v[i], a, out);
}

void dns_provider_targets_of(struct dns_provider *p, struct str address, struct arena *a,
			     struct dns_targets *out)
{
	MUTEX_HOLD(&p->mu);
	for (size_t i = 0; i < p->known.n; i++) {
		if (str_eq(p->known.v[i]->address, address))
			copy_targets(p->known.v[i], a, out);
	}
}
