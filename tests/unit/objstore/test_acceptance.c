/* What every bucket promises, for each bucket we have. */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/vec.h"
#include "net/loop.h"
#include "objstore/config.h"
#include "objstore/filesystem.h"
#include "objstore/inmem.h"
#include "objstore/prefixed.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
	struct bucket *bucket;
	char *dir; /* of a filesystem bucket */
};

static int set_up_filesystem(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;

	f.dir = temp_dir_new();
	f.bucket = filesystem_bucket_new(f.dir, &err);
	*state = &f;
	return f.bucket ? 0 : -1;
}

/* A configured bucket is of whatever type the file says, and stays as it was: each test has a
 * folder of its own, which is emptied. */
static struct loops *loops;

static int set_up_configured(void **state)
{
	static struct fixture f;
	struct buf yaml auto_done(buf_done) = BUF_INIT(1 << 20);
	struct bucket_context context = {.loop = loops_get(loops, 0), .clock = &clock_system};
	struct bucket *whole;
	struct err err = ERR_INIT;
	uint64_t folder;
	char prefix[32];

	rand_bytes(&folder, sizeof(folder));
	snprintf(prefix, sizeof(prefix), "test-%016" PRIx64, folder);
	expect_ok(fs_read(getenv("ATHANOR_TEST_BUCKET"), &yaml, &err), err);
	expect_ok(bucket_from_config(buf_str(&yaml), &context, NULL, &whole, &err), err);
	expect_ok(prefixed_bucket_new(whole, str_of(prefix), &f.bucket, &err), err);
	*state = &f;
	return 0;
}

static bool remove_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	return bucket_remove(arg, NULL, entry->name, err);
}

static int tear_down_configured(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	expect_ok(
	    bucket_list(f->bucket, NULL, STR(""), LIST_RECURSIVE, remove_entry, f->bucket, &err),
	    err);
	bucket_close(f->bucket);
	return 0;
}

static int set_up_inmem(void **state)
{
	static struct fixture f;

	f = (struct fixture){.bucket = inmem_bucket_new(&clock_system)};
	*state = &f;
	return 0;
}

static int set_up_prefixed(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;
	struct bucket *inner = inmem_bucket_new(&clock_system);

	f = (struct fixture){0};
	*state = &f;
	bool ok =
	    bucket_put_bytes(inner, NULL, STR("outside"), STR("x"), PUT_REPLACE, &err) &&
	    bucket_put_bytes(inner, NULL, STR("some/where-else"), STR("x"), PUT_REPLACE, &err) &&
	    prefixed_bucket_new(inner, STR("/some/where/"), &f.bucket, &err);
	return ok ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bucket_close(f->bucket);
	if (f->dir)
		temp_dir_remove(f->dir);
	f->dir = NULL;
	return 0;
}

static struct bucket *bucket_of(void **state)
{
	return ((struct fixture *)*state)->bucket;
}

static void put(struct bucket *b, const char *name, const char *bytes)
{
	struct err err = ERR_INIT;
	expect_ok(bucket_put_bytes(b, NULL, str_of(name), str_of(bytes), PUT_REPLACE, &err), err);
}

static void expect_object(struct bucket *b, const char *name, const char *want)
{
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	expect_ok(bucket_get_bytes(b, NULL, str_of(name), 0, BUCKET_TO_END, &got, &err), err);
	expect_str(buf_str(&got), want);
}

struct entries {
	VEC(char *) texts; /* "name=size", directories without size */
};

static void entries_done(struct entries *entries)
{
	for (size_t i = 0; i < entries->texts.n; i++)
		free(entries->texts.v[i]);
	vec_done(&entries->texts);
}

static bool note_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct entries *entries = arg;
	(void)err;

	if (entry->has_attrs)
		vec_push(&entries->texts, xasprintf("%.*s=%lld ", STR_FMT(entry->name),
						    (long long)entry->attrs.size_bytes));
	else
		vec_push(&entries->texts, xasprintf("%.*s ", STR_FMT(entry->name)));
	return true;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order of a listing is the store's. */
static void expect_list(struct bucket *b, const char *prefix, enum bucket_list_mode mode,
			const char *want)
{
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 20);
	struct entries entries auto_done(entries_done) = {0};
	struct err err = ERR_INIT;

	expect_ok(bucket_list(b, NULL, str_of(prefix), mode, note_entry, &entries, &err), err);
	if (entries.texts.n)
		qsort(entries.texts.v, entries.texts.n, sizeof(char *), compare_texts);
	for (size_t i = 0; i < entries.texts.n; i++)
		buf_puts(&got, entries.texts.v[i]);
	expect_str(buf_str(&got), want);
}

static void an_object_is_what_was_put(void **state)
{
	struct bucket *b = bucket_of(state);

	put(b, "block/chunks/000001", "some bytes");
	expect_object(b, "block/chunks/000001", "some bytes");

	put(b, "block/chunks/000001", "others");
	expect_object(b, "block/chunks/000001", "others");

	put(b, "empty", "");
	expect_object(b, "empty", "");
}

static void a_range_ends_at_the_end_of_the_object(void **state)
{
	struct bucket *b = bucket_of(state);
	static const struct {
		int64_t offset, length;
		const char *want;
	} cases[] = {
	    {0, 4, "0123"},
	    {3, 3, "345"},
	    {8, 10, "89"},
	    {10, 1, ""},
	    {99, 5, ""},
	    {4, 0, ""},
	    {7, BUCKET_TO_END, "789"},
	};
	put(b, "digits", "0123456789");

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf got auto_done(buf_done) = BUF_INIT(100);
		struct err err = ERR_INIT;
		expect_ok(bucket_get_bytes(b, NULL, STR("digits"), cases[i].offset, cases[i].length,
					   &got, &err),
			  err);
		expect_str(buf_str(&got), cases[i].want);
	}

	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;
	expect_err(bucket_get_bytes(b, NULL, STR("digits"), -1, 5, &got, &err), err, ERR_INVALID,
		   "digits: read 5 bytes at offset -1");
}

/* Stores differ in whether they say so. */
static void expect_nothing_removed(struct bucket *b, const char *name)
{
	struct err err = ERR_INIT;

	if (!bucket_remove(b, NULL, str_of(name), &err))
		expect_err(false, err, ERR_NOT_FOUND, name);
}

static void what_is_absent_is_not_found(void **state)
{
	struct bucket *b = bucket_of(state);
	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct object_attrs attrs;
	struct err err = ERR_INIT;
	bool exists = true;

	put(b, "a/b", "x");
	expect_err(bucket_get_bytes(b, NULL, STR("b"), 0, 1, &got, &err), err, ERR_NOT_FOUND, "b");
	expect_err(bucket_get_bytes(b, NULL, STR("a"), 0, 1, &got, &err), err, ERR_NOT_FOUND, "a");
	expect_err(bucket_attrs(b, NULL, STR("a"), &attrs, &err), err, ERR_NOT_FOUND, "a");
	expect_err(bucket_attrs(b, NULL, STR("a/b/c"), &attrs, &err), err, ERR_NOT_FOUND, "a/b/c");
	expect_nothing_removed(b, "a/c");
	expect_nothing_removed(b, "a");
	expect_nothing_removed(b, "a/");
	expect_ok(bucket_exists(b, NULL, STR("a"), &exists, &err), err);
	assert_false(exists);
	expect_ok(bucket_exists(b, NULL, STR("a/b"), &exists, &err), err);
	assert_true(exists);
}

static void attributes_are_size_and_time_of_writing(void **state)
{
	struct bucket *b = bucket_of(state);
	struct object_attrs attrs;
	struct err err = ERR_INIT;
	int64_t before = clock_wall_ms(&clock_system);

	put(b, "a", "12345");
	expect_ok(bucket_attrs(b, NULL, STR("a"), &attrs, &err), err);

	assert_int_equal(attrs.size_bytes, 5);
	assert_true(attrs.modified_ms >= before - 1000);
	assert_true(attrs.modified_ms <= clock_wall_ms(&clock_system) + 1000);
}

static void a_listing_is_one_level_or_everything_below(void **state)
{
	struct bucket *b = bucket_of(state);
	static const char *const names[] = {"a/1",   "a/b/2", "a/b/c/3", "ab/4",
					    "b.a/5", "top",   "a/meta"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put(b, names[i], "12");

	expect_list(b, "", LIST_DIRECTORY, "a/ ab/ b.a/ top=2 ");
	expect_list(b, "a", LIST_DIRECTORY, "a/1=2 a/b/ a/meta=2 ");
	expect_list(b, "a/", LIST_DIRECTORY, "a/1=2 a/b/ a/meta=2 ");
	expect_list(b, "a/b", LIST_RECURSIVE, "a/b/2=2 a/b/c/3=2 ");
	expect_list(b, "a", LIST_RECURSIVE, "a/1=2 a/b/2=2 a/b/c/3=2 a/meta=2 ");
	expect_list(b, "nothing", LIST_DIRECTORY, "");
	expect_list(b, "top", LIST_DIRECTORY, "");
}

static void directories_go_with_their_last_object(void **state)
{
	struct bucket *b = bucket_of(state);
	struct err err = ERR_INIT;

	put(b, "block/chunks/000001", "x");
	put(b, "block/meta.json", "x");
	expect_ok(bucket_remove(b, NULL, STR("block/chunks/000001"), &err), err);
	expect_list(b, "block", LIST_DIRECTORY, "block/meta.json=1 ");
	expect_ok(bucket_remove(b, NULL, STR("block/meta.json"), &err), err);
	expect_list(b, "", LIST_DIRECTORY, "");

	put(b, "block/meta.json", "again");
	expect_object(b, "block/meta.json", "again");
}

static void an_upload_shows_when_it_is_committed(void **state)
{
	struct bucket *b = bucket_of(state);
	struct err err = ERR_INIT;

	struct bucket_writer *w = bucket_put(b, NULL, STR("dir/object"), PUT_REPLACE, &err);
	assert_non_null(w);
	expect_ok(bucket_writer_write(w, "half", 4, &err), err);
	expect_list(b, "", LIST_RECURSIVE, "");
	expect_list(b, "", LIST_DIRECTORY, "");
	expect_ok(bucket_writer_write(w, " and half", 9, &err), err);
	expect_ok(bucket_writer_commit(w, &err), err);
	expect_object(b, "dir/object", "half and half");

	w = bucket_put(b, NULL, STR("dir/object"), PUT_REPLACE, &err);
	expect_ok(bucket_writer_write(w, "never", 5, &err), err);
	bucket_writer_abort(w);
	expect_object(b, "dir/object", "half and half");
	expect_list(b, "", LIST_RECURSIVE, "dir/object=13 ");
}

static void put_if_absent_keeps_what_is_there(void **state)
{
	struct bucket *b = bucket_of(state);
	struct err err = ERR_INIT;

	expect_ok(bucket_put_bytes(b, NULL, STR("a/mark"), STR("1"), PUT_IF_ABSENT, &err), err);
	expect_err(bucket_put_bytes(b, NULL, STR("a/mark"), STR("2"), PUT_IF_ABSENT, &err), err,
		   ERR_EXISTS, "a/mark: is in the bucket already");
	expect_object(b, "a/mark", "1");
	expect_list(b, "", LIST_RECURSIVE, "a/mark=1 ");
}

static void names_that_could_lead_out_are_refused(void **state)
{
	struct bucket *b = bucket_of(state);
	static const struct str names[] = {
	    STR(""),    STR("/a"), STR("a//b"), STR("../a"), STR("a/../../b"), STR("a/.."),
	    STR("./a"), STR("."),  STR(".."),   STR("a\0b"), STR("a\nb"),      STR("a/./b"),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct buf got auto_done(buf_done) = BUF_INIT(100);
		struct object_attrs attrs;
		struct err err = ERR_INIT;
		bool exists;
		expect_err(bucket_get_bytes(b, NULL, names[i], 0, 1, &got, &err), err, ERR_INVALID,
			   "object name");
		expect_err(bucket_attrs(b, NULL, names[i], &attrs, &err), err, ERR_INVALID,
			   "object name");
		expect_err(bucket_exists(b, NULL, names[i], &exists, &err), err, ERR_INVALID,
			   "object name");
		expect_err(bucket_put_bytes(b, NULL, names[i], STR("x"), PUT_REPLACE, &err), err,
			   ERR_INVALID, "object name");
		expect_err(bucket_remove(b, NULL, names[i], &err), err, ERR_INVALID, "object name");
	}
	struct err err = ERR_INIT;
	expect_err(bucket_list(b, NULL, STR("a/../.."), LIST_RECURSIVE, note_entry, NULL, &err),
		   err, ERR_INVALID, "object name \"a/../..\"");
}

static void nothing_happens_under_a_canceled_context(void **state)
{
	struct bucket *b = bucket_of(state);
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;

	put(b, "a", "x");
	ctx_cancel(ctx, ERR_CANCELED, "the client went away");

	expect_err(bucket_get_bytes(b, ctx, STR("a"), 0, 1, &got, &err), err, ERR_CANCELED,
		   "went away");
	expect_err(bucket_list(b, ctx, STR(""), LIST_RECURSIVE, note_entry, NULL, &err), err,
		   ERR_CANCELED, "went away");
	expect_err(bucket_put_bytes(b, ctx, STR("b"), STR("x"), PUT_REPLACE, &err), err,
		   ERR_CANCELED, "went away");
	expect_err(bucket_remove(b, ctx, STR("a"), &err), err, ERR_CANCELED, "went away");
	expect_list(b, "", LIST_RECURSIVE, "a=1 ");
}

static bool stop_at_second(const struct bucket_entry *entry, void *arg, struct err *err)
{
	(void)entry;
	return ++*(int *)arg < 2 || err_set(err, ERR_LIMIT, "enough");
}

static void a_listing_stops_when_its_callback_fails(void **state)
{
	struct bucket *b = bucket_of(state);
	struct err err = ERR_INIT;
	int n = 0;

	put(b, "a", "x");
	put(b, "b", "x");
	put(b, "c", "x");

	expect_err(bucket_list(b, NULL, STR(""), LIST_RECURSIVE, stop_at_second, &n, &err), err,
		   ERR_LIMIT, "enough");
	assert_int_equal(n, 2);
}

static void files_go_into_the_bucket_and_come_out_of_it(void **state)
{
	struct bucket *b = bucket_of(state);
	char *dir = temp_dir_new();
	char *in auto_free(mem_free) = xasprintf("%s/in", dir);
	char *out auto_free(mem_free) = xasprintf("%s/out", dir);
	struct err err = ERR_INIT;

	FILE *f = fopen(in, "w");
	for (int i = 0; i < 200000; i++)
		fprintf(f, "%d\n", i);
	fclose(f);
	expect_ok(bucket_put_file(b, NULL, STR("big"), in, &err), err);
	expect_ok(bucket_get_file(b, NULL, STR("big"), out, &err), err);
	char *diff auto_free(mem_free) = xasprintf("cmp %s %s", in, out);
	assert_int_equal(system(diff), 0);

	expect_err(bucket_get_file(b, NULL, STR("absent"), out, &err), err, ERR_NOT_FOUND,
		   "absent");
	assert_int_equal(system(diff), 0);
	struct buf small auto_done(buf_done) = BUF_INIT(1000);
	expect_err(bucket_get_bytes(b, NULL, STR("big"), 0, BUCKET_TO_END, &small, &err), err,
		   ERR_LIMIT, "object big: more than the 1000 bytes allowed");
	temp_dir_remove(dir);
}

/* Larger than a part of an upload is, where there are parts. */
static void a_large_object_comes_out_as_it_went_in(void **state)
{
	enum { BYTES = (12 << 20) + 345, PIECE = 700001 };
	struct bucket *b = bucket_of(state);
	struct buf want auto_done(buf_done) = BUF_INIT(BYTES),
			got auto_done(buf_done) = BUF_INIT(BYTES);
	struct err err = ERR_INIT;

	for (uint32_t i = 0; want.n < BYTES; i++)
		buf_append(&want, &(uint32_t){i * 2654435761u},
			   BYTES - want.n < 4 ? BYTES - want.n : 4);
	struct bucket_writer *w = bucket_put(b, NULL, STR("large"), PUT_REPLACE, &err);
	assert_non_null(w);
	for (size_t at = 0; at < BYTES; at += PIECE)
		expect_ok(bucket_writer_write(w, want.p + at,
					      BYTES - at < PIECE ? BYTES - at : PIECE, &err),
			  err);
	expect_list(b, "", LIST_RECURSIVE, "");
	expect_ok(bucket_writer_commit(w, &err), err);

	expect_ok(bucket_get_bytes(b, NULL, STR("large"), 0, BUCKET_TO_END, &got, &err), err);
	assert_int_equal(got.n, BYTES);
	assert_memory_equal(got.p, want.p, BYTES);
	buf_clear(&got);
	expect_ok(bucket_get_bytes(b, NULL, STR("large"), 5 << 20, 99, &got, &err), err);
	assert_memory_equal(got.p, want.p + (5 << 20), 99);

	w = bucket_put(b, NULL, STR("never"), PUT_REPLACE, &err);
	expect_ok(bucket_writer_write(w, want.p, BYTES, &err), err);
	bucket_writer_abort(w);
	expect_list(b, "", LIST_DIRECTORY, "large=12583257 ");
}

static void a_large_object_replaces_a_large_one(void **state)
{
	enum { BYTES = 12 << 20 };
	struct bucket *b = bucket_of(state);
	char *bytes auto_free(mem_free) = xcalloc(1, BYTES);
	struct object_attrs attrs;
	struct err err = ERR_INIT;

	for (size_t n = BYTES; n > BYTES - 3; n--)
		expect_ok(
		    bucket_put_bytes(b, NULL, STR("large"), str_from(bytes, n), PUT_REPLACE, &err),
		    err);
	expect_ok(bucket_attrs(b, NULL, STR("large"), &attrs, &err), err);
	assert_int_equal(attrs.size_bytes, BYTES - 2);
}

static void names_may_have_any_characters(void **state)
{
	struct bucket *b = bucket_of(state);
	static const char *const names[] = {"a b/c+d", "a%20b",         "h\xc3\xa9/\xe2\x82\xac",
					    "x&y=z?#", "~!$'()*,;:@[]", "quote\"<tag>"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put(b, names[i], names[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		expect_object(b, names[i], names[i]);
	expect_list(b, "a b", LIST_DIRECTORY, "a b/c+d=7 ");
}

static void a_listing_may_be_longer_than_a_page(void **state)
{
	enum { N = 1003 };
	struct bucket *b = bucket_of(state);
	struct buf want auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (int i = 0; i < N; i++) {
		char name[32];
		snprintf(name, sizeof(name), "many/%04d/x", i);
		put(b, name, "1");
		buf_printf(&want, "many/%04d/ ", i);
	}
	expect_list(b, "many", LIST_DIRECTORY, buf_cstr(&want));
}

#define ACCEPTANCE(test, set_up, tear_down)                                                        \
	{                                                                                          \
#test " (" #set_up ")", test, set_up, tear_down, NULL                              \
	}
#define SUITE(set_up, tear_down)                                                                   \
	ACCEPTANCE(an_object_is_what_was_put, set_up, tear_down),                                  \
	    ACCEPTANCE(a_range_ends_at_the_end_of_the_object, set_up, tear_down),                  \
	    ACCEPTANCE(what_is_absent_is_not_found, set_up, tear_down),                            \
	    ACCEPTANCE(attributes_are_size_and_time_of_writing, set_up, tear_down),                \
	    ACCEPTANCE(a_listing_is_one_level_or_everything_below, set_up, tear_down),             \
	    ACCEPTANCE(directories_go_with_their_last_object, set_up, tear_down),                  \
	    ACCEPTANCE(an_upload_shows_when_it_is_committed, set_up, tear_down),                   \
	    ACCEPTANCE(put_if_absent_keeps_what_is_there, set_up, tear_down),                      \
	    ACCEPTANCE(names_that_could_lead_out_are_refused, set_up, tear_down),                  \
	    ACCEPTANCE(nothing_happens_under_a_canceled_context, set_up, tear_down),               \
	    ACCEPTANCE(a_listing_stops_when_its_callback_fails, set_up, tear_down),                \
	    ACCEPTANCE(files_go_into_the_bucket_and_come_out_of_it, set_up, tear_down),            \
	    ACCEPTANCE(a_large_object_comes_out_as_it_went_in, set_up, tear_down),                 \
	    ACCEPTANCE(a_large_object_replaces_a_large_one, set_up, tear_down),                    \
	    ACCEPTANCE(names_may_have_any_characters, set_up, tear_down),                          \
	    ACCEPTANCE(a_listing_may_be_longer_than_a_page, set_up, tear_down)

/* With ATHANOR_TEST_BUCKET, the path of an object store configuration: that bucket only; and of the
 * tests, with ATHANOR_TEST_ONLY, those whose names match: "*large*"; without those that match
 * ATHANOR_TEST_SKIP. */
static int run_configured(void)
{
	const struct CMUnitTest tests[] = {SUITE(set_up_configured, tear_down_configured)};
	struct err err = ERR_INIT;

	if (getenv("ATHANOR_TEST_ONLY"))
		cmocka_set_test_filter(getenv("ATHANOR_TEST_ONLY"));
	if (getenv("ATHANOR_TEST_SKIP"))
		cmocka_set_skip_filter(getenv("ATHANOR_TEST_SKIP"));
	loops = loops_start(1, &err);
	int n_failed = cmocka_run_group_tests_name("configured", tests, NULL, NULL);
	loops_stop(loops);
	return n_failed;
}

int main(void)
{
	if (getenv("ATHANOR_TEST_BUCKET"))
		return run_configured();

	const struct CMUnitTest tests[] = {
	    SUITE(set_up_filesystem, tear_down),
	    SUITE(set_up_inmem, tear_down),
	    SUITE(set_up_prefixed, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
