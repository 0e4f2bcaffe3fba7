#include "promql/columns.h"

#include "base/rand.h"
#include "promql/arithmetic.h"
#include "tests/lib/expect.h"

enum { MAX_STEPS = 200 };

static double any_value(struct rand *r)
{
	static const double odd[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1, -1};

	if (rand_below(r, 2))
		return odd[rand_below(r, sizeof(odd) / sizeof(odd[0]))];
	return (rand_unit(r) - 0.5) * 10;
}

struct columns {
	double l[MAX_STEPS], r[MAX_STEPS];
	uint64_t present[(MAX_STEPS + 63) / 64];
	size_t n;
};

static void any_columns(struct rand *r, struct columns *c)
{
	c->n = rand_below(r, MAX_STEPS);
	bits_clear_all(c->present, c->n);
	for (size_t i = 0; i < c->n; i++) {
		c->l[i] = any_value(r);
		c->r[i] = any_value(r);
		if (rand_below(r, 4))
			bits_set(c->present, i);
	}
}

static void arithmetic_is_that_of_each_step(void **state)
{
	static const enum expr_op ops[] = {OP_ADD, OP_SUB, OP_MUL,  OP_DIV,
					   OP_MOD, OP_POW, OP_ATAN2};
	struct columns c;
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (int round = 0; round < 700; round++) {
		enum expr_op op = ops[round % 7];
		double out[MAX_STEPS];
		any_columns(&r, &c);
		columns_compute(op, c.l, c.r, c.present, out, c.n);
		for (size_t i = 0; i < c.n; i++) {
			double want = arithmetic(op, c.l[i], c.r[i]);
			if (bits_has(c.present, i) && !(isnan(want) && isnan(out[i])))
				assert_memory_equal(&out[i], &want, sizeof(want));
		}
		memcpy(out, c.l, sizeof(out));
		columns_compute(op, out, c.r, c.present, out, c.n);
		for (size_t i = 0; i < c.n; i++) {
			double want = arithmetic(op, c.l[i], c.r[i]);
			if (bits_has(c.present, i) && !(isnan(want) && isnan(out[i])))
				assert_memory_equal(&out[i], &want, sizeof(want));
		}
	}
}

static void a_filter_leaves_the_steps_at_which_it_holds(void **state)
{
	static const enum expr_op ops[] = {OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE};
	struct columns c;
	struct rand r;
	(void)state;

	rand_seed(&r, 2);
	for (int round = 0; round < 600; round++) {
		enum expr_op op = ops[round % 6];
		any_columns(&r, &c);
		uint64_t left[(MAX_STEPS + 63) / 64];
		memcpy(left, c.present, sizeof(left));
		columns_filter(op, c.l, c.r, left, c.n);
		for (size_t i = 0; i < c.n; i++)
			assert_int_equal(bits_has(left, i),
					 bits_has(c.present, i) && compare(op, c.l[i], c.r[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arithmetic_is_that_of_each_step),
	    cmocka_unit_test(a_filter_leaves_the_steps_at_which_it_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
