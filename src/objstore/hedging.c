#include "objstore/hedging.h"

#include <stdlib.h>
#include <string.h>

enum {
	MIN_SEEN = 20,      /* answers before a quantile means anything */
	REFRESH_EVERY = 16, /* answers between two looks at the window */
	DEFAULT_UP_TO = 3,
	MAX_UP_TO = 32,
};

static const double default_quantile = 0.9;

/* --- configuration ---------------------------------------------------------------------------- */

static const struct yaml_field fields[] = {
    YAML_FIELD(struct hedging_config, "enabled", enabled, YAML_BOOL),
    YAML_FIELD(struct hedging_config, "up_to", up_to, YAML_I64),
    YAML_FIELD(struct hedging_config, "quantile", quantile, YAML_F64),
};

static void set_defaults(void *out)
{
	*(struct hedging_config *)out = (struct hedging_config){
	    .up_to = DEFAULT_UP_TO,
	    .quantile = default_quantile,
	};
}

static bool validate(const struct yaml_node *node, void *out, struct err *err)
{
	const struct hedging_config *c = out;

	if (c->up_to < 0 || c->up_to > MAX_UP_TO)
		return yaml_fail(node, err, "hedging_config: up_to: 0 to %d are allowed",
				 MAX_UP_TO);
	return (c->quantile >= 0 && c->quantile <= 1) ||
	       yaml_fail(node, err, "hedging_config: quantile: 0 to 1 are allowed");
}

const struct yaml_table hedging_config_table =
    YAML_TABLE("exthttp.HedgingConfig", struct hedging_config, fields, .set_defaults = set_defaults,
	       .validate = validate);

/* --- latencies -------------------------------------------------------------------------------- */

void hedging_init(struct hedging *h, const struct hedging_config *config)
{
	*h = (struct hedging){.config = *config, .delay_ns = -1};
	pthread_mutex_init(&h->mu, NULL);
}

void hedging_done(struct hedging *h)
{
	pthread_mutex_destroy(&h->mu);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* With h->mu held. */
static int64_t quantile(const struct hedging *h)
{
	int64_t sorted[HEDGING_WINDOW];
	size_t n = h->n_seen < HEDGING_WINDOW ? (size_t)h->n_seen : HEDGING_WINDOW;

	memcpy(sorted, h->latencies_ns, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	return sorted[(size_t)(h->config.quantile * (double)(n - 1))];
}

void hedging_note(struct hedging *h, int64_t latency_ns)
{
	if (!h->config.enabled)
		return;
	pthread_mutex_lock(&h->mu);
	h->latencies_ns[h->n_seen++ % HEDGING_WINDOW] = latency_ns;
	if (h->n_seen == MIN_SEEN || (h->n_seen > MIN_SEEN && h->n_seen % REFRESH_EVERY == 0))
		h->delay_ns = quantile(h);
	pthread_mutex_unlock(&h->mu);
}

int64_t hedging_delay_ns(struct hedging *h)
{
	if (!h->config.enabled)
		return -1;
	pthread_mutex_lock(&h->mu);
	int64_t delay_ns = h->delay_ns;
	pthread_mutex_unlock(&h->mu);
	return delay_ns;
}
