/* The order of keys is the order of label sets. */
#include "base/rand.h"
#include "model/labels.h"
#include "tests/lib/expect.h"

static struct str random_str(struct arena *a, struct rand *r, size_t min_bytes)
{
	static const char bytes[] = {0, 1, 2, 3, 'a', 'b', (char)0x7f, (char)0x80, (char)0xff};
	size_t n = min_bytes + rand_below(r, rand_below(r, 8) ? 5 : 70);
	char *p = arena_alloc(a, n);

	for (size_t i = 0; i < n; i++)
		p[i] = bytes[rand_below(r, rand_below(r, 3) ? sizeof(bytes) : 2)];
	return str_from(p, n);
}

static struct labels random_labels(struct arena *a, struct rand *r)
{
	size_t n = rand_below(r, 4);
	struct label *v = ARENA_ARRAY(a, struct label, n);

	for (size_t i = 0; i < n; i++)
		v[i] = (struct label){random_str(a, r, 1), random_str(a, r, 0)};
	return (struct labels){v, labels_sort(v, n) ? n : n > 0};
}

static int sign(int c)
{
	return (c > 0) - (c < 0);
}

static void keys_compare_as_label_sets_do(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct rand r;
	(void)state;

	rand_seed(&r, 7);
	for (int i = 0; i < 200000; i++) {
		struct arena_mark mark = arena_mark(a);
		struct labels x = random_labels(a, &r), y = random_labels(a, &r);
		int want = sign(labels_cmp(x, y));
		int got = sign(str_cmp(labels_key(a, x), labels_key(a, y)));
		if (got != want)
			fail_msg("round %d: keys compare as %d, label sets as %d", i, got, want);
		arena_rewind(a, mark);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(keys_compare_as_label_sets_do)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
