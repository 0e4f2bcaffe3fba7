/* azure.h - a container of Azure Blob Storage.
 *
 * An upload that is larger than a block goes up in blocks, of which nothing shows until the list of
 * them is put; what a crash leaves behind is invisible and expires.
 */
#ifndef OBJSTORE_AZURE_H
#define OBJSTORE_AZURE_H

#include "base/clock.h"
#include "base/notes.h"
#include "codec/yaml.h"
#include "model/bucket.h"
#include "objstore/transport_config.h"

struct loop;

struct azure_pipeline_config {
	int64_t max_tries;
	int64_t try_timeout_ms, retry_delay_ms, max_retry_delay_ms; /* accepted, not used */
};

struct azure_reader_config {
	int64_t max_retry_requests;
};

struct azure_config {
	struct str account, account_key, connection_string;
	bool create_container;
	struct str container, endpoint;
	struct str tenant_id, client_id, client_secret, user_assigned_id, msi_resource;
	int64_t max_retries;
	struct azure_reader_config reader;
	struct azure_pipeline_config pipeline;
	struct transport_config http;
};

bool azure_config_decode(const struct yaml_node *config, struct arena *a, struct azure_config *out,
			 struct notes *notes, struct err *err);

/* `clock` and `loop` outlive the bucket, `config` may go. Makes the container if it is to and is
 * not there. */
struct bucket *azure_bucket_new(const struct azure_config *config, struct loop *loop,
				struct clock *clock, struct err *err);

#endif
