/* arena.c - a list of pages, newest first; allocation bumps a pointer in the newest.
 *
 * Pages double from 4 KiB to 1 MiB; an allocation larger than that gets a page of its own size.
 * A rewound page is kept as `spare`, so that a loop which marks and rewinds does not allocate.
 */
#include "base/arena.h"

#include "base/alloc.h"
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

enum { PAGE_MIN = 4096, PAGE_MAX = 1 << 20, ALIGN = 16 };

struct arena_page {
	struct arena_page *older;
	size_t size; /* of data */
	size_t used;
	size_t pad;
	char data[];
};

struct arena {
	struct tracker *tracker;
	struct arena_page *newest;
	struct arena_page *spare;
	size_t next_size;
};

struct arena *arena_new(struct tracker *tracker)
{
	struct arena *a = NEW(struct arena);
	a->tracker = tracker;
	a->next_size = PAGE_MIN;
	return a;
}

static void page_free(struct arena *a, struct arena_page *page)
{
	if (!page)
		return;
	UNPOISON(page->data, page->size);
	tracker_release(a->tracker, (int64_t)page->size);
	free(page);
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_clear(a);
	page_free(a, a->spare);
	free(a);
}

struct tracker *arena_tracker(const struct arena *a)
{
	return a->tracker;
}

static struct arena_page *page_new(struct arena *a, size_t at_least)
{
	if (a->spare && a->spare->size >= at_least)
		return take(a->spare);

	size_t size = a->next_size > at_least ? a->next_size : at_least;
	if (a->next_size < PAGE_MAX)
		a->next_size *= 2;
	tracker_charge(a->tracker, (int64_t)size);
	struct arena_page *page = xmalloc(sizeof(*page) + size);
	page->size = size;
	page->used = 0;
	POISON(page->data, page->size);
	return page;
}

void *arena_alloc(struct arena *a, size_t size)
{
	assert(size <= SIZE_MAX / 2);
	size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	if (!a->newest || rounded > a->newest->size - a->newest->used) {
		struct arena_page *page = page_new(a, rounded);
		page->older = a->newest;
		a->newest = page;
	}
	void *p = a->newest->data + a->newest->used;
	a->newest->used += rounded;
	UNPOISON(p, size);
	return p;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	bool overflow = __builtin_mul_overflow(n, size, &bytes);
	assert(!overflow);
	return memset(arena_alloc(a, bytes), 0, bytes);
}

void *arena_grow(struct arena *a, void *p, size_t old_size, size_t new_size)
{
	assert(new_size >= old_size);
	size_t old_rounded = (old_size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	size_t new_rounded = (new_size + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	struct arena_page *page = a->newest;
	if (p && page && (char *)p + old_rounded == page->data + page->used &&
	    new_rounded - old_rounded <= page->size - page->used) {
		page->used += new_rounded - old_rounded;
		UNPOISON(p, new_size);
		return p;
	}
	void *bigger = arena_alloc(a, new_size);
	if (old_size)
		memcpy(bigger, p, old_size);
	return bigger;
}

char *arena_cstr(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.n + 1);
	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
	return str_from(arena_cstr(a, s), s.n);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(n >= 0);

	char *out = arena_alloc(a, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf(out, (size_t)n + 1, fmt, args);
	va_end(args);
	return out;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){a->newest, a->newest ? a->newest->used : 0};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
	while (a->newest != mark.page) {
		struct arena_page *page = a->newest;
		a->newest = page->older;
		if (page->size <= PAGE_MAX && (!a->spare || a->spare->size < page->size)) {
			page_free(a, a->spare);
			page->used = 0;
			POISON(page->data, page->size);
			a->spare = page;
		} else {
			page_free(a, page);
		}
	}
	if (a->newest) {
		assert(a->newest->used >= mark.used);
		a->newest->used = mark.used;
		POISON(a->newest->data + mark.used, a->newest->size - mark.used);
	}
}

void arena_clear(struct arena *a)
{
	arena_rewind(a, (struct arena_mark){0});
}
