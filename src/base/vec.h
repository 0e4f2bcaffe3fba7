/* vec.h - a growable array of any type, as a macro over three fields.
 *
 *	VEC(struct block *) blocks = {0};
 *	vec_push(&blocks, b);
 *	for (size_t i = 0; i < blocks.n; i++) use(blocks.v[i]);
 *	vec_done(&blocks);
 *
 * For arrays whose length our own code bounds; arrays in request memory live in an arena.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/alloc.h"

#include <stdlib.h>

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *v;                                                                           \
		size_t n, cap;                                                                     \
	}

#define vec_reserve(vec, more)                                                                     \
	do {                                                                                       \
		size_t need_ = (vec)->n + (more);                                                  \
		if (need_ > (vec)->cap) {                                                          \
			(vec)->cap = need_ > (vec)->cap * 2 ? need_ : (vec)->cap * 2;              \
			if ((vec)->cap < 8)                                                        \
				(vec)->cap = 8;                                                    \
			(vec)->v = xreallocarray((vec)->v, (vec)->cap, sizeof(*(vec)->v));         \
		}                                                                                  \
	} while (0)

#define vec_push(vec, ...)                                                                         \
	do {                                                                                       \
		vec_reserve(vec, 1);                                                               \
		(vec)->v[(vec)->n++] = (__VA_ARGS__);                                              \
	} while (0)

#define vec_pop(vec)   ((vec)->v[--(vec)->n])
#define vec_last(vec)  ((vec)->v[(vec)->n - 1])
#define vec_clear(vec) ((void)((vec)->n = 0))

#define vec_done(vec)                                                                              \
	do {                                                                                       \
		free((vec)->v);                                                                    \
		(vec)->v = NULL;                                                                   \
		(vec)->n = (vec)->cap = 0;                                                         \
	} while (0)

#endif
