/* plan_matchers.c - what a selector asks for, in the fewest and simplest words: a="x" instead of
 * a=~"x", nothing twice, nothing that says nothing.
 *
 * The stores answer the same; some look an equal value up where they would read all values of a
 * label. Who asks for what no series can have is not sent to them at all.
 */
#include "promql/plan_internal.h"

static bool is_regex(const struct matcher *m)
{
	return matcher_type(m) == MATCH_RE || matcher_type(m) == MATCH_NRE;
}

/* The same condition, as a comparison if it is one. The plan owns what is made here. */
static struct matcher *simplest(struct promql_plan *plan, struct matcher *m)
{
	struct err err = ERR_INIT;
	struct str only;

	if (!is_regex(m) || !matcher_literal(m, &only))
		return m;
	enum matcher_type type = matcher_type(m) == MATCH_RE ? MATCH_EQ : MATCH_NEQ;
	struct matcher *made = matcher_new(type, matcher_name(m), only, &err);
	if (!made)
		return m;
	ARENA_PUSH(plan->arena, &plan->matchers, made);
	return made;
}

enum verdict {
	ALWAYS, /* it says nothing that others do not say */
	NEVER,
	DEPENDS,
};

/* `m` where `other` has to match as well and comes before it. */
static enum verdict judge_beside(const struct matcher *m, const struct matcher *other)
{
	if (!str_eq(matcher_name(m), matcher_name(other)))
		return DEPENDS;
	if (matcher_type(other) == MATCH_EQ)
		return matcher_matches(m, matcher_value(other)) ? ALWAYS : NEVER;
	bool is_same = matcher_type(m) == matcher_type(other) &&
		       str_eq(matcher_value(m), matcher_value(other));
	return is_same ? ALWAYS : DEPENDS;
}

static enum verdict judge_alone(const struct matcher *m)
{
	if (!is_regex(m) || !str_is(matcher_value(m), ".*"))
		return DEPENDS;
	return matcher_type(m) == MATCH_RE ? ALWAYS : NEVER;
}

static bool is_equality(const struct matcher *m)
{
	return matcher_type(m) == MATCH_EQ;
}

/* Equalities decide about all others, those after them as well as those before. */
static enum verdict judge(struct matchers all, size_t i)
{
	enum verdict verdict = judge_alone(all.v[i]);

	for (size_t k = 0; k < all.n && verdict == DEPENDS; k++)
		if (k < i || (k > i && is_equality(all.v[k]) && !is_equality(all.v[i])))
			verdict = judge_beside(all.v[i], all.v[k]);
	return verdict;
}

bool plan_matchers(struct promql_plan *plan, struct matchers ms, struct matchers *out)
{
	struct matcher **simple = ARENA_ARRAY(plan->arena, struct matcher *, ms.n);
	struct matcher **kept = ARENA_ARRAY(plan->arena, struct matcher *, ms.n);
	bool is_possible = true;

	*out = (struct matchers){kept, 0};
	for (size_t i = 0; i < ms.n; i++)
		simple[i] = simplest(plan, ms.v[i]);
	for (size_t i = 0; i < ms.n; i++) {
		enum verdict verdict = judge((struct matchers){simple, ms.n}, i);
		is_possible &= verdict != NEVER;
		if (verdict != ALWAYS)
			kept[out->n++] = simple[i];
	}
	return is_possible;
}
