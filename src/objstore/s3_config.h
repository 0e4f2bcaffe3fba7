/* s3_config.h - `config` of an object store of type S3, as Thanos has it. */
#ifndef OBJSTORE_S3_CONFIG_H
#define OBJSTORE_S3_CONFIG_H

#include "codec/yaml.h"
#include "objstore/transport_config.h"

struct s3_sse_config {
	struct str type; /* "SSE-S3", "SSE-KMS", "SSE-C", or empty */
	struct str kms_key_id;
	struct yaml_pair *kms_context;
	size_t n_kms_context;
	struct str encryption_key; /* SSE-C: the path of a file with the 32 bytes */
};

struct s3_trace_config {
	bool enable;
};

struct s3_config {
	struct str bucket, endpoint, region;
	struct str access_key, secret_key, session_token;
	bool aws_sdk_auth;
	bool insecure; /* plain HTTP */
	bool disable_dualstack;
	bool signature_version2;      /* refused */
	struct s3_trace_config trace; /* refused */
	struct yaml_pair *user_metadata;
	size_t n_user_metadata;
	struct transport_config http;
	struct str list_objects_version; /* "", "v1", "v2" */
	struct str bucket_lookup_type;   /* "auto", "virtual-hosted", "path" */
	bool send_content_md5;
	bool disable_multipart;
	uint64_t part_bytes;
	struct s3_sse_config sse;
	struct str sts_endpoint;
	int64_t max_retries; /* 0: the default */
};

/* Defaults set, checked. No error quotes a secret. */
bool s3_config_decode(const struct yaml_node *config, struct arena *a, struct s3_config *out,
		      struct err *err);

#endif
