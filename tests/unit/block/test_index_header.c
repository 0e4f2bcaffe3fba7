#include "base/alloc.h"
#include "base/fs.h"
#include "block/index_header.h"
#include "block/object_source.h"
#include "codec/bits.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define INDEX TEST_DATA_DIR "/blocks/plain/index"

struct fixture {
	char *dir;
	char *path;
	struct byte_source *index;
};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;

	f.dir = temp_dir_new();
	f.path = xasprintf("%s/BLOCK/index-header", f.dir);
	f.index = byte_source_open_file(INDEX, "index", &err);
	*state = &f;
	return f.index ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	byte_source_close(f->index);
	free(f->path);
	temp_dir_remove(f->dir);
	return 0;
}

static void write_header(struct fixture *f)
{
	struct err err = ERR_INIT;
	expect_ok(index_header_write(f->index, NULL, f->path, &err), err);
}

/* Values of a label with the places of their lists, and all symbols. */
static char *describe(struct arena *a, const struct index_header *h)
{
	struct index_values *it = index_values_new(h->postings, NULL, STR("mode"), STR(""), a);
	struct symbol_lookup *symbols = symbol_lookup_new(h->symbols, NULL, a);
	char *text = arena_printf(a, "%s", "");
	struct postings_range range;
	struct err err = ERR_INIT;
	struct str s;

	while (index_values_next(it, &s, &range, &err) == ITER_VALUE)
		text = arena_printf(a, "%s%.*s=%lu-%lu ", text, STR_FMT(s), range.start, range.end);
	for (uint32_t i = 0; i < index_symbols_count(h->symbols); i++) {
		expect_ok(symbol_lookup_get(symbols, i, &s, &err), err);
		text = arena_printf(a, "%s%.*s,", text, STR_FMT(s));
	}
	return text;
}

/* The same, from the index itself. */
static struct index_header *open_index(struct fixture *f)
{
	struct index_header *h = NEW(struct index_header);
	struct index_toc *toc = &h->toc;
	struct err err = ERR_INIT;

	h->src = byte_source_open_file(INDEX, "index", &err);
	expect_ok(index_toc_read(f->index, NULL, toc, &err), err);
	h->symbols =
	    index_symbols_open(h->src, NULL, toc->symbols, toc->symbols, toc->version, &err);
	h->postings = index_postings_open(h->src, NULL, toc->postings_table, toc, 0, &err);
	assert_true(h->symbols && h->postings);
	return h;
}

static void the_header_tells_what_the_index_tells(void **state)
{
	struct fixture *f = *state;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;

	write_header(f);
	struct index_header *header auto_free(index_header_close) =
	    index_header_open(f->path, "index-header", 0, NULL, &err);
	assert_non_null(header);
	struct index_header *direct auto_free(index_header_close) = open_index(f);
	assert_string_equal(describe(a, header), describe(a, direct));
	assert_int_equal(header->toc.series, direct->toc.series);
	assert_int_equal(header->toc.end, direct->toc.end);
	assert_int_equal(header->index_bytes, f->index->size_bytes);
	assert_true(index_header_memory_bytes(header) > 0);
}

static void however_little_is_kept_the_answers_are_the_same(void **state)
{
	struct fixture *f = *state;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	const unsigned keep_every[] = {1, 2, 7, 1000};
	size_t bytes = SIZE_MAX;

	write_header(f);
	for (size_t i = 0; i < 4; i++) {
		struct index_header *some auto_free(index_header_close) =
		    index_header_open(f->path, "index-header", keep_every[i], NULL, &err);
		struct index_header *usual auto_free(index_header_close) =
		    index_header_open(f->path, "index-header", 0, NULL, &err);
		assert_string_equal(describe(a, some), describe(a, usual));
		assert_true(index_header_memory_bytes(some) <= bytes);
		bytes = index_header_memory_bytes(some);
	}
}

static void the_layout_is_that_of_thanos(void **state)
{
	struct fixture *f = *state;
	struct buf file auto_done(buf_done) = BUF_INIT(1 << 20);
	struct index_toc toc;
	struct err err = ERR_INIT;

	write_header(f);
	expect_ok(fs_read(f->path, &file, &err), err);
	expect_ok(index_toc_read(f->index, NULL, &toc, &err), err);
	const uint8_t *p = (const uint8_t *)file.p;
	size_t n_symbols = toc.series - toc.symbols;
	size_t n_tail = f->index->size_bytes - toc.postings_table;

	assert_int_equal(file.n, 14 + n_symbols + n_tail + 20);
	assert_memory_equal(p, "\xba\xaa\xd7\x92\x01\x02", 6);
	assert_int_equal(load_be64(p + 6), toc.postings_table);
	assert_int_equal(load_be64(p + file.n - 20), 14);
	assert_int_equal(load_be64(p + file.n - 12), 14 + n_symbols);
}

static void without_a_file_it_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	assert_null(index_header_open(f->path, "index-header", 0, NULL, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void a_damaged_file_is_corrupt_wherever_the_damage_is(void **state)
{
	struct fixture *f = *state;
	struct buf file auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	size_t n_corrupt = 0, n_tried = 0;

	write_header(f);
	expect_ok(fs_read(f->path, &file, &err), err);
	for (size_t i = 0; i < file.n; i += 3, n_tried++) {
		file.p[i] ^= 0x41;
		expect_ok(fs_write_atomic(f->path, buf_str(&file), 0644, &err), err);
		file.p[i] ^= 0x41;
		struct index_header *h auto_free(index_header_close) =
		    index_header_open(f->path, "index-header", 0, NULL, &err);
		if (!h && err.code != ERR_CORRUPT)
			fail_msg("byte %zu: code %d: %s", i, err.code, err.msg);
		n_corrupt += h == NULL;
	}
	/* The few bytes that no checksum covers lie between the sections. */
	assert_true(n_corrupt > n_tried * 9 / 10);
	for (size_t n = 0; n < file.n; n += 101) {
		expect_ok(fs_write_atomic(f->path, str_from(file.p, n), 0644, &err), err);
		assert_null(index_header_open(f->path, "index-header", 0, NULL, &err));
		assert_int_equal(err.code, ERR_CORRUPT);
	}
}

static void an_index_that_is_none_leaves_no_file(void **state)
{
	struct fixture *f = *state;
	struct byte_source *src auto_free(byte_source_close) =
	    byte_source_of_memory("index", "not an index at all", 19);
	char *tmp auto_free(mem_free) = xasprintf("%s.tmp", f->path);
	struct err err = ERR_INIT;

	expect_err(index_header_write(src, NULL, f->path, &err), err, ERR_CORRUPT, "index: ");
	assert_false(fs_exists(f->path));
	assert_false(fs_exists(tmp));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_header_tells_what_the_index_tells),
	    TEST(however_little_is_kept_the_answers_are_the_same),
	    TEST(the_layout_is_that_of_thanos),
	    TEST(without_a_file_it_is_not_found),
	    TEST(a_damaged_file_is_corrupt_wherever_the_damage_is),
	    TEST(an_index_that_is_none_leaves_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
