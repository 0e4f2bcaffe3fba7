#include "cache/circuit_breaker.h"

#include "base/duration.h"

#define COUNTING_NS     (10 * NS_PER_S)
#define DEFAULT_OPEN_NS (60 * NS_PER_S)

/* --- configuration ---------------------------------------------------------------------------- */

static const struct yaml_field fields[] = {
    YAML_FIELD(struct circuit_breaker_config, "enabled", enabled, YAML_BOOL),
    YAML_FIELD(struct circuit_breaker_config, "half_open_max_requests", half_open_max_requests,
	       YAML_U64),
    YAML_FIELD_DECODED(struct circuit_breaker_config, "open_duration", open_ns,
		       yaml_decode_duration),
    YAML_FIELD(struct circuit_breaker_config, "min_requests", min_requests, YAML_U64),
    YAML_FIELD(struct circuit_breaker_config, "consecutive_failures", consecutive_failures,
	       YAML_U64),
    YAML_FIELD(struct circuit_breaker_config, "failure_percent", failure_percent, YAML_F64),
};

static void set_defaults(void *out)
{
	*(struct circuit_breaker_config *)out = (struct circuit_breaker_config){
	    .half_open_max_requests = 10,
	    .open_ns = 5 * NS_PER_S,
	    .min_requests = 50,
	    .consecutive_failures = 5,
	    .failure_percent = 0.05,
	};
}

static bool validate(const struct yaml_node *node, void *out, struct err *err)
{
	const struct circuit_breaker_config *c = out;

	if (!c->enabled)
		return true;
	if (c->consecutive_failures == 0)
		return yaml_fail(node, err,
				 "circuit breaker: consecutive failures must be greater than 0");
	if (!(c->failure_percent > 0 && c->failure_percent <= 1))
		return yaml_fail(node, err,
				 "circuit breaker: failure percent must be in range (0,1]");
	return true;
}

const struct yaml_table circuit_breaker_config_table =
    YAML_TABLE("cacheutil.CircuitBreakerConfig", struct circuit_breaker_config, fields,
	       .unknown = YAML_UNKNOWN_IGNORED, .set_defaults = set_defaults, .validate = validate);

/* --- the breaker ------------------------------------------------------------------------------ */

/* What is counted and what ends with it starts anew. */
static void count_anew(struct circuit_breaker *b, int64_t now_ns)
{
	static const int64_t forever_ns = INT64_MAX;
	int64_t open_ns = b->config.open_ns > 0 ? b->config.open_ns : DEFAULT_OPEN_NS;

	b->generation++;
	b->n_requests = b->n_successes_in_a_row = b->n_failures = b->n_failures_in_a_row = 0;
	b->ends_ns = b->state == CIRCUIT_CLOSED ? now_ns + COUNTING_NS
		     : b->state == CIRCUIT_OPEN ? now_ns + open_ns
						: forever_ns;
}

static void change(struct circuit_breaker *b, enum circuit_state to, int64_t now_ns)
{
	b->state = to;
	count_anew(b, now_ns);
}

/* What time alone changes. */
static void catch_up(struct circuit_breaker *b, int64_t now_ns)
{
	if (now_ns < b->ends_ns)
		return;
	if (b->state == CIRCUIT_OPEN)
		change(b, CIRCUIT_HALF_OPEN, now_ns);
	else
		count_anew(b, now_ns);
}

void circuit_breaker_init(struct circuit_breaker *b, const struct circuit_breaker_config *config,
			  struct clock *clock)
{
	*b = (struct circuit_breaker){.config = *config, .clock = clock};
	if (b->config.half_open_max_requests == 0)
		b->config.half_open_max_requests = 1;
	mutex_init(&b->mu, RANK_LEAF);
	count_anew(b, clock_monotonic_ns(clock));
}

void circuit_breaker_done(struct circuit_breaker *b)
{
	mutex_done(&b->mu);
}

bool circuit_breaker_enter(struct circuit_breaker *b, uint64_t *generation)
{
	*generation = 0;
	if (!b->config.enabled)
		return true;
	MUTEX_HOLD(&b->mu);
	catch_up(b, clock_monotonic_ns(b->clock));
	if (b->state == CIRCUIT_OPEN)
		return false;
	if (b->state == CIRCUIT_HALF_OPEN && b->n_requests >= b->config.half_open_max_requests)
		return false;
	b->n_requests++;
	*generation = b->generation;
	return true;
}

static void succeeded_once(struct circuit_breaker *b, int64_t now_ns)
{
	b->n_successes_in_a_row++;
	b->n_failures_in_a_row = 0;
	if (b->state == CIRCUIT_HALF_OPEN &&
	    b->n_successes_in_a_row >= b->config.half_open_max_requests)
		change(b, CIRCUIT_CLOSED, now_ns);
}

static bool is_too_bad(const struct circuit_breaker *b)
{
	const struct circuit_breaker_config *c = &b->config;

	return b->n_requests >= c->min_requests &&
	       (b->n_failures_in_a_row >= c->consecutive_failures ||
		(double)b->n_failures / (double)b->n_requests >= c->failure_percent);
}

static void failed_once(struct circuit_breaker *b, int64_t now_ns)
{
	b->n_failures++;
	b->n_failures_in_a_row++;
	b->n_successes_in_a_row = 0;
	if (b->state == CIRCUIT_HALF_OPEN || is_too_bad(b))
		change(b, CIRCUIT_OPEN, now_ns);
}

void circuit_breaker_leave(struct circuit_breaker *b, uint64_t generation, bool succeeded)
{
	if (!b->config.enabled)
		return;
	MUTEX_HOLD(&b->mu);
	int64_t now_ns = clock_monotonic_ns(b->clock);
	catch_up(b, now_ns);
	if (generation != b->generation)
		return;
	if (succeeded)
		succeeded_once(b, now_ns);
	else
		failed_once(b, now_ns);
}
