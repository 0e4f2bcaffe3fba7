#include "tsdb/index_series.h"

#include "codec/bits.h"
#include "codec/crc32c.h"
#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"
#include "tsdb/index_toc.h"

/* The entry with these contents, checksum and all. */
static struct buf entry_of(struct str contents)
{
	struct buf b = BUF_INIT(1000);
	uint8_t crc[4];

	store_be32(crc, crc32c(0, contents.p, contents.n));
	buf_putc(&b, (char)contents.n);
	buf_append_str(&b, contents);
	buf_append(&b, crc, sizeof(crc));
	return b;
}

static void an_entry_holds_labels_and_chunks(void **state)
{
	/* Labels 1=2 and 3=200; chunks 10-15 at 8, 20-20 at 100. */
	struct buf b auto_done(buf_done) = entry_of(STR("\2\1\2\3\xc8\1\2\x14\5\x8\5\0\xb8\1"));
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct index_series s;
	(void)state;

	expect_ok(index_series_parse((uint8_t *)b.p, b.n, a, &s, &err), err);

	assert_int_equal(s.n_labels, 2);
	assert_int_equal(s.labels[0].name, 1);
	assert_int_equal(s.labels[1].value, 200);
	assert_int_equal(s.n_chunks, 2);
	assert_int_equal(s.chunks[0].min_t_ms, 10);
	assert_int_equal(s.chunks[0].max_t_ms, 15);
	assert_int_equal(s.chunks[0].ref, 8);
	assert_int_equal(s.chunks[1].min_t_ms, 20);
	assert_int_equal(s.chunks[1].max_t_ms, 20);
	assert_int_equal(s.chunks[1].ref, 100);
}

static void the_size_of_an_entry_is_known_from_its_first_bytes(void **state)
{
	struct buf b auto_done(buf_done) = entry_of(STR("\0\0"));
	(void)state;

	assert_int_equal(index_series_size((uint8_t *)b.p, b.n), b.n);
	assert_int_equal(index_series_size((uint8_t *)b.p, 1), b.n);
	assert_int_equal(index_series_size((uint8_t *)b.p, 0), 1);
	assert_int_equal(index_series_size((const uint8_t *)"\xff\xff\xff\xff\x7f", 5), 0);
	assert_int_equal(
	    index_series_size((const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10), 0);
}

static void broken_entries_are_corrupt(void **state)
{
	static const struct {
		struct str contents;
		const char *want;
	} cases[] = {
	    {STR(""), "0 labels do not fit"},
	    {STR("\x05\1\1"), "5 labels do not fit"},
	    {STR("\1\xff\xff\xff\xff\x7f\1\0"), "1 labels do not fit"},
	    {STR("\1\1\1"), "0 chunks do not fit"},
	    {STR("\1\1\1\x7f\1\1\1"), "127 chunks do not fit"},
	    {STR("\0\1\2\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\1"), "chunk 0 of 1 lasts from"},
	    {STR("\0\1\2\x80\x80\x80"), "1 chunks do not fit"},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct index_series s;
	struct err err = ERR_INIT;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b auto_done(buf_done) = entry_of(cases[i].contents);
		expect_err(index_series_parse((uint8_t *)b.p, b.n, a, &s, &err), err, ERR_CORRUPT,
			   cases[i].want);
	}
	struct buf b auto_done(buf_done) = entry_of(STR("\0\0"));
	expect_err(index_series_parse((uint8_t *)b.p, b.n - 1, a, &s, &err), err, ERR_CORRUPT,
		   "it does not fit in 6 bytes");
	b.p[1] ^= 1;
	expect_err(index_series_parse((uint8_t *)b.p, b.n, a, &s, &err), err, ERR_CORRUPT,
		   "series entry of 2 bytes: checksum 0x");
}

static void names_that_do_not_ascend_are_corrupt(void **state)
{
	static const struct built_series series[] = {{"a=\"1\" b=\"2\"", NULL, 0}};
	struct index_variant v auto_done(index_variant_done) = index_variant_new(1, series, 1);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct symbol_pair pairs[] = {{3, 0}, {2, 1}}; /* symbols are 1 2 a b */
	struct index_series s = {.labels = pairs, .n_labels = 2};
	struct labels ls;
	(void)state;

	struct index_symbols *symbols auto_free(index_symbols_close) =
	    index_symbols_open(v.src, NULL, INDEX_HEADER_BYTES, INDEX_HEADER_BYTES, INDEX_V2, &err);
	struct symbol_lookup *l = symbol_lookup_new(symbols, NULL, a);
	expect_err(index_series_labels(&s, l, a, &ls, &err), err, ERR_CORRUPT,
		   "series: label \"b\" comes before \"a\"");
	pairs[0] = (struct symbol_pair){2, 9};
	expect_err(index_series_labels(&s, l, a, &ls, &err), err, ERR_CORRUPT,
		   "label 0 of a series: index: symbols: number 9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_entry_holds_labels_and_chunks),
	    cmocka_unit_test(the_size_of_an_entry_is_known_from_its_first_bytes),
	    cmocka_unit_test(broken_entries_are_corrupt),
	    cmocka_unit_test(names_that_do_not_ascend_are_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
