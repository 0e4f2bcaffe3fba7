#include "dedup/penalty.h"

#include "base/assert.h"

/* The distance of the first two samples is not known yet. */
enum { FIRST_PENALTY_MS = 5000 };

/* A replica, or the merge of two nodes. Both are cursors: next() and seek() go forward, at(), t()
 * and adjust() are about the sample they stand on. */
struct node {
	/* A replica, when a is NULL: */
	const struct samples *samples;
	size_t i;
	double raised; /* a counter's values, by this much */

	/* A merge: */
	struct node *a;
	struct node *b;
	bool a_is_there; /* not at its end */
	bool b_is_there;
	bool uses_a;
	bool is_counter;
	int64_t last_t_ms;
	int64_t penalty_a_ms;
	int64_t penalty_b_ms;
};

/* Times come from outside: what does not fit wraps around, it does not matter where to. */
static int64_t add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t twice_distance(int64_t from, int64_t to)
{
	return (int64_t)(2 * ((uint64_t)to - (uint64_t)from));
}

static const struct node *leaf_of(const struct node *n)
{
	while (n->a)
		n = n->uses_a ? n->a : n->b;
	return n;
}

static int64_t node_t(const struct node *n)
{
	const struct node *leaf = leaf_of(n);
	return leaf->samples->t_ms[leaf->i];
}

static struct histogram *node_histogram(const struct node *n)
{
	const struct node *leaf = leaf_of(n);
	return leaf->samples->hist ? leaf->samples->hist[leaf->i] : NULL;
}

static int64_t node_start_time(const struct node *n)
{
	const struct node *leaf = leaf_of(n);
	return leaf->samples->st_ms ? leaf->samples->st_ms[leaf->i] : 0;
}

/* Adding nothing is not nothing: it would make a quiet NaN of a marker of staleness. */
static double node_value(const struct node *n)
{
	const struct node *leaf = leaf_of(n);
	double v = leaf->samples->v[leaf->i];
	return leaf->raised == 0 || is_stale_nan(v) ? v : v + leaf->raised;
}

static bool node_next(struct node *n);

static bool node_seek(struct node *n, int64_t t_ms)
{
	if (n->a) {
		/* Step by step, so that the choice is the same as without seeking. */
		while (node_t(n) < t_ms)
			if (!node_next(n))
				return false;
		return true;
	}
	while (n->i < n->samples->n && n->samples->t_ms[n->i] < t_ms)
		n->i++;
	return n->i < n->samples->n;
}

static void node_adjust(struct node *n, double last)
{
	if (n->a) {
		if (n->a_is_there && !node_histogram(n->a))
			node_adjust(n->a, last);
		if (n->b_is_there && !node_histogram(n->b))
			node_adjust(n->b, last);
		return;
	}
	double v = node_value(n);
	if (last > v)
		n->raised += last - v;
}

static bool take_a(struct node *n)
{
	n->uses_a = true;
	n->penalty_a_ms = 0;
	n->last_t_ms = node_t(n->a);
	return true;
}

static bool take_b(struct node *n)
{
	n->uses_a = false;
	n->penalty_b_ms = 0;
	n->last_t_ms = node_t(n->b);
	return true;
}

static bool choose(struct node *n)
{
	int64_t last_t_ms = n->last_t_ms;

	if (n->a_is_there)
		n->a_is_there = node_seek(n->a, add(last_t_ms, 1 + n->penalty_a_ms));
	if (n->b_is_there)
		n->b_is_there = node_seek(n->b, add(last_t_ms, 1 + n->penalty_b_ms));
	if (!n->a_is_there) {
		n->uses_a = false;
		return n->b_is_there && take_b(n);
	}
	if (!n->b_is_there)
		return take_a(n);

	int64_t ta = node_t(n->a), tb = node_t(n->b);
	bool is_first = last_t_ms == INT64_MIN;
	if (ta <= tb) {
		n->penalty_b_ms = is_first ? FIRST_PENALTY_MS : twice_distance(last_t_ms, ta);
		return take_a(n);
	}
	n->penalty_a_ms = is_first ? FIRST_PENALTY_MS : twice_distance(last_t_ms, tb);
	return take_b(n);
}

/* The merge moves on to its next sample. */
static bool merge_next(struct node *n)
{
	const struct node *current = n->uses_a ? n->a : n->b;
	bool is_there = n->uses_a ? n->a_is_there : n->b_is_there;
	bool used_a = n->uses_a;
	bool was_float = n->is_counter && is_there && !node_histogram(current);
	double last = was_float ? node_value(current) : 0;

	bool more = choose(n);
	if (was_float && n->uses_a != used_a)
		node_adjust(n, last);
	return more;
}

static bool node_next(struct node *n)
{
	if (n->a)
		return merge_next(n);
	n->i++;
	return n->i < n->samples->n;
}

static bool node_start(struct node *n)
{
	return n->a ? merge_next(n) : n->samples->n > 0;
}

static struct node *fold(const struct samples *replicas, size_t n, enum penalty_kind kind,
			 struct arena *a)
{
	struct node *leaves = ARENA_ARRAY(a, struct node, n);
	struct node *merges = ARENA_ARRAY(a, struct node, n);
	struct node *left = &leaves[0];

	leaves[0].samples = &replicas[0];
	for (size_t i = 1; i < n; i++) {
		struct node *m = &merges[i];
		leaves[i].samples = &replicas[i];
		*m = (struct node){
		    .a = left,
		    .b = &leaves[i],
		    .a_is_there = node_start(left),
		    .b_is_there = node_start(&leaves[i]),
		    .uses_a = true,
		    .is_counter = kind == PENALTY_COUNTER,
		    .last_t_ms = INT64_MIN,
		};
		left = m;
	}
	return left;
}

static bool have_histograms(const struct samples *replicas, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (replicas[i].hist)
			return true;
	return false;
}

static bool have_start_times(const struct samples *replicas, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (replicas[i].st_ms)
			return true;
	return false;
}

static size_t count_samples(const struct samples *replicas, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += replicas[i].n;
	return count;
}

void penalty_merge(const struct samples *replicas, size_t n, enum penalty_kind kind,
		   struct arena *a, struct samples *out)
{
	assert(n > 0);
	struct node *root = fold(replicas, n, kind, a);

	samples_reserve(a, out, out->n + count_samples(replicas, n));
	if (have_histograms(replicas, n))
		samples_need_histograms(a, out);
	if (have_start_times(replicas, n))
		samples_need_start_times(a, out);
	for (bool more = node_start(root); more; more = node_next(root)) {
		out->t_ms[out->n] = node_t(root);
		out->v[out->n] = node_value(root);
		if (out->hist)
			out->hist[out->n] = node_histogram(root);
		if (out->st_ms)
			out->st_ms[out->n] = node_start_time(root);
		out->n++;
	}
}

/* --- many replicas, few of which overlap ---------------------------------------------------------
 */

/* The merge of the replicas that have begun. The others would be merges on top of it whose right
 * side is not reached: their state follows from what was taken last. */
struct picker {
	const struct samples *replicas;
	size_t n;
	struct node *leaves;
	struct node *merges;
	struct node *root;
	size_t next; /* the first replica that has not begun */
	int64_t last_t_ms;
	int64_t penalty_ms; /* of all that have not begun */
};

static int64_t first_t(const struct samples *s)
{
	return s->t_ms[0];
}

static struct node *begin_next(struct picker *p)
{
	struct node *m = &p->merges[p->next], *leaf = &p->leaves[p->next];

	p->next++;
	*m = (struct node){
	    .a = p->root,
	    .b = leaf,
	    .a_is_there = true,
	    .b_is_there = true,
	    .uses_a = true,
	    .last_t_ms = p->last_t_ms,
	    .penalty_b_ms = p->penalty_ms,
	};
	p->root = m;
	return m;
}

/* A merge with one side left is that side. */
static struct node *prune(struct node *n)
{
	while (n->a && (n->uses_a ? !n->b_is_there : !n->a_is_there))
		n = n->uses_a ? n->a : n->b;
	if (n->a)
		n->a = prune(n->a);
	return n;
}

/* What the penalty would pass over has begun. */
static void begin_penalized(struct picker *p)
{
	while (p->next < p->n &&
	       first_t(&p->replicas[p->next]) < add(p->last_t_ms, 1 + p->penalty_ms))
		begin_next(p);
}

static bool pick_next(struct picker *p)
{
	begin_penalized(p);
	p->root = prune(p->root);
	bool more = node_next(p->root);
	if (p->next == p->n)
		return more;

	int64_t t_ms = first_t(&p->replicas[p->next]);
	if (more && node_t(p->root) <= t_ms)
		return true;
	struct node *m = begin_next(p);
	m->a_is_there = more;
	m->penalty_a_ms = twice_distance(m->last_t_ms, t_ms);
	return take_b(m);
}

static void begin_picker(struct picker *p, struct arena *a)
{
	p->leaves = ARENA_ARRAY(a, struct node, p->n);
	p->merges = ARENA_ARRAY(a, struct node, p->n);
	for (size_t i = 0; i < p->n; i++)
		p->leaves[i].samples = &p->replicas[i];
	p->root = &p->leaves[0];
	p->next = 1;
}

/* Replicas without samples are none. */
static size_t copy_present(const struct samples *replicas, size_t n, struct samples *out,
			   size_t *numbers)
{
	size_t n_out = 0;

	for (size_t i = 0; i < n; i++) {
		if (replicas[i].n == 0)
			continue;
		numbers[n_out] = i;
		out[n_out++] = replicas[i];
	}
	return n_out;
}

size_t penalty_pick(const struct samples *replicas, size_t n, struct arena *a,
		    struct penalty_pick **out)
{
	struct samples *present = ARENA_ARRAY(a, struct samples, n);
	size_t *numbers = ARENA_ARRAY(a, size_t, n);
	struct picker p = {.replicas = present, .penalty_ms = FIRST_PENALTY_MS};
	struct penalty_pick *picks;
	size_t n_picks = 0;

	p.n = copy_present(replicas, n, present, numbers);
	*out = picks = ARENA_ARRAY(a, struct penalty_pick, count_samples(present, p.n));
	if (p.n == 0)
		return 0;
	begin_picker(&p, a);
	for (bool more = true; more; more = pick_next(&p)) {
		const struct node *leaf = leaf_of(p.root);
		int64_t t_ms = node_t(leaf);
		picks[n_picks] = (struct penalty_pick){numbers[leaf - p.leaves], leaf->i};
		if (n_picks++ > 0)
			p.penalty_ms = twice_distance(p.last_t_ms, t_ms);
		p.last_t_ms = t_ms;
	}
	return n_picks;
}
