#include "compaction/symbol_union.h"

#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"
#include "tsdb/index_reader.h"

static const struct built_series left[] = {{"a=\"1\" b=\"2\"", NULL, 0}, {"a=\"4\"", NULL, 0}};
static const struct built_series right[] = {{"a=\"2\" c=\"1\"", NULL, 0}};

struct text_sink {
	struct symbol_sink base; /* first, so that the two pointers convert */
	struct buf text;
};

static bool add_text(struct symbol_sink *base, struct str symbol, struct err *err)
{
	struct text_sink *sink = (struct text_sink *)base;
	(void)err;

	buf_append_str(&sink->text, symbol);
	return buf_putc(&sink->text, ' ');
}

static struct index_reader *open_index(struct buf *bytes)
{
	struct err err = ERR_INIT;
	struct byte_source *src = byte_source_of_memory("index", bytes->p, bytes->n);
	struct index_reader *ix = index_reader_open(src, NULL, &err);

	if (!ix)
		fail_msg("%s", err.msg);
	return ix;
}

/* The labels of the index' series by the numbers of the union: "0=1 ". */
static void format_series(struct index_reader *ix, const struct symbol_map *map, size_t n,
			  struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct postings all;
	struct postings_range range = index_postings_all(ix->postings);

	expect_ok(
	    postings_parse(ix->src->memory + range.start, range.end - range.start, &all, &err),
	    err);
	assert_int_equal(all.n, n);
	for (size_t i = 0; i < n; i++) {
		struct index_series s;
		expect_ok(index_series_read(ix->src, NULL, postings_at(all, i), ix->toc.version, a,
					    &s, &err),
			  err);
		for (size_t k = 0; k < s.n_labels; k++) {
			uint32_t name, value;
			expect_ok(symbol_map_get(map, s.labels[k].name, &name, &err), err);
			expect_ok(symbol_map_get(map, s.labels[k].value, &value, &err), err);
			buf_printf(out, "%u=%u ", name, value);
		}
	}
}

static void expect_union(int left_version, int right_version)
{
	struct buf bytes[] = {index_build(left_version, left, 2),
			      index_build(right_version, right, 1)};
	struct index_reader *ix[] = {open_index(&bytes[0]), open_index(&bytes[1])};
	struct index_symbols *symbols[] = {ix[0]->symbols, ix[1]->symbols};
	struct text_sink sink = {{add_text}, BUF_INIT(1 << 10)};
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 10);
	struct symbol_map maps[2] = {0};
	struct err err = ERR_INIT;
	size_t bad = 9;

	expect_ok(symbol_union_make(symbols, 2, NULL, &sink.base, maps, &bad, &err), err);

	expect_str(buf_str(&sink.text), "1 2 4 a b c ");
	format_series(ix[0], &maps[0], 2, &text);
	format_series(ix[1], &maps[1], 1, &text);
	expect_str(buf_str(&text), "3=0 4=1 3=2 3=1 5=0 ");
	assert_int_equal(bad, 2);
	expect_err(symbol_map_get(&maps[0], UINT32_MAX, &(uint32_t){0}, &err), err, ERR_CORRUPT,
		   "symbol 4294967295 is used, there are 5");
	for (size_t i = 0; i < 2; i++) {
		symbol_map_done(&maps[i]);
		index_reader_close(ix[i]);
		buf_done(&bytes[i]);
	}
	buf_done(&sink.text);
}

static void symbols_of_two_indexes_are_numbered_together(void **state)
{
	(void)state;
	expect_union(INDEX_V2, INDEX_V2);
}

static void so_are_those_of_old_indexes_which_are_known_by_offsets(void **state)
{
	(void)state;
	expect_union(INDEX_V1, INDEX_V2);
	expect_union(INDEX_V1, INDEX_V1);
}

static void symbols_that_do_not_ascend_are_corrupt(void **state)
{
	struct buf bytes auto_done(buf_done) = index_build(INDEX_V2, left, 2);
	struct symbol_map maps[2] = {0};
	struct text_sink sink = {{add_text}, BUF_INIT(1 << 10)};
	struct err err = ERR_INIT;
	size_t bad = 9;
	(void)state;

	/* The section begins at 5: length, number, then a length and a byte for each symbol. */
	uint8_t *first = (uint8_t *)bytes.p + 5 + 4 + 4 + 1;
	assert_int_equal(*first, '1');
	*first = '3';
	index_fix_section(&bytes, 5);
	struct index_reader *ix = open_index(&bytes);
	struct index_symbols *symbols[] = {ix->symbols, ix->symbols};

	expect_err(symbol_union_make(symbols, 2, NULL, &sink.base, maps, &bad, &err), err,
		   ERR_CORRUPT, "symbol 1 does not ascend");
	assert_int_equal(bad, 0);
	symbol_map_done(&maps[0]);
	symbol_map_done(&maps[1]);
	index_reader_close(ix);
	buf_done(&sink.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(symbols_of_two_indexes_are_numbered_together),
	    cmocka_unit_test(so_are_those_of_old_indexes_which_are_known_by_offsets),
	    cmocka_unit_test(symbols_that_do_not_ascend_are_corrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
