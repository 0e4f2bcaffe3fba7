#include "net/http_race.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"
#include "net/http_client_internal.h"

#include <stdlib.h>

struct http_race {
	struct http_client *client;
	struct ctx *ctx;
	struct http_call_request request;
	struct http_bell bell;
	VEC(struct http_call *) calls; /* NULL: it failed, or has won */
	int64_t last_start_ns;
	struct err failure; /* of the last call that failed */
};

/* --- the bell: rung on the loop by each call that is answered or fails ------------------------ */

void http_bell_ring(struct http_bell *bell)
{
	if (!bell)
		return;
	pthread_mutex_lock(&bell->mu);
	bell->n_rings++;
	pthread_cond_broadcast(&bell->rang);
	pthread_mutex_unlock(&bell->mu);
}

static uint64_t count_rings(struct http_bell *bell)
{
	pthread_mutex_lock(&bell->mu);
	uint64_t n = bell->n_rings;
	pthread_mutex_unlock(&bell->mu);
	return n;
}

/* Until it rings once more than it had. */
static void wait_ring(struct http_bell *bell, uint64_t had, struct ctx *ctx, int64_t until_ns)
{
	struct ctx_waker waker;
	bool going = true;

	ctx_waker_start(&waker, ctx, &bell->rang, &bell->mu);
	pthread_mutex_lock(&bell->mu);
	while (bell->n_rings == had && going && clock_monotonic_ns(&clock_system) < until_ns)
		going = ctx_wait_until(ctx, until_ns, &bell->rang, &bell->mu);
	pthread_mutex_unlock(&bell->mu);
	ctx_waker_stop(&waker);
}

/* --- the race --------------------------------------------------------------------------------- */

struct http_race *http_race_new(struct http_client *client, struct ctx *ctx,
				const struct http_call_request *request)
{
	struct http_race *race = NEW(struct http_race);

	race->client = client;
	race->ctx = ctx;
	race->request = *request;
	pthread_mutex_init(&race->bell.mu, NULL);
	ctx_cond_init(&race->bell.rang);
	return race;
}

void http_race_free(struct http_race *race)
{
	if (!race)
		return;
	for (size_t i = 0; i < race->calls.n; i++)
		http_call_close(race->calls.v[i]);
	vec_done(&race->calls);
	pthread_cond_destroy(&race->bell.rang);
	pthread_mutex_destroy(&race->bell.mu);
	free(race);
}

bool http_race_start(struct http_race *race, struct err *err)
{
	struct http_call *call =
	    http_call_start_ringing(race->client, race->ctx, &race->request, &race->bell, err);

	if (!call)
		return false;
	vec_push(&race->calls, call);
	race->last_start_ns = clock_monotonic_ns(&clock_system);
	return true;
}

/* The first that is answered; calls that failed leave the race. */
static struct http_call *find_winner(struct http_race *race, size_t *n_running, size_t *winner)
{
	*n_running = 0;
	for (size_t i = 0; i < race->calls.n; i++) {
		struct http_call *call = race->calls.v[i];
		enum http_call_state state = call ? http_call_state(call) : HTTP_CALL_FAILED;
		if (state == HTTP_CALL_ANSWERED) {
			race->calls.v[i] = NULL;
			*winner = i;
			return call;
		}
		if (state == HTTP_CALL_RUNNING) {
			++*n_running;
		} else if (call) {
			struct http_call_response none;
			http_call_response(call, &none, &race->failure);
			http_call_close(call);
			race->calls.v[i] = NULL;
		}
	}
	return NULL;
}

static int64_t patience_ends_ns(const struct http_race *race)
{
	int64_t timeout_ms = race->client->options.response_timeout_ms;

	return timeout_ms ? race->last_start_ns + timeout_ms * 1000000 : CTX_NO_DEADLINE;
}

struct http_call *http_race_wait(struct http_race *race, int64_t until_ns,
				 struct http_call_response *response, size_t *winner,
				 struct err *err)
{
	int64_t patience_ns = patience_ends_ns(race);
	size_t n_running;

	for (;;) {
		uint64_t had = count_rings(&race->bell);
		struct http_call *call = find_winner(race, &n_running, winner);
		if (call) {
			http_call_stop_ringing(call);
			http_call_response(call, response, err);
			return call;
		}
		*err = race->failure;
		if (n_running == 0 || !ctx_check(race->ctx, err))
			return NULL;
		*err = (struct err)ERR_INIT;
		int64_t now_ns = clock_monotonic_ns(&clock_system);
		if (now_ns >= until_ns)
			return NULL;
		if (now_ns >= patience_ns) {
			err_set(err, ERR_TIMEOUT, "no answer within %lld ms",
				(long long)race->client->options.response_timeout_ms);
			return NULL;
		}
		wait_ring(&race->bell, had, race->ctx,
			  until_ns < patience_ns ? until_ns : patience_ns);
	}
}
