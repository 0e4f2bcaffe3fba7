#include "net/tls_context.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/fs.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEM_MAX_BYTES = 4 * 1024 * 1024 };

/* --- names ------------------------------------------------------------------------------------ */

static const struct {
	const char *number, *go_name;
	enum tls_version version;
	int protocol;
} versions[] = {
    {"1.0", "TLS10", TLS_VERSION_10, TLS1_VERSION},
    {"1.1", "TLS11", TLS_VERSION_11, TLS1_1_VERSION},
    {"1.2", "TLS12", TLS_VERSION_12, TLS1_2_VERSION},
    {"1.3", "TLS13", TLS_VERSION_13, TLS1_3_VERSION},
};

static const struct {
	const char *name;
	enum tls_client_auth auth;
} client_auths[] = {
    {"NoClientCert", TLS_CLIENT_AUTH_NONE},
    {"RequestClientCert", TLS_CLIENT_AUTH_REQUEST},
    {"RequireClientCert", TLS_CLIENT_AUTH_REQUIRE_ANY}, /* both spellings are in use */
    {"RequireAnyClientCert", TLS_CLIENT_AUTH_REQUIRE_ANY},
    {"VerifyClientCertIfGiven", TLS_CLIENT_AUTH_VERIFY_IF_GIVEN},
    {"RequireAndVerifyClientCert", TLS_CLIENT_AUTH_REQUIRE_VERIFIED},
};

static const struct {
	const char *go_name, *openssl_name;
} curves[] = {
    {"CurveP256", "P-256"},
    {"CurveP384", "P-384"},
    {"CurveP521", "P-521"},
    {"X25519", "X25519"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool tls_version_parse(const char *text, enum tls_version *out, struct err *err)
{
	for (size_t i = 0; i < COUNT(versions); i++) {
		if (strcmp(text, versions[i].number) && strcmp(text, versions[i].go_name))
			continue;
		*out = versions[i].version;
		return true;
	}
	return err_set(err, ERR_INVALID, "unknown TLS version: %s", text);
}

bool tls_client_auth_parse(const char *text, enum tls_client_auth *out, struct err *err)
{
	for (size_t i = 0; i < COUNT(client_auths); i++) {
		if (strcmp(text, client_auths[i].name))
			continue;
		*out = client_auths[i].auth;
		return true;
	}
	return err_set(err, ERR_INVALID, "invalid ClientAuth: %s", text);
}

static int protocol_of(enum tls_version version, int otherwise)
{
	for (size_t i = 0; i < COUNT(versions); i++) {
		if (versions[i].version == version)
			return versions[i].protocol;
	}
	return otherwise;
}

/* --- files ------------------------------------------------------------------------------------ */

static bool fail(struct err *err, enum err_code code, const char *what, const struct tls_pem *pem)
{
	char line[256];
	tls_failure(NULL, line, sizeof(line));
	return err_set(err, code, "tls: %s %s: %s", what, pem->file ? pem->file : "(inline)", line);
}

static bool is_given(const struct tls_pem *pem)
{
	return (pem->file && pem->file[0]) || (pem->text && pem->text[0]);
}

/* The bytes of a file (in `text`, which outlives the source) or an inline text as an OpenSSL
 * source; NULL on failure. */
static BIO *open_pem(const struct tls_pem *pem, const char *what, struct buf *text, struct err *err)
{
	if (!pem->file || !pem->file[0])
		return BIO_new_mem_buf(pem->text, -1);
	if (fs_read(pem->file, text, err))
		return BIO_new_mem_buf(text->p ? text->p : "", (int)text->n);
	err_wrap(err, "tls: %s", what);
	return NULL;
}

static int no_password(char *out, int size, int writing, void *arg)
{
	(void)out, (void)size, (void)writing, (void)arg;
	return -1;
}

static bool use_certificate(SSL_CTX *ctx, const struct tls_pem *pem, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(PEM_MAX_BYTES);
	BIO *bio = open_pem(pem, "certificate", &text, err);
	if (!bio)
		return false;
	X509 *leaf = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	bool ok = leaf && SSL_CTX_use_certificate(ctx, leaf) == 1;
	X509_free(leaf);
	for (X509 *next; ok && (next = PEM_read_bio_X509(bio, NULL, no_password, NULL));) {
		ok = SSL_CTX_add0_chain_cert(ctx, next) == 1;
		if (!ok)
			X509_free(next);
	}
	BIO_free(bio);
	if (!ok)
		return fail(err, ERR_INVALID, "certificate", pem);
	ERR_clear_error(); /* the end of the chain is a "no start line" */
	return true;
}

static bool use_key(SSL_CTX *ctx, const struct tls_pem *pem, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(PEM_MAX_BYTES);
	BIO *bio = open_pem(pem, "key", &text, err);
	if (!bio)
		return false;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	OPENSSL_cleanse(text.p, text.n);
	if (!key)
		return fail(err, ERR_INVALID, "no unencrypted private key in", pem);
	bool ok = SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
	EVP_PKEY_free(key);
	return ok || fail(err, ERR_INVALID, "key", pem);
}

static bool use_ca(SSL_CTX *ctx, enum tls_role role, const struct tls_pem *pem, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(PEM_MAX_BYTES);
	BIO *bio = open_pem(pem, "CA", &text, err);
	if (!bio)
		return false;
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	size_t n = 0;
	for (X509 *ca; (ca = PEM_read_bio_X509(bio, NULL, no_password, NULL)); n++) {
		X509_STORE_add_cert(store, ca);
		if (role == TLS_ROLE_SERVER)
			SSL_CTX_add_client_CA(ctx, ca);
		X509_free(ca);
	}
	BIO_free(bio);
	if (n == 0)
		return fail(err, ERR_INVALID, "CA", pem);
	ERR_clear_error();
	return true;
}

/* --- choices ---------------------------------------------------------------------------------- */

static bool join_openssl_names(const char *const *names, const char *what,
			       const char *(*translate)(const char *name), struct buf *out,
			       struct err *err)
{
	for (size_t i = 0; names[i]; i++) {
		const char *name = translate(names[i]);
		if (!name)
			return err_set(err, ERR_INVALID, "tls: unknown %s: %s", what, names[i]);
		if (name[0])
			buf_printf(out, "%s%s", out->n ? ":" : "", name);
	}
	return true;
}

/* "" for those of TLS 1.3, which cannot be chosen, as in Go. */
static const char *cipher_name(const char *name)
{
	if (!strcmp(name, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305") ||
	    !strcmp(name, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"))
		return strstr(name, "ECDSA") ? "ECDHE-ECDSA-CHACHA20-POLY1305"
					     : "ECDHE-RSA-CHACHA20-POLY1305";
	const char *known = OPENSSL_cipher_name(name);
	if (!known || !strcmp(known, "(NONE)"))
		return NULL;
	return strncmp(known, "TLS_", 4) ? known : "";
}

static const char *curve_name(const char *name)
{
	for (size_t i = 0; i < COUNT(curves); i++) {
		if (!strcmp(name, curves[i].go_name))
			return curves[i].openssl_name;
	}
	return NULL;
}

static bool choose(SSL_CTX *ctx, const struct tls_settings *s, struct err *err)
{
	struct buf list auto_done(buf_done) = BUF_INIT(8192);
	int min = protocol_of(s->min_version, TLS1_2_VERSION);
	int max = protocol_of(s->max_version, TLS1_3_VERSION);

	if (min > max)
		return err_set(err, ERR_INVALID, "tls: the minimum version is above the maximum");
	SSL_CTX_set_min_proto_version(ctx, min);
	SSL_CTX_set_max_proto_version(ctx, max);
	if (min < TLS1_2_VERSION)
		SSL_CTX_set_security_level(ctx, 0); /* SHA-1 handshakes, asked for by name */
	if (s->ciphers && s->ciphers[0]) {
		if (!join_openssl_names(s->ciphers, "cipher suite", cipher_name, &list, err))
			return false;
		if (list.n && SSL_CTX_set_cipher_list(ctx, buf_cstr(&list)) != 1)
			return err_set(err, ERR_INVALID, "tls: no usable cipher suite in %s",
				       buf_cstr(&list));
	}
	buf_clear(&list);
	if (s->curves && s->curves[0]) {
		if (!join_openssl_names(s->curves, "curve", curve_name, &list, err))
			return false;
		if (SSL_CTX_set1_groups_list(ctx, buf_cstr(&list)) != 1)
			return err_set(err, ERR_INVALID, "tls: no usable curve in %s",
				       buf_cstr(&list));
	}
	return true;
}

/* --- ALPN ------------------------------------------------------------------------------------- */

/* As on the wire: each name behind its length. */
static size_t alpn_wire(const char *const *names, unsigned char out[256])
{
	size_t n = 0;

	for (size_t i = 0; names[i]; i++) {
		size_t length = strlen(names[i]);
		assert(n + 1 + length <= 256);
		out[n++] = (unsigned char)length;
		memcpy(out + n, names[i], length);
		n += length;
	}
	return n;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
		       const unsigned char *offered, unsigned int n_offered, void *arg)
{
	const struct tls_settings *s = arg;
	unsigned char ours[256];
	unsigned char *chosen;
	size_t n_ours = alpn_wire(s->alpn, ours);

	(void)ssl;
	if (SSL_select_next_proto(&chosen, out_n, ours, (unsigned)n_ours, offered, n_offered) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	/* `chosen` points into `ours`, which ends with this call: give back the client's bytes. */
	for (unsigned i = 0; i < n_offered; i += offered[i] + 1u) {
		if (offered[i] == *out_n && !memcmp(offered + i + 1, chosen, *out_n))
			*out = offered + i + 1;
	}
	return SSL_TLSEXT_ERR_OK;
}

static void set_alpn(SSL_CTX *ctx, enum tls_role role, const struct tls_settings *s)
{
	unsigned char wire[256];

	if (!s->alpn || !s->alpn[0])
		return;
	if (role == TLS_ROLE_SERVER)
		SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, (void *)s);
	else
		SSL_CTX_set_alpn_protos(ctx, wire, (unsigned)alpn_wire(s->alpn, wire));
}

/* --- clients of a server ---------------------------------------------------------------------- */

static bool name_matches(const GENERAL_NAME *name, const char *want)
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

	if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI)
		return str_eq(
		    str_from(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)),
		    str_of(want));
	if (type != GEN_IPADD)
		return false;
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(want);
	bool same = ip && ASN1_STRING_cmp(ip, value) == 0;
	ASN1_OCTET_STRING_free(ip);
	ERR_clear_error();
	return same;
}

static bool has_allowed_san(X509 *certificate, const char *const *allowed)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		for (size_t k = 0; allowed[k] && !found; k++)
			found = name_matches(sk_GENERAL_NAME_value(names, i), allowed[k]);
	}
	GENERAL_NAMES_free(names);
	return found;
}

static int accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok, (void)store;
	return 1;
}

static int check_san(int ok, X509_STORE_CTX *store)
{
	if (!ok || X509_STORE_CTX_get_error_depth(store) > 0)
		return ok;
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_settings *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	if (has_allowed_san(X509_STORE_CTX_get0_cert(store), s->client_allowed_sans))
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

static bool set_client_auth(SSL_CTX *ctx, const struct tls_settings *s, struct err *err)
{
	enum tls_client_auth auth = s->client_auth;
	bool has_ca = is_given(&s->ca);
	bool has_sans = s->client_allowed_sans && s->client_allowed_sans[0];

	if (has_ca && auth == TLS_CLIENT_AUTH_NONE)
		auth = TLS_CLIENT_AUTH_REQUIRE_VERIFIED;
	if (auth == TLS_CLIENT_AUTH_NONE)
		return true;
	bool verified = auth >= TLS_CLIENT_AUTH_VERIFY_IF_GIVEN;
	if (verified && !has_ca)
		return err_set(err, ERR_INVALID, "tls: client CAs are needed to verify clients");
	int mode = SSL_VERIFY_PEER;
	if (auth == TLS_CLIENT_AUTH_REQUIRE_ANY || auth == TLS_CLIENT_AUTH_REQUIRE_VERIFIED)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, !verified ? accept_any : has_sans ? check_san : NULL);
	return true;
}

/* --- all together ----------------------------------------------------------------------------- */

static bool configure_server(SSL_CTX *ctx, const struct tls_settings *s, struct err *err)
{
	if (!is_given(&s->certificate) || !is_given(&s->key))
		return err_set(err, ERR_INVALID, "tls: a server needs a certificate and a key");
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"athanor", 7);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	return set_client_auth(ctx, s, err);
}

static bool configure_client(SSL_CTX *ctx, const struct tls_settings *s, struct err *err)
{
	if (is_given(&s->certificate) != is_given(&s->key))
		return err_set(err, ERR_INVALID, "tls: certificate and key go together");
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_verify(ctx, s->insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (!is_given(&s->ca) && !s->insecure_skip_verify)
		SSL_CTX_set_default_verify_paths(ctx);
	return true;
}

SSL_CTX *tls_context_new(enum tls_role role, const struct tls_settings *s, struct err *err)
{
	SSL_CTX *ctx =
	    SSL_CTX_new(role == TLS_ROLE_SERVER ? TLS_server_method() : TLS_client_method());

	ERR_clear_error();
	if (!ctx) {
		err_set(err, ERR_INTERNAL, "tls: OpenSSL gives no context");
		return NULL;
	}
	SSL_CTX_set_app_data(ctx, (void *)s);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	set_alpn(ctx, role, s);
	bool ok = choose(ctx, s, err) &&
		  (!is_given(&s->certificate) || use_certificate(ctx, &s->certificate, err)) &&
		  (!is_given(&s->key) || use_key(ctx, &s->key, err)) &&
		  (!is_given(&s->ca) || use_ca(ctx, role, &s->ca, err)) &&
		  (role == TLS_ROLE_SERVER ? configure_server(ctx, s, err)
					   : configure_client(ctx, s, err));
	if (ok)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}
