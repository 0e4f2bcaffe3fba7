#include "tsdb/postings.h"

#include "codec/crc32c.h"
#include "tests/lib/expect.h"

#include <stdlib.h>

enum { N = 3000 };

/* A set of the references 0 to N - 1. */
struct set {
	bool has[N];
};

static uint64_t random_state = 42;

static uint64_t below(uint64_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (random_state >> 33) % n;
}

static struct set random_set(unsigned one_in)
{
	struct set s;

	for (size_t i = 0; i < N; i++)
		s.has[i] = below(one_in) == 0;
	return s;
}

static struct postings list_of(struct arena *a, const struct set *s)
{
	uint32_t refs[N];
	size_t n = 0;

	for (uint32_t i = 0; i < N; i++)
		if (s->has[i])
			refs[n++] = i;
	return postings_of(a, refs, n);
}

static void expect_set(struct postings p, const struct set *want)
{
	struct postings_cursor c = postings_walk(p);

	for (uint32_t i = 0; i < N; i++)
		if (want->has[i]) {
			assert_true(postings_next(&c));
			assert_int_equal(c.ref, i);
		}
	assert_false(postings_next(&c));
}

static void operations_do_what_sets_do(void **state)
{
	static const unsigned densities[] = {1, 2, 10, 200, 5000};
	(void)state;

	for (int round = 0; round < 100; round++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct set x = random_set(densities[round % 5]);
		struct set y = random_set(densities[round / 5 % 5]), want;
		struct postings px = list_of(a, &x), py = list_of(a, &y);

		for (size_t i = 0; i < N; i++)
			want.has[i] = x.has[i] && y.has[i];
		expect_set(postings_intersect(a, px, py), &want);
		for (size_t i = 0; i < N; i++)
			want.has[i] = x.has[i] && !y.has[i];
		expect_set(postings_without(a, px, py), &want);
		for (size_t i = 0; i < N; i++)
			want.has[i] = x.has[i] || y.has[i];
		expect_set(postings_union(a, (struct postings[]){px, py}, 2), &want);
	}
}

static void a_union_of_many_lists_has_each_reference_once(void **state)
{
	(void)state;

	for (size_t n = 0; n < 40; n++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct postings lists[40];
		struct set want = {0};
		for (size_t i = 0; i < n; i++) {
			struct set s = random_set(i % 7 == 0 ? 10000 : 20);
			lists[i] = list_of(a, &s);
			for (size_t k = 0; k < N; k++)
				want.has[k] |= s.has[k];
		}
		expect_set(postings_union(a, lists, n), &want);
	}
}

static void a_cursor_seeks_to_the_first_reference_not_below(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct set s = random_set(3);
	(void)state;

	for (uint32_t step = 1; step < 700; step += 31) {
		struct postings_cursor c = postings_walk(list_of(a, &s));
		for (uint32_t ref = 0; ref < N; ref += step) {
			uint32_t want = ref;
			while (want < N && !s.has[want])
				want++;
			assert_int_equal(postings_seek(&c, ref), want < N);
			if (want < N)
				assert_int_equal(c.ref, want);
		}
	}
}

static void a_cursor_never_seeks_backwards(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct postings_cursor c = postings_walk(postings_of(a, (uint32_t[]){3, 5, 9}, 3));
	(void)state;

	assert_true(postings_seek(&c, 4));
	assert_int_equal(c.ref, 5);
	assert_true(postings_seek(&c, 1));
	assert_int_equal(c.ref, 5);
	assert_false(postings_seek(&c, 10));
	assert_false(postings_next(&c));
}

/* A stored list, at the end of memory of exactly its size. */
static uint8_t *stored(const uint32_t *refs, size_t n, size_t *size)
{
	uint8_t *p = malloc(12 + 4 * n);

	*size = 12 + 4 * n;
	store_be32(p, (uint32_t)(4 + 4 * n));
	store_be32(p + 4, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		store_be32(p + 8 + 4 * i, refs[i]);
	store_be32(p + 8 + 4 * n, crc32c(0, p + 4, 4 + 4 * n));
	return p;
}

static void a_stored_list_is_parsed_where_it_lies(void **state)
{
	static const uint32_t refs[] = {1, 2, UINT32_MAX};
	struct err err = ERR_INIT;
	struct postings list;
	size_t size;
	uint8_t *p = stored(refs, 3, &size);
	(void)state;

	assert_int_equal(postings_stored_bytes(p), size);
	expect_ok(postings_parse(p, size, &list, &err), err);
	assert_int_equal(list.n, 3);
	assert_ptr_equal(list.be, p + 8);
	assert_int_equal(postings_at(list, 2), UINT32_MAX);
	free(p);
}

static void broken_lists_are_corrupt(void **state)
{
	struct err err = ERR_INIT;
	struct postings list;
	size_t size;
	uint8_t *p = stored((uint32_t[]){1, 3, 3}, 3, &size);
	(void)state;

	expect_err(postings_parse(p, size, &list, &err), err, ERR_CORRUPT,
		   "entry 2 of 3 is not above its predecessor");
	expect_err(postings_parse(p, size - 1, &list, &err), err, ERR_CORRUPT,
		   "it does not fit in 23 bytes");
	expect_err(postings_parse(p, 3, &list, &err), err, ERR_CORRUPT, "in 3 bytes");
	p[9] ^= 1;
	expect_err(postings_parse(p, size, &list, &err), err, ERR_CORRUPT, "checksum 0x");
	store_be32(p + 4, 2);
	expect_err(postings_parse(p, size, &list, &err), err, ERR_CORRUPT, "2 entries in 16 bytes");
	store_be32(p, 3);
	expect_err(postings_parse(p, size, &list, &err), err, ERR_CORRUPT, "0 entries in 3 bytes");
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(operations_do_what_sets_do),
	    cmocka_unit_test(a_union_of_many_lists_has_each_reference_once),
	    cmocka_unit_test(a_cursor_seeks_to_the_first_reference_not_below),
	    cmocka_unit_test(a_cursor_never_seeks_backwards),
	    cmocka_unit_test(a_stored_list_is_parsed_where_it_lies),
	    cmocka_unit_test(broken_lists_are_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
