/* http_race.h - one request, made several times over: who answers first has won.
 *
 *	struct http_race *race = http_race_new(client, ctx, &request);
 *	if (http_race_start(race, err))
 *		call = http_race_wait(race, until_ns, &response, err);
 *
 * For requests that may be carried out more than once.
 *
 * Threads: one at a time, and none of them a loop's.
 */
#ifndef NET_HTTP_RACE_H
#define NET_HTTP_RACE_H

#include "net/http_client.h"

struct http_race;

/* `ctx` and what the request points to outlive the race and the call that has won. */
struct http_race *http_race_new(struct http_client *client, struct ctx *ctx,
				const struct http_call_request *request);
/* Ends the calls that are still under way. NULL is fine. */
void http_race_free(struct http_race *race);
CLEANUP_DEFINE(struct http_race, http_race_free)

/* One more call. */
bool http_race_start(struct http_race *race, struct err *err);

/* The first call that is answered, to be read and closed by the caller; it may outlive the race.
 * NULL with err->code ERR_OK: there is none yet and clock_monotonic_ns() has reached `until_ns`,
 * which CTX_NO_DEADLINE never is. NULL with another: all calls have failed, or took longer than the
 * client lets them. *winner is which call it was, counted from 0. */
struct http_call *http_race_wait(struct http_race *race, int64_t until_ns,
				 struct http_call_response *response, size_t *winner,
				 struct err *err);

#endif
