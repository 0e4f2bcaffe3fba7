/* swift.h - a container of OpenStack Swift.
 *
 * An upload that is larger than a segment is a large object, as Thanos writes it: segments below
 * "segments/", of which nothing shows in a listing of the bucket, and then a manifest, which makes
 * the object. What a crash leaves behind is segments without a manifest.
 *
 * Protocol: docs.openstack.org/api-ref/object-store; objects/large: "Static Large Objects" and
 * "Dynamic Large Objects" of Swift's overview.
 */
#ifndef OBJSTORE_SWIFT_H
#define OBJSTORE_SWIFT_H

#include "base/clock.h"
#include "codec/yaml.h"
#include "model/bucket.h"
#include "objstore/transport_config.h"

struct loop;

/* Who asks, and for what: see swift_auth.h. */
struct swift_identity {
	int64_t auth_version; /* 0: what auth_url says */
	struct str auth_url;
	struct str username, user_id, password;
	struct str user_domain_name, user_domain_id, domain_name, domain_id;
	struct str application_credential_id, application_credential_name,
	    application_credential_secret;
	struct str project_id, project_name, project_domain_id, project_domain_name;
	struct str region;
};

struct swift_config {
	struct swift_identity identity;
	struct str container;
	int64_t segment_bytes;
	struct str segments_container; /* empty: the container itself */
	int64_t retries;
	int64_t connect_timeout_ms, stall_timeout_ms;
	bool use_dynamic_large_objects;
	struct transport_config http;
};

bool swift_config_decode(const struct yaml_node *config, struct arena *a, struct swift_config *out,
			 struct err *err);

/* `clock` and `loop` outlive the bucket, `config` may go. Asks whether the containers are there. */
struct bucket *swift_bucket_new(const struct swift_config *config, struct loop *loop,
				struct clock *clock, struct err *err);

#endif
