/* Against an oracle: add the external labels and sort. */
#include "base/rand.h"
#include "codec/bits.h"
#include "codec/crc32c.h"
#include "store/series_order.h"
#include "tests/lib/expect.h"
#include "tsdb/index_toc.h"

#include <stdlib.h>

enum { MAX_SERIES = 40, LETTERS = 6 };

/* A symbol section with the strings "a", "b", ... as numbers 0, 1, ... */
static struct byte_source *make_symbols(struct arena *a)
{
	size_t n = 4 + 2 * LETTERS;
	uint8_t *p = arena_alloc(a, 4 + n + 4);

	store_be32(p, (uint32_t)n);
	store_be32(p + 4, LETTERS);
	for (size_t i = 0; i < LETTERS; i++) {
		p[8 + 2 * i] = 1;
		p[9 + 2 * i] = (uint8_t)('a' + i);
	}
	store_be32(p + 4 + n, crc32c(0, p + 4, n));
	return byte_source_of_memory("symbols", p, 4 + n + 4);
}

struct one {
	struct index_series entry;
	struct labels own;
	struct labels complete;
};

static struct one random_series(struct arena *a, struct rand *r, struct labels external)
{
	static const struct str letters[] = {STR("a"), STR("b"), STR("c"),
					     STR("d"), STR("e"), STR("f")};
	struct symbol_pair *pairs = ARENA_ARRAY(a, struct symbol_pair, LETTERS);
	struct label *labels = ARENA_ARRAY(a, struct label, LETTERS);
	struct one s = {.entry.labels = pairs};

	for (uint32_t i = 0; i < LETTERS; i++) {
		if (labels_has(external, letters[i]) || rand_below(r, 3) == 0)
			continue;
		uint32_t value = (uint32_t)rand_below(r, 2);
		pairs[s.entry.n_labels] = (struct symbol_pair){i, value};
		labels[s.entry.n_labels++] = (struct label){letters[i], letters[value]};
	}
	s.own = (struct labels){labels, s.entry.n_labels};
	s.complete = labels_merge(a, s.own, external);
	return s;
}

static int by_own(const void *a, const void *b)
{
	return labels_cmp(((const struct one *)a)->own, ((const struct one *)b)->own);
}

static void check_order(struct one *v, size_t n, struct labels external,
			struct symbol_lookup *symbols)
{
	struct series_order order;
	struct err err = ERR_INIT;
	size_t out[MAX_SERIES], n_out = 0;

	series_order_init(&order, external);
	for (size_t i = 0; i < n; i++) {
		while (order.n_held) {
			bool holds;
			expect_ok(series_order_holds(&order, &v[series_order_top(&order)].entry,
						     &v[i].entry, symbols, &holds, &err),
				  err);
			if (holds)
				break;
			out[n_out++] = series_order_pop(&order);
		}
		assert_true(series_order_push(&order, i));
	}
	while (order.n_held)
		out[n_out++] = series_order_pop(&order);

	assert_int_equal(n_out, n);
	for (size_t i = 1; i < n; i++)
		assert_true(labels_cmp(v[out[i - 1]].complete, v[out[i]].complete) < 0);
}

static void any_series_with_any_external_labels_come_out_sorted(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct byte_source *src auto_free(byte_source_close) = make_symbols(a);
	struct err err = ERR_INIT;
	struct index_symbols *table auto_free(index_symbols_close) =
	    index_symbols_open(src, NULL, 0, 5, INDEX_V2, &err);
	struct labels externals[] = {
	    {0},
	    LABELS(LABEL("a", "x")),
	    LABELS(LABEL("c", "x")),
	    LABELS(LABEL("f", "x")),
	    LABELS(LABEL("b", "x"), LABEL("e", "x")),
	    LABELS(LABEL("A", "x"), LABEL("cc", "x"), LABEL("z", "x")),
	};
	struct rand r;
	(void)state;

	assert_non_null(table);
	struct symbol_lookup *symbols = symbol_lookup_new(table, NULL, a);
	rand_seed(&r, 3);
	for (int round = 0; round < 3000; round++) {
		struct arena_mark mark = arena_mark(a);
		struct labels external = externals[round % 6];
		struct one v[MAX_SERIES];
		size_t n = 0;
		for (size_t i = 0; i < MAX_SERIES; i++)
			v[i] = random_series(a, &r, external);
		qsort(v, MAX_SERIES, sizeof(*v), by_own);
		for (size_t i = 0; i < MAX_SERIES; i++)
			if (n == 0 || !labels_eq(v[n - 1].own, v[i].own))
				v[n++] = v[i];
		check_order(v, n, external, symbols);
		if (round > 10) /* by then the lookup has read all symbols */
			arena_rewind(a, mark);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_series_with_any_external_labels_come_out_sorted)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
