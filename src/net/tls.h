/* tls.h - TLS settings of a server or a client, made once and used by many connections.
 *
 * Files are read when the object is made, so a bad one is an error at start-up that names the file
 * and the reason, and again when they have changed: a new certificate is used from the next
 * connection on; one that cannot be loaded leaves the old one in use. Keys and passwords never
 * appear in a message.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct ssl_st;  /* OpenSSL's SSL */
struct x509_st; /* OpenSSL's X509 */

enum tls_version {
	TLS_VERSION_DEFAULT,
	TLS_VERSION_10,
	TLS_VERSION_11,
	TLS_VERSION_12,
	TLS_VERSION_13
};

/* "1.0" to "1.3", or Go's "TLS10" to "TLS13". */
bool tls_version_parse(const char *text, enum tls_version *out, struct err *err);

/* Go's names of what is asked of a client. */
enum tls_client_auth {
	TLS_CLIENT_AUTH_NONE,        /* NoClientCert */
	TLS_CLIENT_AUTH_REQUEST,     /* RequestClientCert: asked for, not needed, not verified */
	TLS_CLIENT_AUTH_REQUIRE_ANY, /* RequireAnyClientCert: needed, not verified */
	TLS_CLIENT_AUTH_VERIFY_IF_GIVEN,  /* VerifyClientCertIfGiven */
	TLS_CLIENT_AUTH_REQUIRE_VERIFIED, /* RequireAndVerifyClientCert */
};

bool tls_client_auth_parse(const char *text, enum tls_client_auth *out, struct err *err);

/* PEM, from a file or inline; both NULL: not given. */
struct tls_pem {
	const char *file;
	const char *text;
};

/* NULL-terminated lists; NULL: the default. Strings are copied by the functions below. */
struct tls_settings {
	struct tls_pem certificate; /* with its chain */
	struct tls_pem key;
	struct tls_pem ca; /* server: of the clients; client: of the server, or the system's */
	enum tls_version min_version; /* default: 1.2 */
	enum tls_version max_version; /* default: 1.3 */
	const char *const *ciphers; /* Go's names, TLS_RSA_WITH_AES_128_CBC_SHA; 1.3 ignores them */
	const char *const *curves;  /* Go's names, CurveP256, X25519 */
	const char *const *alpn;    /* in order of preference, {"h2", "http/1.1", NULL} */

	/* Servers. A CA without a choice means TLS_CLIENT_AUTH_REQUIRE_VERIFIED. */
	enum tls_client_auth client_auth;
	const char *const *client_allowed_sans; /* the client's certificate must have one of them */

	/* Clients. */
	const char *server_name; /* for SNI and verification; NULL: the host dialled */
	bool insecure_skip_verify;
};

struct tls_server;
struct tls_client;

/* Counted references; connections hold one. */
struct tls_server *tls_server_new(const struct tls_settings *settings, struct err *err);
struct tls_server *tls_server_ref(struct tls_server *server);
void tls_server_unref(struct tls_server *server); /* NULL is fine */
CLEANUP_DEFINE(struct tls_server, tls_server_unref)

struct tls_client *tls_client_new(const struct tls_settings *settings, struct err *err);
struct tls_client *tls_client_ref(struct tls_client *client);
void tls_client_unref(struct tls_client *client); /* NULL is fine */
CLEANUP_DEFINE(struct tls_client, tls_client_unref)

/* One connection's session on a socket; the caller's, to end with SSL_free(). `host` without its
 * port or brackets, used where the settings name no server. */
struct ssl_st *tls_server_session(struct tls_server *server, int fd, struct err *err);
struct ssl_st *tls_client_session(struct tls_client *client, int fd, const char *host,
				  struct err *err);

/* Why the last TLS call of this thread failed, in one line: the queue of OpenSSL's errors, which is
 * empty afterwards, or what the verification of the peer's certificate found. */
const char *tls_failure(struct ssl_st *ssl, char *line, size_t size);

/* The subject's common name; false when there is none. */
bool tls_common_name(struct x509_st *certificate, char *out, size_t size);

/* Who a certificate is for. What it does not say is empty. Of several values Go's choice: the first
 * organization and unit, the last common name. */
struct tls_subject {
	struct str organization;
	struct str organizational_unit;
	struct str common_name;
};

/* In memory of `a`. */
struct tls_subject tls_subject_of(struct x509_st *certificate, struct arena *a);

#endif
