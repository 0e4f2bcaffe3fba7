/* postings_plan.h - which lists of an index answer a set of matchers.
 *
 * In two steps, because a bucket wants to fetch lists together, partly from a cache:
 * postings_plan_make() looks only at the postings offset table, postings_answer.h combines the
 * lists as they come. The meaning is Prometheus': an absent label is an empty value, so that
 * {a=""} and {a!="x"} select series without `a`.
 *
 * The matchers on one label become one group of lists: those of the values that all of them match,
 * or, where the label may be absent, those that must be taken away. A matcher that says nothing
 * becomes no group, nor does one that occurs twice become two; {a="x",a="y"} is known to match
 * nothing without a look at any list.
 */
#ifndef TSDB_POSTINGS_PLAN_H
#define TSDB_POSTINGS_PLAN_H

#include "model/matcher.h"
#include "tsdb/index_postings.h"
#include "tsdb/postings.h"

/* Beyond so many lists, a group does not know their values any more. */
enum { POSTINGS_GROUP_VALUES_MAX = 4 << 10 };

/* The list of the series that have this label. */
struct postings_key {
	struct str name;
	struct str value;
};

/* Lists stored one behind the other. */
struct postings_run {
	struct postings_range range;
	uint32_t n_lists;
};

/* The union of some lists, which every series must be in, or none may be. */
struct postings_group {
	struct str name; /* empty for the list of all series */
	bool subtract;
	bool deferred;            /* not to be read: the matchers are applied to labels */
	struct matchers matchers; /* that it stands for */
	struct postings_run *runs;
	size_t n_runs;
	struct str *values; /* one for each run, ascending; NULL when a run has several lists */
	uint64_t n_lists;
	uint64_t n_refs; /* of all lists, by what the table says */
};

struct postings_plan {
	struct postings_group *groups; /* few references first; those to subtract come last */
	size_t n_groups;
	uint64_t n_series;    /* of the index, by what the table says */
	uint64_t refs_end;    /* behind the largest reference there can be */
	uint64_t entry_bytes; /* of an average series */
	bool nothing;         /* no series can match: there are no groups */
};

/* Everything lives in `a`; `matchers` outlive the plan. No matchers mean all series. */
bool postings_plan_make(struct index_postings *ip, struct ctx *ctx, struct matchers matchers,
			struct arena *a, struct postings_plan *out, struct err *err);

/* Which groups cost more than they save. */
struct postings_thrift {
	/* Half of what one group leaves is thought to be left by the next one, as in Thanos; else a
	 * group is only left out that costs more than all series in question. */
	bool assumes_half;
	/* What reading one series costs, when it lies apart from others; less than the average
	 * entry counts as that. */
	uint64_t series_bytes;
	double max_lists_per_series; /* 0: any number; counts with assumes_half only */
};

struct postings_deferral {
	size_t n_for_lists; /* groups left out: too many lists for the series in question, */
	size_t n_for_size;  /* or too many bytes */
	uint64_t size_bytes;
};

/* Marks groups as deferred: their lists take more bytes than the series entries that reading them
 * would spare. At least one group that adds stays. */
struct postings_deferral postings_plan_defer(struct postings_plan *plan,
					     const struct postings_thrift *thrift);
/* The matchers of deferred groups, in memory of `a`. */
struct matchers postings_plan_deferred(const struct postings_plan *plan, struct arena *a);

/* What is to be read of an index, one run each. */
struct postings_read {
	struct postings_range range;
	uint32_t group;
	uint32_t run;
};

/* Ascending; without deferred groups. */
struct postings_read *postings_plan_reads(const struct postings_plan *plan, struct arena *a,
					  size_t *n);

#endif
