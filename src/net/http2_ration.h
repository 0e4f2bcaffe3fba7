/* http2_ration.h - how much of what costs us and carries nothing a peer may send.
 *
 * Time is the loop's monotonic milliseconds. */
#ifndef NET_HTTP2_RATION_H
#define NET_HTTP2_RATION_H

#include <stdbool.h>
#include <stdint.h>

/* A bucket of tokens: five hundred at once, a hundred per second in the long run. */
struct http2_ration {
	int64_t tokens_milli;
	int64_t refilled_ms;
};

void http2_ration_init(struct http2_ration *r);
/* False when the ration is used up. */
bool http2_ration_take(struct http2_ration *r, int64_t now_ms);

/* gRPC's keepalive enforcement: pings that come sooner than allowed are strikes, three are too
 * many. Sending headers or data forgives them all, since a peer may ping while it is served. */
struct http2_ping_watch {
	int64_t last_ping_ms;
	unsigned strikes;
};

/* False: send the peer away. Without streams two hours count instead of the interval. */
bool http2_ping_watch_allows(struct http2_ping_watch *w, int64_t now_ms, bool has_streams,
			     int64_t min_interval_ms);
void http2_ping_watch_forgive(struct http2_ping_watch *w);

#endif
