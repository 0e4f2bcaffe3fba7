#include "compaction/order_heap.h"

#include "tests/lib/cmocka.h"

#include <string.h>

/* "b1": the letter is the key, the digit tells equal ones apart. */
static bool is_smaller(const void *a, const void *b)
{
	return *(const char *)a < *(const char *)b;
}

static void push_all(struct order_heap *h, char items[][3], size_t n)
{
	for (size_t i = 0; i < n; i++)
		order_heap_push(h, items[i]);
}

static void expect_pops(struct order_heap *h, const char *want)
{
	char got[64] = "";

	while (h->n) {
		strcat(got, order_heap_pop(h));
		strcat(got, h->n ? " " : "");
	}
	assert_string_equal(got, want);
}

static void equal_items_come_in_the_order_of_gos_heap(void **state)
{
	char items[][3] = {"a1", "a2", "a3", "a4", "a5"};
	struct order_heap h;
	(void)state;

	order_heap_init(&h, is_smaller);
	push_all(&h, items, 5);
	expect_pops(&h, "a1 a5 a4 a3 a2");
	order_heap_done(&h);
}

static void smaller_items_come_first(void **state)
{
	char items[][3] = {"d1", "b1", "c1", "a1", "b2", "a2", "e1", "b3", "b4"};
	struct order_heap h;
	(void)state;

	order_heap_init(&h, is_smaller);
	push_all(&h, items, 9);
	expect_pops(&h, "a1 a2 b1 b3 b2 b4 c1 d1 e1");
	order_heap_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_items_come_in_the_order_of_gos_heap),
	    cmocka_unit_test(smaller_items_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
