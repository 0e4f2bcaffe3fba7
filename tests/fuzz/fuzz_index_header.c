/* An index-header is refused or answers every question, whatever bytes it is made of. */
#include "block/index_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_values(const struct index_header *h, struct str name, struct arena *a)
{
	struct index_values *it = index_values_new(h->postings, NULL, name, STR("m"), a);
	struct postings_range range;
	struct err err = ERR_INIT;
	struct str value;

	while (index_values_next(it, &value, &range, &err) == ITER_VALUE)
		if (range.end < range.start)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct index_header *h auto_free(index_header_close) =
	    index_header_of_copy(byte_source_of_memory("index-header", data, size), 0, NULL, &err);
	size_t n;

	if (!h)
		return 0;
	const struct str *names = index_postings_names(h->postings, &n);
	for (size_t i = 0; i < n; i++)
		walk_values(h, names[i], a);
	struct symbol_lookup *symbols = symbol_lookup_new(h->symbols, NULL, a);
	for (uint32_t i = 0; i < index_symbols_count(h->symbols) && i < 1000; i++) {
		struct str s;
		symbol_lookup_get(symbols, i, &s, &err);
	}
	return 0;
}
