/* tls.c - settings that keep an SSL_CTX fresh: their files are looked at once a second while
 * connections come, and read again when one has another time, size or inode.
 */
#include "net/tls.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { CHECK_INTERVAL_MS = 1000 };

struct file_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct tls {
	enum tls_role role;
	struct tls_settings settings; /* all strings owned */
	_Atomic unsigned n_refs;
	pthread_mutex_t mu;
	SSL_CTX *ctx;                /* guarded by mu */
	struct file_stamp stamps[3]; /* guarded by mu; certificate, key, CA */
	int64_t checked_ns;          /* guarded by mu */
};

/* Two types, so that the compiler tells servers from clients. */
struct tls_server {
	struct tls tls;
};

struct tls_client {
	struct tls tls;
};

/* --- settings --------------------------------------------------------------------------------- */

static char *copy_text(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static const char *const *copy_list(const char *const *list)
{
	size_t n = 0;

	if (!list)
		return NULL;
	while (list[n])
		n++;
	const char **copy = xcalloc(n + 1, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(list[i]);
	return copy;
}

static void free_list(const char *const *list)
{
	for (size_t i = 0; list && list[i]; i++)
		free((char *)list[i]);
	free((void *)list);
}

static void copy_pem(struct tls_pem *to, const struct tls_pem *from)
{
	to->file = copy_text(from->file);
	to->text = copy_text(from->text);
}

static void free_pem(struct tls_pem *pem)
{
	if (pem->text)
		OPENSSL_cleanse((char *)pem->text, strlen(pem->text));
	free((char *)pem->file);
	free((char *)pem->text);
}

static void copy_settings(struct tls_settings *to, const struct tls_settings *from)
{
	*to = *from;
	copy_pem(&to->certificate, &from->certificate);
	copy_pem(&to->key, &from->key);
	copy_pem(&to->ca, &from->ca);
	to->ciphers = copy_list(from->ciphers);
	to->curves = copy_list(from->curves);
	to->alpn = copy_list(from->alpn);
	to->client_allowed_sans = copy_list(from->client_allowed_sans);
	to->server_name = copy_text(from->server_name);
}

static void free_settings(struct tls_settings *s)
{
	free_pem(&s->certificate);
	free_pem(&s->key);
	free_pem(&s->ca);
	free_list(s->ciphers);
	free_list(s->curves);
	free_list(s->alpn);
	free_list(s->client_allowed_sans);
	free((char *)s->server_name);
}

/* --- files that change ------------------------------------------------------------------------ */

static struct file_stamp stamp_of(const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) != 0)
		return (struct file_stamp){0};
	return (struct file_stamp){st.st_dev, st.st_ino, st.st_size, st.st_mtim};
}

static bool same_stamp(struct file_stamp a, struct file_stamp b)
{
	return a.device == b.device && a.inode == b.inode && a.size == b.size &&
	       a.changed.tv_sec == b.changed.tv_sec && a.changed.tv_nsec == b.changed.tv_nsec;
}

static void take_stamps(const struct tls_settings *s, struct file_stamp out[3])
{
	out[0] = stamp_of(s->certificate.file);
	out[1] = stamp_of(s->key.file);
	out[2] = stamp_of(s->ca.file);
}

/* With t->mu held. The stamps are taken first: a file that changes while it is read is read again
 * the next time. One that does not load is tried again when it changes. */
static void refresh(struct tls *t)
{
	struct file_stamp now[3];
	struct err err;
	int64_t now_ns = clock_monotonic_ns(&clock_system);

	if (now_ns - t->checked_ns < CHECK_INTERVAL_MS * INT64_C(1000000))
		return;
	t->checked_ns = now_ns;
	take_stamps(&t->settings, now);
	if (same_stamp(now[0], t->stamps[0]) && same_stamp(now[1], t->stamps[1]) &&
	    same_stamp(now[2], t->stamps[2]))
		return;
	memcpy(t->stamps, now, sizeof(now));
	SSL_CTX *ctx = tls_context_new(t->role, &t->settings, &err);
	if (!ctx)
		return;
	SSL_CTX_free(t->ctx);
	t->ctx = ctx;
}

static void tls_done(struct tls *t)
{
	SSL_CTX_free(t->ctx);
	free_settings(&t->settings);
	pthread_mutex_destroy(&t->mu);
}

static bool tls_init(struct tls *t, enum tls_role role, const struct tls_settings *settings,
		     struct err *err)
{
	t->role = role;
	t->n_refs = 1;
	pthread_mutex_init(&t->mu, NULL);
	copy_settings(&t->settings, settings);
	take_stamps(&t->settings, t->stamps);
	t->checked_ns = clock_monotonic_ns(&clock_system);
	t->ctx = tls_context_new(role, &t->settings, err);
	if (!t->ctx)
		tls_done(t);
	return t->ctx != NULL;
}

static bool tls_release(struct tls *t)
{
	if (!t || atomic_fetch_sub(&t->n_refs, 1) > 1)
		return false;
	tls_done(t);
	return true;
}

static SSL *new_session(struct tls *t, int fd, struct err *err)
{
	char line[256];

	pthread_mutex_lock(&t->mu);
	refresh(t);
	SSL *ssl = SSL_new(t->ctx);
	pthread_mutex_unlock(&t->mu);
	if (ssl && SSL_set_fd(ssl, fd) == 1)
		return ssl;
	SSL_free(ssl);
	err_set(err, ERR_INTERNAL, "tls: session: %s", tls_failure(NULL, line, sizeof(line)));
	return NULL;
}

/* --- servers ---------------------------------------------------------------------------------- */

struct tls_server *tls_server_new(const struct tls_settings *settings, struct err *err)
{
	struct tls_server *server = NEW(struct tls_server);

	if (tls_init(&server->tls, TLS_ROLE_SERVER, settings, err))
		return server;
	free(server);
	return NULL;
}

struct tls_server *tls_server_ref(struct tls_server *server)
{
	atomic_fetch_add(&server->tls.n_refs, 1);
	return server;
}

void tls_server_unref(struct tls_server *server)
{
	if (tls_release(server ? &server->tls : NULL))
		free(server);
}

SSL *tls_server_session(struct tls_server *server, int fd, struct err *err)
{
	SSL *ssl = new_session(&server->tls, fd, err);

	if (ssl)
		SSL_set_accept_state(ssl);
	return ssl;
}

/* --- clients ---------------------------------------------------------------------------------- */

struct tls_client *tls_client_new(const struct tls_settings *settings, struct err *err)
{
	struct tls_client *client = NEW(struct tls_client);

	if (tls_init(&client->tls, TLS_ROLE_CLIENT, settings, err))
		return client;
	free(client);
	return NULL;
}

struct tls_client *tls_client_ref(struct tls_client *client)
{
	atomic_fetch_add(&client->tls.n_refs, 1);
	return client;
}

void tls_client_unref(struct tls_client *client)
{
	if (tls_release(client ? &client->tls : NULL))
		free(client);
}

SSL *tls_client_session(struct tls_client *client, int fd, const char *host, struct err *err)
{
	SSL *ssl = new_session(&client->tls, fd, err);
	const char *name = client->tls.settings.server_name;

	if (!ssl)
		return NULL;
	if (!name || !name[0])
		name = host;
	SSL_set_connect_state(ssl);
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(name);
	bool ok = !name[0] ? false /* OpenSSL takes it for "any" */
		  : ip     ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
		       : SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
	ASN1_OCTET_STRING_free(ip);
	ERR_clear_error();
	if (ok)
		return ssl;
	SSL_free(ssl);
	err_set(err, ERR_INVALID, "tls: \"%s\" is not a server name", name);
	return NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

const char *tls_failure(SSL *ssl, char *line, size_t size)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (ssl && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		snprintf(line, size, "certificate verify failed: %s",
			 X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
	else if (reason)
		snprintf(line, size, "%s", reason);
	else if (code)
		snprintf(line, size, "OpenSSL error %lx", code);
	else
		snprintf(line, size, "the connection was closed");
	ERR_clear_error();
	return line;
}

bool tls_common_name(X509 *certificate, char *out, size_t size)
{
	return X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, out,
					 (int)size) > 0;
}

static struct str subject_entry(const X509_NAME *name, int entry, struct arena *a)
{
	unsigned char *utf8 = NULL;
	struct str value = {0};

	if (entry < 0)
		return value;
	int n =
	    ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, entry)));
	if (n > 0)
		value = arena_str(a, str_from((char *)utf8, (size_t)n));
	OPENSSL_free(utf8);
	return value;
}

static int last_entry(const X509_NAME *name, int nid)
{
	int last = -1;

	for (int i = -1; (i = X509_NAME_get_index_by_NID(name, nid, i)) >= 0;)
		last = i;
	return last;
}

struct tls_subject tls_subject_of(X509 *certificate, struct arena *a)
{
	const X509_NAME *name = X509_get_subject_name(certificate);
	int organization = X509_NAME_get_index_by_NID(name, NID_organizationName, -1);
	int unit = X509_NAME_get_index_by_NID(name, NID_organizationalUnitName, -1);

	return (struct tls_subject){
	    .organization = subject_entry(name, organization, a),
	    .organizational_unit = subject_entry(name, unit, a),
	    .common_name = subject_entry(name, last_entry(name, NID_commonName), a),
	};
}
