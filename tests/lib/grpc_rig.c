#include "tests/lib/grpc_rig.h"

#include "base/clock.h"
#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void count(struct grpc_rig *rig, int *counter)
{
	pthread_mutex_lock(&rig->mu);
	(*counter)++;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->mu);
}

static bool leave(struct grpc_rig *rig, bool ok, const struct err *err)
{
	pthread_mutex_lock(&rig->mu);
	if (!ok)
		rig->last_failure = err->code;
	pthread_mutex_unlock(&rig->mu);
	count(rig, &rig->n_left);
	return ok;
}

static bool echo(struct grpc_call *call, void *arg, struct err *err)
{
	struct grpc_rig *rig = arg;

	count(rig, &rig->n_entered);
	return leave(rig, grpc_call_send(call, grpc_call_request(call), err), err);
}

static void fill(struct buf *message, int number, size_t size)
{
	buf_clear(message);
	memset(buf_reserve(message, size), 'a' + number % 26, size);
	buf_grown(message, size);
	memcpy(message->p, &number, size < sizeof(number) ? size : sizeof(number));
}

static bool send_stream(struct grpc_rig *rig, struct grpc_call *call, int n, size_t size,
			struct err *err)
{
	struct buf message auto_done(buf_done) = BUF_INIT(size);

	for (int i = 0; i < n; i++) {
		fill(&message, i, size);
		bool ok = i % 2 ? grpc_call_send_buf(call, &message, err)
				: grpc_call_send(call, buf_str(&message), err);
		if (!ok)
			return false;
		count(rig, &rig->n_messages_sent);
	}
	return true;
}

static bool stream(struct grpc_call *call, void *arg, struct err *err)
{
	struct grpc_rig *rig = arg;
	struct str request = grpc_call_request(call), n_text;
	struct str size_text = str_split(request, ' ', &n_text);
	uint64_t n, size;

	count(rig, &rig->n_entered);
	if (!str_to_u64(n_text, &n) || !str_to_u64(size_text, &size))
		return leave(rig, err_set(err, ERR_INVALID, "want \"N SIZE\""), err);
	return leave(rig, send_stream(rig, call, (int)n, size, err), err);
}

static bool wait(struct grpc_call *call, void *arg, struct err *err)
{
	struct grpc_rig *rig = arg;

	count(rig, &rig->n_entered);
	ctx_sleep_ms(grpc_call_ctx(call), 60000);
	return leave(rig, ctx_check(grpc_call_ctx(call), err), err);
}

static bool stubborn(struct grpc_call *call, void *arg, struct err *err)
{
	struct grpc_rig *rig = arg;

	count(rig, &rig->n_entered);
	pthread_mutex_lock(&rig->mu);
	while (!rig->released)
		pthread_cond_wait(&rig->changed, &rig->mu);
	pthread_mutex_unlock(&rig->mu);
	return leave(rig, ctx_check(grpc_call_ctx(call), err), err);
}

void grpc_rig_release(struct grpc_rig *rig)
{
	count(rig, &rig->released);
}

static bool fail_call(struct grpc_call *call, void *arg, struct err *err)
{
	struct grpc_rig *rig = arg;

	count(rig, &rig->n_entered);
	grpc_call_set_trailer(call, "rig-bin", STR("\x00\xff\x01"));
	return leave(rig, err_set(err, ERR_LIMIT, "%.*s", STR_FMT(grpc_call_request(call))), err);
}

static bool header(struct grpc_call *call, void *arg, struct err *err)
{
	struct grpc_rig *rig = arg;
	char *key = str_dup(grpc_call_request(call));
	struct str value;

	count(rig, &rig->n_entered);
	bool found = grpc_call_metadata(call, key, &value);
	free(key);
	if (!found)
		return leave(rig, err_set(err, ERR_NOT_FOUND, "no such key"), err);
	return leave(rig, grpc_call_send(call, value, err), err);
}

void grpc_rig_start(struct grpc_rig *rig, const struct grpc_rig_options *options)
{
	static const struct grpc_rig_options defaults;
	struct err err = ERR_INIT;

	if (!options)
		options = &defaults;
	struct grpc_server_options server_options = options->server;
	struct grpc_channel_options channel_options = options->channel;

	*rig = (struct grpc_rig){0};
	pthread_mutex_init(&rig->mu, NULL);
	ctx_cond_init(&rig->changed);
	rig->loops = loops_start(options->n_loops ? options->n_loops : 2, &err);
	if (!rig->loops)
		fail_msg("%s", err.msg);
	rig->pool = pool_new(&(struct pool_options){.name = "rig", .max_threads = 64});
	server_options.pool = rig->pool;
	rig->server = grpc_server_new(&server_options);
	grpc_server_handle(rig->server, "/test.Rig/Echo", echo, rig);
	grpc_server_handle(rig->server, "/test.Rig/Stream", stream, rig);
	grpc_server_handle(rig->server, "/test.Rig/Wait", wait, rig);
	grpc_server_handle(rig->server, "/test.Rig/Stubborn", stubborn, rig);
	grpc_server_handle(rig->server, "/test.Rig/Fail", fail_call, rig);
	grpc_server_handle(rig->server, "/test.Rig/Header", header, rig);
	expect_ok(
	    grpc_server_listen(rig->server, rig->loops, "127.0.0.1:0", options->server_tls, &err),
	    err);
	channel_options.loops = rig->loops;
	rig->channel = grpc_channel_new(grpc_server_address(rig->server), &channel_options);
}

void grpc_rig_stop(struct grpc_rig *rig)
{
	grpc_channel_free(rig->channel);
	grpc_server_free(rig->server);
	pool_free(rig->pool);
	loops_stop(rig->loops);
	pthread_cond_destroy(&rig->changed);
	pthread_mutex_destroy(&rig->mu);
}

void grpc_rig_await(struct grpc_rig *rig, const int *counter, int value)
{
	struct ctx *patience auto_free(ctx_free) = ctx_new_timeout_ms(NULL, PATIENCE_MS);

	pthread_mutex_lock(&rig->mu);
	while (*counter < value && ctx_wait(patience, &rig->changed, &rig->mu))
		;
	pthread_mutex_unlock(&rig->mu);
	int got = grpc_rig_count(rig, counter);
	if (got < value)
		fail_msg("a counter stays at %d, want %d", got, value);
}

int grpc_rig_count(struct grpc_rig *rig, const int *counter)
{
	pthread_mutex_lock(&rig->mu);
	int n = *counter;
	pthread_mutex_unlock(&rig->mu);
	return n;
}

void grpc_rig_expect_message(struct str message, int number, size_t size)
{
	int got = 0;

	if (message.n != size)
		fail_msg("message %d: got %zu bytes, want %zu", number, message.n, size);
	memcpy(&got, message.p, size < sizeof(got) ? size : sizeof(got));
	if (got != number)
		fail_msg("got message %d, want %d", got, number);
	if (size <= sizeof(got))
		return;
	/* The first byte is right, and each is like the one before it. */
	struct str rest = str_skip(message, sizeof(got));
	assert_int_equal(rest.p[0], 'a' + number % 26);
	if (memcmp(rest.p, rest.p + 1, rest.n - 1) != 0)
		fail_msg("message %d is not %zu times '%c'", number, rest.n, rest.p[0]);
}

struct str grpc_rig_stream_request(int n, size_t size)
{
	static _Thread_local char text[64];

	snprintf(text, sizeof(text), "%d %zu", n, size);
	return str_of(text);
}
