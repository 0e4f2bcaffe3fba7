#include "head/checkpoint.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"
#include "head/wal.h"
#include "head/wal_reader.h"
#include "head/wal_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PREFIX     "checkpoint."
#define UNFINISHED ".tmp"

enum { BATCH_BYTES = 1 << 20 };

struct compaction {
	const struct checkpoint_options *options;
	struct checkpoint_counts *counts;
	struct wal *out;
	struct arena *record; /* of the record being looked at */
	struct buf batch;     /* records to be appended, one behind the other */
	VEC(size_t) ends;     /* of each */
	struct arena *kept;   /* metadata: only the last of each series */
	struct map metadata;  /* by ref */
};

/* --- names ------------------------------------------------------------------------------------ */

static bool parse_name(const char *name, uint32_t *number, bool *is_unfinished)
{
	const char *digits = name + strlen(PREFIX);
	char *end;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || *digits < '0' || *digits > '9')
		return false;
	unsigned long n = strtoul(digits, &end, 10);
	*number = (uint32_t)n;
	*is_unfinished = strcmp(end, UNFINISHED) == 0;
	return n < UINT32_MAX && (*end == '\0' || *is_unfinished);
}

static char *path_of(const char *wal_dir, uint32_t number)
{
	return xasprintf("%s/" PREFIX "%08" PRIu32, wal_dir, number);
}

bool checkpoint_find(const char *wal_dir, char **dir, uint32_t *number, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	bool is_unfinished;
	uint32_t n;

	*dir = NULL;
	if (!fs_list(wal_dir, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (!parse_name(names.v[i], &n, &is_unfinished) || is_unfinished ||
		    (*dir && n < *number))
			continue;
		free(*dir);
		*dir = xasprintf("%s/%s", wal_dir, names.v[i]);
		*number = n;
	}
	return true;
}

bool checkpoint_remove_old(const char *wal_dir, uint32_t before, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	bool is_unfinished;
	uint32_t n;

	if (!fs_list(wal_dir, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (!parse_name(names.v[i], &n, &is_unfinished) || (!is_unfinished && n >= before))
			continue;
		char *path auto_free(mem_free) = xasprintf("%s/%s", wal_dir, names.v[i]);
		if (!fs_remove_tree(path, err))
			return false;
	}
	return true;
}

/* --- records ---------------------------------------------------------------------------------- */

static bool flush(struct compaction *c, struct err *err)
{
	VEC(struct str) records = {0};
	size_t start = 0;

	for (size_t i = 0; i < c->ends.n; i++) {
		vec_push(&records, str_from(c->batch.p + start, c->ends.v[i] - start));
		start = c->ends.v[i];
	}
	bool ok = wal_append(c->out, records.v, records.n, err);
	vec_done(&records);
	vec_clear(&c->ends);
	buf_clear(&c->batch);
	return ok;
}

/* What was put into the batch since the last end is a record, if it is anything. */
static bool end_record(struct compaction *c, struct err *err)
{
	size_t before = c->ends.n ? vec_last(&c->ends) : 0;

	if (c->batch.n == before)
		return true;
	vec_push(&c->ends, c->batch.n);
	return c->batch.n < BATCH_BYTES || flush(c, err);
}

static bool keeps(const struct compaction *c, uint64_t ref)
{
	return c->options->keep(ref, c->options->arg);
}

/* Those of the n things in `v` that `condition` (on *it) is true of go to the front; n becomes
 * their number. */
#define KEEP_IF(v, n, condition)                                                                   \
	do {                                                                                       \
		size_t kept_ = 0;                                                                  \
		for (size_t i_ = 0; i_ < (n); i_++) {                                              \
			__typeof__(&(v)[0]) it = &(v)[i_];                                         \
			if (condition)                                                             \
				(v)[kept_++] = *it;                                                \
		}                                                                                  \
		(n) = kept_;                                                                       \
	} while (0)

static void keep_metadata(struct compaction *c, const struct wal_record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!keeps(c, r->metadata[i].ref))
			continue;
		struct wal_metadata *m = ARENA_NEW(c->kept, struct wal_metadata);
		*m = r->metadata[i];
		m->unit = arena_str(c->kept, m->unit);
		m->help = arena_str(c->kept, m->help);
		map_put(&c->metadata, str_from(&m->ref, sizeof(m->ref)), m);
	}
}

/* Those with custom buckets have records of their own. */
static bool put_histograms(struct compaction *c, struct wal_record *r, enum wal_record_type plain,
			   enum wal_record_type custom, struct err *err)
{
	struct wal_histogram *v = ARENA_ARRAY(c->record, struct wal_histogram, r->n);
	size_t before = r->n;

	KEEP_IF(r->histograms, r->n, it->t_ms >= c->options->min_t_ms);
	c->counts->n_samples += before;
	c->counts->n_dropped_samples += before - r->n;
	size_t n = r->n;
	memcpy(v, r->histograms, n * sizeof(*v));
	KEEP_IF(v, n, !histogram_is_custom(it->h));
	wal_put_histograms(&c->batch, plain, v, n);
	if (!end_record(c, err))
		return false;
	KEEP_IF(r->histograms, r->n, histogram_is_custom(it->h));
	wal_put_histograms(&c->batch, custom, r->histograms, r->n);
	return end_record(c, err);
}

static bool put_record(struct compaction *c, struct wal_record *r, struct err *err)
{
	int64_t min_t_ms = c->options->min_t_ms;
	size_t before = r->n;

	switch (r->type) {
	case WAL_SERIES:
		KEEP_IF(r->series, r->n, keeps(c, it->ref));
		c->counts->n_series += before;
		c->counts->n_dropped_series += before - r->n;
		wal_put_series(&c->batch, r->series, r->n);
		break;
	case WAL_SAMPLES:
	case WAL_SAMPLES_ST:
		KEEP_IF(r->samples, r->n, it->t_ms >= min_t_ms);
		c->counts->n_samples += before;
		c->counts->n_dropped_samples += before - r->n;
		wal_put_samples(&c->batch, r->samples, r->n);
		break;
	case WAL_HISTOGRAMS:
	case WAL_CUSTOM_HISTOGRAMS:
	case WAL_HISTOGRAMS_ST:
		return put_histograms(c, r, WAL_HISTOGRAMS, WAL_CUSTOM_HISTOGRAMS, err);
	case WAL_FLOAT_HISTOGRAMS:
	case WAL_CUSTOM_FLOAT_HISTOGRAMS:
	case WAL_FLOAT_HISTOGRAMS_ST:
		return put_histograms(c, r, WAL_FLOAT_HISTOGRAMS, WAL_CUSTOM_FLOAT_HISTOGRAMS, err);
	case WAL_STONES:
		KEEP_IF(r->stones, r->n, it->range.max_t_ms >= min_t_ms && keeps(c, it->ref));
		wal_put_stones(&c->batch, r->stones, r->n);
		break;
	case WAL_EXEMPLARS:
		KEEP_IF(r->exemplars, r->n, it->t_ms >= min_t_ms);
		wal_put_exemplars(&c->batch, r->exemplars, r->n);
		break;
	case WAL_METADATA:
		keep_metadata(c, r);
		break;
	case WAL_MARKERS: /* only in the log of what came out of order */
		break;
	}
	return end_record(c, err);
}

static bool put_metadata(struct compaction *c, struct err *err)
{
	for (struct map_entry *e = map_next(&c->metadata, NULL); e; e = map_next(&c->metadata, e)) {
		wal_put_metadata(&c->batch, e->value, 1);
		if (!end_record(c, err))
			return false;
	}
	return true;
}

/* Records of types that are not known are left out: nobody could say what of them is needed. */
static bool copy_log(struct compaction *c, const char *dir, uint32_t first, uint32_t last,
		     struct ctx *ctx, struct err *err)
{
	struct wal_reader *r auto_free(wal_reader_close) = wal_reader_open(dir, first, last, err);
	enum iter_result result = ITER_ERROR;
	struct wal_record record;
	struct str bytes;

	while (r && (result = wal_reader_next(r, &bytes, err)) == ITER_VALUE) {
		arena_clear(c->record);
		bool ok = wal_record_decode(bytes, c->record, &record, err);
		if (!ok && err->code == ERR_UNSUPPORTED)
			continue;
		if (!ok || !put_record(c, &record, err) || !ctx_check(ctx, err))
			return false;
	}
	return result == ITER_END;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* The last checkpoint, and the segments behind it. */
struct sources {
	char *checkpoint; /* NULL: none */
	uint32_t number;
};

static bool copy_logs(struct compaction *c, const struct sources *from, struct ctx *ctx,
		      struct err *err)
{
	uint32_t first = from->checkpoint ? from->number + 1 : 0;

	if (from->checkpoint && !copy_log(c, from->checkpoint, 0, UINT32_MAX, ctx, err))
		return false;
	return copy_log(c, c->options->wal_dir, first, c->options->upto, ctx, err) &&
	       put_metadata(c, err) && flush(c, err);
}

static bool write_unfinished(const struct checkpoint_options *o, const struct sources *from,
			     const char *dir, struct ctx *ctx, struct checkpoint_counts *counts,
			     struct err *err)
{
	struct compaction c = {.options = o, .counts = counts};

	c.out = wal_open(&(struct wal_options){.dir = dir, .compression = o->compression}, err);
	if (!c.out)
		return false;
	c.record = arena_new(NULL);
	c.kept = arena_new(NULL);
	buf_init(&c.batch, BATCH_BYTES + (size_t)2 * WAL_RECORD_MAX_BYTES, NULL);
	bool ok = copy_logs(&c, from, ctx, err);
	struct err closing = ERR_INIT;
	if (!wal_close(c.out, &closing) && ok) {
		*err = closing;
		ok = false;
	}
	buf_done(&c.batch);
	vec_done(&c.ends);
	map_done(&c.metadata);
	arena_free(c.kept);
	arena_free(c.record);
	return ok;
}

bool checkpoint_write(const struct checkpoint_options *o, struct ctx *ctx,
		      struct checkpoint_counts *counts, struct err *err)
{
	char *dir auto_free(mem_free) = path_of(o->wal_dir, o->upto);
	char *unfinished auto_free(mem_free) = xasprintf("%s" UNFINISHED, dir);
	struct err ignored = ERR_INIT;
	struct sources from;

	*counts = (struct checkpoint_counts){0};
	if (!checkpoint_find(o->wal_dir, &from.checkpoint, &from.number, err))
		return false;
	char *owned auto_free(mem_free) = from.checkpoint;
	if (owned && from.number >= o->upto)
		return true;
	if (fs_remove_tree(unfinished, err) &&
	    write_unfinished(o, &from, unfinished, ctx, counts, err) &&
	    fs_sync_dir(unfinished, err) && fs_rename(unfinished, dir, err) &&
	    fs_sync_dir(o->wal_dir, err))
		return true;
	fs_remove_tree(unfinished, &ignored);
	return err_wrap(err, "checkpoint of log %s up to segment %08" PRIu32, o->wal_dir, o->upto);
}
