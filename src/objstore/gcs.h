/* gcs.h - a bucket of Google Cloud Storage, by its JSON API.
 *
 * An upload that is larger than a chunk is resumable; what a crash leaves behind is invisible and
 * expires. STORAGE_EMULATOR_HOST names another server than Google's.
 */
#ifndef OBJSTORE_GCS_H
#define OBJSTORE_GCS_H

#include "base/clock.h"
#include "base/notes.h"
#include "codec/yaml.h"
#include "model/bucket.h"
#include "objstore/transport_config.h"

struct loop;

struct gcs_config {
	struct str bucket;
	struct str service_account; /* JSON */
	bool use_grpc;              /* HTTP is used all the same */
	int64_t grpc_conn_pool_size;
	struct transport_config http;
	int64_t chunk_bytes; /* 0: the default */
	bool no_auth;
	int64_t max_retries; /* 0: the default */
};

bool gcs_config_decode(const struct yaml_node *config, struct arena *a, struct gcs_config *out,
		       struct notes *notes, struct err *err);

/* `clock` and `loop` outlive the bucket, `config` may go. Nothing is asked of the store yet. */
struct bucket *gcs_bucket_new(const struct gcs_config *config, struct loop *loop,
			      struct clock *clock, struct err *err);

#endif
