/* main.c - lets a script use parts of Athanor that no command shows: caches and discovery.
 *
 *	probe cache MEMCACHED 'addresses: [127.0.0.1:11211]'
 *	probe dns 127.0.0.1:53
 *
 * Reads commands, one a line, and answers each with one line:
 *
 *	set KEY LENGTH TTL_MS	-> ok			a value of that length, made of the key
 *	get KEY...		-> hit miss wrong ...	wrong: not what `set` would have made
 *	dump KEY		-> hex of the value, or miss
 *	metrics			-> name{values}=number ...
 *	lookup ADDRESS...	-> what they stand for
 */
#include "base/log.h"
#include "base/metric.h"
#include "cache/config.h"
#include "discovery/ares_resolver.h"
#include "discovery/dns_provider.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct probe {
	struct metrics *m;
	struct cache *cache; /* or */
	struct dns_resolver *resolver;
	struct dns_provider *provider;
	struct arena *a; /* of one command */
};

struct words {
	struct str *v;
	size_t n, cap;
};

/* A value that tells which key it belongs to. */
static struct str value_of(struct probe *p, struct str key, size_t n)
{
	char *value = arena_alloc(p->a, n + 1);

	for (size_t i = 0; i < n; i++)
		value[i] = (char)(key.p[i % key.n] + (char)(i / key.n));
	return str_from(value, n);
}

static void do_set(struct probe *p, const struct words *w)
{
	uint64_t n = 0;
	int64_t ttl_ms = 0;

	if (w->n == 4 && str_to_u64(w->v[2], &n) && str_to_i64(w->v[3], &ttl_ms))
		cache_set(p->cache, w->v[1], value_of(p, w->v[1], (size_t)n), ttl_ms);
	puts(ttl_ms ? "ok" : "set KEY LENGTH TTL_MS");
}

static void do_get(struct probe *p, const struct words *w)
{
	struct str *values = ARENA_ARRAY(p->a, struct str, w->n);
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 60000);

	cache_get_multi(p->cache, ctx, w->v + 1, w->n - 1, p->a, values);
	for (size_t i = 0; i + 1 < w->n; i++) {
		bool is_right =
		    values[i].p && str_eq(values[i], value_of(p, w->v[i + 1], values[i].n));
		printf("%s%s", i ? " " : "", !values[i].p ? "miss" : is_right ? "hit" : "wrong");
	}
	puts("");
}

static void do_dump(struct probe *p, const struct words *w)
{
	struct str value;

	if (w->n != 2 || !cache_get(p->cache, NULL, w->v[1], p->a, &value)) {
		puts("miss");
		return;
	}
	for (size_t i = 0; i < value.n; i++)
		printf("%02x", (unsigned char)value.p[i]);
	puts("");
}

static void do_metrics(struct probe *p, const struct words *w)
{
	struct metric_snapshots all = metrics_gather(p->m, p->a);

	(void)w;
	for (size_t i = 0; i < all.n; i++) {
		const struct metric_snapshot *s = &all.v[i];
		for (size_t j = 0; j < s->n_points; j++) {
			printf("%.*s{", STR_FMT(s->name));
			for (size_t k = 0; k < s->n_labels; k++)
				printf("%s%.*s", k ? "," : "",
				       STR_FMT(s->points[j].label_values[k]));
			printf("}=%.17g ", s->points[j].value);
		}
	}
	puts("");
}

static void do_lookup(struct probe *p, const struct words *w)
{
	struct dns_targets targets = {0};
	struct err err = ERR_INIT;

	if (!dns_provider_resolve(p->provider, NULL, w->v + 1, w->n - 1, &err))
		printf("(%s) ", err.msg);
	dns_provider_targets(p->provider, p->a, &targets);
	for (size_t i = 0; i < targets.n; i++)
		printf("%s%.*s", i ? " " : "", STR_FMT(targets.v[i]));
	puts("");
}

static const struct {
	const char *name;
	bool needs_cache, needs_dns;
	void (*run)(struct probe *p, const struct words *w);
} commands[] = {
    {"set", true, false, do_set},       {"get", true, false, do_get},
    {"dump", true, false, do_dump},     {"metrics", false, false, do_metrics},
    {"lookup", false, true, do_lookup},
};

static void run(struct probe *p, struct str line)
{
	struct words w = {0};
	struct str word;

	for (struct str rest = str_trim(line, " \n"); rest.n;) {
		rest = str_split(rest, ' ', &word);
		ARENA_PUSH(p->a, &w, word);
	}
	for (size_t i = 0; w.n && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (str_is(w.v[0], commands[i].name) && (p->cache || !commands[i].needs_cache) &&
		    (p->provider || !commands[i].needs_dns)) {
			commands[i].run(p, &w);
			return;
		}
	}
	puts("unknown command");
}

static bool open_cache(struct probe *p, const char *type_name, const char *yaml, struct logger *lg,
		       struct err *err)
{
	const struct cache_context context = {
	    .name = "probe", .clock = &clock_system, .metrics = p->m, .logger = lg};
	struct yaml_node *config;
	enum cache_type type;

	return (cache_type_parse(str_of(type_name), &type) ||
		err_set(err, ERR_INVALID, "unknown type %s", type_name)) &&
	       yaml_parse(str_of(yaml), p->a, &config, err) &&
	       cache_from_config(type, config, &context, &p->cache, err);
}

static bool open_dns(struct probe *p, const char *servers)
{
	p->resolver = ares_resolver_new(
	    &(const struct ares_resolver_options){.servers = servers, .timeout_ms = 5000});
	p->provider = dns_provider_new(p->resolver, p->m, "probe_", NULL);
	return true;
}

int main(int argc, char **argv)
{
	struct logger *lg auto_free(logger_free) =
	    logger_new(&(const struct logger_options){.fd = 2, .level = LOG_LEVEL_DEBUG});
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct probe p = {.m = m, .a = a};
	struct err err = ERR_INIT;
	char *line = NULL;
	size_t cap = 0;

	signal(SIGPIPE, SIG_IGN);
	bool ok = argc == 4 && strcmp(argv[1], "cache") == 0
		      ? open_cache(&p, argv[2], argv[3], lg, &err)
		  : argc == 3 && strcmp(argv[1], "dns") == 0
		      ? open_dns(&p, argv[2])
		      : err_set(&err, ERR_INVALID, "probe cache TYPE YAML | probe dns SERVERS");
	if (!ok) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
		struct arena_mark mark = arena_mark(a);
		run(&p, str_from(line, (size_t)n));
		fflush(stdout);
		arena_rewind(a, mark);
	}
	free(line);
	cache_close(p.cache);
	dns_provider_free(p.provider);
	dns_resolver_close(p.resolver);
	return 0;
}
