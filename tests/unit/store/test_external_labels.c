#include "store/external_labels.h"

#include "tests/lib/expect.h"

static const struct label external[] = {LABEL("cluster", "eu"), LABEL("replica", "a")};

struct wanted {
	enum matcher_type type;
	const char *name, *value;
};

/* How many of these matchers are left, or -1 when the store has nothing for them. */
static int left_of(const struct wanted *wanted, size_t n)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct matcher *v[4];
	struct matchers rest = {0};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++)
		v[i] = matcher_new(wanted[i].type, str_of(wanted[i].name), str_of(wanted[i].value),
				   &err);
	bool ok = external_labels_match((struct labels){(struct label *)external, 2},
					(struct matchers){v, n}, a, &rest);
	for (size_t i = 0; ok && i < rest.n; i++)
		assert_false(str_is(matcher_name(rest.v[i]), "cluster"));
	for (size_t i = 0; i < n; i++)
		matcher_unref(v[i]);
	return ok ? (int)rest.n : -1;
}

#define LEFT_OF(...)                                                                               \
	left_of((const struct wanted[]){__VA_ARGS__},                                              \
		sizeof((const struct wanted[]){__VA_ARGS__}) / sizeof(struct wanted))

static void matchers_on_other_labels_are_left(void **state)
{
	(void)state;
	assert_int_equal(LEFT_OF({MATCH_EQ, "job", "x"}), 1);
	assert_int_equal(
	    LEFT_OF({MATCH_EQ, "job", "x"}, {MATCH_EQ, "cluster", "eu"}, {MATCH_NEQ, "env", ""}),
	    2);
	assert_int_equal(LEFT_OF({MATCH_RE, "cluster", "e.|us"}, {MATCH_NEQ, "replica", "b"}), 0);
	assert_int_equal(left_of(NULL, 0), 0);
}

static void one_that_does_not_match_means_nothing(void **state)
{
	(void)state;
	assert_int_equal(LEFT_OF({MATCH_EQ, "job", "x"}, {MATCH_EQ, "cluster", "us"}), -1);
	assert_int_equal(LEFT_OF({MATCH_EQ, "cluster", ""}), -1);
	assert_int_equal(LEFT_OF({MATCH_NRE, "replica", "a|b"}), -1);
	/* Matching must be of the whole value. */
	assert_int_equal(LEFT_OF({MATCH_RE, "cluster", "e"}), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(matchers_on_other_labels_are_left),
	    cmocka_unit_test(one_that_does_not_match_means_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
