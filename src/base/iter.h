/* iter.h - the outcome of asking a stream for its next value. */
#ifndef BASE_ITER_H
#define BASE_ITER_H

enum iter_result {
	ITER_VALUE, /* *out is filled */
	ITER_END,   /* no more values, and none later */
	ITER_ERROR, /* *err says why; only close() may follow */
};

#endif
