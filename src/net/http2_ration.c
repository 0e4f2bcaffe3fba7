#include "net/http2_ration.h"

enum {
	BURST = 500, /* nghttp2 itself gives up, without a word, at 1000 answers it owes */
	PER_SECOND = 100,
	MAX_STRIKES = 2,
	IDLE_PING_INTERVAL_MS = 2 * 3600 * 1000,
};

void http2_ration_init(struct http2_ration *r)
{
	*r = (struct http2_ration){.tokens_milli = BURST * 1000};
}

bool http2_ration_take(struct http2_ration *r, int64_t now_ms)
{
	int64_t passed_ms = now_ms - r->refilled_ms;

	r->refilled_ms = now_ms;
	if (passed_ms > BURST * 1000 / PER_SECOND)
		passed_ms = BURST * 1000 / PER_SECOND;
	r->tokens_milli += passed_ms * PER_SECOND;
	if (r->tokens_milli > BURST * 1000)
		r->tokens_milli = BURST * 1000;
	if (r->tokens_milli < 1000)
		return false;
	r->tokens_milli -= 1000;
	return true;
}

bool http2_ping_watch_allows(struct http2_ping_watch *w, int64_t now_ms, bool has_streams,
			     int64_t min_interval_ms)
{
	int64_t interval_ms = has_streams ? min_interval_ms : IDLE_PING_INTERVAL_MS;
	bool early = w->last_ping_ms != 0 && now_ms - w->last_ping_ms < interval_ms;

	w->last_ping_ms = now_ms;
	if (early)
		w->strikes++;
	return w->strikes <= MAX_STRIKES;
}

void http2_ping_watch_forgive(struct http2_ping_watch *w)
{
	*w = (struct http2_ping_watch){0};
}
