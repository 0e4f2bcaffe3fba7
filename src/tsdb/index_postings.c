#include "tsdb/index_postings.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/vec.h"
#include "tsdb/section_scan_internal.h"

enum { KEEP_EVERY = 32, OPEN_READ_BYTES = 64 << 10, WALK_READ_BYTES = 4 << 10 };

/* One entry of the table. */
struct entry {
	struct str name;
	struct str value;
	struct postings_range range;
};

/* What is kept of the values of a name: the first of every so many. In version 1, whose tables are
 * in no order, all of them, with their ranges. */
struct kept_value {
	struct str value;
	uint32_t table_at; /* of the entry, in the table's contents */
	struct postings_range range;
};

struct kept_name {
	struct str name;
	size_t first; /* of its values */
	size_t n;
	size_t n_entries;
	uint32_t table_end; /* behind its last entry */
};

struct index_postings {
	struct byte_source *src;
	uint64_t offset;     /* of the table in the source */
	uint32_t size_bytes; /* of its contents */
	struct index_toc toc;
	unsigned keep_every;
	struct arena *a; /* the strings */
	VEC(struct kept_value) values;
	VEC(struct kept_name) names; /* ascending */
	VEC(struct str) label_names; /* the same without the empty one */
	struct postings_range all;
};

/* --- entries
 * -------------------------------------------------------------------------------------- */

/* Where the section ends that a list lies in, if nothing better is known. */
static uint64_t end_of_lists(const struct index_toc *toc, uint64_t start)
{
	const uint64_t ends[] = {toc->label_indices_table, toc->postings_table};
	uint64_t end = toc->end;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i] > start && ends[i] < end)
			end = ends[i];
	return end;
}

/* The number of strings, always 2, the strings, and where the list lies. */
static uint64_t parse_entry(struct byte_cursor *c, struct entry *e)
{
	uint64_t n_strings = byte_cursor_uvarint(c);

	e->name = byte_cursor_str(c);
	e->value = byte_cursor_str(c);
	e->range.start = byte_cursor_uvarint(c);
	return n_strings;
}

/* Read the entry at the cursor, and the start of the list after it, which is where its own list
 * ends: lists lie in the order of their entries. The strings stay until the next call. */
static bool read_entry(struct section_scan *scan, const struct index_toc *toc, struct entry *e,
		       struct err *err)
{
	for (;;) {
		const uint8_t *from = scan->c.p;
		uint64_t n_strings = parse_entry(&scan->c, e);
		bool last = section_scan_offset(scan) == scan->size;
		struct byte_cursor ahead = scan->c;
		struct entry next = {0};
		if (!scan->c.failed && !last)
			parse_entry(&ahead, &next);
		if (ahead.failed) {
			if (!section_scan_more(scan, from, err))
				return false;
			continue;
		}
		if (n_strings != 2)
			return section_scan_corrupt(scan, err, "an entry of %lu strings, want 2",
						    n_strings);
		if (e->range.start < INDEX_HEADER_BYTES || e->range.start >= toc->end)
			return section_scan_corrupt(scan, err,
						    "a list at byte %lu is outside of the index",
						    e->range.start);
		e->range.end = end_of_lists(toc, e->range.start);
		if (next.range.start > e->range.start && next.range.start < e->range.end)
			e->range.end = next.range.start;
		return true;
	}
}

/* --- opening
 * -------------------------------------------------------------------------------------- */

static void keep_value(struct index_postings *ip, const struct entry *e, uint64_t table_at)
{
	struct kept_value v = {arena_str(ip->a, e->value), (uint32_t)table_at, e->range};

	vec_push(&ip->values, v);
	vec_last(&ip->names).n++;
}

static void begin_name(struct index_postings *ip, struct str name)
{
	struct kept_name n = {.name = arena_str(ip->a, name), .first = ip->values.n};

	vec_push(&ip->names, n);
}

/* Version 2: names ascend, and values ascend within a name. `previous` is the value before. */
static bool keep_ordered(struct index_postings *ip, struct section_scan *scan,
			 const struct entry *e, uint64_t table_at, struct buf *previous,
			 struct err *err)
{
	int c = ip->names.n ? str_cmp(vec_last(&ip->names).name, e->name) : -1;

	if (c > 0 || (c == 0 && str_cmp(buf_str(previous), e->value) >= 0))
		return section_scan_corrupt(scan, err, "an entry is not above its predecessor");
	if (c < 0)
		begin_name(ip, e->name);
	struct kept_name *name = &vec_last(&ip->names);
	if (name->n_entries++ % ip->keep_every == 0)
		keep_value(ip, e, table_at);
	name->table_end = (uint32_t)section_scan_offset(scan);
	buf_clear(previous);
	buf_append_str(previous, e->value);
	return true;
}

static bool scan_ordered(struct index_postings *ip, struct section_scan *scan, struct err *err)
{
	struct buf previous auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct entry e;

	while (section_scan_offset(scan) < scan->size) {
		uint64_t at = section_scan_offset(scan);
		if (!read_entry(scan, &ip->toc, &e, err) ||
		    !keep_ordered(ip, scan, &e, at, &previous, err))
			return false;
		if (e.name.n == 0 && e.value.n == 0)
			ip->all = e.range;
	}
	return true;
}

static int compare_entries(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int c = str_cmp(a->name, b->name);

	return c ? c : str_cmp(a->value, b->value);
}

static bool keep_sorted(struct index_postings *ip, struct section_scan *scan,
			const struct entry *entries, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (i && compare_entries(&entries[i - 1], &entries[i]) == 0)
			return section_scan_corrupt(scan, err, "an entry occurs twice");
		if (i == 0 || !str_eq(entries[i - 1].name, entries[i].name))
			begin_name(ip, entries[i].name);
		vec_last(&ip->names).n_entries++;
		keep_value(ip, &entries[i], 0);
		if (entries[i].name.n == 0 && entries[i].value.n == 0)
			ip->all = entries[i].range;
	}
	return true;
}

static bool scan_unordered(struct index_postings *ip, struct section_scan *scan, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(NULL);
	VEC(struct entry) entries = {0};
	struct entry e;
	bool ok = true;

	while (ok && section_scan_offset(scan) < scan->size) {
		ok = read_entry(scan, &ip->toc, &e, err);
		if (!ok)
			break;
		e.name = arena_str(scratch, e.name);
		e.value = arena_str(scratch, e.value);
		vec_push(&entries, e);
	}
	if (ok && entries.n) {
		qsort(entries.v, entries.n, sizeof(*entries.v), compare_entries);
		ok = keep_sorted(ip, scan, entries.v, entries.n, err);
	}
	vec_done(&entries);
	return ok;
}

static bool scan_table(struct index_postings *ip, struct section_scan *scan, struct err *err)
{
	while (byte_cursor_left(&scan->c) < 4)
		if (!section_scan_more(scan, scan->c.p, err))
			return false;
	ip->size_bytes = scan->size;
	uint32_t want = byte_cursor_be32(&scan->c);
	if (!(ip->toc.version == INDEX_V1 ? scan_unordered(ip, scan, err)
					  : scan_ordered(ip, scan, err)))
		return false;
	uint64_t got = 0;
	for (size_t i = 0; i < ip->names.n; i++)
		got += ip->names.v[i].n_entries;
	if (got != want)
		return section_scan_corrupt(scan, err, "%lu entries, want %u", got, want);
	for (size_t i = 0; i < ip->names.n; i++)
		if (ip->names.v[i].name.n)
			vec_push(&ip->label_names, ip->names.v[i].name);
	return section_scan_check(scan, err);
}

struct index_postings *index_postings_open(struct byte_source *src, struct ctx *ctx,
					   uint64_t offset, const struct index_toc *toc,
					   unsigned keep_every, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(NULL);
	struct index_postings *ip = NEW(struct index_postings);
	struct section_scan scan;

	ip->src = src;
	ip->offset = offset;
	ip->toc = *toc;
	ip->keep_every = keep_every ? keep_every : KEEP_EVERY;
	ip->a = arena_new(NULL);
	if (section_scan_open(&scan, src, ctx, offset, "postings table", OPEN_READ_BYTES, scratch,
			      err) &&
	    scan_table(ip, &scan, err))
		return ip;
	index_postings_close(ip);
	return NULL;
}

void index_postings_close(struct index_postings *ip)
{
	if (!ip)
		return;
	vec_done(&ip->values);
	vec_done(&ip->names);
	vec_done(&ip->label_names);
	arena_free(ip->a);
	free(ip);
}

const struct index_toc *index_postings_toc(const struct index_postings *ip)
{
	return &ip->toc;
}

size_t index_postings_memory_bytes(const struct index_postings *ip)
{
	size_t bytes = sizeof(*ip) + ip->values.cap * sizeof(*ip->values.v) +
		       ip->names.cap * sizeof(*ip->names.v) +
		       ip->label_names.cap * sizeof(*ip->label_names.v);

	for (size_t i = 0; i < ip->values.n; i++)
		bytes += ip->values.v[i].value.n;
	for (size_t i = 0; i < ip->names.n; i++)
		bytes += ip->names.v[i].name.n;
	return bytes;
}

const struct str *index_postings_names(const struct index_postings *ip, size_t *n)
{
	*n = ip->label_names.n;
	return ip->label_names.v;
}

struct postings_range index_postings_all(const struct index_postings *ip)
{
	return ip->all;
}

/* --- walking
 * -------------------------------------------------------------------------------------- */

struct index_values {
	struct index_postings *ip;
	const struct kept_name *name; /* NULL: there is no such name, nothing to walk */
	struct section_scan scan;
	size_t next_kept; /* version 1: the kept value that comes next */
	struct str from;  /* the walk begins with values from here on */
	bool stands;      /* it has begun, and stands on an entry: */
	struct str value;
	struct postings_range range;
};

static const struct kept_name *find_name(const struct index_postings *ip, struct str name)
{
	size_t low = 0, high = ip->names.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = str_cmp(ip->names.v[mid].name, name);
		if (c == 0)
			return &ip->names.v[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The last kept value of the name that is <= `value`, or its first one. */
static size_t find_kept(const struct index_postings *ip, const struct kept_name *name,
			struct str value)
{
	size_t low = name->first, high = name->first + name->n;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (str_cmp(ip->values.v[mid].value, value) <= 0)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static void values_init(struct index_values *it, struct index_postings *ip, struct ctx *ctx,
			struct str name, struct arena *a)
{
	*it = (struct index_values){.ip = ip, .name = find_name(ip, name)};
	if (!it->name)
		return;
	it->next_kept = it->name->first;
	section_scan_resume(&it->scan, ip->src, ctx, ip->offset, ip->size_bytes,
			    ip->values.v[it->next_kept].table_at, "postings table", WALK_READ_BYTES,
			    a);
}

/* Stand on the next entry. */
static enum iter_result values_advance(struct index_values *it, struct err *err)
{
	const struct index_postings *ip = it->ip;
	const struct kept_name *name = it->name;
	struct entry e;

	if (ip->toc.version == INDEX_V1) {
		if (it->next_kept == name->first + name->n)
			return ITER_END;
		it->value = ip->values.v[it->next_kept].value;
		it->range = ip->values.v[it->next_kept++].range;
	} else {
		if (section_scan_offset(&it->scan) >= name->table_end)
			return ITER_END;
		if (!read_entry(&it->scan, &ip->toc, &e, err))
			return ITER_ERROR;
		it->value = e.value;
		it->range = e.range;
	}
	it->stands = true;
	return ITER_VALUE;
}

/* Stand on the first value >= `value`, which is not before where the walk is. */
static enum iter_result values_seek(struct index_values *it, struct str value, struct err *err)
{
	const struct index_postings *ip = it->ip;
	size_t kept = find_kept(ip, it->name, value);

	if (ip->toc.version == INDEX_V1)
		it->next_kept = kept > it->next_kept ? kept : it->next_kept;
	else if (ip->values.v[kept].table_at > section_scan_offset(&it->scan))
		section_scan_seek(&it->scan, ip->values.v[kept].table_at);
	while (!it->stands || str_cmp(it->value, value) < 0) {
		enum iter_result r = values_advance(it, err);
		if (r != ITER_VALUE)
			return r;
	}
	return ITER_VALUE;
}

struct index_values *index_values_new(struct index_postings *ip, struct ctx *ctx, struct str name,
				      struct str from, struct arena *a)
{
	struct index_values *it = ARENA_NEW(a, struct index_values);

	values_init(it, ip, ctx, name, a);
	it->from = from.n ? arena_str(a, from) : from;
	return it;
}

enum iter_result index_values_next(struct index_values *it, struct str *value,
				   struct postings_range *range, struct err *err)
{
	if (!it->name)
		return ITER_END;
	enum iter_result r = it->stands ? values_advance(it, err) : values_seek(it, it->from, err);
	if (r == ITER_VALUE) {
		*value = it->value;
		*range = it->range;
	}
	return r;
}

bool index_postings_find(struct index_postings *ip, struct ctx *ctx, struct str name,
			 const struct str *values, size_t n, struct postings_range *out,
			 struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(NULL);
	struct index_values it;

	memset(out, 0, n * sizeof(*out));
	values_init(&it, ip, ctx, name, scratch);
	if (!it.name)
		return true;
	for (size_t i = 0; i < n; i++) {
		assert_slow(i == 0 || str_cmp(values[i - 1], values[i]) <= 0);
		enum iter_result r = values_seek(&it, values[i], err);
		if (r == ITER_ERROR)
			return false;
		if (r == ITER_END)
			break;
		if (str_eq(it.value, values[i]))
			out[i] = it.range;
	}
	return true;
}
