/* http_call_setup.c - what a request and its client's options mean to curl. */
#include "base/alloc.h"
#include "base/fs.h"
#include "net/http_client_internal.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_SECRET_BYTES = 64 * 1024, MAX_REDIRECTS = 10, CA_CACHE_S = 10 };

/* --- headers ---------------------------------------------------------------------------------- */

static void add_header(struct http_call *call, const char *line)
{
	call->headers = curl_slist_append(call->headers, line);
}

static bool add_headers(struct http_call *call, const struct http_call_request *request,
			struct err *err)
{
	bool has_type = false;

	for (size_t i = 0; i < request->n_headers; i++) {
		struct str name = request->headers[i].name, value = request->headers[i].value;
		if (!http_is_token(name) || memchr(value.p ? value.p : "", '\n', value.n) ||
		    memchr(value.p ? value.p : "", '\r', value.n))
			return err_set(err, ERR_INVALID, "%s: header %.*s is malformed", call->name,
				       STR_FMT(name));
		has_type |= http_name_eq(name, STR("content-type"));
		/* "Name;" is curl's way of an empty value. */
		char *line = value.n ? xasprintf("%.*s: %.*s", STR_FMT(name), STR_FMT(value))
				     : xasprintf("%.*s;", STR_FMT(name));
		add_header(call, line);
		free(line);
	}
	if (!has_type)
		add_header(call, "Content-Type:"); /* none, instead of curl's guess */
	add_header(call, "Expect:");
	return true;
}

/* --- method and body -------------------------------------------------------------------------- */

static void set_body_that_follows(struct http_call *call, const struct http_call_request *request)
{
	curl_easy_setopt(call->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(call->easy, CURLOPT_INFILESIZE_LARGE,
			 (curl_off_t)(request->body_size < 0 ? -1 : request->body_size));
	curl_easy_setopt(call->easy, CURLOPT_READFUNCTION, http_call_give_body);
	curl_easy_setopt(call->easy, CURLOPT_READDATA, call);
}

static void set_method(struct http_call *call, const struct http_call_request *request)
{
	const char *method = request->method ? request->method : "GET";
	bool is_post = strcmp(method, "POST") == 0;

	if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (request->body_follows) {
		set_body_that_follows(call, request);
	} else if (request->body.n > 0 || is_post || strcmp(method, "PUT") == 0) {
		curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)request->body.n);
		curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS,
				 request->body.n ? request->body.p : "");
	}
	/* curl keeps a custom method over redirects, where a POST has to become a GET. */
	if ((!is_post || request->body_follows) && strcmp(method, "GET") != 0)
		curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method);
	else if (request->body.n > 0 && !is_post)
		curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method);
}

/* --- who we are ------------------------------------------------------------------------------- */

static bool read_secret(const char *path, struct buf *out, struct err *err)
{
	if (!fs_read(path, out, err))
		return false;
	struct str trimmed = str_trim(buf_str(out), " \t\r\n");
	memmove(out->p, trimmed.p, trimmed.n);
	out->n = trimmed.n;
	return true;
}

static bool set_bearer(struct http_call *call, struct err *err)
{
	const struct http_client_options *o = &call->client->options;
	struct buf token auto_done(buf_done) = BUF_INIT(MAX_SECRET_BYTES);

	if (o->bearer_token)
		buf_puts(&token, o->bearer_token);
	else if (o->bearer_token_file && !read_secret(o->bearer_token_file, &token, err))
		return err_wrap(err, "%s: bearer token", call->name);
	if (!token.n)
		return true;
	curl_easy_setopt(call->easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
	curl_easy_setopt(call->easy, CURLOPT_XOAUTH2_BEARER, buf_cstr(&token));
	return true;
}

static bool set_authentication(struct http_call *call, struct err *err)
{
	const struct http_client_options *o = &call->client->options;
	struct buf password auto_done(buf_done) = BUF_INIT(MAX_SECRET_BYTES);

	if (!o->username && !o->password && !o->password_file)
		return set_bearer(call, err);
	if (o->password_file) {
		if (!read_secret(o->password_file, &password, err))
			return err_wrap(err, "%s: password", call->name);
	} else if (o->password) {
		buf_puts(&password, o->password);
	}
	curl_easy_setopt(call->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(call->easy, CURLOPT_USERNAME, o->username ? o->username : "");
	curl_easy_setopt(call->easy, CURLOPT_PASSWORD, buf_cstr(&password));
	return true;
}

/* --- TLS -------------------------------------------------------------------------------------- */

static void set_pem(CURL *easy, const struct tls_pem *pem, CURLoption file, CURLoption blob)
{
	if (pem->file && pem->file[0]) {
		curl_easy_setopt(easy, file, pem->file);
	} else if (pem->text && pem->text[0]) {
		struct curl_blob text = {(void *)pem->text, strlen(pem->text), CURL_BLOB_NOCOPY};
		curl_easy_setopt(easy, blob, &text);
	}
}

static long curl_version_of(enum tls_version version, long otherwise)
{
	static const long versions[] = {
	    [TLS_VERSION_10] = CURL_SSLVERSION_TLSv1_0,
	    [TLS_VERSION_11] = CURL_SSLVERSION_TLSv1_1,
	    [TLS_VERSION_12] = CURL_SSLVERSION_TLSv1_2,
	    [TLS_VERSION_13] = CURL_SSLVERSION_TLSv1_3,
	};

	return version == TLS_VERSION_DEFAULT ? otherwise : versions[version];
}

/* curl takes the name from the URL only; ours is put in its place as the handshake begins. */
static void name_server(const SSL *ssl, int where, int result)
{
	const char *name = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	(void)result;
	if (where & SSL_CB_HANDSHAKE_START)
		SSL_set_tlsext_host_name((SSL *)ssl, name);
}

static CURLcode choose_name(CURL *easy, void *ssl_ctx, void *name)
{
	(void)easy;
	SSL_CTX_set_app_data(ssl_ctx, name);
	SSL_CTX_set_info_callback(ssl_ctx, name_server);
	X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(ssl_ctx), name, 0);
	return CURLE_OK;
}

static void set_tls(struct http_call *call)
{
	const struct tls_settings *s = &call->client->options.tls;
	CURL *easy = call->easy;

	set_pem(easy, &s->ca, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB);
	set_pem(easy, &s->certificate, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB);
	set_pem(easy, &s->key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_CACHE_S);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION,
			 curl_version_of(s->min_version, CURL_SSLVERSION_TLSv1_2) |
			     curl_version_of(s->max_version, CURL_SSLVERSION_TLSv1_3) << 16);
	if (s->insecure_skip_verify) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (s->server_name && s->server_name[0]) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L); /* choose_name() has it done */
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, choose_name);
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, s->server_name);
	}
}

/* --- all together ----------------------------------------------------------------------------- */

static void set_connection(struct http_call *call)
{
	const struct http_client_options *o = &call->client->options;
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)HTTP_CALL_BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)HTTP_CALL_BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)((o->idle_timeout_ms + 999) / 1000));
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (o->proxy_url) {
		curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy_url);
		curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	} else {
		curl_easy_setopt(easy, CURLOPT_NOPROXY, call->client->no_proxy);
	}
}

static void set_callbacks(struct http_call *call)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_call_took_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_call_took_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, http_call_sends);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
}

bool http_call_set_up(struct http_call *call, const struct http_call_request *request,
		      struct err *err)
{
	const struct http_client_options *o = &call->client->options;
	CURL *easy = call->easy;

	set_connection(call);
	set_callbacks(call);
	set_tls(call);
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, o->user_agent);
	if (!o->disable_compression && !request->keeps_encoding)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	if (o->redirects == HTTP_REDIRECTS_FOLLOWED) {
		call->follows_redirects = true;
		curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
		curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
	}
	set_method(call, request);
	if (!add_headers(call, request, err) || !set_authentication(call, err))
		return false;
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	return true;
}
