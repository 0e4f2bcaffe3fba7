#include "net/web_config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "codec/base64.h"
#include "codec/yaml.h"
#include "net/http_server.h"
#include "net/passwords.h"
#include "net/tls.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MAX_FILE_BYTES = 1024 * 1024,
	MAX_CREDENTIALS_BYTES = 4096,
	CHECK_INTERVAL_MS = 1000,
};

/* --- the file --------------------------------------------------------------------------------- */

struct tls_part {
	struct str cert_file, key_file, client_ca_file;
	struct str cert, key, client_ca;
	struct str client_auth_type, min_version, max_version;
	struct str *client_allowed_sans, *cipher_suites, *curve_preferences;
	size_t n_client_allowed_sans, n_cipher_suites, n_curve_preferences;
};

struct http_part {
	struct yaml_pair *headers;
	size_t n_headers;
};

struct file {
	struct tls_part tls;
	struct http_part http;
	struct yaml_pair *users;
	size_t n_users;
};

static const struct yaml_field tls_fields[] = {
    YAML_FIELD(struct tls_part, "cert_file", cert_file, YAML_STR),
    YAML_FIELD(struct tls_part, "key_file", key_file, YAML_STR),
    YAML_FIELD(struct tls_part, "client_ca_file", client_ca_file, YAML_STR),
    YAML_FIELD(struct tls_part, "cert", cert, YAML_STR),
    YAML_FIELD(struct tls_part, "key", key, YAML_STR),
    YAML_FIELD(struct tls_part, "client_ca", client_ca, YAML_STR),
    YAML_FIELD(struct tls_part, "client_auth_type", client_auth_type, YAML_STR),
    YAML_FIELD(struct tls_part, "min_version", min_version, YAML_STR),
    YAML_FIELD(struct tls_part, "max_version", max_version, YAML_STR),
    YAML_FIELD_LIST(struct tls_part, "client_allowed_sans", client_allowed_sans,
		    n_client_allowed_sans, YAML_STR),
    YAML_FIELD_LIST(struct tls_part, "cipher_suites", cipher_suites, n_cipher_suites, YAML_STR),
    YAML_FIELD_LIST(struct tls_part, "curve_preferences", curve_preferences, n_curve_preferences,
		    YAML_STR),
    {.name = "prefer_server_cipher_suites", .type = YAML_IGNORED}, /* always, as in newer Go */
};
static const struct yaml_table tls_table = YAML_TABLE("web.TLSConfig", struct tls_part, tls_fields);

static const struct yaml_field http_fields[] = {
    YAML_FIELD_PAIRS(struct http_part, "headers", headers, n_headers),
    {.name = "http2", .type = YAML_IGNORED}, /* this port speaks HTTP/1.1 */
};
static const struct yaml_table http_table =
    YAML_TABLE("web.HTTPConfig", struct http_part, http_fields);

static const struct yaml_field file_fields[] = {
    YAML_FIELD_SUB(struct file, "tls_server_config", tls, &tls_table),
    YAML_FIELD_SUB(struct file, "http_server_config", http, &http_table),
    YAML_FIELD_PAIRS(struct file, "basic_auth_users", users, n_users),
};
static const struct yaml_table file_table = YAML_TABLE("web.Config", struct file, file_fields);

static const char *const known_headers[] = {
    "Strict-Transport-Security", "X-Content-Type-Options",  "X-Frame-Options",
    "X-XSS-Protection",          "Content-Security-Policy",
};

static bool check_headers(const struct http_part *http, struct err *err)
{
	for (size_t i = 0; i < http->n_headers; i++) {
		bool known = false;
		for (size_t k = 0; k < sizeof(known_headers) / sizeof(*known_headers); k++)
			known |= http_name_eq(http->headers[i].name, str_of(known_headers[k]));
		if (!known)
			return err_set(err, ERR_INVALID,
				       "HTTP header \"%.*s\" can not be configured",
				       STR_FMT(http->headers[i].name));
	}
	return true;
}

/* The hash is a secret: the message does not show it. */
static bool check_users(const struct file *file, struct err *err)
{
	for (size_t i = 0; i < file->n_users; i++) {
		if (!passwords_is_bcrypt(file->users[i].value))
			return err_set(err, ERR_INVALID,
				       "the password of user %.*s is no bcrypt hash",
				       STR_FMT(file->users[i].name));
	}
	return true;
}

static bool read_file(const char *path, struct arena *a, struct file *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(MAX_FILE_BYTES);
	struct yaml_node *root;

	*out = (struct file){0};
	if (!fs_read(path, &text, err))
		return err_wrap(err, "web configuration");
	if (!yaml_parse(buf_str(&text), a, &root, err) ||
	    !yaml_decode(root, &file_table, a, out, err) || !check_headers(&out->http, err) ||
	    !check_users(out, err))
		return err_wrap(err, "web configuration %s", path);
	return true;
}

/* --- TLS -------------------------------------------------------------------------------------- */

/* Relative to the folder of the web configuration; NULL when not given. */
static const char *beside(const char *path, struct str file, struct arena *a)
{
	const char *slash = strrchr(path, '/');

	if (!file.n)
		return NULL;
	if (file.p[0] == '/' || !slash)
		return arena_cstr(a, file);
	return arena_printf(a, "%.*s%.*s", (int)(slash + 1 - path), path, STR_FMT(file));
}

static const char *text_of(struct str s, struct arena *a)
{
	return s.n ? arena_cstr(a, s) : NULL;
}

static const char *const *list_of(const struct str *v, size_t n, struct arena *a)
{
	const char **list = ARENA_ARRAY(a, const char *, n + 1);

	for (size_t i = 0; i < n; i++)
		list[i] = arena_cstr(a, v[i]);
	return n ? list : NULL;
}

static bool has_tls(const struct tls_part *t)
{
	return t->cert_file.n || t->key_file.n || t->cert.n || t->key.n || t->client_ca_file.n ||
	       t->client_ca.n || t->client_auth_type.n;
}

static bool choose(const struct tls_part *t, struct arena *a, struct tls_settings *s,
		   struct err *err)
{
	if (t->client_auth_type.n &&
	    !tls_client_auth_parse(text_of(t->client_auth_type, a), &s->client_auth, err))
		return false;
	if ((t->client_ca_file.n || t->client_ca.n) && s->client_auth == TLS_CLIENT_AUTH_NONE)
		return err_set(err, ERR_INVALID,
			       "client CAs have been configured without a client auth policy");
	if (t->min_version.n &&
	    !tls_version_parse(text_of(t->min_version, a), &s->min_version, err))
		return false;
	return !t->max_version.n ||
	       tls_version_parse(text_of(t->max_version, a), &s->max_version, err);
}

static struct tls_server *make_tls(const char *path, const struct tls_part *t, struct arena *a,
				   struct err *err)
{
	static const char *const alpn[] = {"http/1.1", NULL};
	struct tls_settings s = {
	    .certificate = {beside(path, t->cert_file, a), text_of(t->cert, a)},
	    .key = {beside(path, t->key_file, a), text_of(t->key, a)},
	    .ca = {beside(path, t->client_ca_file, a), text_of(t->client_ca, a)},
	    .ciphers = list_of(t->cipher_suites, t->n_cipher_suites, a),
	    .curves = list_of(t->curve_preferences, t->n_curve_preferences, a),
	    .client_allowed_sans = list_of(t->client_allowed_sans, t->n_client_allowed_sans, a),
	    .alpn = alpn,
	};

	struct tls_server *tls = choose(t, a, &s, err) ? tls_server_new(&s, err) : NULL;
	if (!tls)
		err_wrap(err, "web configuration %s", path);
	return tls;
}

/* --- keeping it fresh ------------------------------------------------------------------------- */

struct web_config {
	char *path;
	struct tls_server *tls;
	struct passwords *passwords;

	pthread_mutex_t mu;
	struct arena *arena;  /* guarded by mu; of `file` */
	struct file file;     /* guarded by mu */
	struct fs_info stamp; /* guarded by mu */
	int64_t checked_ns;   /* guarded by mu */
};

struct web_config *web_config_open(const char *path, struct err *err)
{
	struct web_config *w = NEW(struct web_config);

	pthread_mutex_init(&w->mu, NULL);
	w->path = xstrdup(path);
	w->arena = arena_new(NULL);
	w->passwords = passwords_new();
	w->checked_ns = clock_monotonic_ns(&clock_system);
	bool ok = fs_stat(path, &w->stamp, err) && read_file(path, w->arena, &w->file, err);
	if (ok && has_tls(&w->file.tls)) {
		w->tls = make_tls(path, &w->file.tls, w->arena, err);
		ok = w->tls != NULL;
	}
	if (ok)
		return w;
	web_config_free(w);
	return NULL;
}

void web_config_free(struct web_config *w)
{
	if (!w)
		return;
	tls_server_unref(w->tls);
	arena_free(w->arena);
	passwords_free(w->passwords);
	pthread_mutex_destroy(&w->mu);
	free(w->path);
	free(w);
}

struct tls_server *web_config_tls(const struct web_config *w)
{
	return w->tls;
}

/* With w->mu held. A file that cannot be read leaves the last good one in use. */
static void refresh(struct web_config *w)
{
	struct fs_info now;
	struct err err;
	struct file file;
	int64_t now_ns = clock_monotonic_ns(&clock_system);

	if (now_ns - w->checked_ns < CHECK_INTERVAL_MS * INT64_C(1000000))
		return;
	w->checked_ns = now_ns;
	if (!fs_stat(w->path, &now, &err) ||
	    (now.modified_ms == w->stamp.modified_ms && now.size_bytes == w->stamp.size_bytes))
		return;
	w->stamp = now;
	struct arena *a = arena_new(NULL);
	if (read_file(w->path, a, &file, &err)) {
		struct arena *old = w->arena;
		w->arena = a;
		w->file = file;
		a = old;
	}
	arena_free(a);
}

/* --- users ------------------------------------------------------------------------------------ */

/* The hash of this user into *hash, or false. */
static bool find_hash(struct web_config *w, struct str user, char hash[64])
{
	bool found = false;

	pthread_mutex_lock(&w->mu);
	for (size_t i = 0; i < w->file.n_users; i++) {
		if (!str_eq(w->file.users[i].name, user))
			continue;
		snprintf(hash, 64, "%.*s", STR_FMT(w->file.users[i].value));
		found = true;
	}
	pthread_mutex_unlock(&w->mu);
	return found;
}

static bool authenticate(struct web_config *w, struct http_request *request)
{
	struct str header = http_request_header(request, "authorization"), scheme, user;
	struct buf decoded auto_done(buf_done) = BUF_INIT(MAX_CREDENTIALS_BYTES);
	char hash[64];
	struct err err;

	struct str credentials = str_split(header, ' ', &scheme);
	if (!http_name_eq(scheme, STR("basic")) ||
	    !base64_decode(str_trim(credentials, " "), BASE64_STANDARD, &decoded, &err))
		return false;
	struct str password = str_split(str_of(buf_cstr(&decoded)), ':', &user);
	if (!password.p)
		return false;
	bool ok =
	    passwords_match(w->passwords, user, find_hash(w, user, hash) ? hash : NULL, password.p);
	if (ok)
		request->user = arena_str(request->arena, user);
	OPENSSL_cleanse(decoded.p, decoded.n);
	return ok;
}

bool web_config_admit(struct web_config *w, struct http_request *request,
		      struct http_response *response)
{
	pthread_mutex_lock(&w->mu);
	refresh(w);
	bool needs_user = w->file.n_users > 0;
	for (size_t i = 0; i < w->file.http.n_headers; i++) {
		const struct yaml_pair *h = &w->file.http.headers[i];
		http_response_set_header(response, arena_cstr(request->arena, h->name),
					 arena_cstr(request->arena, h->value));
	}
	pthread_mutex_unlock(&w->mu);
	if (!needs_user || authenticate(w, request))
		return true;
	http_response_set_header(response, "WWW-Authenticate", "Basic");
	http_response_error(response, 401, "Unauthorized");
	return false;
}
