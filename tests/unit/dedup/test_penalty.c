#include "dedup/penalty.h"

#include "base/buf.h"
#include "base/rand.h"
#include "tests/lib/expect.h"
#include "tests/lib/replica_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the algorithm once more, literally: iterators over iterators ------------------------------
 */

struct ref {
	bool (*next)(struct ref *it);
	bool (*seek)(struct ref *it, int64_t t_ms);
	int64_t (*t)(struct ref *it);
	double (*value)(struct ref *it);
	void (*adjust)(struct ref *it, double last);
};

struct ref_replica {
	struct ref base;
	const struct samples *s;
	long i; /* -1 before the first */
	double error;
	bool is_counter;
};

static bool replica_next(struct ref *base)
{
	struct ref_replica *r = (struct ref_replica *)base;
	return ++r->i < (long)r->s->n;
}

static bool replica_seek(struct ref *base, int64_t t_ms)
{
	struct ref_replica *r = (struct ref_replica *)base;
	while (r->i < 0 || r->s->t_ms[r->i] < t_ms)
		if (!replica_next(base))
			return false;
	return true;
}

static int64_t replica_t(struct ref *base)
{
	struct ref_replica *r = (struct ref_replica *)base;
	return r->s->t_ms[r->i];
}

static double replica_value(struct ref *base)
{
	struct ref_replica *r = (struct ref_replica *)base;
	return r->s->v[r->i] + r->error;
}

static void replica_adjust(struct ref *base, double last)
{
	struct ref_replica *r = (struct ref_replica *)base;
	if (r->is_counter && last > replica_value(base))
		r->error += last - replica_value(base);
}

struct ref_pair {
	struct ref base;
	struct ref *side[2];
	bool there[2];
	int64_t penalty_ms[2];
	int used;
	bool has_last;
	int64_t last_t_ms;
	struct ref *last;
};

static void pair_adjust(struct ref *base, double last)
{
	struct ref_pair *p = (struct ref_pair *)base;
	for (int i = 0; i < 2; i++)
		if (p->there[i])
			p->side[i]->adjust(p->side[i], last);
}

static bool pair_pick(struct ref_pair *p, int i)
{
	p->used = i;
	p->penalty_ms[i] = 0;
	p->has_last = true;
	p->last = p->side[i];
	p->last_t_ms = p->side[i]->t(p->side[i]);
	return true;
}

static bool pair_choose(struct ref_pair *p)
{
	for (int i = 0; i < 2; i++)
		if (p->there[i] && p->has_last)
			p->there[i] =
			    p->side[i]->seek(p->side[i], p->last_t_ms + 1 + p->penalty_ms[i]);
	if (!p->there[0]) {
		p->used = 1;
		return p->there[1] && pair_pick(p, 1);
	}
	if (!p->there[1])
		return pair_pick(p, 0);
	int64_t t[2] = {p->side[0]->t(p->side[0]), p->side[1]->t(p->side[1])};
	int i = t[0] <= t[1] ? 0 : 1;
	p->penalty_ms[1 - i] = p->has_last ? 2 * (t[i] - p->last_t_ms) : 5000;
	return pair_pick(p, i);
}

static bool pair_next(struct ref *base)
{
	struct ref_pair *p = (struct ref_pair *)base;
	int used = p->used;
	bool has_value = p->there[used];
	double last = has_value ? p->last->value(p->last) : 0;

	bool more = pair_choose(p);
	if (p->used != used && has_value)
		pair_adjust(base, last);
	return more;
}

static int64_t pair_t(struct ref *base)
{
	struct ref_pair *p = (struct ref_pair *)base;
	return p->side[p->used]->t(p->side[p->used]);
}

static double pair_value(struct ref *base)
{
	struct ref_pair *p = (struct ref_pair *)base;
	return p->last->value(p->last);
}

static bool pair_seek(struct ref *base, int64_t t_ms)
{
	while (pair_t(base) < t_ms)
		if (!pair_next(base))
			return false;
	return true;
}

static struct ref *reference(struct arena *a, const struct samples *replicas, size_t n,
			     bool is_counter)
{
	struct ref *left = NULL;

	for (size_t i = 0; i < n; i++) {
		struct ref_replica *r = ARENA_NEW(a, struct ref_replica);
		*r = (struct ref_replica){
		    {replica_next, replica_seek, replica_t, replica_value, replica_adjust},
		    &replicas[i],
		    -1,
		    0,
		    is_counter};
		if (!left) {
			left = &r->base;
			continue;
		}
		struct ref_pair *p = ARENA_NEW(a, struct ref_pair);
		p->base = (struct ref){pair_next, pair_seek, pair_t, pair_value, pair_adjust};
		p->side[0] = p->last = left;
		p->side[1] = &r->base;
		p->there[0] = left->next(left);
		p->there[1] = r->base.next(&r->base);
		left = &p->base;
	}
	return left;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void check_case(uint64_t seed, enum penalty_kind kind)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct replica_case c = replica_case_make(a, seed);
	struct ref *want = reference(a, c.v, c.n, kind == PENALTY_COUNTER);
	struct samples got = {0};

	penalty_merge(c.v, c.n, kind, a, &got);

	size_t i = 0;
	for (; want->next(want); i++) {
		if (i < got.n && got.t_ms[i] == want->t(want) && got.v[i] == want->value(want))
			continue;
		fail_msg("seed %llu, sample %zu of %zu: got %lld %g, want %lld %g",
			 (unsigned long long)seed, i, got.n, i < got.n ? (long long)got.t_ms[i] : 0,
			 i < got.n ? got.v[i] : 0, (long long)want->t(want), want->value(want));
	}
	assert_int_equal(got.n, i);
}

static void merges_are_those_of_the_algorithm_followed_literally(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3000; seed++) {
		check_case(seed, PENALTY_GAUGE);
		check_case(seed, PENALTY_COUNTER);
	}
}

/* "0:1 15000:2" */
static struct samples samples_of(struct arena *a, const char *text)
{
	struct samples s = {0};
	char *rest = arena_cstr(a, str_of(text)), *word;

	while ((word = strtok_r(rest, " ", &rest))) {
		long long t_ms;
		double v;
		assert_int_equal(sscanf(word, "%lld:%lf", &t_ms, &v), 2);
		samples_reserve(a, &s, s.n + 1);
		s.t_ms[s.n] = t_ms;
		s.v[s.n++] = v;
	}
	return s;
}

static void expect_merge(enum penalty_kind kind, const char *first, const char *second,
			 const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct samples replicas[] = {samples_of(a, first), samples_of(a, second)};
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct samples got = {0};

	penalty_merge(replicas, 2, kind, a, &got);

	for (size_t i = 0; i < got.n; i++)
		buf_printf(&text, "%s%lld:%g", i ? " " : "", (long long)got.t_ms[i], got.v[i]);
	expect_str(buf_str(&text), want);
}

static void the_second_replica_is_not_looked_at_while_the_first_goes_on(void **state)
{
	(void)state;
	expect_merge(PENALTY_GAUGE, "10000:1 20000:2 30000:3", "10001:5 20001:6 30001:7",
		     "10000:1 20000:2 30000:3");
}

static void a_gap_of_the_first_replica_is_filled_by_the_second(void **state)
{
	(void)state;
	expect_merge(PENALTY_GAUGE, "10000:1 20000:2 60000:3 70000:4",
		     "10100:5 20100:6 30100:7 40100:8 50100:9 60100:10 70100:11",
		     "10000:1 20000:2 40100:8 50100:9 60100:10 70100:11");
}

static void a_counter_never_falls_when_the_replica_changes(void **state)
{
	(void)state;
	expect_merge(PENALTY_COUNTER, "10000:10 20000:20", "10100:1 20100:2 60100:3 70100:4",
		     "10000:10 20000:20 60100:20 70100:21");
	expect_merge(PENALTY_GAUGE, "10000:10 20000:20", "10100:1 20100:2 60100:3 70100:4",
		     "10000:10 20000:20 60100:3 70100:4");
}

static void a_marker_of_staleness_stays_one(void **state)
{
	(void)state;
	for (enum penalty_kind kind = PENALTY_GAUGE; kind <= PENALTY_COUNTER; kind++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		/* The second replica is behind, so that a counter is raised when it takes over. */
		struct samples replicas[] = {samples_of(a, "0:10 15000:20 30000:30"),
					     samples_of(a, "5000:5 75000:0 90000:25 105000:30")};
		uint64_t bits = STALE_NAN_BITS;
		struct samples got = {0};

		memcpy(&replicas[0].v[1], &bits, sizeof(bits));
		memcpy(&replicas[1].v[1], &bits, sizeof(bits));
		penalty_merge(replicas, 2, kind, a, &got);

		assert_int_equal(got.n, 6);
		assert_true(is_stale_nan(got.v[1]));
		assert_true(is_stale_nan(got.v[3]));
	}
}

static void replicas_without_samples_are_no_trouble(void **state)
{
	(void)state;
	expect_merge(PENALTY_COUNTER, "", "", "");
	expect_merge(PENALTY_COUNTER, "", "10:1 20:2", "10:1 20:2");
	expect_merge(PENALTY_GAUGE, "10:1 20:2", "", "10:1 20:2");
}

/* --- picks ---------------------------------------------------------------------------------- */

enum { MAX_PIECES = 40, MAX_SAMPLES = 60 };

/* Two to four replicas with gaps, in pieces as chunks are: pieces of all, by their first sample. */
static size_t make_pieces(struct rand *r, struct arena *a, struct samples *out)
{
	size_t n = 0, n_replicas = 2 + rand_below(r, 3);

	for (size_t k = 0; k < n_replicas; k++) {
		int64_t t_ms = (int64_t)rand_below(r, 20000);
		for (size_t piece = 0; piece < MAX_PIECES / 4; piece++) {
			struct samples s = {0};
			samples_reserve(a, &s, MAX_SAMPLES);
			for (s.n = 0; s.n < 1 + rand_below(r, MAX_SAMPLES - 1); s.n++) {
				s.t_ms[s.n] = t_ms;
				s.v[s.n] = (double)k;
				t_ms += rand_below(r, 30) ? 15000 + (int64_t)rand_below(r, 9)
							  : (int64_t)rand_below(r, 200000) + 1;
			}
			out[n++] = s;
		}
	}
	return n;
}

static int by_first_time(const void *x, const void *y)
{
	const struct samples *a = x, *b = y;

	return (a->t_ms[0] > b->t_ms[0]) - (a->t_ms[0] < b->t_ms[0]);
}

static void picks_are_what_merging_gauges_takes(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct samples pieces[MAX_PIECES];
	struct penalty_pick *picks;
	struct rand r;
	(void)state;

	rand_seed(&r, 5);
	for (int round = 0; round < 300; round++) {
		struct samples want = {0};
		size_t n = make_pieces(&r, a, pieces);
		qsort(pieces, n, sizeof(*pieces), by_first_time);

		penalty_merge(pieces, n, PENALTY_GAUGE, a, &want);
		size_t n_picks = penalty_pick(pieces, n, a, &picks);

		assert_int_equal(n_picks, want.n);
		for (size_t i = 0; i < n_picks; i++) {
			const struct samples *s = &pieces[picks[i].replica];
			assert_int_equal(s->t_ms[picks[i].sample], want.t_ms[i]);
			assert_true(s->v[picks[i].sample] == want.v[i]);
		}
		arena_clear(a);
	}
}

static void nothing_is_picked_where_there_is_nothing(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct samples none[3] = {{0}};
	struct penalty_pick *picks;
	(void)state;

	assert_int_equal(penalty_pick(none, 3, a, &picks), 0);
	assert_int_equal(penalty_pick(none, 0, a, &picks), 0);
	int64_t t_ms[] = {7};
	none[1] = (struct samples){.t_ms = t_ms, .n = 1};
	assert_int_equal(penalty_pick(none, 3, a, &picks), 1);
	assert_int_equal(picks[0].replica, 1);
	assert_int_equal(picks[0].sample, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(merges_are_those_of_the_algorithm_followed_literally),
	    cmocka_unit_test(the_second_replica_is_not_looked_at_while_the_first_goes_on),
	    cmocka_unit_test(a_gap_of_the_first_replica_is_filled_by_the_second),
	    cmocka_unit_test(a_counter_never_falls_when_the_replica_changes),
	    cmocka_unit_test(a_marker_of_staleness_stays_one),
	    cmocka_unit_test(replicas_without_samples_are_no_trouble),
	    cmocka_unit_test(picks_are_what_merging_gauges_takes),
	    cmocka_unit_test(nothing_is_picked_where_there_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
