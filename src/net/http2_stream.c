/* http2_stream.c - what the user of an HTTP/2 stream asks for. */
#include "base/alloc.h"
#include "base/assert.h"
#include "base/cleanup.h"
#include "net/http2_session_internal.h"

#include <stdlib.h>

/* --- the list of streams --- */

void http2_stream_link(struct http2_session *s, struct http2_stream *stream)
{
	stream->session = s;
	stream->next = s->streams;
	stream->link = &s->streams;
	if (stream->next)
		stream->next->link = &stream->next;
	s->streams = stream;
	s->n_streams++;
}

void http2_stream_close(struct http2_stream *stream, uint32_t error_code, const struct err *why)
{
	struct http2_session *s = stream->session;

	*stream->link = stream->next;
	if (stream->next)
		stream->next->link = stream->link;
	stream->session = NULL;
	s->n_streams--;
	s->events->on_stream_closed(stream, error_code, why);
}

/* --- headers --- */

void http2_headers_add(struct http2_headers *h, struct str name, struct str value)
{
	vec_push(&h->list, (struct http2_header){name, value});
}

void http2_headers_done(struct http2_headers *h)
{
	vec_done(&h->list);
}

/* nghttp2 copies names and values while submitting. */
static nghttp2_nv *nv_new(const struct http2_headers *h)
{
	nghttp2_nv *nv = xcalloc(h->list.n + 1, sizeof(*nv));

	for (size_t i = 0; i < h->list.n; i++) {
		const struct http2_header *header = &h->list.v[i];
		nv[i] = (nghttp2_nv){
		    .name = (uint8_t *)header->name.p,
		    .namelen = header->name.n,
		    .value = (uint8_t *)header->value.p,
		    .valuelen = header->value.n,
		};
	}
	return nv;
}

/* --- streams --- */

bool http2_stream_request(struct http2_session *s, struct http2_stream *stream,
			  const struct http2_headers *headers)
{
	assert(s->settings.role == HTTP2_CLIENT && !stream->session);
	if (s->draining || s->cut)
		return false;

	nghttp2_nv *nv auto_free(mem_free) = nv_new(headers);
	nghttp2_data_provider provider = http2_provider_of(stream);
	int32_t id =
	    nghttp2_submit_request(s->nghttp2, NULL, nv, headers->list.n, &provider, stream);
	if (id < 0)
		return false; /* the stream ids are used up */
	stream->id = id;
	stream->header_bytes = 0;
	http2_stream_link(s, stream);
	http2_session_flush(s);
	return true;
}

void http2_stream_respond_end(struct http2_stream *stream, const struct http2_headers *headers)
{
	nghttp2_nv *nv auto_free(mem_free) = nv_new(headers);
	struct http2_session *s = stream->session;

	nghttp2_submit_response(s->nghttp2, stream->id, nv, headers->list.n, NULL);
	http2_session_flush(s);
}

void http2_stream_respond(struct http2_stream *stream, const struct http2_headers *headers)
{
	nghttp2_nv *nv auto_free(mem_free) = nv_new(headers);
	nghttp2_data_provider provider = http2_provider_of(stream);
	struct http2_session *s = stream->session;

	nghttp2_submit_response(s->nghttp2, stream->id, nv, headers->list.n, &provider);
	http2_session_flush(s);
}

void http2_stream_send_trailers(struct http2_stream *stream, const struct http2_headers *headers)
{
	nghttp2_nv *nv auto_free(mem_free) = nv_new(headers);
	struct http2_session *s = stream->session;

	nghttp2_submit_trailer(s->nghttp2, stream->id, nv, headers->list.n);
	http2_session_flush(s);
}

bool http2_stream_is_sending(const struct http2_stream *stream)
{
	return nghttp2_session_get_stream_local_close(stream->session->nghttp2, stream->id) == 0;
}

void http2_stream_resume(struct http2_stream *stream)
{
	nghttp2_session_resume_data(stream->session->nghttp2, stream->id);
	http2_session_flush(stream->session);
}

void http2_stream_consumed(struct http2_stream *stream, size_t n)
{
	nghttp2_session_consume_stream(stream->session->nghttp2, stream->id, n);
	http2_session_flush(stream->session);
}

void http2_stream_grow_window(struct http2_stream *stream, uint32_t window_bytes)
{
	nghttp2_session *nghttp2 = stream->session->nghttp2;
	int32_t now = nghttp2_session_get_stream_effective_local_window_size(nghttp2, stream->id);

	if (now < 0 || (uint32_t)now >= window_bytes)
		return;
	nghttp2_session_set_local_window_size(nghttp2, NGHTTP2_FLAG_NONE, stream->id,
					      (int32_t)window_bytes);
	http2_session_flush(stream->session);
}

void http2_stream_reset(struct http2_stream *stream, uint32_t error_code)
{
	nghttp2_submit_rst_stream(stream->session->nghttp2, NGHTTP2_FLAG_NONE, stream->id,
				  error_code);
	http2_session_flush(stream->session);
}
