#include "net/tls.h"

#include "tests/lib/expect.h"
#include "tests/lib/test_pki.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct files {
	struct test_pki pki;
	char certificate[128], key[128];
};

static void files_init(struct files *f)
{
	test_pki_init(&f->pki);
	test_pki_issue(&f->pki, "server", "DNS:localhost");
	snprintf(f->certificate, sizeof(f->certificate), "%s/server.pem", f->pki.dir);
	snprintf(f->key, sizeof(f->key), "%s/server.key", f->pki.dir);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void refuses(const struct tls_settings *settings, const char *want)
{
	struct err err = ERR_INIT;

	if (tls_server_new(settings, &err))
		fail_msg("made a server, want \"%s\"", want);
	if (!strstr(err.msg, want))
		fail_msg("got \"%s\", want \"%s\"", err.msg, want);
	assert_null(strstr(err.msg, "PRIVATE"));
}

static void a_bad_file_is_named_with_the_reason(void **state)
{
	struct files f;
	char other_key[128], junk[128], want[256];
	(void)state;

	files_init(&f);
	test_pki_issue(&f.pki, "other", NULL);
	snprintf(other_key, sizeof(other_key), "%s/other.key", f.pki.dir);
	snprintf(junk, sizeof(junk), "%s/junk.pem", f.pki.dir);
	put_file(junk, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

	refuses(&(struct tls_settings){.certificate.file = "/nowhere/a.pem", .key.file = f.key},
		"tls: certificate: open /nowhere/a.pem: No such file");
	refuses(&(struct tls_settings){.certificate.file = f.certificate, .key.file = other_key},
		"key values mismatch");
	snprintf(want, sizeof(want), "tls: no unencrypted private key in %s: ", f.certificate);
	refuses(
	    &(struct tls_settings){.certificate.file = f.certificate, .key.file = f.certificate},
	    want);
	snprintf(want, sizeof(want), "tls: certificate %s: ", junk);
	refuses(&(struct tls_settings){.certificate.file = junk, .key.file = f.key}, want);
	refuses(&(struct tls_settings){.certificate.file = f.certificate,
				       .key.file = f.key,
				       .ca.text = "no certificate at all"},
		"tls: CA (inline): no start line");
	refuses(&(struct tls_settings){.certificate.file = f.certificate},
		"a certificate and a key");
	refuses(&(struct tls_settings){.certificate.file = f.certificate,
				       .key.file = f.key,
				       .client_auth = TLS_CLIENT_AUTH_REQUIRE_VERIFIED},
		"client CAs are needed");
	test_pki_done(&f.pki);
}

static void names_are_those_of_go(void **state)
{
	static const char *const ciphers[] = {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
					      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
					      "TLS_AES_128_GCM_SHA256", NULL};
	static const char *const curves[] = {"CurveP256", "CurveP384", "CurveP521", "X25519", NULL};
	static const char *const bad[] = {"ROT13", NULL};
	enum tls_version version;
	enum tls_client_auth auth;
	struct files f;
	struct err err = ERR_INIT;
	(void)state;

	files_init(&f);
	struct tls_settings s = {.certificate.file = f.certificate, .key.file = f.key};
	s.ciphers = ciphers;
	s.curves = curves;
	struct tls_server *server = tls_server_new(&s, &err);
	assert_non_null(server);
	tls_server_unref(server);
	s.curves = bad;
	refuses(&s, "tls: unknown curve: ROT13");
	s.ciphers = bad;
	refuses(&s, "tls: unknown cipher suite: ROT13");

	expect_ok(tls_version_parse("1.3", &version, &err), err);
	assert_int_equal(version, TLS_VERSION_13);
	expect_ok(tls_version_parse("TLS12", &version, &err), err);
	assert_int_equal(version, TLS_VERSION_12);
	expect_err(tls_version_parse("1.4", &version, &err), err, ERR_INVALID, "1.4");
	expect_ok(tls_client_auth_parse("RequireAndVerifyClientCert", &auth, &err), err);
	assert_int_equal(auth, TLS_CLIENT_AUTH_REQUIRE_VERIFIED);
	expect_err(tls_client_auth_parse("Please", &auth, &err), err, ERR_INVALID, "Please");
	test_pki_done(&f.pki);
}

/* The serial number of the certificate that a session would show. */
static long serial_shown(struct tls_server *server)
{
	int pair[2];
	struct err err = ERR_INIT;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	SSL *ssl = tls_server_session(server, pair[0], &err);
	assert_non_null(ssl);
	long serial = ASN1_INTEGER_get(X509_get0_serialNumber(SSL_get_certificate(ssl)));
	SSL_free(ssl);
	close(pair[0]);
	close(pair[1]);
	return serial;
}

static void a_renewed_certificate_is_used_without_a_restart(void **state)
{
	struct files f;
	struct err err = ERR_INIT;
	(void)state;

	files_init(&f);
	struct tls_settings s = {.certificate.file = f.certificate, .key.file = f.key};
	struct tls_server *server = tls_server_new(&s, &err);
	assert_non_null(server);
	long first = serial_shown(server);
	test_pki_issue(&f.pki, "server", "DNS:localhost");
	usleep(1100 * 1000);
	long second = serial_shown(server);
	put_file(f.certificate, "half a certif");
	usleep(1100 * 1000);
	long third = serial_shown(server);

	assert_int_not_equal(second, first);
	assert_int_equal(third, second); /* the last good one */
	tls_server_unref(server);
	test_pki_done(&f.pki);
}

static void an_empty_server_name_verifies_nothing_and_is_refused(void **state)
{
	struct err err = ERR_INIT;
	struct tls_client *client = tls_client_new(&(struct tls_settings){0}, &err);
	(void)state;

	assert_non_null(client);
	assert_null(tls_client_session(client, 0, "", &err));

	assert_int_equal(err.code, ERR_INVALID);
	tls_client_unref(client);
}

static void add_entry(X509_NAME *name, const char *field, const char *value)
{
	X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1,
				   0);
}

static void a_certificate_says_who_it_is_for(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	(void)state;

	struct tls_subject subject = tls_subject_of(certificate, a);
	assert_int_equal(subject.common_name.n + subject.organization.n, 0);
	add_entry(name, "O", "first");
	add_entry(name, "CN", "old");
	add_entry(name, "O", "second");
	add_entry(name, "OU", "Zu\xc3\xb1iga");
	add_entry(name, "CN", "new");
	subject = tls_subject_of(certificate, a);
	expect_str(subject.organization, "first");
	expect_str(subject.organizational_unit, "Zu\xc3\xb1iga");
	expect_str(subject.common_name, "new");
	X509_free(certificate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_certificate_says_who_it_is_for),
	    cmocka_unit_test(a_bad_file_is_named_with_the_reason),
	    cmocka_unit_test(names_are_those_of_go),
	    cmocka_unit_test(a_renewed_certificate_is_used_without_a_restart),
	    cmocka_unit_test(an_empty_server_name_verifies_nothing_and_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
