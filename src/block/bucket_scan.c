#include "block/bucket_scan.h"

#include "block/block_id.h"
#include "block/markers.h"

#include <stdlib.h>

static bool add_folder(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct bucket_scan *scan = arg;
	struct ulid id;
	(void)err;

	if (str_ends(entry->name, STR("/")) && block_id_of(entry->name, &id))
		vec_push(&scan->folders,
			 (struct seen_folder){.id = id, .modified_ms = SCAN_UNKNOWN_TIME});
	return true;
}

static int64_t modified_ms(const struct bucket_entry *entry)
{
	return entry->has_attrs ? entry->attrs.modified_ms : SCAN_UNKNOWN_TIME;
}

/* Objects below "<ULID>/". One entry for a folder says enough, but meta.json has one of its own. */
static bool add_object(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct bucket_scan *scan = arg;
	struct str name, rest = str_split(entry->name, '/', &name);
	struct seen_folder folder = {.modified_ms = SCAN_UNKNOWN_TIME};
	(void)err;

	if (!rest.p || !ulid_parse(name, &folder.id))
		return true;
	if (str_is(rest, mark_filename(MARK_DELETION)))
		vec_push(&scan->marked, (struct seen_mark){folder.id, modified_ms(entry)});
	if (str_is(rest, META_FILENAME)) {
		folder.has_meta = true;
		folder.modified_ms = modified_ms(entry);
	} else if (scan->folders.n && ulid_cmp(vec_last(&scan->folders).id, folder.id) == 0) {
		return true;
	}
	vec_push(&scan->folders, folder);
	return true;
}

/* By id, the one with a meta.json first. */
static int folders_by_id(const void *a, const void *b)
{
	const struct seen_folder *x = a, *y = b;
	int c = ulid_cmp(x->id, y->id);

	return c ? c : y->has_meta - x->has_meta;
}

static int marks_by_id(const void *a, const void *b)
{
	return ulid_cmp(((const struct seen_mark *)a)->id, ((const struct seen_mark *)b)->id);
}

/* A listing may show a name twice. */
static void sort(struct bucket_scan *s)
{
	size_t n = 0;

	if (s->folders.n)
		qsort(s->folders.v, s->folders.n, sizeof(*s->folders.v), folders_by_id);
	for (size_t i = 0; i < s->folders.n; i++)
		if (n == 0 || ulid_cmp(s->folders.v[n - 1].id, s->folders.v[i].id) != 0)
			s->folders.v[n++] = s->folders.v[i];
	s->folders.n = n;

	if (s->marked.n)
		qsort(s->marked.v, s->marked.n, sizeof(*s->marked.v), marks_by_id);
	n = 0;
	for (size_t i = 0; i < s->marked.n; i++)
		if (n == 0 || ulid_cmp(s->marked.v[n - 1].id, s->marked.v[i].id) != 0)
			s->marked.v[n++] = s->marked.v[i];
	s->marked.n = n;
}

static bool scan(struct bucket *b, struct ctx *ctx, enum bucket_list_mode mode, bucket_list_fn *add,
		 struct bucket_scan *out, struct err *err)
{
	if (!bucket_list(b, ctx, STR(""), mode, add, out, err))
		return err_wrap(err, "list the blocks of the bucket");
	sort(out);
	return true;
}

bool bucket_scan_root(struct bucket *b, struct ctx *ctx, struct bucket_scan *out, struct err *err)
{
	return scan(b, ctx, LIST_DIRECTORY, add_folder, out, err);
}

bool bucket_scan_all(struct bucket *b, struct ctx *ctx, struct bucket_scan *out, struct err *err)
{
	return scan(b, ctx, LIST_RECURSIVE, add_object, out, err);
}

void bucket_scan_done(struct bucket_scan *s)
{
	vec_done(&s->folders);
	vec_done(&s->marked);
}
