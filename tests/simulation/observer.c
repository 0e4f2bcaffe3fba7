#include "tests/simulation/observer.h"

#include "base/alloc.h"
#include "block/block_id.h"
#include "block/filters.h"
#include "block/markers.h"
#include "compaction/cleaning.h"
#include "compaction/downsample.h"
#include "tests/simulation/block_contents.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_RESOLUTIONS = 3 };
static const int64_t resolutions_ms[N_RESOLUTIONS] = {0, RESOLUTION_5M_MS, RESOLUTION_1H_MS};

#define NO_MARK INT64_MAX

struct seen_block {
	struct ulid id;
	unsigned number;
	struct meta *meta; /* NULL: it is no block (yet, or any more) */
	int resolution;
	int tenant;
	uint64_t samples;
	int64_t marked_ms;
	int64_t changed_ms;    /* an object was last put */
	bool is_being_deleted; /* rightly, and nothing was put since */
};

struct observer {
	struct observer_options o;
	VEC(struct seen_block) blocks;
	uint64_t expected[N_TENANTS][N_RESOLUTIONS]; /* what could once be read */
	bool is_stale;                               /* something changed since the last look */
	int64_t next_change_ms;                      /* when time alone changes what may be read */
	struct observed tally;
	char *complaint;
};

static void complain(struct observer *o, const char *format, ...)
{
	va_list args;

	if (o->complaint)
		return;
	va_start(args, format);
	if (vasprintf(&o->complaint, format, args) < 0)
		abort();
	va_end(args);
}

static struct seen_block *block_of(struct observer *o, struct str object)
{
	struct ulid id;

	if (object.n < ULID_LEN || !ulid_parse((struct str){object.p, ULID_LEN}, &id))
		return NULL;
	for (size_t i = 0; i < o->blocks.n; i++)
		if (ulid_cmp(o->blocks.v[i].id, id) == 0)
			return &o->blocks.v[i];
	vec_push(&o->blocks, (struct seen_block){
				 .id = id, .number = (unsigned)o->blocks.n, .marked_ms = NO_MARK});
	return &o->blocks.v[o->blocks.n - 1];
}

static bool is_file(struct str object, const char *file)
{
	return object.n > ULID_LEN && str_is(str_skip(object, ULID_LEN + 1), file);
}

struct str observer_name_of(struct observer *o, struct str object, struct arena *a)
{
	struct seen_block *b = block_of(o, object);

	return b ? str_of(
		       arena_printf(a, "#%u%.*s", b->number, STR_FMT(str_skip(object, ULID_LEN))))
		 : object;
}

/* --- a block appears -------------------------------------------------------------------------- */

static uint64_t samples_of_sources(const struct meta *m)
{
	struct data_block source;
	uint64_t all = 0;

	for (size_t i = 0; i < m->compaction.n_sources; i++)
		if (data_block_of(m->compaction.sources[i], &source))
			all |= data_block_samples(source);
	return all;
}

static void check_whole(struct observer *o, const struct seen_block *b)
{
	struct err err = ERR_INIT;
	struct object_attrs attrs;

	for (size_t i = 0; i < b->meta->n_files; i++) {
		const struct meta_file *f = &b->meta->files[i];
		struct object_path path = {0};
		snprintf(path.s, sizeof(path.s), "%s/%.*s", ulid_str(b->id), STR_FMT(f->path));
		if (!bucket_attrs(o->o.bucket, NULL, str_of(path.s), &attrs, &err))
			complain(o, "block #%u is not whole: %s", b->number, err.msg);
		else if (f->size_bytes && attrs.size_bytes != f->size_bytes)
			complain(o, "block #%u: %.*s has %" PRId64 " bytes, not %" PRId64,
				 b->number, STR_FMT(f->path), attrs.size_bytes, f->size_bytes);
	}
}

static int resolution_of(const struct meta *m)
{
	for (int i = 0; i < N_RESOLUTIONS; i++)
		if (resolutions_ms[i] == m->resolution_ms)
			return i;
	return -1;
}

/* What is in it must be what its sources had. */
static void read_block(struct observer *o, struct seen_block *b)
{
	uint64_t sources = samples_of_sources(b->meta);
	struct block_contents c = {0};
	struct err err = ERR_INIT;

	if (!block_contents_read(o->o.bucket, b->meta, o->o.length, (unsigned)b->tenant, &c, &err))
		complain(o, "block #%u: %s", b->number, err.msg);
	else if (b->resolution == 0 && c.samples != sources)
		complain(o, "block #%u has samples %" PRIx64 ", its sources %" PRIx64, b->number,
			 c.samples, sources);
	else if (c.n_samples != (unsigned)__builtin_popcountll(sources))
		complain(o, "block #%u has %u samples, its sources %d", b->number, c.n_samples,
			 __builtin_popcountll(sources));
	b->samples = sources;
}

static void meta_appeared(struct observer *o, struct seen_block *b)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct data_block uploaded;
	struct err err = ERR_INIT;
	struct meta m;

	if (!bucket_get_bytes(o->o.bucket, NULL, block_object(b->id, META_FILENAME), 0,
			      BUCKET_TO_END, &text, &err) ||
	    !meta_parse(buf_str(&text), a, &m, &err)) {
		complain(o, "block #%u: %s", b->number, err.msg);
		return;
	}
	meta_unref(b->meta);
	b->meta = meta_new(&m);
	b->resolution = resolution_of(&m);
	b->tenant = data_tenant_of(m.labels);
	if (b->resolution < 0 || b->tenant < 0) {
		complain(o, "block #%u: unexpected resolution or labels", b->number);
		return;
	}
	check_whole(o, b);
	if (data_block_of(b->id, &uploaded)) {
		b->samples = data_block_samples(uploaded);
		return;
	}
	read_block(o, b);
	o->tally.n_blocks_made++;
	o->tally.n_downsampled += b->resolution > 0;
}

static void mark_appeared(struct observer *o, struct seen_block *b)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct block_mark mark;

	if (!mark_read(o->o.bucket, NULL, MARK_DELETION, b->id, a, &mark, &err))
		complain(o, "mark of block #%u: %s", b->number, err.msg);
	else
		b->marked_ms = mark.time_s * 1000;
}

void observer_saw_put(struct observer *o, struct str name)
{
	struct seen_block *b = block_of(o, name);

	if (!b)
		return;
	o->is_stale = true;
	if (is_file(name, mark_filename(MARK_DELETION))) {
		mark_appeared(o, b);
		return;
	}
	b->changed_ms = clock_wall_ms(o->o.clock);
	b->is_being_deleted = false;
	if (is_file(name, META_FILENAME))
		meta_appeared(o, b);
}

/* --- something is deleted --------------------------------------------------------------------- */

static bool may_be_deleted(const struct observer *o, const struct seen_block *b)
{
	int64_t now_ms = clock_wall_ms(o->o.clock);

	if (b->marked_ms != NO_MARK && now_ms - b->marked_ms > o->o.delete_delay_ms)
		return true;
	return !b->meta && now_ms - b->changed_ms > PARTIAL_UPLOAD_MAX_AGE_MS;
}

void observer_sees_removal(struct observer *o, struct str name)
{
	struct seen_block *b = block_of(o, name);

	if (!b || str_ends(name, STR("/")))
		return;
	if (b->meta && !is_file(name, META_FILENAME))
		complain(o, "%.*s of block #%u is removed while its meta.json is there",
			 STR_FMT(str_skip(name, ULID_LEN + 1)), b->number);
	if (!b->is_being_deleted && !may_be_deleted(o, b))
		complain(o, "block #%u is deleted without a reason", b->number);
	b->is_being_deleted = true;
}

void observer_saw_removal(struct observer *o, struct str name)
{
	struct seen_block *b = block_of(o, name);

	if (!b)
		return;
	o->is_stale = true;
	if (is_file(name, mark_filename(MARK_DELETION)))
		b->marked_ms = NO_MARK;
	if (!is_file(name, META_FILENAME))
		return;
	meta_unref(b->meta);
	b->meta = NULL;
	o->tally.n_deleted++;
}

/* --- what may be read ------------------------------------------------------------------------- */

static const struct seen_block *find(const struct observer *o, struct ulid id)
{
	for (size_t i = 0; i < o->blocks.n; i++)
		if (ulid_cmp(o->blocks.v[i].id, id) == 0)
			return &o->blocks.v[i];
	return NULL;
}

static void gather(struct observer *o, struct block_view *view)
{
	int64_t now_ms = clock_wall_ms(o->o.clock), delay_ms = o->o.delete_delay_ms / 2;
	struct duplicate_filter duplicates;
	struct err err = ERR_INIT;

	o->next_change_ms = INT64_MAX;
	for (size_t i = 0; i < o->blocks.n; i++) {
		const struct seen_block *b = &o->blocks.v[i];
		if (!b->meta)
			continue;
		int64_t ends_ms = b->marked_ms == NO_MARK ? NO_MARK : b->marked_ms + delay_ms + 1;
		if (ends_ms <= now_ms)
			continue;
		if (ends_ms < o->next_change_ms)
			o->next_change_ms = ends_ms;
		vec_push(&view->metas, meta_ref(b->meta));
	}
	duplicate_filter_init(&duplicates);
	if (!duplicates.base.apply(&duplicates.base, NULL, view, &err))
		complain(o, "%s", err.msg);
}

static void check_overlaps(struct observer *o, const struct block_view *view)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	for (size_t i = 0; i < view->metas.n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct meta *x = view->metas.v[i], *y = view->metas.v[k];
			if (x->min_t_ms < y->max_t_ms && y->min_t_ms < x->max_t_ms &&
			    str_eq(meta_group_key(x, a), meta_group_key(y, a)))
				complain(o, "blocks #%u and #%u overlap", find(o, x->id)->number,
					 find(o, y->id)->number);
		}
}

static int64_t retention_ms(const struct observer *o, int resolution)
{
	const struct retention *r = &o->o.retention;

	return resolution == 0 ? r->raw_ms : resolution == 1 ? r->five_minutes_ms : r->one_hour_ms;
}

static void check_samples(struct observer *o, int tenant, int resolution, uint64_t readable)
{
	uint64_t lost = o->expected[tenant][resolution] & ~readable;
	int64_t keep_ms = retention_ms(o, resolution), now_ms = clock_wall_ms(o->o.clock);

	o->expected[tenant][resolution] |= readable;
	for (; lost; lost &= lost - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(lost);
		if (!keep_ms || data_sample_t_ms(o->o.length, bit) + keep_ms >= now_ms)
			complain(o, "sample %u of tenant %d is lost, resolution %" PRId64, bit,
				 tenant, resolutions_ms[resolution]);
	}
}

void observer_look(struct observer *o)
{
	uint64_t readable[N_TENANTS][N_RESOLUTIONS] = {0};
	struct block_view view auto_done(block_view_done) = {0};

	if (o->complaint || (!o->is_stale && clock_wall_ms(o->o.clock) < o->next_change_ms))
		return;
	o->is_stale = false;
	gather(o, &view);
	for (size_t i = 0; i < view.metas.n; i++) {
		const struct seen_block *b = find(o, view.metas.v[i]->id);
		readable[b->tenant][b->resolution] |= b->samples;
	}
	if (!o->o.may_overlap)
		check_overlaps(o, &view);
	for (int t = 0; t < N_TENANTS; t++)
		for (int r = 0; r < N_RESOLUTIONS; r++)
			check_samples(o, t, r, readable[t][r]);
}

static bool note_rest(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct observer *o = arg;
	struct seen_block *b = block_of(o, entry->name);
	(void)err;

	if (b && !b->meta)
		complain(o, "at the end %.*s of block #%u is left without its meta.json",
			 STR_FMT(str_skip(entry->name, ULID_LEN + 1)), b->number);
	return true;
}

void observer_look_at_end(struct observer *o)
{
	int64_t now_ms = clock_wall_ms(o->o.clock);
	struct err err = ERR_INIT;

	o->is_stale = true;
	observer_look(o);
	for (size_t i = 0; i < o->blocks.n; i++) {
		const struct seen_block *b = &o->blocks.v[i];
		if (b->marked_ms != NO_MARK &&
		    now_ms - b->marked_ms > o->o.delete_delay_ms + PARTIAL_UPLOAD_MAX_AGE_MS)
			complain(o,
				 "at the end block #%u is not deleted, marked %" PRId64 " ms ago",
				 b->number, now_ms - b->marked_ms);
	}
	if (!bucket_list(o->o.bucket, NULL, STR(""), LIST_RECURSIVE, note_rest, o, &err))
		complain(o, "%s", err.msg);
}

const char *observer_complaint(const struct observer *o)
{
	return o->complaint;
}

struct observed observer_tally(const struct observer *o)
{
	return o->tally;
}

struct observer *observer_new(const struct observer_options *options)
{
	struct observer *o = NEW(struct observer);

	o->o = *options;
	o->is_stale = true;
	return o;
}

void observer_free(struct observer *o)
{
	for (size_t i = 0; i < o->blocks.n; i++)
		meta_unref(o->blocks.v[i].meta);
	vec_done(&o->blocks);
	free(o->complaint);
	free(o);
}
