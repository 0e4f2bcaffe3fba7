/* http_router.c - routes sorted so that the more literal ones come first; the first that matches is
 * the one. There are some dozens, and a request is matched once.
 */
#include "net/http_router.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/vec.h"

#include <stdlib.h>

enum { MAX_SEGMENTS = 32 };

struct entry {
	struct http_route route;
	const struct http_route_group *group;
	char *path; /* with the prefix */
	struct str segments[MAX_SEGMENTS];
	size_t n_segments;
};

struct http_router {
	VEC(struct entry *) entries;
	VEC(struct http_route_group *) groups;
};

/* The parts between slashes, without the first, empty one. False: too many. */
static bool split_path(struct str path, struct str out[MAX_SEGMENTS], size_t *n)
{
	*n = 0;
	path = str_skip(path, 1);
	do {
		if (*n == MAX_SEGMENTS)
			return false;
		path = str_split(path, '/', &out[(*n)++]);
	} while (path.p);
	return true;
}

/* Literal, ":name", "*rest". */
static int kind(struct str segment)
{
	if (segment.n > 0 && segment.p[0] == '*')
		return 2;
	return segment.n > 0 && segment.p[0] == ':';
}

static int compare(const struct entry *a, const struct entry *b)
{
	for (size_t i = 0; i < a->n_segments && i < b->n_segments; i++) {
		int difference = kind(a->segments[i]) - kind(b->segments[i]);
		if (!difference && kind(a->segments[i]) == 0)
			difference = str_cmp(a->segments[i], b->segments[i]);
		if (difference)
			return difference;
	}
	return (a->n_segments > b->n_segments) - (a->n_segments < b->n_segments);
}

struct http_router *http_router_new(void)
{
	return NEW(struct http_router);
}

static unsigned methods_of(const struct http_route *route)
{
	if (route->methods == 0)
		return ~0u;
	return route->methods | (route->methods & HTTP_GET ? HTTP_HEAD : 0u);
}

static void insert(struct http_router *router, struct entry *e)
{
	size_t at = router->entries.n;

	vec_push(&router->entries, e);
	for (; at > 0; at--) {
		struct entry *before = router->entries.v[at - 1];
		int order = compare(before, e);
		assert(order != 0 || !(methods_of(&before->route) & methods_of(&e->route)));
		if (order <= 0)
			break;
		router->entries.v[at] = before;
	}
	router->entries.v[at] = e;
}

void http_router_add(struct http_router *router, const struct http_route_group *group)
{
	struct http_route_group *copy = NEW(struct http_route_group);

	*copy = *group;
	vec_push(&router->groups, copy);
	for (size_t i = 0; i < group->n_routes; i++) {
		struct entry *e = NEW(struct entry);
		e->route = group->routes[i];
		e->group = copy;
		e->path = xasprintf("%s%s", group->prefix ? group->prefix : "", e->route.path);
		assert(e->path[0] == '/');
		bool fits = split_path(str_of(e->path), e->segments, &e->n_segments);
		assert(fits);
		insert(router, e);
	}
}

void http_router_free(struct http_router *router)
{
	if (!router)
		return;
	for (size_t i = 0; i < router->entries.n; i++) {
		free(router->entries.v[i]->path);
		free(router->entries.v[i]);
	}
	for (size_t i = 0; i < router->groups.n; i++)
		free(router->groups.v[i]);
	vec_done(&router->entries);
	vec_done(&router->groups);
	free(router);
}

/* `rest` of the raw path, from segment i on. */
static struct str rest_from(struct str path, const struct str segment)
{
	return str_from(segment.p, (size_t)(path.p + path.n - segment.p));
}

static bool add_param(struct http_match *m, struct str pattern, struct str value, struct arena *a)
{
	struct str decoded;

	if (!http_percent_decode(value, HTTP_PLUS_IS_PLUS, a, &decoded)) {
		m->is_malformed = true;
		return false;
	}
	ARENA_PUSH(a, &m->segments, (struct http_param){str_skip(pattern, 1), decoded});
	return true;
}

static bool matches(const struct entry *e, struct str path, const struct str *segments, size_t n,
		    struct arena *a, struct http_match *m)
{
	m->segments.n = 0;
	for (size_t i = 0; i < e->n_segments; i++) {
		struct str pattern = e->segments[i];
		if (i == n)
			return false;
		if (kind(pattern) == 2)
			return add_param(m, pattern, rest_from(path, segments[i]), a);
		if (kind(pattern) == 1) {
			if (segments[i].n == 0 || !add_param(m, pattern, segments[i], a))
				return false;
		} else if (!str_eq(pattern, segments[i])) {
			return false;
		}
	}
	return e->n_segments == n;
}

void http_router_match(const struct http_router *router, enum http_method method, struct str path,
		       struct arena *a, struct http_match *out)
{
	struct str segments[MAX_SEGMENTS];
	size_t n;

	*out = (struct http_match){0};
	if (path.n == 0 || path.p[0] != '/' || !split_path(path, segments, &n))
		return;
	for (size_t i = 0; i < router->entries.n; i++) {
		const struct entry *e = router->entries.v[i];
		if (!matches(e, path, segments, n, a, out))
			continue;
		if (!(methods_of(&e->route) & method)) {
			out->allowed |= methods_of(&e->route);
			continue;
		}
		out->route = &e->route;
		out->group = e->group;
		return;
	}
	/* A route that answers OPTIONS for whatever path does not make the path exist. */
	if (out->allowed == HTTP_OPTIONS)
		out->allowed = 0;
}
