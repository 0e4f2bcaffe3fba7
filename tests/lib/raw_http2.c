#include "tests/lib/raw_http2.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { FRAME_HEADER_BYTES = 9 };

static void start(struct raw_http2 *h, int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};

	assert_true(fd >= 0);
	h->fd = fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	assert_int_equal(nghttp2_hd_inflate_new(&h->inflater), 0);
}

static bool put(struct raw_http2 *h, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		ssize_t sent = send(h->fd, from, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		from += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool get(struct raw_http2 *h, void *p, size_t n)
{
	char *to = p;

	while (n > 0) {
		ssize_t got = recv(h->fd, to, n, 0);
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			fail_msg("nothing was received for %d ms", PATIENCE_MS);
		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

void raw_http2_connect(struct raw_http2 *h, unsigned port)
{
	struct sockaddr_in to = loopback(port);

	start(h, socket(AF_INET, SOCK_STREAM, 0));
	assert_int_equal(connect(h->fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_true(put(h, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN));
	assert_true(raw_http2_send(h, NGHTTP2_SETTINGS, 0, 0, STR("")));
}

int raw_http2_listen(unsigned *port)
{
	struct sockaddr_in at = loopback(*port);
	socklen_t size = sizeof(at);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

void raw_http2_accept(struct raw_http2 *h, int listener)
{
	char magic[NGHTTP2_CLIENT_MAGIC_LEN];

	start(h, accept(listener, NULL, NULL));
	assert_true(get(h, magic, sizeof(magic)));
	assert_memory_equal(magic, NGHTTP2_CLIENT_MAGIC, sizeof(magic));
	assert_true(raw_http2_send(h, NGHTTP2_SETTINGS, 0, 0, STR("")));
}

void raw_http2_close(struct raw_http2 *h)
{
	close(h->fd);
	nghttp2_hd_inflate_del(h->inflater);
}

bool raw_http2_send(struct raw_http2 *h, uint8_t type, uint8_t flags, int32_t stream_id,
		    struct str payload)
{
	const uint8_t header[FRAME_HEADER_BYTES] = {
	    (uint8_t)(payload.n >> 16),
	    (uint8_t)(payload.n >> 8),
	    (uint8_t)payload.n,
	    type,
	    flags,
	    (uint8_t)(stream_id >> 24),
	    (uint8_t)(stream_id >> 16),
	    (uint8_t)(stream_id >> 8),
	    (uint8_t)stream_id,
	};
	struct buf frame auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_append(&frame, header, sizeof(header));
	buf_append_str(&frame, payload);
	return put(h, frame.p, frame.n);
}

/* A literal without indexing, with a new name; both shorter than 127 or with one more length byte.
 */
static void encode_string(struct str s, struct buf *out)
{
	assert_true(s.n < 127 + 16384);
	if (s.n < 127) {
		buf_putc(out, (char)s.n);
	} else {
		size_t rest = s.n - 127;
		buf_putc(out, 127);
		while (rest >= 128) {
			buf_putc(out, (char)(rest % 128 + 128));
			rest /= 128;
		}
		buf_putc(out, (char)rest);
	}
	buf_append_str(out, s);
}

void raw_http2_encode_headers(const char *headers, struct buf *out)
{
	struct str rest = str_of(headers), line;

	while (rest.n > 0) {
		rest = str_split(rest, '\n', &line);
		size_t colon = str_find(str_skip(line, 1), STR(": ")) + 1;
		buf_putc(out, 0);
		encode_string(str_from(line.p, colon), out);
		encode_string(str_skip(line, colon + 2), out);
	}
}

bool raw_http2_send_headers(struct raw_http2 *h, uint8_t flags, int32_t stream_id,
			    const char *headers)
{
	struct buf block auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	raw_http2_encode_headers(headers, &block);
	return raw_http2_send(h, NGHTTP2_HEADERS, flags | NGHTTP2_FLAG_END_HEADERS, stream_id,
			      buf_str(&block));
}

void raw_frame_init(struct raw_frame *frame)
{
	*frame = (struct raw_frame){0};
	buf_init(&frame->payload, BUF_TEXT_MAX, NULL);
	buf_init(&frame->headers, BUF_TEXT_MAX, NULL);
}

void raw_frame_done(struct raw_frame *frame)
{
	buf_done(&frame->payload);
	buf_done(&frame->headers);
}

static void decode_headers(struct raw_http2 *h, struct raw_frame *frame)
{
	const uint8_t *in = (const uint8_t *)frame->payload.p;
	size_t left = frame->payload.n;
	int flags = 0;

	while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(h->inflater, &nv, &flags, in, left, 1);
		assert_true(used >= 0);
		in += used;
		left -= (size_t)used;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			buf_printf(&frame->headers, "%.*s: %.*s\n", (int)nv.namelen, nv.name,
				   (int)nv.valuelen, nv.value);
	}
	nghttp2_hd_inflate_end_headers(h->inflater);
}

bool raw_http2_read(struct raw_http2 *h, struct raw_frame *frame)
{
	uint8_t header[FRAME_HEADER_BYTES];

	buf_clear(&frame->payload);
	buf_clear(&frame->headers);
	if (!get(h, header, sizeof(header)))
		return false;
	size_t size = (size_t)header[0] << 16 | (size_t)header[1] << 8 | header[2];
	frame->type = header[3];
	frame->flags = header[4];
	frame->stream_id = header[5] << 24 | header[6] << 16 | header[7] << 8 | header[8];
	if (!get(h, buf_reserve(&frame->payload, size), size))
		return false;
	buf_grown(&frame->payload, size);
	if (frame->type == NGHTTP2_HEADERS)
		decode_headers(h, frame);
	return true;
}

void raw_http2_await(struct raw_http2 *h, uint8_t type, struct raw_frame *frame)
{
	while (raw_http2_read(h, frame)) {
		if (frame->type == type)
			return;
	}
	fail_msg("the connection ended before a frame of type %d", type);
}
