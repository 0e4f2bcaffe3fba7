/* swift_internal.h - what the parts of the Swift client share: swift.c for reading and listing,
 * swift_upload.c for writing, swift_segments.c for what large objects are made of.
 */
#ifndef OBJSTORE_SWIFT_INTERNAL_H
#define OBJSTORE_SWIFT_INTERNAL_H

#include "objstore/swift_auth.h"

#define SWIFT_SEGMENTS_DIR "segments/" /* where Thanos looks for it */

struct swift_bucket {
	struct bucket base; /* first, so that the two pointers convert */
	struct arena *a;    /* of the strings below */
	struct str container, segments_container;
	struct http_store *store;
	struct http_store *plain; /* its requests carry no token */
	struct swift_auth *auth;
	size_t segment_bytes;
	bool is_dynamic;
};

enum { SWIFT_ANSWER_MAX_BYTES = 64 << 20 };

/* A request for an object, or for the container when `name` is empty. Strings live in `a`. */
void swift_request(struct store_request *r, const char *method, struct str container,
		   struct str name, struct arena *a);

/* What object_name_check() allows, and Swift. */
bool swift_check_name(const struct swift_bucket *b, struct str name, struct err *err);

/* --- listing ---------------------------------------------------------------------------------- */

struct swift_listing {
	struct str container;
	struct str prefix;     /* of the names; any text */
	const char *delimiter; /* "": none */
};

/* All that the container has, as bucket_list(): entries end with the delimiter where names with it
 * were folded. A large object's size may be 0. */
bool swift_list_all(struct swift_bucket *b, struct ctx *ctx, const struct swift_listing *listing,
		    bucket_list_fn *fn, void *arg, struct err *err);

/* --- writing ---------------------------------------------------------------------------------- */

struct bucket_writer *swift_put(struct bucket *base, struct ctx *ctx, struct str name,
				enum bucket_put_mode mode, struct err *err);

/* --- large objects ---------------------------------------------------------------------------- */

struct swift_segment {
	struct str container, name;
};

struct swift_segments {
	struct swift_segment *v;
	size_t n, cap;
};

/* What the object is made of, `head` being the answer to HEAD: nothing for one that is not large.
 * In `a`. */
bool swift_segments_of(struct swift_bucket *b, struct ctx *ctx, struct str name,
		       const struct store_answer *head, struct arena *a, struct swift_segments *out,
		       struct err *err);
/* What is gone already is as good as removed. */
bool swift_segments_remove(struct swift_bucket *b, struct ctx *ctx,
			   const struct swift_segments *segments, struct err *err);

#endif
