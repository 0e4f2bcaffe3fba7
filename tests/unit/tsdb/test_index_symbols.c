#include "tsdb/index_symbols.h"

#include "codec/bits.h"
#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"
#include "tsdb/index_toc.h"

/* Every symbol of an index by its number, in the order of the section. */
static void expect_all_symbols(const struct index_variant *v, struct symbol_lookup *l, size_t n)
{
	const uint8_t *p = (const uint8_t *)v->bytes.p + INDEX_HEADER_BYTES + 8;
	struct err err = ERR_INIT;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t ref = v->version == INDEX_V1 ? (uint32_t)(p - (uint8_t *)v->bytes.p) : i;
		struct str got;
		expect_ok(symbol_lookup_get(l, ref, &got, &err), err);
		assert_true(str_eq(got, str_from(p + 1, *p))); /* all are shorter than 128 */
		p += 1 + *p;
	}
}

static void every_symbol_is_found_by_its_number(void **state)
{
	(void)state;

	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct index_variant v auto_done(index_variant_done) =
		    index_variant_numbered(which, 700);
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		struct index_symbols *s auto_free(index_symbols_close) = index_symbols_open(
		    v.src, NULL, INDEX_HEADER_BYTES, INDEX_HEADER_BYTES, v.version, &err);
		assert_non_null(s);
		assert_int_equal(index_symbols_count(s), 705);
		assert_true(index_symbols_memory_bytes(s) < 200);

		struct symbol_lookup *l = symbol_lookup_new(s, NULL, a);
		expect_all_symbols(&v, l, 705);
		expect_all_symbols(&v, l, 705);
	}
}

static void a_number_that_is_none_is_corrupt(void **state)
{
	(void)state;

	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct index_variant v auto_done(index_variant_done) =
		    index_variant_numbered(which, 10);
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		struct str got;
		struct index_symbols *s auto_free(index_symbols_close) = index_symbols_open(
		    v.src, NULL, INDEX_HEADER_BYTES, INDEX_HEADER_BYTES, v.version, &err);
		struct symbol_lookup *l = symbol_lookup_new(s, NULL, a);
		bool v1 = v.version == INDEX_V1;

		expect_err(symbol_lookup_get(l, v1 ? 3 : 15, &got, &err), err, ERR_CORRUPT,
			   v1 ? "index: symbols: there is none at byte 3"
			      : "index: symbols: number 15 is wanted, there are 15");
		expect_err(symbol_lookup_get(l, UINT32_MAX, &got, &err), err, ERR_CORRUPT,
			   "index: symbols: ");
	}
}

/* An index-header holds the section of an index at another place. */
static void a_copy_of_the_section_elsewhere_serves_as_well(void **state)
{
	(void)state;

	for (int which = 0; which < 2; which++) {
		struct index_variant v auto_done(index_variant_done) =
		    index_variant_numbered(which, 50);
		struct buf copy auto_done(buf_done) = BUF_INIT(1 << 20);
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;

		buf_puts(&copy, "fourteen bytes");
		buf_append(&copy, v.bytes.p + INDEX_HEADER_BYTES, v.bytes.n - INDEX_HEADER_BYTES);
		struct byte_source *src auto_free(byte_source_close) =
		    byte_source_of_memory("index-header", copy.p, copy.n);
		struct index_symbols *s auto_free(index_symbols_close) =
		    index_symbols_open(src, NULL, 14, INDEX_HEADER_BYTES, v.version, &err);
		assert_non_null(s);
		expect_all_symbols(&v, symbol_lookup_new(s, NULL, a), 55);
	}
}

static void expect_broken(struct index_variant *v, const char *want)
{
	struct err err = ERR_INIT;

	assert_null(index_symbols_open(v->src, NULL, INDEX_HEADER_BYTES, INDEX_HEADER_BYTES,
				       INDEX_V2, &err));
	assert_int_equal(err.code, ERR_CORRUPT);
	if (!strstr(err.msg, want))
		fail_msg("got \"%s\", want \"%s\"", err.msg, want);
}

static void broken_sections_are_corrupt(void **state)
{
	struct index_variant v auto_done(index_variant_done) = index_variant_numbered(1, 10);
	uint8_t *section = (uint8_t *)v.bytes.p + INDEX_HEADER_BYTES;
	uint32_t size = load_be32(section);
	(void)state;

	section[4 + size] ^= 1;
	expect_broken(&v, "index: symbols: checksum 0x");
	section[4 + size] ^= 1;
	section[4] = 1;
	expect_broken(&v, "index: symbols: at byte 13: 16777231 symbols in");
	store_be32(section + 4, 16);
	expect_broken(&v, "an entry does not fit");
	store_be32(section, UINT32_MAX);
	expect_broken(&v, "index: symbols: at byte 5: a length of 4294967295 bytes, ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_symbol_is_found_by_its_number),
	    cmocka_unit_test(a_number_that_is_none_is_corrupt),
	    cmocka_unit_test(a_copy_of_the_section_elsewhere_serves_as_well),
	    cmocka_unit_test(broken_sections_are_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
