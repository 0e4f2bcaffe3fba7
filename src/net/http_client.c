#include "net/http_client.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/version.h"
#include "net/http_client_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	MAX_IDLE_CONNECTIONS = 100,
	IDLE_TIMEOUT_MS = 90 * 1000,
	CONNECT_TIMEOUT_MS = 30 * 1000,
	STALL_TIMEOUT_MS = 120 * 1000,
};

/* --- curl's sockets on libuv ------------------------------------------------------------------ */

static void collect_finished(struct http_client *client)
{
	CURLMsg *message;
	int n_left;

	while ((message = curl_multi_info_read(client->multi, &n_left))) {
		struct http_call *call = NULL;
		CURLcode result = message->data.result; /* gone with the handle's removal */
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		http_client_detach(client, call);
		http_call_finished(call, result);
	}
}

static void act(struct http_client *client, curl_socket_t fd, int events)
{
	int n_running;

	curl_multi_socket_action(client->multi, fd, events, &n_running);
	collect_finished(client);
}

struct watch {
	uv_poll_t poll;
	struct http_client *client;
	curl_socket_t fd;
};

static void watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void socket_ready(uv_poll_t *handle, int status, int events)
{
	struct watch *w = handle->data;
	int what = 0;

	if (status < 0)
		what = CURL_CSELECT_ERR | CURL_CSELECT_IN;
	if (events & UV_READABLE)
		what |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		what |= CURL_CSELECT_OUT;
	act(w->client, w->fd, what);
}

/* CURLMOPT_SOCKETFUNCTION */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *watch)
{
	struct http_client *client = arg;
	struct watch *w = watch;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			uv_close((uv_handle_t *)&w->poll, watch_closed);
		curl_multi_assign(client->multi, fd, NULL);
		return 0;
	}
	if (!w) {
		w = NEW(struct watch);
		w->client = client;
		w->fd = fd;
		w->poll.data = w;
		uv_poll_init_socket(&client->loop->uv, &w->poll, fd);
		curl_multi_assign(client->multi, fd, w);
	}
	uv_poll_start(&w->poll,
		      (what & CURL_POLL_IN ? UV_READABLE : 0) |
			  (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
		      socket_ready);
	return 0;
}

static void time_is_up(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* CURLMOPT_TIMERFUNCTION */
static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http_client *client = arg;

	(void)multi;
	if (timeout_ms < 0)
		loop_timer_stop(client->timer);
	else
		loop_timer_start(client->timer, timeout_ms);
	return 0;
}

void http_client_attach(struct http_client *client, struct http_call *call)
{
	call->is_attached = true;
	CURLMcode code = curl_multi_add_handle(client->multi, call->easy);
	assert(code == CURLM_OK);
}

void http_client_detach(struct http_client *client, struct http_call *call)
{
	if (!call->is_attached)
		return;
	call->is_attached = false;
	curl_multi_remove_handle(client->multi, call->easy);
}

/* --- life ------------------------------------------------------------------------------------- */

static void curl_begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void open_multi(void *arg)
{
	struct http_client *client = arg;
	const struct http_client_options *o = &client->options;

	client->timer = loop_timer_new(client->loop, time_is_up, client);
	client->multi = curl_multi_init();
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)o->max_idle_connections);
	curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			  (long)o->max_connections_per_host);
}

static void close_multi(void *arg)
{
	struct http_client *client = arg;

	/* Here, because tasks posted for calls that are closed by now had to run first. */
	assert(client->n_calls == 0);
	curl_multi_cleanup(client->multi);
	loop_timer_free(client->timer);
}

static void copy_text(struct arena *a, const char **text)
{
	if (*text)
		*text = arena_cstr(a, str_of(*text));
}

static void copy_options(struct http_client *client, const struct http_client_options *from)
{
	struct http_client_options *o = &client->options;
	const char **texts[] = {
	    &o->username,
	    &o->password,
	    &o->password_file,
	    &o->bearer_token,
	    &o->bearer_token_file,
	    &o->proxy_url,
	    &o->user_agent,
	    &o->tls.certificate.file,
	    &o->tls.certificate.text,
	    &o->tls.key.file,
	    &o->tls.key.text,
	    &o->tls.ca.file,
	    &o->tls.ca.text,
	    &o->tls.server_name,
	};

	*o = *from;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		copy_text(client->arena, texts[i]);
	if (!o->user_agent)
		o->user_agent = arena_printf(client->arena, "athanor/%s", version_string());
	if (!o->max_idle_connections)
		o->max_idle_connections = MAX_IDLE_CONNECTIONS;
	if (!o->idle_timeout_ms)
		o->idle_timeout_ms = IDLE_TIMEOUT_MS;
	if (!o->connect_timeout_ms)
		o->connect_timeout_ms = CONNECT_TIMEOUT_MS;
	if (!o->stall_timeout_ms)
		o->stall_timeout_ms = STALL_TIMEOUT_MS;
}

/* Loads the files once, so that a bad one is an error now and names itself. Not the system's CAs,
 * which take longer than all else at start-up, and which curl loads when it wants them. */
static bool check_tls(const struct tls_settings *settings, struct err *err)
{
	struct tls_settings without_system_ca = *settings;

	without_system_ca.insecure_skip_verify = true;
	struct tls_client *tls = tls_client_new(&without_system_ca, err);

	tls_client_unref(tls);
	return tls != NULL;
}

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options,
				    struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *no_proxy = getenv("NO_PROXY") ? getenv("NO_PROXY") : getenv("no_proxy");

	pthread_once(&once, curl_begin);
	if (!check_tls(&options->tls, err))
		return NULL;
	struct http_client *client = NEW(struct http_client);
	client->arena = arena_new(NULL);
	client->loop = loop;
	copy_options(client, options);
	/* As in Go, this machine is never behind the environment's proxy. */
	client->no_proxy =
	    xasprintf("%s%slocalhost,127.0.0.1,::1", no_proxy ? no_proxy : "", no_proxy ? "," : "");
	loop_call(loop, open_multi, client);
	return client;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	loop_call(client->loop, close_multi, client);
	arena_free(client->arena);
	free(client->no_proxy);
	free(client);
}
