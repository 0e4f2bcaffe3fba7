#include "net/web_config.h"

#include "base/fs.h"
#include "base/pool.h"
#include "codec/base64.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/passwords.h"
#include "net/tls.h"
#include "tests/lib/expect.h"
#include "tests/lib/raw_client.h"
#include "tests/lib/test_pki.h"

#include <crypt.h>
#include <stdio.h>
#include <unistd.h>

struct files {
	struct test_pki pki;
	char path[128];
};

static void files_init(struct files *f)
{
	test_pki_init(&f->pki);
	test_pki_issue(&f->pki, "server", "DNS:localhost");
	snprintf(f->path, sizeof(f->path), "%s/web.yml", f->pki.dir);
}

static void write_config(struct files *f, const char *text)
{
	struct err err = ERR_INIT;
	expect_ok(fs_write_atomic(f->path, str_of(text), 0600, &err), err);
}

static void a_bad_file_is_refused_with_the_reason(void **state)
{
	static const char *const bad[][2] = {
	    {"tls_server_config:\n  certfile: x\n", "field certfile not found"},
	    {"rate_limit:\n  burst: 1\n", "field rate_limit not found"},
	    {"basic_auth_users: [a]\n", "line 1"},
	    {"basic_auth_users:\n  alice: secret\n",
	     "the password of user alice is no bcrypt hash"},
	    {"http_server_config:\n  headers:\n    Server: x\n",
	     "\"Server\" can not be configured"},
	    {"tls_server_config:\n  cert_file: server.pem\n", "a certificate and a key"},
	    {"tls_server_config:\n  cert_file: no.pem\n  key_file: server.key\n", "/no.pem"},
	    {"tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
	     "  client_ca_file: ca.pem\n",
	     "without a client auth policy"},
	    {"tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
	     "  client_auth_type: Maybe\n",
	     "invalid ClientAuth: Maybe"},
	    {"tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
	     "  min_version: TLS09\n",
	     "unknown TLS version: TLS09"},
	    {"a: [", "line"},
	};
	struct files f;
	struct err err = ERR_INIT;
	(void)state;

	files_init(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		write_config(&f, bad[i][0]);
		assert_null(web_config_open(f.path, &err));
		if (!strstr(err.msg, bad[i][1]) || !strstr(err.msg, f.path))
			fail_msg("got \"%s\", want \"%s\"", err.msg, bad[i][1]);
		assert_null(strstr(err.msg, "secret"));
	}
	assert_null(web_config_open("/nowhere/web.yml", &err));
	assert_non_null(strstr(err.msg, "/nowhere/web.yml"));
	test_pki_done(&f.pki);
}

static void tls_files_are_found_beside_the_configuration(void **state)
{
	struct files f;
	struct err err = ERR_INIT;
	(void)state;

	files_init(&f);
	write_config(&f, "tls_server_config:\n"
			 "  cert_file: server.pem\n"
			 "  key_file: server.key\n"
			 "  client_ca_file: ca.pem\n"
			 "  client_auth_type: RequireAndVerifyClientCert\n"
			 "  client_allowed_sans: [robot]\n"
			 "  min_version: TLS13\n"
			 "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"
			 "  curve_preferences: [X25519, CurveP256]\n"
			 "  prefer_server_cipher_suites: true\n"
			 "http_server_config:\n  http2: false\n");
	struct web_config *w = web_config_open(f.path, &err);
	if (!w)
		fail_msg("%s", err.msg);
	assert_non_null(web_config_tls(w));
	web_config_free(w);
	write_config(&f, "");
	w = web_config_open(f.path, &err);
	assert_non_null(w);
	assert_null(web_config_tls(w));
	web_config_free(w);
	test_pki_done(&f.pki);
}

/* --- users ------------------------------------------------------------------------------------ */

/* The cheapest bcrypt there is. */
static void hash_of(const char *password, char out[64])
{
	struct crypt_data data = {0};
	char salt[64];

	assert_non_null(crypt_gensalt_rn("$2y$", 4, "0123456789abcdef", 16, salt, sizeof(salt)));
	snprintf(out, 64, "%s", crypt_r(password, salt, &data));
}

static void passwords_are_checked_against_bcrypt(void **state)
{
	struct passwords *p auto_free(passwords_free) = passwords_new();
	char hash[64];
	(void)state;

	hash_of("open sesame", hash);

	assert_true(passwords_is_bcrypt(str_of(hash)));
	assert_true(passwords_match(p, STR("ali"), hash, "open sesame"));
	assert_true(passwords_match(p, STR("ali"), hash, "open sesame")); /* remembered */
	assert_false(passwords_match(p, STR("ali"), hash, "open barley"));
	assert_false(passwords_match(p, STR("ali"), hash, ""));
	assert_false(passwords_match(p, STR("ali"), NULL, "open sesame"));
}

static void show_user(struct http_request *request, struct http_response *response, void *arg)
{
	(void)arg;
	http_response_send(response, 200, "text/plain", request->user);
}

struct rig {
	struct files files;
	struct loops *loops;
	struct pool *pool;
	struct http_router *router;
	struct http_server *server;
};

static void rig_start(struct rig *rig, const char *config)
{
	static const struct http_route routes[] = {{HTTP_GET, "/", show_user, "root", 0}};
	struct pool_options pool = {.name = "http", .max_threads = 2, .max_backlog = 10};
	struct err err = ERR_INIT;

	files_init(&rig->files);
	write_config(&rig->files, config);
	rig->loops = loops_start(1, &err);
	rig->pool = pool_new(&pool);
	rig->router = http_router_new();
	http_router_add(rig->router, &(struct http_route_group){.routes = routes, .n_routes = 1});
	struct http_server_options options = {
	    .address = "127.0.0.1:0",
	    .web_config_file = rig->files.path,
	    .router = rig->router,
	    .pool = rig->pool,
	};
	rig->server = http_server_start(rig->loops, &options, &err);
	if (!rig->server)
		fail_msg("%s", err.msg);
}

static void rig_stop(struct rig *rig)
{
	http_server_free(rig->server);
	pool_free(rig->pool);
	loops_stop(rig->loops);
	http_router_free(rig->router);
	test_pki_done(&rig->files.pki);
}

static void ask_as(struct rig *rig, const char *credentials, struct buf *answer)
{
	struct buf request auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_puts(&request, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
	if (credentials) {
		buf_puts(&request, "Authorization: Basic ");
		base64_encode(&request, str_of(credentials), BASE64_STANDARD);
		buf_puts(&request, "\r\n");
	}
	buf_puts(&request, "\r\n");
	buf_clear(answer);
	raw_exchange(http_server_address(rig->server), buf_str(&request), answer);
}

static void only_users_with_their_password_are_let_in(void **state)
{
	struct rig rig;
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	char config[300], hash[64];
	static const char *const refused[] = {NULL, "alice:wrong", "bob:wonder:land", "alice", ""};
	(void)state;

	hash_of("wonder:land", hash);
	snprintf(config, sizeof(config),
		 "http_server_config:\n  headers: {X-Frame-Options: deny}\n"
		 "basic_auth_users:\n  alice: %s\n",
		 hash);
	rig_start(&rig, config);

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		ask_as(&rig, refused[i], &answer);
		assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 401 Unauthorized\r\n")));
		assert_non_null(strstr(buf_cstr(&answer), "\r\nWWW-Authenticate: Basic\r\n"));
		assert_non_null(strstr(buf_cstr(&answer), "\r\nX-Frame-Options: deny\r\n"));
	}
	ask_as(&rig, "alice:wonder:land", &answer);
	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 200 OK\r\n")));
	assert_true(str_ends(buf_str(&answer), STR("\r\n\r\nalice")));
	rig_stop(&rig);
}

static void changed_users_are_in_force_without_a_restart(void **state)
{
	struct rig rig;
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	char config[200], hash[64];
	(void)state;

	hash_of("new", hash);
	rig_start(&rig, "basic_auth_users: {}\n");
	ask_as(&rig, NULL, &answer);
	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 200 OK\r\n")));
	snprintf(config, sizeof(config), "basic_auth_users:\n  carol: %s\n", hash);
	write_config(&rig.files, config);
	usleep(1100 * 1000);

	ask_as(&rig, NULL, &answer);
	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 401 ")));
	ask_as(&rig, "carol:new", &answer);
	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 200 OK\r\n")));
	write_config(&rig.files, "basic_auth_users: [broken\n");
	usleep(1100 * 1000);
	ask_as(&rig, NULL, &answer);
	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 401 "))); /* the last good file */
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bad_file_is_refused_with_the_reason),
	    cmocka_unit_test(tls_files_are_found_beside_the_configuration),
	    cmocka_unit_test(passwords_are_checked_against_bcrypt),
	    cmocka_unit_test(only_users_with_their_password_are_let_in),
	    cmocka_unit_test(changed_users_are_in_force_without_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
