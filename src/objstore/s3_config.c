#include "objstore/s3_config.h"

enum {
	MIN_PART_BYTES = 5 << 20,
	DEFAULT_PART_BYTES = 16 << 20,
	MAX_USER_METADATA = 24, /* headers; the store itself allows 2 KB */
};

#define FIELD(name, member, type) YAML_FIELD(struct s3_config, name, member, type)
#define SSE(name, member)         YAML_FIELD(struct s3_sse_config, name, member, YAML_STR)

static const struct yaml_field sse_fields[] = {
    SSE("type", type),
    SSE("kms_key_id", kms_key_id),
    YAML_FIELD_PAIRS(struct s3_sse_config, "kms_encryption_context", kms_context, n_kms_context),
    SSE("encryption_key", encryption_key),
};
static const struct yaml_table sse_table =
    YAML_TABLE("s3.SSEConfig", struct s3_sse_config, sse_fields);

static const struct yaml_field trace_fields[] = {
    YAML_FIELD(struct s3_trace_config, "enable", enable, YAML_BOOL),
};
static const struct yaml_table trace_table =
    YAML_TABLE("s3.TraceConfig", struct s3_trace_config, trace_fields);

static const struct yaml_field fields[] = {
    FIELD("bucket", bucket, YAML_STR),
    FIELD("endpoint", endpoint, YAML_STR),
    FIELD("region", region, YAML_STR),
    FIELD("disable_dualstack", disable_dualstack, YAML_BOOL),
    FIELD("aws_sdk_auth", aws_sdk_auth, YAML_BOOL),
    FIELD("access_key", access_key, YAML_STR),
    FIELD("insecure", insecure, YAML_BOOL),
    FIELD("signature_version2", signature_version2, YAML_BOOL),
    FIELD("secret_key", secret_key, YAML_STR),
    FIELD("session_token", session_token, YAML_STR),
    YAML_FIELD_PAIRS(struct s3_config, "put_user_metadata", user_metadata, n_user_metadata),
    YAML_FIELD_SUB(struct s3_config, "http_config", http, &transport_config_table),
    YAML_FIELD_SUB(struct s3_config, "trace", trace, &trace_table),
    FIELD("list_objects_version", list_objects_version, YAML_STR),
    FIELD("bucket_lookup_type", bucket_lookup_type, YAML_STR),
    FIELD("send_content_md5", send_content_md5, YAML_BOOL),
    FIELD("disable_multipart", disable_multipart, YAML_BOOL),
    FIELD("part_size", part_bytes, YAML_U64),
    YAML_FIELD_SUB(struct s3_config, "sse_config", sse, &sse_table),
    FIELD("sts_endpoint", sts_endpoint, YAML_STR),
    FIELD("max_retries", max_retries, YAML_I64),
};
static const struct yaml_table table = YAML_TABLE("s3.Config", struct s3_config, fields);

static bool is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(s, str_of(*words)))
			return true;
	return false;
}

/* Refusals in the order in which Thanos finds them, with its words. */
static bool check_keys(const struct s3_config *c, struct err *err)
{
	if (c->endpoint.n == 0)
		return err_set(err, ERR_INVALID, "no s3 endpoint in config file");
	if (c->aws_sdk_auth && c->access_key.n)
		return err_set(err, ERR_INVALID,
			       "aws_sdk_auth and access_key are mutually exclusive configurations");
	if ((c->access_key.n == 0) != (c->secret_key.n == 0))
		return err_set(err, ERR_INVALID,
			       "no s3 %s specified while %s is present in config file; either both "
			       "should be present in config or envvars/IAM should be used.",
			       c->access_key.n ? "secret_key" : "access_key",
			       c->access_key.n ? "access_key" : "secret_key");
	return true;
}

static bool check_encryption(const struct s3_sse_config *sse, struct err *err)
{
	static const char *const types[] = {"", "SSE-S3", "SSE-KMS", "SSE-C", NULL};

	if (!is_one_of(sse->type, types))
		return err_set(err, ERR_INVALID,
			       "Initialize s3 client SSE Config: Unsupported type \"%.*s\" was "
			       "provided. Supported types are SSE-S3, SSE-KMS, SSE-C",
			       STR_FMT(sse->type));
	if (str_eq(sse->type, STR("SSE-C")) && sse->encryption_key.n == 0)
		return err_set(err, ERR_INVALID,
			       "encryption_key must be set if sse_config.type is set to 'SSE-C'");
	if (str_eq(sse->type, STR("SSE-KMS")) && sse->kms_key_id.n == 0)
		return err_set(err, ERR_INVALID,
			       "kms_key_id must be set if sse_config.type is set to 'SSE-KMS'");
	return true;
}

/* They travel as headers. */
static bool check_metadata(const struct s3_config *c, struct err *err)
{
	if (c->n_user_metadata > MAX_USER_METADATA)
		return err_set(err, ERR_LIMIT, "put_user_metadata has %zu entries, more than %d",
			       c->n_user_metadata, MAX_USER_METADATA);
	for (size_t i = 0; i < c->n_user_metadata; i++) {
		const struct yaml_pair *pair = &c->user_metadata[i];
		bool is_printable = true;
		for (size_t k = 0; k < pair->value.n; k++)
			is_printable = is_printable && (uint8_t)pair->value.p[k] >= ' ';
		if (!http_is_token(pair->name) || !is_printable)
			return err_set(err, ERR_INVALID,
				       "put_user_metadata: \"%.*s\" is no header, or its value has "
				       "control characters",
				       STR_FMT(pair->name));
	}
	return true;
}

static bool check(const struct s3_config *c, struct err *err)
{
	static const char *const versions[] = {"", "v1", "v2", NULL};
	static const char *const lookups[] = {"", "auto", "virtual-hosted", "path", NULL};

	if (!check_keys(c, err) || !check_encryption(&c->sse, err) || !check_metadata(c, err))
		return false;
	if (!is_one_of(c->list_objects_version, versions))
		return err_set(err, ERR_INVALID,
			       "Initialize s3 client list objects version: Unsupported version "
			       "\"%.*s\" was provided. Supported values are v1, v2",
			       STR_FMT(c->list_objects_version));
	if (!is_one_of(c->bucket_lookup_type, lookups))
		return err_set(err, ERR_INVALID, "unsupported bucket lookup type: %.*s",
			       STR_FMT(c->bucket_lookup_type));
	if (c->signature_version2)
		return err_set(err, ERR_UNSUPPORTED, "signature_version2 is not supported");
	if (c->trace.enable)
		return err_set(err, ERR_UNSUPPORTED, "trace is not supported");
	if (c->bucket.n == 0)
		return err_set(err, ERR_INVALID, "no s3 bucket in config file");
	if (c->part_bytes < MIN_PART_BYTES || c->part_bytes > UINT64_C(5) << 30)
		return err_set(err, ERR_INVALID, "part_size %lu: 5 MiB to 5 GiB are allowed",
			       c->part_bytes);
	return true;
}

bool s3_config_decode(const struct yaml_node *config, struct arena *a, struct s3_config *out,
		      struct err *err)
{
	*out = (struct s3_config){.send_content_md5 = true, .part_bytes = DEFAULT_PART_BYTES};
	return yaml_decode(config, &table, a, out, err) && check(out, err);
}
