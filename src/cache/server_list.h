/* server_list.h - the servers of a cache, each with its idle connections; and which of them has a
 * key.
 *
 * Lists are counted references to something that never changes: a request uses the one it began
 * with, while the next one is put in place. A server that is on both keeps its connections.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef CACHE_SERVER_LIST_H
#define CACHE_SERVER_LIST_H

#include "cache/wire.h"

struct cache_server;
struct server_list;

struct server_options {
	struct tls_client *tls; /* NULL: plain; outlives the servers */
	size_t max_idle;        /* connections per server */
};

/* The texts as wire_address_resolve() takes them, in their natural order; one that is there twice
 * gets twice the keys. `before` may be NULL: its servers are taken over where the address is the
 * same. Fails when one of them cannot be resolved. */
struct server_list *server_list_new(const struct str *texts, size_t n,
				    const struct server_options *options,
				    struct server_list *before, struct err *err);
struct server_list *server_list_ref(struct server_list *l);
void server_list_unref(struct server_list *l); /* NULL is fine */
CLEANUP_DEFINE(struct server_list, server_list_unref)

size_t server_list_length(const struct server_list *l);
/* Borrowed from the list. */
struct cache_server *server_list_at(const struct server_list *l, size_t i);
/* Where Thanos would store it: jump hash over xxHash64. */
size_t server_list_pick(const struct server_list *l, struct str key);

const char *cache_server_address(const struct cache_server *s);
/* It failed: true when it had been well. */
bool cache_server_falls_ill(struct cache_server *s);
/* It answered: true when it was ill, and has been for some seconds. One that sometimes answers and
 * sometimes does not is ill most of the time, and does not fill the log. */
bool cache_server_recovers(struct cache_server *s);
/* An idle connection, or a new one that is being opened; NULL and `err` when not even that. */
struct wire *cache_server_take(struct cache_server *s, struct err *err);
/* Ready for the next question. Takes `w`. */
void cache_server_give(struct cache_server *s, struct wire *w);

#endif
