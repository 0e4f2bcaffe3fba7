/* http_client_internal.h - what the files of the HTTP client share.
 *
 * http_client.c        one curl multi handle on its loop: sockets, timer, finished transfers
 * http_call.c          a call as its thread sees it: blocking reads and writes
 * http_call_setup.c    from options and a request to a curl easy handle
 * http_call_transfer.c the callbacks of curl, on the loop
 * http_race.c          several calls for the same answer
 */
#ifndef NET_HTTP_CLIENT_INTERNAL_H
#define NET_HTTP_CLIENT_INTERNAL_H

#include "net/http_client.h"
#include "net/loop_internal.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

struct http_client {
	struct http_client_options options; /* strings in the arena; no default is 0 */
	struct arena *arena;
	struct loop *loop;
	char *no_proxy;
	_Atomic size_t n_calls;

	/* on the loop */
	CURLM *multi;
	struct loop_timer *timer;
};

/* Taken within a call's mu. */
struct http_bell {
	pthread_mutex_t mu;
	pthread_cond_t rang;
	uint64_t n_rings; /* guarded by mu */
};

enum { HTTP_CALL_BUFFER_BYTES = 256 * 1024 };

struct http_call {
	struct http_client *client;
	struct ctx *ctx;
	CURL *easy;
	struct curl_slist *headers;
	char *name; /* "GET http://host/path", for errors */
	bool body_follows;
	bool follows_redirects;
	_Atomic unsigned n_refs; /* the caller's, and one for each task on its way to the loop */

	/* the caller's */
	struct buf piece; /* what http_call_read() has given */
	bool has_response;

	/* on the loop */
	bool is_attached;                 /* to the multi handle */
	struct http_headers next_headers; /* of a head that is not complete */
	int next_status;
	unsigned n_sent;
	size_t n_header_bytes;
	char curl_error[CURL_ERROR_SIZE];

	pthread_mutex_t mu;
	pthread_cond_t changed;
	struct http_bell *bell;             /* guarded by mu; NULL: none */
	struct arena *arena;                /* guarded by mu; of the heads */
	struct http_call_response response; /* guarded by mu until has_head */
	bool has_head;                      /* guarded by mu */
	bool is_done;                       /* guarded by mu */
	struct err failure;                 /* guarded by mu; ERR_OK: none */
	struct buf in;                      /* guarded by mu */
	bool is_in_paused;                  /* guarded by mu */
	struct buf out;                     /* guarded by mu; of a body that follows */
	bool has_out_ended;                 /* guarded by mu */
	bool is_out_paused;                 /* guarded by mu */
};

/* --- http_client.c ---------------------------------------------------------------------------- */

/* On the loop. */
void http_client_attach(struct http_client *client, struct http_call *call);
void http_client_detach(struct http_client *client, struct http_call *call);

/* --- http_call.c ------------------------------------------------------------------------------ */

void http_call_unref(struct http_call *call);

/* As http_call_start(); the bell rings when the call is answered or fails, until it is to stop. */
struct http_call *http_call_start_ringing(struct http_client *client, struct ctx *ctx,
					  const struct http_call_request *request,
					  struct http_bell *bell, struct err *err);
void http_call_stop_ringing(struct http_call *call);

enum http_call_state { HTTP_CALL_RUNNING, HTTP_CALL_ANSWERED, HTTP_CALL_FAILED };
enum http_call_state http_call_state(struct http_call *call);

/* --- http_race.c ------------------------------------------------------------------------------ */

void http_bell_ring(struct http_bell *bell); /* NULL is fine */

/* --- http_call_setup.c ------------------------------------------------------------------------ */

/* Fills the easy handle. Reads password and token files: on the caller's thread. */
bool http_call_set_up(struct http_call *call, const struct http_call_request *request,
		      struct err *err);

/* --- http_call_transfer.c --------------------------------------------------------------------- */

/* Before each sending of the request. */
int http_call_sends(void *call, char *peer, char *local, int peer_port, int local_port);
size_t http_call_took_header(char *p, size_t size, size_t n, void *call);
size_t http_call_took_body(char *p, size_t size, size_t n, void *call);
size_t http_call_give_body(char *p, size_t size, size_t n, void *call);
/* The transfer is over, with curl's result. */
void http_call_finished(struct http_call *call, CURLcode result);

#endif
