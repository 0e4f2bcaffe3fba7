/* Both ends of a connection in one process: a listener whose connections echo, and clients that
 * send a pattern and check it. */
#include "net/conn.h"

#include "base/alloc.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls.h"
#include "tests/lib/expect.h"
#include "tests/lib/test_pki.h"
#include "tests/lib/wait.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static const char *const h2_and_h1[] = {"h2", "http/1.1", NULL};
static const char *const h1_only[] = {"http/1.1", NULL};

/* --- a server --------------------------------------------------------------------------------- */

struct server {
	struct loops *loops;
	struct listener *listener;
	const struct conn_events *events;
	_Atomic unsigned n_opened, n_ended, n_closed;
	_Atomic size_t n_bytes;
	char peer[300], alpn[32], common_name[64];
	_Atomic enum err_code why;
};

static void server_open(struct conn *c, void *arg)
{
	struct server *s = arg;

	if (s->n_opened++ > 0)
		return; /* the first connection's are kept */
	snprintf(s->peer, sizeof(s->peer), "%s", conn_peer(c));
	snprintf(s->alpn, sizeof(s->alpn), "%.*s", STR_FMT(conn_alpn(c)));
	if (conn_peer_certificate(c))
		tls_common_name(conn_peer_certificate(c), s->common_name, sizeof(s->common_name));
}

static void server_echo(struct conn *c, void *arg, struct str bytes)
{
	struct server *s = arg;

	s->n_bytes += bytes.n;
	conn_write(c, bytes.p, bytes.n);
	if (conn_is_full(c))
		conn_pause(c);
}

static void server_writable(struct conn *c, void *arg)
{
	(void)arg;
	conn_resume(c);
}

static void server_end(struct conn *c, void *arg)
{
	struct server *s = arg;
	s->n_ended++;
	conn_finish(c);
}

static void server_close(struct conn *c, void *arg, const struct err *why)
{
	struct server *s = arg;
	(void)c;
	s->why = why->code;
	s->n_closed++;
}

static const struct conn_events echo_events = {
    .on_open = server_open,
    .on_bytes = server_echo,
    .on_end = server_end,
    .on_writable = server_writable,
    .on_close = server_close,
};

static void server_accept(struct conn *c, void *arg)
{
	struct server *s = arg;
	conn_set_events(c, s->events, s);
}

static void server_start_with(struct server *s, struct listener_options options)
{
	struct err err = ERR_INIT;

	if (!s->events)
		s->events = &echo_events;
	s->loops = loops_start(2, &err);
	options.on_accept = server_accept;
	options.arg = s;
	s->listener = listener_open(s->loops, &options, &err);
	if (!s->listener)
		fail_msg("%s", err.msg);
}

static void server_start(struct server *s)
{
	server_start_with(s, (struct listener_options){.address = "127.0.0.1:0"});
}

static void server_stop(struct server *s)
{
	listener_close(s->listener);
	loops_stop(s->loops);
}

/* --- a client --------------------------------------------------------------------------------- */

struct client {
	struct server *server;
	const char *address; /* NULL: the server's */
	struct tls_client *tls;
	const char *server_name;
	struct conn_limits limits;
	size_t n_to_send;
	struct loop *loop;
	struct conn *conn;
	size_t n_sent, n_received;
	bool wrong;
	_Atomic bool opened, ended, closed;
	struct err why;
	char alpn[32];
};

static char pattern(size_t i)
{
	return (char)(i * 7 + (i >> 8));
}

static void client_send(struct client *cl)
{
	char part[5000];

	while (cl->n_sent < cl->n_to_send && !conn_is_full(cl->conn)) {
		size_t n = 0;
		while (n < sizeof(part) && cl->n_sent < cl->n_to_send)
			part[n++] = pattern(cl->n_sent++);
		conn_write(cl->conn, part, n);
	}
}

static void client_open(struct conn *c, void *arg)
{
	struct client *cl = arg;
	snprintf(cl->alpn, sizeof(cl->alpn), "%.*s", STR_FMT(conn_alpn(c)));
	cl->opened = true;
	client_send(cl);
}

static void client_bytes(struct conn *c, void *arg, struct str bytes)
{
	struct client *cl = arg;

	for (size_t i = 0; i < bytes.n; i++)
		cl->wrong |= bytes.p[i] != pattern(cl->n_received + i);
	cl->n_received += bytes.n;
	if (cl->n_received == cl->n_to_send)
		conn_finish(c);
}

static void client_writable(struct conn *c, void *arg)
{
	(void)c;
	client_send(arg);
}

static void client_end(struct conn *c, void *arg)
{
	struct client *cl = arg;
	cl->ended = true;
	conn_finish(c);
}

static void client_close(struct conn *c, void *arg, const struct err *why)
{
	struct client *cl = arg;
	(void)c;
	cl->why = *why;
	cl->closed = true;
}

static const struct conn_events client_events = {
    .on_open = client_open,
    .on_bytes = client_bytes,
    .on_end = client_end,
    .on_writable = client_writable,
    .on_close = client_close,
};

static void client_dial(void *arg)
{
	struct client *cl = arg;
	struct conn_target target = {
	    .address = cl->address ? cl->address : listener_address(cl->server->listener),
	    .tls = cl->tls,
	    .server_name = cl->server_name,
	};
	cl->conn = conn_dial(cl->loop, &target, &cl->limits, &client_events, cl);
}

static void client_start(struct client *cl)
{
	cl->loop = loops_next(cl->server->loops);
	loop_call(cl->loop, client_dial, cl);
}

static void client_run(struct client *cl)
{
	client_start(cl);
	wait_until(cl->closed);
}

/* --- plain ------------------------------------------------------------------------------------ */

static void bytes_come_back_as_they_were_sent(void **state)
{
	struct server s = {0};
	server_start(&s);
	struct client cl = {.server = &s, .n_to_send = 3000};
	(void)state;

	client_run(&cl);
	wait_until(s.n_closed == 1);

	assert_int_equal(cl.n_received, 3000);
	assert_false(cl.wrong);
	assert_int_equal(cl.why.code, ERR_OK);
	assert_int_equal(s.why, ERR_OK);
	assert_true(str_starts(str_of(s.peer), STR("127.0.0.1:")));
	wait_until(listener_connections(s.listener) == 0);
	server_stop(&s);
}

static void many_megabytes_pass_through_small_queues(void **state)
{
	struct server s = {0};
	server_start_with(&s, (struct listener_options){.address = "127.0.0.1:0",
							.limits.high_water_bytes = 20000});
	struct client cl = {.server = &s, .n_to_send = 20 << 20, .limits.high_water_bytes = 30000};
	(void)state;

	client_run(&cl);

	assert_int_equal(cl.n_received, 20 << 20);
	assert_false(cl.wrong);
	server_stop(&s);
}

static void many_connections_at_once_are_spread_and_served(void **state)
{
	enum { N = 200 };
	struct server s = {0};
	struct client *clients = xcalloc(N, sizeof(*clients));
	(void)state;

	server_start(&s);
	for (size_t i = 0; i < N; i++) {
		clients[i] = (struct client){.server = &s, .n_to_send = 10000 + i};
		client_start(&clients[i]);
	}

	for (size_t i = 0; i < N; i++) {
		wait_until(clients[i].closed);
		assert_int_equal(clients[i].n_received, 10000 + i);
		assert_false(clients[i].wrong);
	}
	server_stop(&s);
	free(clients);
}

static void dialling_where_nobody_listens_names_the_address(void **state)
{
	struct server s = {0};
	char address[64];
	server_start(&s);
	snprintf(address, sizeof(address), "%s", listener_address(s.listener));
	listener_stop(s.listener);
	struct client cl = {.server = &s, .address = address};
	(void)state;

	client_run(&cl);

	assert_int_equal(cl.why.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(cl.why.msg, address));
	assert_non_null(strstr(cl.why.msg, "Connection refused"));
	server_stop(&s);
}

static void a_name_is_resolved_and_all_its_addresses_are_tried(void **state)
{
	struct server s = {0};
	char address[64];
	(void)state;

	/* localhost may be ::1 first, where nobody listens. */
	server_start(&s);
	snprintf(address, sizeof(address), "localhost:%u", listener_port(s.listener));
	struct client cl = {.server = &s, .address = address, .n_to_send = 100};
	client_run(&cl);

	assert_string_equal(cl.why.msg, "");
	assert_int_equal(cl.n_received, 100);
	server_stop(&s);
}

static void a_name_that_does_not_exist_is_an_error(void **state)
{
	struct server s = {0};
	server_start(&s);
	struct client cl = {.server = &s, .address = "no-such-host.invalid:80"};
	(void)state;

	client_run(&cl);

	assert_int_equal(cl.why.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(cl.why.msg, "lookup no-such-host.invalid"));
	server_stop(&s);
}

static void an_address_without_a_port_is_an_error(void **state)
{
	struct server s = {0};
	server_start(&s);
	struct client cl = {.server = &s, .address = "localhost"};
	(void)state;

	client_run(&cl);

	assert_int_equal(cl.why.code, ERR_INVALID);
	assert_non_null(strstr(cl.why.msg, "missing port in address"));
	server_stop(&s);
}

static void connections_left_open_end_with_their_loop(void **state)
{
	struct server s = {0};
	server_start(&s);
	struct client cl = {.server = &s, .n_to_send = 1 << 30};
	(void)state;

	client_start(&cl);
	wait_until(s.n_bytes > 1000000);
	server_stop(&s);

	assert_true(cl.closed);
	assert_int_equal(s.n_closed, 1);
}

/* --- the limits ------------------------------------------------------------------------------- */

static void drop_bytes(struct conn *c, void *arg, struct str bytes)
{
	struct server *s = arg;
	s->n_bytes += bytes.n;
	conn_pause(c);
}

static const struct conn_events deaf_events = {
    .on_open = server_open,
    .on_bytes = drop_bytes,
    .on_end = server_end,
    .on_close = server_close,
};

static void a_peer_that_reads_nothing_is_cut_after_the_stall_time(void **state)
{
	struct server s = {.events = &deaf_events};
	server_start(&s);
	struct client cl = {.server = &s, .n_to_send = 64 << 20, .limits.write_stall_ms = 100};
	(void)state;

	client_run(&cl);

	assert_int_equal(cl.why.code, ERR_TIMEOUT);
	assert_non_null(strstr(cl.why.msg, "nothing could be written for 100 ms"));
	server_stop(&s);
}

static void close_now(void *arg)
{
	struct client *cl = arg;
	conn_close(cl->conn);
}

static void the_peers_end_is_noticed_while_reading_is_paused(void **state)
{
	struct server s = {.events = &deaf_events};
	server_start(&s);
	struct client cl = {.server = &s, .n_to_send = 100};
	(void)state;

	client_start(&cl);
	wait_until(s.n_bytes == 100);
	loop_call(cl.loop, close_now, &cl);
	wait_until(s.n_ended == 1);

	wait_until(s.n_closed == 1);
	server_stop(&s);
}

static void hurry(struct conn *c, void *arg)
{
	server_open(c, arg);
	conn_set_timeout_ms(c, 10000);
	conn_set_timeout_ms(c, 30);
}

static const struct conn_events hasty_events = {
    .on_open = hurry,
    .on_bytes = server_echo,
    .on_close = server_close,
};

static void a_timeout_without_a_callback_closes(void **state)
{
	struct server s = {.events = &hasty_events};
	server_start(&s);
	struct client cl = {.server = &s};
	(void)state;

	client_run(&cl);

	assert_true(cl.ended);
	wait_until(s.n_closed == 1);
	assert_int_equal(s.why, ERR_TIMEOUT);
	server_stop(&s);
}

static void beyond_the_largest_number_of_connections_clients_wait(void **state)
{
	struct server s = {0};
	server_start_with(
	    &s, (struct listener_options){.address = "127.0.0.1:0", .max_connections = 2});
	struct client first[2] = {{.server = &s, .n_to_send = 1 << 30},
				  {.server = &s, .n_to_send = 1 << 30}};
	struct client third = {.server = &s, .n_to_send = 100};
	(void)state;

	client_start(&first[0]);
	client_start(&first[1]);
	wait_until(s.n_opened == 2);
	client_start(&third);
	usleep(50 * 1000);
	assert_int_equal(listener_connections(s.listener), 2);
	loop_call(first[0].loop, close_now, &first[0]);
	wait_until(third.closed);

	assert_int_equal(third.n_received, 100);
	server_stop(&s);
}

static void out_of_descriptors_the_listener_pauses_and_recovers(void **state)
{
	struct server s = {0};
	struct rlimit normal, tight;
	server_start(&s);
	struct client warm = {.server = &s, .n_to_send = 10};
	struct client cl = {.server = &s, .n_to_send = 100};
	(void)state;

	client_run(&warm);
	wait_until(listener_connections(s.listener) == 0);
	/* The client gets the last descriptor, the server's side none. */
	int last = dup(0);
	getrlimit(RLIMIT_NOFILE, &normal);
	tight = normal;
	tight.rlim_cur = (rlim_t)last + 1;
	close(last);
	setrlimit(RLIMIT_NOFILE, &tight);
	client_start(&cl);
	wait_until(cl.opened);
	usleep(30 * 1000);
	assert_int_equal(s.n_opened, 1);
	setrlimit(RLIMIT_NOFILE, &normal);
	wait_until(cl.closed);

	assert_int_equal(cl.n_received, 100);
	server_stop(&s);
}

/* --- listening -------------------------------------------------------------------------------- */

static void listening_takes_the_address_forms_of_go(void **state)
{
	static const char *const good[][2] = {
	    {":0", "[::]:"},       {"0.0.0.0:0", "[::]:"},        {"[::]:0", "[::]:"},
	    {"[::1]:0", "[::1]:"}, {"127.0.0.1:0", "127.0.0.1:"}, {"localhost:0", "127.0.0.1:"},
	};
	static const char *const bad[][2] = {
	    {"127.0.0.1", "missing port"},       {"::1:80", "too many colons"},
	    {"127.0.0.1:99999", "invalid port"}, {"[::1:80", "missing ']'"},
	    {"a.invalid:1", "lookup a.invalid"}, {"1.2.3.4:1", "listen on 1.2.3.4:1"},
	};
	struct server s = {0};
	struct err err = ERR_INIT;
	(void)state;

	server_start(&s);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct listener_options o = {.address = good[i][0], .on_accept = server_accept};
		struct listener *l = listener_open(s.loops, &o, &err);
		if (!l)
			fail_msg("%s: %s", good[i][0], err.msg);
		assert_true(str_starts(str_of(listener_address(l)), str_of(good[i][1])));
		assert_true(listener_port(l) > 0);
		listener_close(l);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct listener_options o = {.address = bad[i][0], .on_accept = server_accept};
		assert_null(listener_open(s.loops, &o, &err));
		assert_non_null(strstr(err.msg, bad[i][1]));
	}
	server_stop(&s);
}

static void an_unspecified_host_listens_on_both_families(void **state)
{
	struct server s = {0};
	char v4[32], v6[32];
	server_start_with(&s, (struct listener_options){.address = "0.0.0.0:0"});
	snprintf(v4, sizeof(v4), "127.0.0.1:%u", listener_port(s.listener));
	snprintf(v6, sizeof(v6), "[::1]:%u", listener_port(s.listener));
	struct client cl4 = {.server = &s, .address = v4, .n_to_send = 10};
	struct client cl6 = {.server = &s, .address = v6, .n_to_send = 10};
	(void)state;

	client_run(&cl4);
	client_run(&cl6);

	assert_int_equal(cl4.n_received, 10);
	assert_int_equal(cl6.n_received, 10);
	server_stop(&s);
}

static void a_port_in_use_is_an_error(void **state)
{
	struct server s = {0};
	struct err err = ERR_INIT;
	(void)state;

	server_start(&s);
	struct listener_options o = {.address = listener_address(s.listener),
				     .on_accept = server_accept};
	assert_null(listener_open(s.loops, &o, &err));

	assert_non_null(strstr(err.msg, "Address already in use"));
	server_stop(&s);
}

/* --- TLS -------------------------------------------------------------------------------------- */

struct tls_case {
	struct test_pki pki;
	char files[4][128];
	struct tls_settings server, client;
};

static void tls_case_init(struct tls_case *t)
{
	memset(t, 0, sizeof(*t));
	test_pki_init(&t->pki);
	test_pki_issue(&t->pki, "server", "DNS:localhost,IP:127.0.0.1");
	test_pki_issue(&t->pki, "client", "DNS:robot.example");
	snprintf(t->files[0], 128, "%s/server.pem", t->pki.dir);
	snprintf(t->files[1], 128, "%s/server.key", t->pki.dir);
	snprintf(t->files[2], 128, "%s/client.pem", t->pki.dir);
	snprintf(t->files[3], 128, "%s/client.key", t->pki.dir);
	t->server.certificate.file = t->files[0];
	t->server.key.file = t->files[1];
	t->client.ca.file = t->pki.ca;
}

static void tls_case_require_clients(struct tls_case *t)
{
	t->server.ca.file = t->pki.ca;
	t->client.certificate.file = t->files[2];
	t->client.key.file = t->files[3];
}

/* A server and one client that sends `n` bytes; what became of them is in *s and *cl. */
static void tls_case_run(struct tls_case *t, struct server *s, struct client *cl, size_t n)
{
	struct err err = ERR_INIT;
	struct tls_server *tls_server = tls_server_new(&t->server, &err);
	struct tls_client *tls_client = tls_client_new(&t->client, &err);

	if (!tls_server || !tls_client)
		fail_msg("%s", err.msg);
	*s = (struct server){0};
	server_start_with(s,
			  (struct listener_options){.address = "127.0.0.1:0", .tls = tls_server});
	cl->server = s;
	cl->tls = tls_client;
	cl->n_to_send = n;
	tls_server_unref(tls_server);
	client_run(cl);
	tls_client_unref(tls_client);
	server_stop(s);
}

static void tls_carries_many_megabytes_and_chooses_a_protocol(void **state)
{
	struct tls_case t;
	struct server s;
	struct client cl = {0};
	(void)state;

	tls_case_init(&t);
	t.server.alpn = h2_and_h1;
	t.client.alpn = h2_and_h1;
	tls_case_run(&t, &s, &cl, 8 << 20);

	assert_string_equal(cl.why.msg, "");
	assert_int_equal(cl.n_received, 8 << 20);
	assert_false(cl.wrong);
	assert_string_equal(cl.alpn, "h2");
	assert_string_equal(s.alpn, "h2");
	test_pki_done(&t.pki);
}

static void without_a_common_protocol_the_handshake_fails(void **state)
{
	static const char *const h2_only[] = {"h2", NULL};
	struct tls_case t;
	struct server s;
	struct client cl = {0};
	(void)state;

	tls_case_init(&t);
	t.server.alpn = h2_only;
	t.client.alpn = h1_only;
	tls_case_run(&t, &s, &cl, 10);

	assert_int_equal(cl.why.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(cl.why.msg, "no application protocol"));
	test_pki_done(&t.pki);
}

static void a_server_of_an_unknown_authority_is_refused(void **state)
{
	struct tls_case t;
	struct server s;
	struct client cl = {0};
	(void)state;

	tls_case_init(&t);
	t.client.ca.file = NULL;
	tls_case_run(&t, &s, &cl, 10);

	assert_int_equal(cl.why.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(cl.why.msg, "certificate verify failed"));
	test_pki_done(&t.pki);
}

static void a_certificate_of_another_name_is_refused_unless_told_to_skip(void **state)
{
	struct tls_case t;
	struct server s;
	struct client refused = {.server_name = "other.example"};
	struct client skipped = {.server_name = "other.example"};
	(void)state;

	tls_case_init(&t);
	tls_case_run(&t, &s, &refused, 10);
	t.client.insecure_skip_verify = true;
	tls_case_run(&t, &s, &skipped, 10);

	assert_non_null(strstr(refused.why.msg, "hostname mismatch"));
	assert_int_equal(skipped.n_received, 10);
	test_pki_done(&t.pki);
}

static void a_client_ca_demands_a_certificate_and_shows_it(void **state)
{
	struct tls_case t;
	struct server s, bare_server;
	struct client cl = {0}, bare = {0};
	(void)state;

	tls_case_init(&t);
	t.server.min_version = TLS_VERSION_13;
	tls_case_require_clients(&t);
	tls_case_run(&t, &s, &cl, 10);
	t.client.certificate.file = t.client.key.file = NULL;
	tls_case_run(&t, &bare_server, &bare, 10);

	assert_int_equal(cl.n_received, 10);
	assert_string_equal(s.common_name, "client");
	assert_int_equal(bare.n_received, 0);
	assert_int_equal(bare_server.n_opened, 0);
	assert_non_null(strstr(bare.why.msg, "certificate required"));
	test_pki_done(&t.pki);
}

static void a_client_must_have_one_of_the_allowed_names(void **state)
{
	static const char *const allowed[] = {"other.example", "robot.example", NULL};
	static const char *const others[] = {"other.example", "10.0.0.1", NULL};
	struct tls_case t;
	struct server s;
	struct client good = {0}, bad = {0};
	(void)state;

	tls_case_init(&t);
	tls_case_require_clients(&t);
	t.server.client_allowed_sans = allowed;
	tls_case_run(&t, &s, &good, 10);
	t.server.client_allowed_sans = others;
	tls_case_run(&t, &s, &bad, 10);

	assert_int_equal(good.n_received, 10);
	assert_int_equal(bad.n_received, 0);
	test_pki_done(&t.pki);
}

static void a_client_below_the_minimum_version_is_refused(void **state)
{
	struct tls_case t;
	struct server s;
	struct client cl = {0};
	(void)state;

	tls_case_init(&t);
	t.server.min_version = TLS_VERSION_13;
	t.client.max_version = TLS_VERSION_12;
	tls_case_run(&t, &s, &cl, 10);

	assert_int_equal(cl.n_received, 0);
	assert_non_null(strstr(cl.why.msg, "version"));
	test_pki_done(&t.pki);
}

static void plain_text_to_a_tls_port_is_refused(void **state)
{
	struct tls_case t;
	struct err err = ERR_INIT;
	struct server s = {0};
	struct client cl = {.server = &s, .n_to_send = 1000};
	(void)state;

	tls_case_init(&t);
	struct tls_server *tls = tls_server_new(&t.server, &err);
	server_start_with(&s, (struct listener_options){.address = "127.0.0.1:0", .tls = tls});
	client_run(&cl);
	server_stop(&s);

	assert_int_equal(s.n_opened, 0);
	assert_int_equal(s.n_closed, 1);
	assert_int_equal(s.why, ERR_UNAVAILABLE);
	tls_server_unref(tls);
	test_pki_done(&t.pki);
}

static void a_client_that_never_shakes_hands_is_cut(void **state)
{
	struct tls_case t;
	struct err err = ERR_INIT;
	struct server s = {0};
	struct client cl = {.server = &s};
	(void)state;

	tls_case_init(&t);
	struct tls_server *tls = tls_server_new(&t.server, &err);
	server_start_with(&s, (struct listener_options){.address = "127.0.0.1:0",
							.tls = tls,
							.limits.connect_timeout_ms = 50});
	client_run(&cl);
	server_stop(&s);

	assert_int_equal(s.why, ERR_TIMEOUT);
	tls_server_unref(tls);
	test_pki_done(&t.pki);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_come_back_as_they_were_sent),
	    cmocka_unit_test(many_megabytes_pass_through_small_queues),
	    cmocka_unit_test(many_connections_at_once_are_spread_and_served),
	    cmocka_unit_test(dialling_where_nobody_listens_names_the_address),
	    cmocka_unit_test(a_name_is_resolved_and_all_its_addresses_are_tried),
	    cmocka_unit_test(a_name_that_does_not_exist_is_an_error),
	    cmocka_unit_test(an_address_without_a_port_is_an_error),
	    cmocka_unit_test(connections_left_open_end_with_their_loop),
	    cmocka_unit_test(a_peer_that_reads_nothing_is_cut_after_the_stall_time),
	    cmocka_unit_test(the_peers_end_is_noticed_while_reading_is_paused),
	    cmocka_unit_test(a_timeout_without_a_callback_closes),
	    cmocka_unit_test(beyond_the_largest_number_of_connections_clients_wait),
	    cmocka_unit_test(out_of_descriptors_the_listener_pauses_and_recovers),
	    cmocka_unit_test(listening_takes_the_address_forms_of_go),
	    cmocka_unit_test(an_unspecified_host_listens_on_both_families),
	    cmocka_unit_test(a_port_in_use_is_an_error),
	    cmocka_unit_test(tls_carries_many_megabytes_and_chooses_a_protocol),
	    cmocka_unit_test(without_a_common_protocol_the_handshake_fails),
	    cmocka_unit_test(a_server_of_an_unknown_authority_is_refused),
	    cmocka_unit_test(a_certificate_of_another_name_is_refused_unless_told_to_skip),
	    cmocka_unit_test(a_client_ca_demands_a_certificate_and_shows_it),
	    cmocka_unit_test(a_client_must_have_one_of_the_allowed_names),
	    cmocka_unit_test(a_client_below_the_minimum_version_is_refused),
	    cmocka_unit_test(plain_text_to_a_tls_port_is_refused),
	    cmocka_unit_test(a_client_that_never_shakes_hands_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
