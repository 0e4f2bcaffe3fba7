#include "api/tenancy.h"

#include "net/tls.h"

static bool read_certificate(const struct tenancy *t, const struct http_request *r, struct str *out,
			     struct err *err)
{
	static const char *const fields[] = {
	    [TENANT_FIELD_ORGANIZATION] = "organization",
	    [TENANT_FIELD_ORGANIZATIONAL_UNIT] = "organizationalUnit",
	    [TENANT_FIELD_COMMON_NAME] = "commonName",
	};

	if (!r->certificate)
		return err_set(err, ERR_INVALID,
			       "could not get required certificate field from client cert");
	const struct str values[] = {
	    [TENANT_FIELD_ORGANIZATION] = r->certificate->organization,
	    [TENANT_FIELD_ORGANIZATIONAL_UNIT] = r->certificate->organizational_unit,
	    [TENANT_FIELD_COMMON_NAME] = r->certificate->common_name,
	};
	*out = values[t->certificate_field];
	if (out->n == 0)
		return err_set(err, ERR_INVALID, "could not get %s field from client cert",
			       fields[t->certificate_field]);
	return true;
}

static struct str read_headers(const struct tenancy *t, const struct http_request *r)
{
	struct str tenant = {0};

	if (t->header)
		tenant = http_request_header(r, t->header);
	if (tenant.n == 0)
		tenant = http_request_header(r, TENANT_HEADER);
	return tenant.n > 0 ? tenant : t->default_tenant;
}

/* What Go's path.Base() leaves as it is. */
static bool is_base_name(struct str tenant)
{
	return str_is(tenant, "/") || (tenant.n > 0 && str_find_char(tenant, '/') == tenant.n);
}

bool tenancy_read(const struct tenancy *t, const struct http_request *r, struct str *out,
		  struct err *err)
{
	struct str tenant = {0};

	if (t->certificate_field == TENANT_FIELD_NONE)
		tenant = read_headers(t, r);
	else if (!read_certificate(t, r, &tenant, err))
		return false;
	if (!is_base_name(tenant))
		return err_set(err, ERR_INVALID, "tenant name not valid");
	*out = tenant;
	return true;
}
