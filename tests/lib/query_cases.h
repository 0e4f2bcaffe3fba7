/* query_cases.h - queries and what becomes of them, from tests/golden/promql/.
 *
 *	> 1+ 1           a query; >> "..." is one in Go's quotes, for line breaks and the like
 *	= 1 + 1          it is printed like this; a lone = says: as it stands there
 *	! 1:2: parse...  or it is refused with this error
 *	| sum(           or it is laid out in lines like these
 *
 * Other lines are comments.
 */
#ifndef TESTS_LIB_QUERY_CASES_H
#define TESTS_LIB_QUERY_CASES_H

#include "base/arena.h"

enum query_outcome {
	QUERY_PRINTED,
	QUERY_REFUSED,
	QUERY_LAID_OUT,
};

struct query_case {
	size_t line; /* in the file, from 1 */
	struct str query;
	enum query_outcome outcome;
	struct str want;
};

struct query_cases {
	struct query_case *v;
	size_t n, cap;
};

/* The cases of TEST_DATA_DIR/promql/<file>, of which there is at least one. Live in `a`. */
struct query_cases query_cases_read(struct arena *a, const char *file);

#endif
