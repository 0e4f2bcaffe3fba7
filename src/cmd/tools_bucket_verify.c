/* tools_bucket_verify.c - `athanor tools bucket verify`: are the blocks as they should be? */
#include "cmd/bucket_tool.h"
#include "tools/bucket_verify.h"

#include <stdlib.h>

struct verify_flags {
	bool repair;
	struct flag_list issues;
	struct flag_list ids;
	int64_t delete_delay_ms;
};

struct backup_flags {
	struct flag_content config;
};

struct verify_options {
	struct objstore_flags objstore;
	struct backup_flags backup;
	struct verify_flags own;
};

static const struct flag_spec backup_specs[] = {
    {.name = "objstore-backup.config",
     FLAG_CONTENT(struct backup_flags, config),
     .help = "YAML file that contains object store-backup configuration. See format details: "
	     "https://thanos.io/tip/thanos/storage.md/#configuration Used for repair logic to "
	     "backup blocks before removal."},
};

static const struct flag_spec verify_specs[] = {
    {.name = "repair",
     .short_name = 'r',
     FLAG_BOOL(struct verify_flags, repair),
     .help = "Attempt to repair blocks for which issues were detected"},
    {.name = "issues",
     .short_name = 'i',
     FLAG_STRINGS(struct verify_flags, issues),
     .default_text = "index_known_issues",
     .placeholder = "index_known_issues...",
     .help = "Issues to verify (and optionally repair). Possible issue to verify, without "
	     "repair: [overlapped_blocks]; Possible issue to verify and repair: "
	     "[index_known_issues duplicated_compaction]"},
    {.name = "id",
     FLAG_STRINGS(struct verify_flags, ids),
     .help = "Block IDs to verify (and optionally repair) only. If none is specified, all "
	     "blocks will be verified. Repeated field"},
    {.name = "delete-delay",
     FLAG_MODEL_DURATION(struct verify_flags, delete_delay_ms),
     .default_text = "0s",
     .help = "Duration after which blocks marked for deletion would be deleted permanently from "
	     "source bucket by compactor component. If delete-delay is non zero, blocks will be "
	     "marked for deletion and compactor component is required to delete blocks from "
	     "source bucket. If delete-delay is 0, blocks will be deleted straight away. Use "
	     "this if you want to get rid of or move the block immediately. Note that deleting "
	     "blocks immediately can cause query failures, if store gateway still has the block "
	     "loaded, or compactor is ignoring the deletion because it's compacting the block "
	     "at the same time."},
};

static const struct command_flags verify_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct verify_options, objstore),
    COMMAND_FLAGS(backup_specs, struct verify_options, backup),
    COMMAND_FLAGS(verify_specs, struct verify_options, own),
};

/* overlapped_blocks has no repair, and is no issue for one. */
static bool find_issue(const char *name, bool repair, enum bucket_issue *out)
{
	for (enum bucket_issue i = 0; i < BUCKET_ISSUE_N; i++) {
		if (strcmp(BUCKET_ISSUE_NAMES[i], name) != 0)
			continue;
		*out = i;
		return !repair || i != ISSUE_OVERLAPPED_BLOCKS;
	}
	return false;
}

static int issue_order(const void *a, const void *b)
{
	enum bucket_issue x = *(const enum bucket_issue *)a, y = *(const enum bucket_issue *)b;

	return (x > y) - (x < y);
}

static bool read_issues(struct bucket_tool *t, struct bucket_verify_options *out, struct err *err)
{
	static const char *const all[] = {"index_known_issues", "overlapped_blocks"};
	const struct verify_flags *f = &((const struct verify_options *)t->options)->own;
	bool is_given = flags_is_set(t->rt->flags, "issues");
	const char *const *names = is_given ? (const char *const *)f->issues.v : all;
	size_t n = is_given ? f->issues.n : sizeof(all) / sizeof(*all);
	enum bucket_issue *issues = ARENA_ARRAY(t->a, enum bucket_issue, n);

	for (size_t i = 0; i < n; i++)
		if (!find_issue(names[i], f->repair, &issues[i]))
			return err_set(err, ERR_INVALID, "no such issue ID %s", names[i]);
	qsort(issues, n, sizeof(*issues), issue_order);
	out->issues = issues;
	out->n_issues = n;
	return true;
}

static bool verify(struct bucket_tool *t, struct ctx *ctx, struct err *err)
{
	const struct verify_options *o = t->options;
	struct bucket *backup auto_free(bucket_close) = NULL;
	struct bucket_verify_options what = {
	    .bucket = t->bucket,
	    .repair = o->own.repair,
	    .delete_delay_ms = o->own.delete_delay_ms,
	    .clock = &clock_system,
	    .logger = t->rt->logger,
	    .progress = t->progress,
	};
	struct ulid *ids;

	if (!read_issues(t, &what, err) || !flag_block_ids(&o->own.ids, "id", t->a, &ids, err) ||
	    !bucket_tool_open(t, &o->backup.config, &backup, err))
		return false;
	what.backup = backup;
	what.ids = o->own.ids.n > 0 ? ids : NULL;
	what.n_ids = o->own.ids.n;
	if (o->own.repair)
		log_warn(t->rt->logger,
			 "GLOBAL COMPACTOR SHOULD __NOT__ BE RUNNING ON THE SAME BUCKET");
	return bucket_verify(&what, ctx, err);
}

static bool run_verify(struct runtime *rt, const void *options, struct err *err)
{
	const struct verify_options *o = options;

	if (o->own.repair && !flag_content_is_set(&o->backup.config))
		return err_set(err, ERR_INVALID,
			       "repair is specified, so backup client is required");
	return bucket_tool_run(
	    rt,
	    &(struct bucket_tool_options){.options = o, .objstore = &o->objstore, .work = verify},
	    err);
}

const struct command command_tools_bucket_verify = {
    .name = "tools bucket verify",
    .help = "Verify all blocks in the bucket against specified issues. NOTE: Depending on issue "
	    "this might take time and will need downloading all specified blocks to disk.",
    .flags = verify_flags,
    .n_flags = sizeof(verify_flags) / sizeof(*verify_flags),
    .options_bytes = sizeof(struct verify_options),
    .run = run_verify,
    .is_tool = true,
};
