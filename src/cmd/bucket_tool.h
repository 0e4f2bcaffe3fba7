/* bucket_tool.h - what the commands of `athanor tools bucket` have in common: a bucket, work that
 * is done on it once, a line that tells what takes so long, and a deadline.
 */
#ifndef CMD_BUCKET_TOOL_H
#define CMD_BUCKET_TOOL_H

#include "cmd/commands.h"
#include "cmd/runtime.h"
#include "model/bucket.h"
#include "model/ulid.h"
#include "tools/progress.h"

struct objstore_flags {
	struct flag_content config;
};
/* Of the group `tools bucket`, and so of all its commands. */
extern const struct flag_spec OBJSTORE_FLAGS[1];

struct loops;
struct bucket_tool;

typedef bool bucket_tool_fn(struct bucket_tool *t, struct ctx *ctx, struct err *err);

struct bucket_tool {
	struct runtime *rt;
	const void *options;
	struct arena *a;
	struct loops *loops;
	struct bucket *bucket;
	struct progress *progress;
	bucket_tool_fn *work;
	int64_t timeout_ms;
	bool is_done;
};

struct bucket_tool_options {
	const void *options; /* of the command */
	const struct objstore_flags *objstore;
	bucket_tool_fn *work;
	int64_t timeout_ms; /* 0: without an end */
};

/* Opens the bucket, does the work until it is done, interrupted or out of time. */
bool bucket_tool_run(struct runtime *rt, const struct bucket_tool_options *options,
		     struct err *err);

/* Another bucket, closed by the caller; NULL where the flag was not given. */
bool bucket_tool_open(struct bucket_tool *t, const struct flag_content *config, struct bucket **out,
		      struct err *err);

/* Standard output, without the line of the progress in it. ERR_LIMIT when `out` overflowed. */
bool bucket_tool_print(struct bucket_tool *t, const struct buf *out, struct err *err);
enum { BUCKET_TOOL_OUTPUT_MAX_BYTES = 1 << 30 };

/* The block ids of a repeatable flag; in memory of `a`. */
bool flag_block_ids(const struct flag_list *values, const char *flag, struct arena *a,
		    struct ulid **out, struct err *err);

#endif
