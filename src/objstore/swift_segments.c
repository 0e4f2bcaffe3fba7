/* swift_segments.c - what large objects are made of. A static one has a manifest that lists its
 * segments, a dynamic one names the prefix that they have in common.
 */
#include "codec/json.h"
#include "objstore/swift_internal.h"

static void add_segment(struct swift_segments *out, struct str container, struct str name,
			struct arena *a)
{
	struct swift_segment segment = {arena_str(a, container), arena_str(a, name)};

	ARENA_PUSH(a, out, segment);
}

/* "/container/name" */
static bool add_path(struct swift_segments *out, struct str path, struct arena *a, struct err *err)
{
	struct str rest = str_skip(path, str_starts(path, STR("/")) ? 1 : 0), container;
	struct str name = str_split(rest, '/', &container);

	if (container.n == 0 || name.n == 0)
		return err_set(err, ERR_CORRUPT, "a segment called \"%.*s\"", STR_FMT(path));
	add_segment(out, container, name, a);
	return true;
}

static bool read_manifest(struct swift_bucket *b, struct ctx *ctx, struct str name, struct arena *a,
			  struct swift_segments *out, struct err *err)
{
	struct store_request r;
	struct store_answer answer;
	const struct json *root;

	swift_request(&r, "GET", b->container, name, a);
	r.query = STR("multipart-manifest=get");
	if (!http_store_ask(b->store, ctx, &r, SWIFT_ANSWER_MAX_BYTES, a, &answer, err) ||
	    !json_parse(answer.body, a, &root, err) || !json_is(root, JSON_ARRAY, err))
		return false;
	for (const struct json *v = root->first; v; v = v->next) {
		struct str path = STR("");
		if (!json_to_str(json_get(v, "name"), &path, err) || !add_path(out, path, a, err))
			return false;
	}
	return true;
}

struct prefix_listing {
	struct str container;
	struct arena *a;
	struct swift_segments *out;
};

static bool add_listed(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct prefix_listing *p = arg;

	(void)err;
	add_segment(p->out, p->container, entry->name, p->a);
	return true;
}

static bool list_prefix(struct swift_bucket *b, struct ctx *ctx, struct str manifest,
			struct arena *a, struct swift_segments *out, struct err *err)
{
	struct str path;

	if (!http_percent_decode(manifest, HTTP_PLUS_IS_PLUS, a, &path))
		path = manifest;
	struct str prefix = str_split(path, '/', &path);
	struct swift_listing listing = {.container = path, .prefix = prefix, .delimiter = ""};
	struct prefix_listing p = {path, a, out};
	/* Without a prefix it would be made of all that the container has. */
	return prefix.n == 0 || swift_list_all(b, ctx, &listing, add_listed, &p, err);
}

bool swift_segments_of(struct swift_bucket *b, struct ctx *ctx, struct str name,
		       const struct store_answer *head, struct arena *a, struct swift_segments *out,
		       struct err *err)
{
	struct str manifest = http_header_value(&head->headers, "x-object-manifest");
	bool is_static = http_header_find(&head->headers, "x-static-large-object") != NULL;
	bool ok = manifest.n  ? list_prefix(b, ctx, manifest, a, out, err)
		  : is_static ? read_manifest(b, ctx, name, a, out, err)
			      : true;

	return ok || err_wrap(err, "Swift: segments of %.*s", STR_FMT(name));
}

bool swift_segments_remove(struct swift_bucket *b, struct ctx *ctx,
			   const struct swift_segments *segments, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	for (size_t i = 0; i < segments->n; i++) {
		struct store_request r;
		arena_clear(a);
		swift_request(&r, "DELETE", segments->v[i].container, segments->v[i].name, a);
		if (!http_store_remove(b->store, ctx, &r, a, err) && err->code != ERR_NOT_FOUND)
			return false;
	}
	return true;
}
