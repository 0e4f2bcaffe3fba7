/* address.h - "host:port", as Go's net package reads it. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/err.h"
#include "base/str.h"

struct addrinfo;
struct sockaddr;

struct address {
	char host[256]; /* without brackets; may be empty */
	char port[32];  /* a number, or a service's name */
};

enum { ADDRESS_TEXT_MAX = 300 };

/* "host:port", ":port", "[::1]:port". The port must be there, and in range if it is a number. */
bool address_parse(struct str text, struct address *out, struct err *err);

/* "127.0.0.1:80", "[::1]:80" of an IPv4 or IPv6 socket address. */
void address_format(const struct sockaddr *sa, char out[ADDRESS_TEXT_MAX]);

/* The addresses of a host, all for TCP; to be freed with freeaddrinfo(). Waits for the name
 * service, unless the host is an address. `passive` is for listening: an empty host is any. */
bool address_look_up(const struct address *a, bool passive, struct addrinfo **out, struct err *err);

/* The same for hosts that are addresses; false for a name. Never waits. */
bool address_of_literal(const struct address *a, struct addrinfo **out);

#endif
