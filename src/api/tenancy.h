/* tenancy.h - whose request it is, and what that lets it see.
 *
 * The tenant is told by a header or by the client's certificate. It travels with the request to all
 * stores; where tenancy is enforced, selectors are restricted to the series of the tenant as well.
 */
#ifndef API_TENANCY_H
#define API_TENANCY_H

#include "model/matcher.h"
#include "net/http_server.h"

enum tenant_certificate_field {
	TENANT_FIELD_NONE,
	TENANT_FIELD_ORGANIZATION,
	TENANT_FIELD_ORGANIZATIONAL_UNIT,
	TENANT_FIELD_COMMON_NAME,
};

#define TENANT_HEADER        "THANOS-TENANT"
#define TENANT_DEFAULT       "default-tenant"
#define TENANT_LABEL         "tenant_id"
#define TENANT_FIELD_CHOICES FLAG_CHOICES("", "organization", "organizationalUnit", "commonName")

struct tenancy {
	const char *header; /* where the tenant is told, besides TENANT_HEADER; NULL: only there */
	struct str default_tenant;
	/* Instead of the headers. A request without a certificate that has it is refused. */
	enum tenant_certificate_field certificate_field;
	bool is_enforced;
	struct str label; /* of the series, whose value is the tenant */
};

/* Fails with ERR_INVALID: no such field in the certificate, or not the name of a tenant. `out`
 * lives as long as the request. */
bool tenancy_read(const struct tenancy *t, const struct http_request *r, struct str *out,
		  struct err *err);

#endif
