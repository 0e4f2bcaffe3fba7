#include "discovery/dns_resolver.h"

void dns_resolver_close(struct dns_resolver *r)
{
	if (r)
		r->ops->close(r);
}
