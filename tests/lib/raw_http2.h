/* raw_http2.h - one end of an HTTP/2 connection, frame by frame over a blocking socket: for what a
 * well-behaved library would not send. Everything fails the test after ten seconds of silence.
 */
#ifndef TESTS_LIB_RAW_HTTP2_H
#define TESTS_LIB_RAW_HTTP2_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct nghttp2_hd_inflater;

struct raw_http2 {
	int fd;
	struct nghttp2_hd_inflater *inflater;
};

struct raw_frame {
	uint8_t type, flags;
	int32_t stream_id;
	struct buf payload; /* emptied and filled by raw_http2_read() */
	struct buf headers; /* of a HEADERS frame: "name: value\n" each */
};

/* A client of 127.0.0.1: sends the preface and empty SETTINGS. */
void raw_http2_connect(struct raw_http2 *h, unsigned port);
/* A server: a listening socket (on *port; 0: the kernel chooses), and one connection of it with
 * empty SETTINGS sent and the preface read. */
int raw_http2_listen(unsigned *port);
void raw_http2_accept(struct raw_http2 *h, int listener);
void raw_http2_close(struct raw_http2 *h);

/* False when the peer has closed. */
bool raw_http2_send(struct raw_http2 *h, uint8_t type, uint8_t flags, int32_t stream_id,
		    struct str payload);
/* Headers as literals: "name: value\n" each. */
bool raw_http2_send_headers(struct raw_http2 *h, uint8_t flags, int32_t stream_id,
			    const char *headers);
void raw_http2_encode_headers(const char *headers, struct buf *out);

void raw_frame_init(struct raw_frame *frame);
void raw_frame_done(struct raw_frame *frame);
/* The next frame; false when the peer has closed. */
bool raw_http2_read(struct raw_http2 *h, struct raw_frame *frame);
/* The next frame of this type, skipping others; the test fails when there is none. */
void raw_http2_await(struct raw_http2 *h, uint8_t type, struct raw_frame *frame);

#endif
