#include "tsdb/index_toc.h"

#include "codec/bits.h"
#include "codec/crc32c.h"
#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"

static void an_index_tells_where_its_sections_are(void **state)
{
	(void)state;

	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct index_variant v auto_done(index_variant_done) =
		    index_variant_numbered(which, 5);
		struct index_toc toc;
		struct err err = ERR_INIT;
		expect_ok(index_toc_read(v.src, NULL, &toc, &err), err);
		assert_int_equal(toc.version, v.version);
		assert_int_equal(toc.symbols, INDEX_HEADER_BYTES);
		assert_true(toc.symbols < toc.series && toc.series < toc.postings);
		assert_true(toc.postings < toc.postings_table);
		assert_int_equal(toc.end, v.bytes.n - INDEX_TOC_BYTES);
		assert_int_equal(toc.label_indices, 0);
	}
}

static void broken_ends_are_corrupt(void **state)
{
	struct index_variant v auto_done(index_variant_done) = index_variant_numbered(1, 5);
	uint8_t *p = (uint8_t *)v.bytes.p, *toc_bytes = p + v.bytes.n - INDEX_TOC_BYTES;
	struct index_toc toc;
	struct err err = ERR_INIT;
	(void)state;

	p[0] = 0;
	expect_err(index_toc_read(v.src, NULL, &toc, &err), err, ERR_CORRUPT,
		   "index: magic 0x00aad700, want 0xbaaad700");
	p[0] = 0xba;
	p[4] = 9;
	expect_err(index_toc_read(v.src, NULL, &toc, &err), err, ERR_CORRUPT, "index: version 9");
	p[4] = 2;
	toc_bytes[0] = 1;
	expect_err(index_toc_read(v.src, NULL, &toc, &err), err, ERR_CORRUPT,
		   "table of contents: checksum 0x");
	store_be32(toc_bytes + 48, crc32c(0, toc_bytes, 48));
	expect_err(index_toc_read(v.src, NULL, &toc, &err), err, ERR_CORRUPT,
		   "table of contents: symbols at byte 72057594037927941");
}

static void a_file_that_is_too_small_is_corrupt(void **state)
{
	struct byte_source *src auto_free(byte_source_close) =
	    byte_source_of_memory("index", "short", 5);
	struct index_toc toc;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(index_toc_read(src, NULL, &toc, &err), err, ERR_CORRUPT,
		   "index: 5 bytes, too few for one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_index_tells_where_its_sections_are),
	    cmocka_unit_test(broken_ends_are_corrupt),
	    cmocka_unit_test(a_file_that_is_too_small_is_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
