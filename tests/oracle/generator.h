/* generator.h - random valid queries over the series of data.h.
 *
 * Directed by types: whoever needs a vector asks for a vector, and a table of weights decides what
 * makes it. Labels are chosen so that most binary operators find partners.
 */
#ifndef TESTS_ORACLE_GENERATOR_H
#define TESTS_ORACLE_GENERATOR_H

#include "base/buf.h"
#include "base/rand.h"
#include "promql/engine.h"

enum dialect {
	DIALECT_WHOLE, /* all that the oracle knows of the language */
	DIALECT_3_14,  /* and what it does not, for a comparison with Prometheus 3.14 */
	/* What Prometheus 2.42 has too, with times and lengths of time for which it does not
	 * matter whether a range includes its start: those of DATA_FOR_2_42. */
	DIALECT_2_42,
};

struct random_query {
	struct str text;
	struct query_time instant;
	struct query_time range; /* step_ms is 0 for a query that must be an instant one */
};

/* In memory of `a`. */
struct random_query random_query(struct arena *a, struct rand *r, enum dialect dialect);

#endif
