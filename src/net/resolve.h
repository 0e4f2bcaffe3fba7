/* resolve.h - looks a host's addresses up without holding its loop. */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "net/address.h"

struct addrinfo;
struct loop;
struct resolve;

/* `done` is called once on the loop, later, unless canceled. `found` is the callee's to free with
 * freeaddrinfo(), or NULL and `err` says why. */
typedef void resolve_done(void *arg, struct addrinfo *found, const struct err *err);

struct resolve *resolve_start(struct loop *loop, const struct address *address, resolve_done *done,
			      void *arg);
/* On the loop's thread, before `done` was called. A name service that hangs is left behind. */
void resolve_cancel(struct resolve *r);

#endif
