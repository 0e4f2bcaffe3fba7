#include "compaction/cleaning.h"

#include "block/block_id.h"
#include "block/delete.h"
#include "block/markers.h"
#include "compaction/group_compaction.h"

/* Deletes a block; a failure is no reason to stop. False when the work is to end. */
static bool delete_block(const struct cleaning *c, struct ctx *ctx, struct ulid id, const char *why,
			 struct err *err)
{
	if (!ctx_check(ctx, err))
		return false;
	if (block_delete(c->bucket, ctx, id, err)) {
		counter_inc(c->n_cleaned);
		log_info(c->logger, "a block was deleted", LOG_STR("block", ulid_str(id)),
			 LOG_STR("because", why));
		return true;
	}
	counter_inc(c->n_failures);
	log_warn(c->logger, "a block cannot be deleted", LOG_STR("block", ulid_str(id)),
		 LOG_ERR(err));
	return true;
}

bool clean_marked_blocks(const struct cleaning *c, struct ctx *ctx, const struct ulid *ids,
			 size_t n, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	int64_t now_ms = clock_wall_ms(c->clock);
	struct err why = ERR_INIT;
	struct block_mark mark;

	for (size_t i = 0; i < n; i++) {
		arena_clear(a);
		if (!mark_read(c->bucket, ctx, MARK_DELETION, ids[i], a, &mark, &why)) {
			if (why.code == ERR_NOT_FOUND || why.code == ERR_CORRUPT)
				continue; /* taken away, or changed, since it was seen */
			*err = why;
			return false;
		}
		if (now_ms - mark.time_s * 1000 > c->delete_delay_ms &&
		    !delete_block(c, ctx, ids[i], "it is marked", err))
			return false;
	}
	return true;
}

/* --- partial uploads -------------------------------------------------------------------------- */

static bool note_newest(const struct bucket_entry *entry, void *arg, struct err *err)
{
	int64_t *newest_ms = arg;
	(void)err;

	if (entry->has_attrs && entry->attrs.modified_ms > *newest_ms)
		*newest_ms = entry->attrs.modified_ms;
	return true;
}

/* When the folder last changed; when it was named, where the store does not tell. */
static bool last_change(const struct cleaning *c, struct ctx *ctx, struct ulid id, int64_t *out_ms,
			struct err *err)
{
	int64_t newest_ms = ulid_time_ms(id);

	if (!bucket_list(c->bucket, ctx, str_of(ulid_str(id)), LIST_RECURSIVE, note_newest,
			 &newest_ms, err))
		return false;
	*out_ms = newest_ms;
	return true;
}

static void clean_partial_upload(const struct cleaning *c, struct ctx *ctx, struct ulid id)
{
	int64_t now_ms = clock_wall_ms(c->clock), changed_ms;
	struct err err = ERR_INIT;

	if (now_ms - ulid_time_ms(id) <= PARTIAL_UPLOAD_MAX_AGE_MS)
		return;
	if (!last_change(c, ctx, id, &changed_ms, &err)) {
		log_warn(c->logger, "a partial upload cannot be listed",
			 LOG_STR("block", ulid_str(id)), LOG_ERR(&err));
		return;
	}
	if (now_ms - changed_ms <= PARTIAL_UPLOAD_MAX_AGE_MS)
		return;
	counter_inc(c->n_partial_attempts);
	delete_block(c, ctx, id, "its upload was cut off", &err);
}

void clean_partial_uploads(const struct cleaning *c, struct ctx *ctx,
			   const struct partial_block *partial, size_t n)
{
	for (size_t i = 0; i < n && !ctx_done(ctx); i++)
		clean_partial_upload(c, ctx, partial[i].id);
}

bool mark_garbage(const struct cleaning *c, struct ctx *ctx, const struct ulid *ids, size_t n,
		  struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (!ctx_check(ctx, err) || !mark_for_deletion(c->bucket, c->clock, ids[i],
							       "outdated block", c->n_marked, err))
			return false;
		counter_inc(c->n_garbage);
	}
	return true;
}
