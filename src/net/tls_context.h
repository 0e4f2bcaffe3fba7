/* tls_context.h - from settings to OpenSSL's SSL_CTX: files, names of versions, ciphers, curves. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include "net/tls.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

enum tls_role { TLS_ROLE_SERVER, TLS_ROLE_CLIENT };

/* NULL and `err` on failure; the caller's, to end with SSL_CTX_free(). `settings` outlives it. */
struct ssl_ctx_st *tls_context_new(enum tls_role role, const struct tls_settings *settings,
				   struct err *err);

#endif
