#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static bool refuse(struct err *err, struct str text, const char *why)
{
	return err_set(err, ERR_INVALID, "address %.*s: %s", STR_FMT(text), why);
}

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n > 0;
}

static bool split(struct str text, struct str *host, struct str *port, struct err *err)
{
	size_t colon = text.n;

	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return refuse(err, text, "missing port in address");
	*host = str_from(text.p, colon - 1);
	*port = str_skip(text, colon);
	if (host->n == 0 || host->p[0] != '[') {
		if (str_find_char(*host, ':') != host->n)
			return refuse(err, text, "too many colons in address");
		return true;
	}
	if (host->p[host->n - 1] != ']')
		return refuse(err, text, "missing ']' in address");
	*host = str_from(host->p + 1, host->n - 2);
	return true;
}

bool address_parse(struct str text, struct address *out, struct err *err)
{
	struct str host, port;
	uint64_t number;

	if (!split(text, &host, &port, err))
		return false;
	if (memchr(text.p, '\0', text.n) || str_find_char(host, '[') != host.n ||
	    str_find_char(host, ']') != host.n)
		return refuse(err, text, "unexpected character in host");
	if (host.n >= sizeof(out->host))
		return refuse(err, text, "host is too long");
	if (port.n == 0)
		return refuse(err, text, "missing port in address");
	if (port.n >= sizeof(out->port) ||
	    (is_digits(port) && (!str_to_u64(port, &number) || number > 65535)))
		return refuse(err, text, "invalid port");
	snprintf(out->host, sizeof(out->host), "%.*s", STR_FMT(host));
	snprintf(out->port, sizeof(out->port), "%.*s", STR_FMT(port));
	return true;
}

void address_format(const struct sockaddr *sa, char out[ADDRESS_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)sa;
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(out, ADDRESS_TEXT_MAX, "%s:%u", host, ntohs(v4->sin_port));
		return;
	}
	const struct sockaddr_in6 *v6 = (const void *)sa;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], host, sizeof(host));
		snprintf(out, ADDRESS_TEXT_MAX, "%s:%u", host, ntohs(v6->sin6_port));
		return;
	}
	inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
	snprintf(out, ADDRESS_TEXT_MAX, "[%s]:%u", host, ntohs(v6->sin6_port));
}

bool address_look_up(const struct address *a, bool passive, struct addrinfo **out, struct err *err)
{
	struct addrinfo hints = {
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = passive ? AI_PASSIVE : 0,
	};

	int failed = getaddrinfo(a->host[0] ? a->host : NULL, a->port, &hints, out);
	if (!failed)
		return true;
	enum err_code code = failed == EAI_NONAME    ? ERR_NOT_FOUND
			     : failed == EAI_SERVICE ? ERR_INVALID
						     : ERR_UNAVAILABLE;
	return err_set(err, code, "lookup %s port %s: %s", a->host, a->port, gai_strerror(failed));
}

bool address_of_literal(const struct address *a, struct addrinfo **out)
{
	struct addrinfo hints = {
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	/* An empty host dials this machine, as in Go. */
	return getaddrinfo(a->host[0] ? a->host : "127.0.0.1", a->port, &hints, out) == 0;
}
