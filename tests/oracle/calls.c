/* calls.c - functions that give vectors. */
#include "base/regex.h"
#include "tests/oracle/evaluator.h"

#include <math.h>
#include <time.h>

enum { MAX_SCALARS = 16 };

/* --- functions of windows --------------------------------------------------------------------- */

/* The labels that an absent series would have had. One matcher after the other: the first equality
 * of a name sets it, everything else about the name removes it. */
static struct labels absent_labels(struct oracle *o, const struct expr *arg)
{
	struct labels out = {0}, equal = {0};

	arg = expr_unwrap(arg);
	if (arg->kind == EXPR_MATRIX_SELECTOR)
		arg = arg->matrix.selector;
	if (arg->kind != EXPR_VECTOR_SELECTOR)
		return out;
	struct matchers ms = arg->vector.matchers;
	for (size_t i = 0; i < ms.n; i++) {
		struct str name = matcher_name(ms.v[i]);
		if (str_is(name, LABEL_NAME))
			continue;
		bool sets = matcher_type(ms.v[i]) == MATCH_EQ && !labels_has(equal, name);
		out = labels_with(o, out, name, sets ? matcher_value(ms.v[i]) : (struct str){0});
		if (sets)
			equal = labels_with(o, equal, name, STR("seen"));
	}
	return out;
}

static bool keeps_name(enum function_id id)
{
	return id == FUNCTION_LAST_OVER_TIME || id == FUNCTION_FIRST_OVER_TIME;
}

/* Functions of windows are the only ones for which Prometheus looks at all steps together: no two
 * series may become the same, not even at different steps. */
static bool check_renamed(struct oracle *o, const struct expr *call, struct labels from,
			  struct labels to)
{
	for (size_t i = 0; i < o->renamed.n; i++) {
		const struct renamed *r = &o->renamed.v[i];
		if (r->call != call || !labels_eq(r->to, to))
			continue;
		return labels_eq(r->from, from) ||
		       err_set(o->err, ERR_EXECUTION,
			       "vector cannot contain metrics with the same labelset");
	}
	ARENA_PUSH(o->arena, &o->renamed, (struct renamed){call, from, to});
	return true;
}

static bool call_windows(struct oracle *o, const struct expr *call, const struct expr *range,
			 int64_t t_ms, const double *params, struct vector *out)
{
	enum function_id id = call->call.function->id;
	struct windows in;
	double v;

	if (!eval_windows(o, range, t_ms, &in))
		return false;
	if (id == FUNCTION_ABSENT_OVER_TIME) {
		if (in.n == 0)
			vector_push(o, out, absent_labels(o, range), 1, t_ms);
		return true;
	}
	for (size_t i = 0; i < in.n; i++) {
		struct labels from = in.v[i].labels;
		struct labels to = keeps_name(id) ? from : labels_without_name(o, from);
		*o->err = ERR_INIT;
		if (window_call(o, id, &in, &in.v[i], t_ms, params, &v)) {
			if (!check_renamed(o, call, from, to))
				return false;
			vector_push(o, out, to, v, t_ms);
		} else if (o->err->code != ERR_OK) {
			return false;
		}
	}
	return true;
}

/* --- one value from one ----------------------------------------------------------------------- */

static double date_part(enum function_id id, const struct tm *d)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = d->tm_year + 1900;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	switch ((int)id) {
	case FUNCTION_YEAR:
		return year;
	case FUNCTION_MONTH:
		return d->tm_mon + 1;
	case FUNCTION_DAY_OF_MONTH:
		return d->tm_mday;
	case FUNCTION_DAY_OF_WEEK:
		return d->tm_wday;
	case FUNCTION_DAY_OF_YEAR:
		return d->tm_yday + 1;
	case FUNCTION_HOUR:
		return d->tm_hour;
	case FUNCTION_MINUTE:
		return d->tm_min;
	default:
		return days[d->tm_mon] + (d->tm_mon == 1 && leap);
	}
}

static bool is_date(enum function_id id)
{
	return id == FUNCTION_YEAR || id == FUNCTION_MONTH || id == FUNCTION_DAY_OF_MONTH ||
	       id == FUNCTION_DAY_OF_WEEK || id == FUNCTION_DAY_OF_YEAR || id == FUNCTION_HOUR ||
	       id == FUNCTION_MINUTE || id == FUNCTION_DAYS_IN_MONTH;
}

static bool date(struct oracle *o, enum function_id id, double v, double *out)
{
	struct tm parts;

	if (!(fabs(v) < 1e15))
		return err_set(o->err, ERR_UNSUPPORTED, "a date too far away");
	time_t t = (time_t)v;
	gmtime_r(&t, &parts);
	*out = date_part(id, &parts);
	return true;
}

static double clamp(double v, double min, double max)
{
	return oracle_arithmetic(OP_MAX_OF, min, oracle_arithmetic(OP_MIN_OF, max, v));
}

static double sign(double v)
{
	return v < 0 ? -1 : v > 0 ? 1 : v;
}

/* The functions of C's library that take and give one number. */
typedef double number_fn(double v);

static number_fn *number_function(enum function_id id)
{
	static const struct {
		enum function_id id;
		number_fn *fn;
	} table[] = {
	    {FUNCTION_ABS, fabs},    {FUNCTION_CEIL, ceil},   {FUNCTION_FLOOR, floor},
	    {FUNCTION_EXP, exp},     {FUNCTION_LN, log},      {FUNCTION_LOG2, log2},
	    {FUNCTION_LOG10, log10}, {FUNCTION_SQRT, sqrt},   {FUNCTION_SGN, sign},
	    {FUNCTION_SIN, sin},     {FUNCTION_COS, cos},     {FUNCTION_TAN, tan},
	    {FUNCTION_ASIN, asin},   {FUNCTION_ACOS, acos},   {FUNCTION_ATAN, atan},
	    {FUNCTION_SINH, sinh},   {FUNCTION_COSH, cosh},   {FUNCTION_TANH, tanh},
	    {FUNCTION_ASINH, asinh}, {FUNCTION_ACOSH, acosh}, {FUNCTION_ATANH, atanh},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].id == id)
			return table[i].fn;
	return NULL;
}

static bool number(struct oracle *o, enum function_id id, double v, const double *params,
		   size_t n_params, double *out)
{
	const double pi = 3.14159265358979323846;
	number_fn *fn = number_function(id);
	double inverse = 1 / (n_params ? params[0] : 1);

	if (is_date(id))
		return date(o, id, v, out);
	switch ((int)id) {
	case FUNCTION_DEG:
		*out = v * 180 / pi;
		return true;
	case FUNCTION_RAD:
		*out = v * pi / 180;
		return true;
	case FUNCTION_ROUND:
		*out = floor(v * inverse + 0.5) / inverse;
		return true;
	case FUNCTION_CLAMP:
		*out = clamp(v, params[0], params[1]);
		return true;
	case FUNCTION_CLAMP_MIN:
		*out = clamp(v, params[0], INFINITY);
		return true;
	case FUNCTION_CLAMP_MAX:
		*out = clamp(v, -INFINITY, params[0]);
		return true;
	default:
		if (!fn)
			return err_set(o->err, ERR_UNSUPPORTED, "%s()", promql_functions[id].name);
		*out = fn(v);
		return true;
	}
}

static bool call_numbers(struct oracle *o, enum function_id id, const struct vector *in,
			 const double *params, size_t n_params, struct vector *out)
{
	double v;

	if (id == FUNCTION_CLAMP && params[1] < params[0])
		return true; /* nothing is within */
	for (size_t i = 0; i < in->n; i++) {
		if (!number(o, id, in->v[i].v, params, n_params, &v))
			return false;
		vector_push(o, out, labels_without_name(o, in->v[i].labels), v, 0);
	}
	return true;
}

/* --- labels ----------------------------------------------------------------------------------- */

static struct str text_arg(const struct call *call, size_t i)
{
	return expr_unwrap(call->args[i])->string;
}

static bool label_replace(struct oracle *o, const struct call *call, const struct vector *in,
			  struct vector *out)
{
	struct str groups[REGEX_GROUPS_MAX];
	struct regex *re auto_free(regex_free) = regex_new(text_arg(call, 4), REGEX_FULL, o->err);

	if (!re) {
		o->err->code = ERR_EXECUTION;
		return false;
	}
	for (size_t i = 0; i < in->n; i++) {
		struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		struct labels labels = in->v[i].labels;
		struct str from = labels_get(labels, text_arg(call, 3));
		if (regex_find(re, from, groups, regex_n_groups(re))) {
			regex_expand(re, text_arg(call, 2), groups, regex_n_groups(re), &text);
			labels = labels_with(o, labels, text_arg(call, 1),
					     arena_str(o->arena, buf_str(&text)));
		}
		vector_push(o, out, labels, in->v[i].v, 0);
	}
	return true;
}

static void label_join(struct oracle *o, const struct call *call, const struct vector *in,
		       struct vector *out)
{
	for (size_t i = 0; i < in->n; i++) {
		struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		for (size_t k = 3; k < call->n_args; k++) {
			if (k > 3)
				buf_append_str(&text, text_arg(call, 2));
			buf_append_str(&text, labels_get(in->v[i].labels, text_arg(call, k)));
		}
		vector_push(o, out,
			    labels_with(o, in->v[i].labels, text_arg(call, 1),
					arena_str(o->arena, buf_str(&text))),
			    in->v[i].v, 0);
	}
}

/* --- order ------------------------------------------------------------------------------------ */

static bool comes_before(double a, double b, bool descending)
{
	if (isnan(a) || isnan(b))
		return isnan(b) && !isnan(a);
	return descending ? a > b : a < b;
}

static void sort_values(struct oracle *o, const struct vector *in, bool descending,
			struct vector *out)
{
	for (size_t i = 0; i < in->n; i++) {
		ARENA_PUSH(o->arena, out, in->v[i]);
		for (size_t k = i; k > 0 && comes_before(out->v[k].v, out->v[k - 1].v, descending);
		     k--) {
			struct element tmp = out->v[k];
			out->v[k] = out->v[k - 1];
			out->v[k - 1] = tmp;
		}
	}
}

/* --- which is which --------------------------------------------------------------------------- */

static bool call_vector(struct oracle *o, const struct call *call, const struct expr *arg,
			int64_t t_ms, const double *params, size_t n_params, struct vector *out)
{
	enum function_id id = call->function->id;
	struct vector in;

	if (!eval_vector(o, arg, t_ms, &in))
		return false;
	switch ((int)id) {
	case FUNCTION_ABSENT:
		if (in.n == 0)
			vector_push(o, out, absent_labels(o, arg), 1, t_ms);
		return true;
	case FUNCTION_TIMESTAMP:
		if (expr_unwrap(arg)->kind == EXPR_VECTOR_SELECTOR &&
		    expr_unwrap(arg)->vector.bounds != BOUNDS_PLAIN)
			return err_set(o->err, ERR_UNSUPPORTED, "the time of what is smoothed");
		for (size_t i = 0; i < in.n; i++)
			vector_push(o, out, labels_without_name(o, in.v[i].labels),
				    (double)in.v[i].t_ms / 1000, t_ms);
		return true;
	case FUNCTION_LABEL_REPLACE:
		return label_replace(o, call, &in, out);
	case FUNCTION_LABEL_JOIN:
		label_join(o, call, &in, out);
		return true;
	case FUNCTION_SORT:
	case FUNCTION_SORT_DESC:
		if (o->time.step_ms) {
			*out = in; /* the answer is sorted by labels anyway */
			return true;
		}
		sort_values(o, &in, id == FUNCTION_SORT_DESC, out);
		return true;
	case FUNCTION_SORT_BY_LABEL:
	case FUNCTION_SORT_BY_LABEL_DESC:
		*out = in; /* answers are compared without their order */
		return true;
	case FUNCTION_START_TIMESTAMP: /* not known */
	case FUNCTION_HISTOGRAM_AVG:   /* of native histograms, of which there are none */
	case FUNCTION_HISTOGRAM_COUNT:
	case FUNCTION_HISTOGRAM_STDDEV:
	case FUNCTION_HISTOGRAM_STDVAR:
	case FUNCTION_HISTOGRAM_SUM:
		return true;
	case FUNCTION_HISTOGRAM_QUANTILE:
	case FUNCTION_HISTOGRAM_FRACTION:
		classic_histograms(o, id, &in, params, out);
		return true;
	case FUNCTION_HISTOGRAM_QUANTILES:
		classic_quantiles(o, text_arg(call, 1), &in, params, n_params, out);
		return true;
	case FUNCTION_INFO:
		return err_set(o->err, ERR_UNSUPPORTED, "%s()", call->function->name);
	default:
		return call_numbers(o, id, &in, params, n_params, out);
	}
}

bool eval_call(struct oracle *o, const struct expr *e, int64_t t_ms, struct vector *out)
{
	const struct call *call = &e->call;
	const struct expr *arg = NULL;
	double params[MAX_SCALARS] = {0};
	size_t n_params = 0;

	for (size_t i = 0; i < call->n_args; i++) {
		enum value_type type = call->args[i]->type;
		if (type == VALUE_SCALAR &&
		    !eval_scalar(o, call->args[i], t_ms, &params[n_params++]))
			return false;
		if ((type == VALUE_VECTOR || type == VALUE_MATRIX) && !arg)
			arg = call->args[i];
	}
	if (call->function->id == FUNCTION_VECTOR) {
		vector_push(o, out, (struct labels){0}, params[0], t_ms);
		return true;
	}
	if (!arg && is_date(call->function->id)) {
		double v;
		if (!date(o, call->function->id, floor((double)t_ms / 1000), &v))
			return false;
		vector_push(o, out, (struct labels){0}, v, t_ms);
		return true;
	}
	if (!arg)
		return err_set(o->err, ERR_UNSUPPORTED, "%s()", call->function->name);
	if (arg->type == VALUE_MATRIX)
		return call_windows(o, e, arg, t_ms, params, out);
	return call_vector(o, call, arg, t_ms, params, n_params, out);
}
