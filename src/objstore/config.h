/* config.h - the bucket that an object store configuration describes: `{type, config, prefix}`.
 *
 * As strict as Thanos: an unknown key is an error, but inside `config` of FILESYSTEM, where Thanos
 * passes over it, it is a warning.
 */
#ifndef OBJSTORE_CONFIG_H
#define OBJSTORE_CONFIG_H

#include "base/clock.h"
#include "base/metric.h"
#include "base/notes.h"
#include "model/bucket.h"

struct loop;

struct bucket_context {
	struct loop *loop;       /* of stores behind HTTP; outlives the bucket */
	struct clock *clock;     /* outlives the bucket */
	struct metrics *metrics; /* the same; NULL: the bucket is not metered */
};

/* `yaml` is the content of --objstore.config, which may hold secrets: no error quotes it. Fails
 * with ERR_INVALID, and with ERR_UNSUPPORTED for a type of store that this build cannot speak to.
 * Warnings go to `notes`, which may be NULL. */
bool bucket_from_config(struct str yaml, const struct bucket_context *context, struct notes *notes,
			struct bucket **out, struct err *err);

#endif
