/* alloc.h - heap memory that does not fail: without memory the process stops with a message.
 *
 * For small, long-lived things. What a request needs comes from its arena; sizes that come from
 * outside are checked against a limit before anything is allocated.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
/* Room for n things of `size` bytes; stops the process if the product overflows. */
void *xreallocarray(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* free(), for auto_free(mem_free) on any pointer type. */
static inline void mem_freep(void *p)
{
	__builtin_free(*(void **)p);
}

#define NEW(type) ((type *)xcalloc(1, sizeof(type)))

#endif
