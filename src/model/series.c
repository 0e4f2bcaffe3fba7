#include "model/series.h"

#include "base/alloc.h"

#include <stdlib.h>

struct array_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	const struct series *v;
	size_t n;
};

static enum iter_result array_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct array_iter *it = (struct array_iter *)base;
	(void)err;
	if (it->n == 0)
		return ITER_END;
	*out = *it->v++;
	it->n--;
	return ITER_VALUE;
}

static void array_close(struct series_iter *base)
{
	free(base);
}

static const struct series_iter_ops array_ops = {array_next, array_close};

struct series_iter *series_iter_of(const struct series *v, size_t n)
{
	struct array_iter *it = NEW(struct array_iter);
	*it = (struct array_iter){.base.ops = &array_ops, .v = v, .n = n};
	return &it->base;
}

struct series_iter *series_iter_empty(void)
{
	return series_iter_of(NULL, 0);
}
