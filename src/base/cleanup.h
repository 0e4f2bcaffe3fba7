/* cleanup.h - scope-bound ownership, by GCC and Clang's cleanup attribute.
 *
 *	struct arena *a auto_free(arena_free) = arena_new(NULL);
 *	struct buf body auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
 *
 * With these an early `return` is always right.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stddef.h>

/* After `void x_free(struct x *)` is declared: makes auto_free(x_free) usable. */
#define CLEANUP_DEFINE(type, destroy)                                                              \
	static inline void destroy##p(type **p)                                                    \
	{                                                                                          \
		destroy(*p);                                                                       \
	}
#define auto_free(destroy) __attribute__((cleanup(destroy##p))) /* pointers: x_free, x_close */
#define auto_done(done)    __attribute__((cleanup(done)))       /* values: x_done */

/* Hand a pointer on and forget it: *out = take(b); */
#define take(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#endif
