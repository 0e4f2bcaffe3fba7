#include "promql/plan_info.h"

#include "base/vec.h"

#define TARGET_INFO "target_info"

static bool is_name(const struct matcher *m)
{
	return str_is(matcher_name(m), LABEL_NAME);
}

static bool is_positive(const struct matcher *m)
{
	return matcher_type(m) == MATCH_EQ || matcher_type(m) == MATCH_RE;
}

static struct matcher *new_matcher(struct promql_query *query, enum matcher_type type,
				   struct str value)
{
	struct err err = ERR_INIT;
	struct matcher *m = matcher_new(type, STR(LABEL_NAME), value, &err);

	assert(m); /* the two patterns below are fine */
	vec_push(&query->owned_matchers, m);
	return m;
}

struct matchers info_matchers(const struct call *call, struct promql_query *query, size_t *n_names)
{
	struct matchers given = {0};
	bool has_name = false, has_positive = false;

	if (call->n_args > 1)
		given = expr_unwrap(call->args[1])->vector.matchers;
	for (size_t i = 0; i < given.n; i++) {
		has_name |= is_name(given.v[i]);
		has_positive |= is_name(given.v[i]) && is_positive(given.v[i]);
	}
	struct matcher **v = ARENA_ARRAY(query->arena, struct matcher *, given.n + 1);
	size_t n = 0;
	/* Without a name it is target_info; with nothing but names that it is not, any info. */
	if (!has_name)
		v[n++] = new_matcher(query, MATCH_EQ, STR(TARGET_INFO));
	else if (!has_positive)
		v[n++] = new_matcher(query, MATCH_RE, STR(".+_info"));
	for (size_t i = 0; i < given.n; i++)
		if (is_name(given.v[i]))
			v[n++] = given.v[i];
	*n_names = n;
	for (size_t i = 0; i < given.n; i++)
		if (!is_name(given.v[i]))
			v[n++] = given.v[i];
	return (struct matchers){v, n};
}

/* On the way from a selector up to the argument. */
struct info_walk {
	const struct duration_context *context;
	struct info_time *time;
	bool found;
	struct err *err;
};

static bool add(struct info_walk *w, const struct at *at, const struct duration *offset)
{
	int64_t ms;

	if (!duration_resolve(offset, DURATION_ANY_SIGN, w->context, &ms, w->err))
		return false;
	w->time->offset_ms += ms;
	if (at->kind != AT_NONE)
		w->time->at = at;
	return true;
}

/* Inner nodes come first: what is around an @ does not count. */
static bool walk(struct info_walk *w, const struct expr *e)
{
	if (e->kind == EXPR_VECTOR_SELECTOR) {
		w->found = true;
		return add(w, &e->vector.at, &e->vector.offset);
	}
	if (e->kind == EXPR_MATRIX_SELECTOR)
		return walk(w, e->matrix.selector);
	for (size_t i = 0; expr_child(e, i) && !w->found; i++)
		if (!walk(w, expr_child(e, i)))
			return false;
	if (e->kind == EXPR_SUBQUERY && w->found && !w->time->at)
		return add(w, &e->subquery.at, &e->subquery.offset);
	return true;
}

bool info_time_find(const struct expr *arg, const struct duration_context *context,
		    struct info_time *out, struct err *err)
{
	struct info_walk w = {.context = context, .time = out, .err = err};

	*out = (struct info_time){0};
	return walk(&w, arg);
}
