#include "tests/promqltest/custom_buckets.h"

#include "base/float_text.h"
#include "model/samples.h"

#include <math.h>
#include <stdlib.h>

#define LABEL_LE "le"

enum part {
	PART_NONE,
	PART_BUCKET,
	PART_COUNT,
	PART_SUM,
};

struct bucket {
	double upper;
	const struct series_line *line;
};

/* A classic histogram; its lines have a value for each position, or none. */
struct classic {
	struct labels labels;
	struct {
		struct bucket *v;
		size_t n, cap;
	} buckets; /* ascending, once sorted */
	const struct series_line *count;
	const struct series_line *sum;
};

struct classics {
	struct classic *v;
	size_t n, cap;
};

/* What the histogram is called of which the metric is a part. */
static enum part part_of(struct str name, struct str *base)
{
	static const struct {
		const char *suffix;
		enum part part;
	} suffixes[] = {{"_bucket", PART_BUCKET}, {"_count", PART_COUNT}, {"_sum", PART_SUM}};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		struct str suffix = str_of(suffixes[i].suffix);
		if (!str_ends(name, suffix))
			continue;
		*base = str_from(name.p, name.n - suffix.n);
		return suffixes[i].part;
	}
	return PART_NONE;
}

static struct classic *classic_of(struct arena *a, struct classics *all, struct labels labels,
				  struct str base)
{
	struct label over[] = {{STR(LABEL_NAME), base}, {STR(LABEL_LE), {0}}};

	labels = labels_merge(a, labels, (struct labels){over, 2});
	for (size_t i = 0; i < all->n; i++)
		if (labels_eq(all->v[i].labels, labels))
			return &all->v[i];
	ARENA_PUSH(a, all, (struct classic){.labels = labels});
	return &all->v[all->n - 1];
}

static bool add_part(struct arena *a, struct classics *all, const struct series_line *line,
		     struct err *err)
{
	struct str base;
	double upper = 0;
	enum part part = part_of(labels_get(line->labels, STR(LABEL_NAME)), &base);

	if (part == PART_NONE)
		return true;
	if (part == PART_BUCKET) {
		if (!labels_has(line->labels, STR(LABEL_LE)))
			return err_set(err, ERR_INVALID, "%.*s_bucket has no label le",
				       STR_FMT(base));
		struct str le = labels_get(line->labels, STR(LABEL_LE));
		if (!float_parse(le, &upper) || isnan(upper))
			return true;
	}
	struct classic *c = classic_of(a, all, line->labels, base);
	if (part == PART_BUCKET)
		ARENA_PUSH(a, &c->buckets, (struct bucket){upper, line});
	else if (part == PART_COUNT)
		c->count = line;
	else
		c->sum = line;
	return true;
}

static int cmp_buckets(const void *a, const void *b)
{
	double x = ((const struct bucket *)a)->upper, y = ((const struct bucket *)b)->upper;
	return (x > y) - (x < y);
}

/* --- one position ----------------------------------------------------------------------------- */

static bool float_at(const struct series_line *line, size_t i, double *out)
{
	if (!line || i >= line->points.n || line->points.v[i].kind != POINT_FLOAT)
		return false;
	*out = line->points.v[i].v;
	return true;
}

/* Bounds and how many observations were at most that, of the buckets with a value; the last one is
 * that for +Inf. */
struct cumulative {
	double *upper;
	double *count;
	size_t n;
};

static struct cumulative cumulative_at(struct arena *a, const struct classic *c, size_t i)
{
	struct cumulative out = {arena_alloc(a, (c->buckets.n + 1) * sizeof(double)),
				 arena_alloc(a, (c->buckets.n + 1) * sizeof(double)), 0};
	double count;

	for (size_t k = 0; k < c->buckets.n; k++) {
		double upper = c->buckets.v[k].upper;
		if (!float_at(c->buckets.v[k].line, i, &count) ||
		    (out.n && out.upper[out.n - 1] == upper))
			continue;
		out.upper[out.n] = upper;
		out.count[out.n++] = count;
	}
	return out;
}

static void end_with_infinity(struct cumulative *of, double count)
{
	if (of->n && of->upper[of->n - 1] == INFINITY)
		return;
	of->upper[of->n] = INFINITY;
	of->count[of->n++] = count;
}

static bool check(const struct cumulative *of, double count, struct err *err)
{
	double before = 0;

	for (size_t i = 0; i < of->n; i++) {
		if (!(of->count[i] >= before))
			return err_set(err, ERR_INVALID,
				       "the bucket le=\"%g\" has %g observations, fewer than %g",
				       of->upper[i], of->count[i], before);
		before = of->count[i];
	}
	return count == before ||
	       err_set(err, ERR_INVALID, "a count of %g, but %g observations in buckets", count,
		       before);
}

static struct histogram *histogram_from(struct arena *a, const struct cumulative *of, double count,
					double sum)
{
	struct histogram *h = ARENA_NEW(a, struct histogram);
	int32_t *index = arena_alloc(a, of->n * sizeof(*index));
	double before = 0;

	*h = (struct histogram){
	    .schema = HISTOGRAM_CUSTOM,
	    .count = count,
	    .sum = sum,
	    .positive = {index, arena_alloc(a, of->n * sizeof(double)), of->n},
	    .bounds = of->upper,
	    .n_bounds = of->n - 1,
	};
	for (size_t i = 0; i < of->n; i++) {
		index[i] = (int32_t)i;
		h->positive.count[i] = of->count[i] - before;
		before = of->count[i];
	}
	histogram_compact(a, h);
	return h;
}

/* None where no part has a value. */
static bool point_at(struct arena *a, const struct classic *c, size_t i, struct point *out,
		     struct err *err)
{
	struct cumulative of = cumulative_at(a, c, i);
	double sum = 0, count = of.n ? of.count[of.n - 1] : 0;
	bool has_count = float_at(c->count, i, &count), has_sum = float_at(c->sum, i, &sum);

	*out = (struct point){.kind = POINT_NONE};
	if (of.n == 0 && !has_count && !has_sum)
		return true;
	end_with_infinity(&of, count);
	if (!check(&of, count, err))
		return false;
	out->kind = POINT_HISTOGRAM;
	out->histogram = histogram_from(a, &of, count, sum);
	return true;
}

/* --- all -------------------------------------------------------------------------------------- */

static size_t num_positions(const struct classic *c)
{
	size_t n = c->count ? c->count->points.n : 0;

	if (c->sum && c->sum->points.n > n)
		n = c->sum->points.n;
	for (size_t i = 0; i < c->buckets.n; i++)
		if (c->buckets.v[i].line->points.n > n)
			n = c->buckets.v[i].line->points.n;
	return n;
}

static bool convert(struct arena *a, const struct classic *c, struct series_line *out,
		    struct err *err)
{
	size_t n = num_positions(c);

	*out = (struct series_line){.labels = c->labels};
	for (size_t i = 0; i < n; i++) {
		struct point p;
		if (!point_at(a, c, i, &p, err))
			return false;
		ARENA_PUSH(a, &out->points, p);
	}
	return true;
}

bool custom_buckets_of(struct arena *a, const struct series_lines *classic,
		       struct series_lines *out, struct err *err)
{
	struct classics all = {0};

	for (size_t i = 0; i < classic->n; i++)
		if (!add_part(a, &all, &classic->v[i], err))
			return false;
	for (size_t i = 0; i < all.n; i++) {
		struct classic *c = &all.v[i];
		struct series_line line;
		if (c->buckets.n)
			qsort(c->buckets.v, c->buckets.n, sizeof(*c->buckets.v), cmp_buckets);
		if (!convert(a, c, &line, err))
			return false;
		ARENA_PUSH(a, out, line);
	}
	return true;
}
