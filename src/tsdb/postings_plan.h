/* postings_plan.h - which lists of an index answer a set of matchers, and the answer from them.
 *
 * In two steps, because a bucket wants to fetch all lists at once, partly from a cache:
 * postings_plan_make() looks only at the postings offset table, postings_plan_run() combines the
 * lists. The meaning is Prometheus': an absent label is an empty value, so that {a=""} and {a!="x"}
 * select series without `a`.
 */
#ifndef TSDB_POSTINGS_PLAN_H
#define TSDB_POSTINGS_PLAN_H

#include "model/matcher.h"
#include "tsdb/index_postings.h"
#include "tsdb/postings.h"

struct postings_key {
	struct str name;
	struct str value;
	struct postings_range range;
};

/* The union of some lists, which every series must be in, or none may be. */
struct postings_group {
	size_t first_key;
	size_t n_keys;
	bool subtract;
};

struct postings_plan {
	struct postings_key *keys;
	size_t n_keys;
	struct postings_group *groups; /* those to subtract come last */
	size_t n_groups;
	bool nothing; /* no series can match: there are no keys */
};

/* Everything lives in `a`. No matchers mean all series. */
bool postings_plan_make(struct index_postings *ip, struct ctx *ctx, struct matchers matchers,
			struct arena *a, struct postings_plan *out, struct err *err);

/* `lists` has one per key of the plan. Fails when the arena's tracker is over its limit. */
bool postings_plan_run(const struct postings_plan *plan, const struct postings *lists,
		       struct arena *a, struct postings *out, struct err *err);

/* Both steps, with every list read from `index` itself. */
bool postings_for_matchers(struct byte_source *index, struct index_postings *ip, struct ctx *ctx,
			   struct matchers matchers, struct arena *a, struct postings *out,
			   struct err *err);

#endif
