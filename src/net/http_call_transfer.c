/* http_call_transfer.c - what curl brings and takes, on the loop. Pausing is curl's: a callback
 * that has no room or no bytes says so, and the caller's thread has the transfer go on later.
 */
#include "base/alloc.h"
#include "net/http_client_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_HEADER_BYTES = 256 * 1024 };

int http_call_sends(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct http_call *call = arg;

	(void)peer, (void)local, (void)peer_port, (void)local_port;
	call->n_sent++;
	return CURL_PREREQFUNC_OK;
}

/* --- the head --------------------------------------------------------------------------------- */

static void begin_head(struct http_call *call, struct str line)
{
	struct str version, rest = str_split(line, ' ', &version), status;

	str_split(rest, ' ', &status);
	uint64_t number = 0;
	str_to_u64(status, &number);
	call->next_status = (int)number;
	call->next_headers.n = 0;
}

static void add_header(struct http_call *call, struct str line)
{
	struct str name, value = str_split(line, ':', &name);

	if (!value.p)
		return;
	char *lower = arena_cstr(call->arena, str_trim(name, " \t"));
	for (char *p = lower; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 'a' - 'A');
	}
	ARENA_PUSH(
	    call->arena, &call->next_headers,
	    (struct http_header){str_of(lower), arena_str(call->arena, str_trim(value, " \t"))});
}

/* Is this the answer, and not one on the way to it? */
static bool is_final(const struct http_call *call)
{
	if (call->next_status < 200)
		return false;
	bool is_redirect = call->next_status >= 300 && call->next_status < 400;
	return !(call->follows_redirects && is_redirect &&
		 http_header_find(&call->next_headers, "location"));
}

static void end_head(struct http_call *call)
{
	char *url = NULL;

	if (call->has_head || !is_final(call))
		return;
	curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
	call->response = (struct http_call_response){
	    .status = call->next_status,
	    .headers = call->next_headers,
	    .url = arena_cstr(call->arena, str_of(url ? url : "")),
	    .n_sent = call->n_sent,
	};
	call->next_headers = (struct http_headers){0}; /* trailers go elsewhere */
	call->has_head = true;
	pthread_cond_broadcast(&call->changed);
	http_bell_ring(call->bell);
}

size_t http_call_took_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;
	struct str line = str_trim(str_from(p, size * n), "\r\n");

	call->n_header_bytes += size * n;
	if (call->n_header_bytes > MAX_HEADER_BYTES)
		return 0; /* ends the transfer */
	pthread_mutex_lock(&call->mu);
	if (str_starts(line, STR("HTTP/")))
		begin_head(call, line);
	else if (line.n > 0)
		add_header(call, line);
	else
		end_head(call);
	pthread_mutex_unlock(&call->mu);
	return size * n;
}

/* --- bodies ----------------------------------------------------------------------------------- */

size_t http_call_took_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;
	size_t taken = size * n;

	pthread_mutex_lock(&call->mu);
	/* The buffer's maximum leaves room for one more piece, the largest that curl gives. */
	if (call->in.n >= HTTP_CALL_BUFFER_BYTES) {
		call->is_in_paused = true;
		taken = CURL_WRITEFUNC_PAUSE;
	} else if (!buf_append(&call->in, p, size * n)) {
		taken = 0;
	}
	pthread_cond_broadcast(&call->changed);
	pthread_mutex_unlock(&call->mu);
	return taken;
}

size_t http_call_give_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;
	size_t room = size * n, given;

	pthread_mutex_lock(&call->mu);
	given = call->out.n < room ? call->out.n : room;
	if (given > 0) {
		memcpy(p, call->out.p, given);
		buf_consume(&call->out, given);
		pthread_cond_broadcast(&call->changed);
	} else if (!call->has_out_ended) {
		call->is_out_paused = true;
		given = CURL_READFUNC_PAUSE;
	}
	pthread_mutex_unlock(&call->mu);
	return given;
}

/* --- the end ---------------------------------------------------------------------------------- */

static enum err_code code_of(CURLcode result)
{
	switch ((int)result) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return ERR_INVALID;
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_TIMEOUT;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return ERR_INTERNAL;
	default:
		return ERR_UNAVAILABLE;
	}
}

void http_call_finished(struct http_call *call, CURLcode result)
{
	pthread_mutex_lock(&call->mu);
	call->is_done = true;
	if (call->n_header_bytes > MAX_HEADER_BYTES)
		err_set(&call->failure, ERR_LIMIT,
			"%s: the answer's headers are larger than %d bytes", call->name,
			MAX_HEADER_BYTES);
	else if (result != CURLE_OK)
		err_set(&call->failure, code_of(result), "%s: %s", call->name,
			call->curl_error[0] ? call->curl_error : curl_easy_strerror(result));
	else if (!call->has_head)
		err_set(&call->failure, ERR_UNAVAILABLE, "%s: no answer", call->name);
	pthread_cond_broadcast(&call->changed);
	http_bell_ring(call->bell);
	pthread_mutex_unlock(&call->mu);
}
