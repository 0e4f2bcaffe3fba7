/* tools_bucket_mark.c - `athanor tools bucket mark`: marks put on blocks by hand, or taken away. */
#include "base/duration.h"
#include "block/markers.h"
#include "cmd/bucket_tool.h"

enum { TIMEOUT_MS = 2 * 60 * 1000 };

struct mark_flags {
	struct flag_list ids;
	int marker; /* enum mark_kind */
	const char *details;
	bool remove;
};

struct mark_options {
	struct objstore_flags objstore;
	struct mark_flags own;
};

static const struct flag_spec mark_specs[] = {
    {.name = "id",
     FLAG_STRINGS(struct mark_flags, ids),
     .help = "ID (ULID) of the blocks to be marked for deletion (repeated flag)",
     .attrs = FLAG_REQUIRED},
    {.name = "marker",
     FLAG_ENUM(struct mark_flags, marker),
     .choices =
	 FLAG_CHOICES("deletion-mark.json", "no-compact-mark.json", "no-downsample-mark.json"),
     .help = "Marker to be put.",
     .attrs = FLAG_REQUIRED},
    {.name = "details",
     FLAG_STRING(struct mark_flags, details),
     .help = "Human readable details to be put into marker."},
    {.name = "remove", FLAG_BOOL(struct mark_flags, remove), .help = "Remove the marker."},
};

static const struct command_flags mark_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct mark_options, objstore),
    COMMAND_FLAGS(mark_specs, struct mark_options, own),
};

/* A mark that is there already stays as it is. */
static bool put_mark(struct bucket_tool *t, struct ctx *ctx, struct ulid id, struct err *err)
{
	const struct mark_flags *f = &((const struct mark_options *)t->options)->own;
	struct block_mark mark = {
	    .id = id,
	    .time_s = clock_wall_ms(&clock_system) / MS_PER_S,
	    .details = str_of(f->details),
	    .reason = f->marker == MARK_DELETION ? STR("") : STR("manual"),
	};
	struct err why = ERR_INIT;

	if (mark_write(t->bucket, ctx, (enum mark_kind)f->marker, &mark, &why))
		return true;
	if (why.code == ERR_EXISTS) {
		log_warn(t->rt->logger, "the block has this mark already, which stays as it is",
			 LOG_STR("id", ulid_str(id)),
			 LOG_STR("marker", mark_filename((enum mark_kind)f->marker)));
		return true;
	}
	*err = why;
	return err_wrap(err, "mark %s", ulid_str(id));
}

static bool remove_mark(struct bucket_tool *t, struct ctx *ctx, struct ulid id, struct err *err)
{
	const struct mark_flags *f = &((const struct mark_options *)t->options)->own;
	struct err why = ERR_INIT;

	if (mark_remove(t->bucket, ctx, (enum mark_kind)f->marker, id, &why))
		return true;
	if (why.code == ERR_NOT_FOUND) {
		log_warn(t->rt->logger, "the block has no such mark", LOG_STR("id", ulid_str(id)),
			 LOG_STR("marker", mark_filename((enum mark_kind)f->marker)));
		return true;
	}
	*err = why;
	return err_wrap(err, "remove the mark of %s", ulid_str(id));
}

static bool mark_all(struct bucket_tool *t, struct ctx *ctx, struct err *err)
{
	const struct mark_flags *f = &((const struct mark_options *)t->options)->own;
	struct ulid *ids;

	if (!flag_block_ids(&f->ids, "id", t->a, &ids, err))
		return false;
	for (size_t i = 0; i < f->ids.n; i++)
		if (!(f->remove ? remove_mark : put_mark)(t, ctx, ids[i], err))
			return false;
	log_info(t->rt->logger, "marking done",
		 LOG_STR("marker", mark_filename((enum mark_kind)f->marker)));
	return true;
}

static bool run_mark(struct runtime *rt, const void *options, struct err *err)
{
	const struct mark_options *o = options;

	if (!o->own.remove && !*o->own.details)
		return err_set(err, ERR_INVALID, "required flag --details not provided");
	return bucket_tool_run(
	    rt,
	    &(struct bucket_tool_options){
		.options = o, .objstore = &o->objstore, .work = mark_all, .timeout_ms = TIMEOUT_MS},
	    err);
}

const struct command command_tools_bucket_mark = {
    .name = "tools bucket mark",
    .help = "Mark block for deletion or no-compact in a safe way. NOTE: If the compactor is "
	    "currently running compacting same block, this operation would be potentially a noop.",
    .flags = mark_flags,
    .n_flags = sizeof(mark_flags) / sizeof(*mark_flags),
    .options_bytes = sizeof(struct mark_options),
    .run = run_mark,
    .is_tool = true,
};
