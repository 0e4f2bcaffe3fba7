#include "net/http_client_config.h"

#include "tests/lib/expect.h"

static void parse(const char *text, struct arena *a, struct http_client_options *out)
{
	struct http_client_config config;
	struct err err = ERR_INIT;

	expect_ok(http_client_config_parse(str_of(text), a, &config, &err), err);
	http_client_config_options(&config, out);
}

static void every_key_becomes_an_option(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct http_client_options o;
	(void)state;

	parse("basic_auth:\n  username: ali\n  password_file: /run/secret\n"
	      "proxy_url: http://proxy:3128\n"
	      "tls_config:\n  ca_file: ca\n  cert_file: crt\n  key_file: key\n"
	      "  server_name: s.example\n  insecure_skip_verify: true\n"
	      "transport_config:\n  max_idle_conns: 7\n  max_idle_conns_per_host: 3\n"
	      "  idle_conn_timeout: 1000000001\n  response_header_timeout: 2000000\n"
	      "  expect_continue_timeout: 1\n  max_conns_per_host: 5\n"
	      "  disable_compression: true\n  tls_handshake_timeout: 3000000\n"
	      "  dialer_timeout: 4000000\n",
	      a, &o);

	assert_string_equal(o.username, "ali");
	assert_null(o.password);
	assert_string_equal(o.password_file, "/run/secret");
	assert_string_equal(o.proxy_url, "http://proxy:3128");
	assert_string_equal(o.tls.ca.file, "ca");
	assert_string_equal(o.tls.certificate.file, "crt");
	assert_string_equal(o.tls.key.file, "key");
	assert_string_equal(o.tls.server_name, "s.example");
	assert_true(o.tls.insecure_skip_verify && o.disable_compression);
	assert_int_equal(o.max_idle_connections, 7);
	assert_int_equal(o.max_connections_per_host, 5);
	assert_int_equal(o.idle_timeout_ms, 1001); /* rounded up: 0 would mean none */
	assert_int_equal(o.response_timeout_ms, 2);
	assert_int_equal(o.connect_timeout_ms, 7);
}

static void an_empty_document_has_the_defaults_of_thanos(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct http_client_options o;
	(void)state;

	parse("", a, &o);

	assert_null(o.username);
	assert_null(o.bearer_token);
	assert_string_equal(o.proxy_url, "");
	assert_int_equal(o.max_idle_connections, 100);
	assert_int_equal(o.idle_timeout_ms, 90000);
	assert_int_equal(o.connect_timeout_ms, 15000);
	assert_int_equal(o.response_timeout_ms, 0);
}

static void unknown_keys_are_refused_only_as_a_part_of_a_strict_file(void **state)
{
	static const struct str text = {.p = "tls_config: {ca: x}\nfoo: 1\n", .n = 27};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct http_client_config config;
	struct yaml_node *root;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(http_client_config_parse(text, a, &config, &err), err);
	expect_ok(yaml_parse(text, a, &root, &err), err);
	expect_err(yaml_decode(root, &http_client_config_table, a, &config, &err), err, ERR_INVALID,
		   "field ca not found in type clientconfig.TLSConfig");
}

static void contradictions_are_refused_without_the_secret(void **state)
{
	static const char *const bad[][2] = {
	    {"bearer_token: geheim\nbearer_token_file: f\n", "bearer_token & bearer_token_file"},
	    {"bearer_token: geheim\nbasic_auth: {username: u}\n", "basic_auth, bearer_token"},
	    {"basic_auth: {username: u, password: geheim, password_file: f}\n",
	     "password & password_file"},
	    {"transport_config: {max_idle_conns: -1}\n", "negative"},
	    {"transport_config: {dialer_timeout: 5s}\n", "line 1"},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct http_client_config config;
	struct err err = ERR_INIT;
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		expect_err(http_client_config_parse(str_of(bad[i][0]), a, &config, &err), err,
			   ERR_INVALID, bad[i][1]);
		assert_null(strstr(err.msg, "geheim"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_key_becomes_an_option),
	    cmocka_unit_test(an_empty_document_has_the_defaults_of_thanos),
	    cmocka_unit_test(unknown_keys_are_refused_only_as_a_part_of_a_strict_file),
	    cmocka_unit_test(contradictions_are_refused_without_the_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
