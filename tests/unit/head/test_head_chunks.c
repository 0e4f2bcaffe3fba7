#include "head/head_chunks.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "codec/xor_chunk.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_BYTES = 4096, N = 100 };

struct rig {
	char *dir;
	struct head_chunks *h;
	struct arena *a;
	head_chunk_ref refs[N];
};

static void rig_open(struct rig *r)
{
	struct err err = ERR_INIT;

	head_chunks_close(r->h);
	r->h = head_chunks_open(r->dir, FILE_BYTES, &err);
	if (!r->h)
		fail_msg("%s", err.msg);
}

static struct rig rig_new(void)
{
	struct rig r = {.dir = temp_dir_new(), .a = arena_new(NULL)};

	rig_open(&r);
	return r;
}

static void rig_done(struct rig *r)
{
	head_chunks_close(r->h);
	temp_dir_remove(r->dir);
	arena_free(r->a);
}

/* Sizes from 2 samples to 700. */
static struct head_chunk chunk_of(struct arena *a, size_t i)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1 << 16);
	struct xor_encoder e;
	size_t n = i % 10 == 9 ? 700 : 2 + i % 7;

	xor_encoder_init(&e, &out);
	for (size_t k = 0; k < n; k++)
		xor_encoder_append(&e, (int64_t)(i * 1000 + k), (double)(i * k) / 3);
	struct str bytes = arena_str(a, buf_str(&out));
	return (struct head_chunk){
	    .series_ref = i + 1,
	    .min_t_ms = (int64_t)i * 1000,
	    .max_t_ms = (int64_t)(i * 1000 + n - 1),
	    .is_out_of_order = i % 2,
	    .data = {(const uint8_t *)bytes.p, (uint32_t)bytes.n, CHUNK_XOR, 0},
	};
}

static void expect_chunk(const struct head_chunk *got, const struct head_chunk *want)
{
	assert_int_equal(got->series_ref, want->series_ref);
	assert_int_equal(got->min_t_ms, want->min_t_ms);
	assert_int_equal(got->max_t_ms, want->max_t_ms);
	assert_int_equal(got->is_out_of_order, want->is_out_of_order);
	assert_int_equal(got->data.encoding, want->data.encoding);
	assert_int_equal(got->data.size_bytes, want->data.size_bytes);
	assert_memory_equal(got->data.data, want->data.data, want->data.size_bytes);
}

static void write_chunks(struct rig *r, size_t first, size_t end)
{
	struct err err = ERR_INIT;

	for (size_t i = first; i < end; i++) {
		struct head_chunk c = chunk_of(r->a, i);
		r->refs[i] = head_chunks_write(r->h, &c, &err);
		if (!r->refs[i])
			fail_msg("%s", err.msg);
		assert_true(i == 0 || r->refs[i] > r->refs[i - 1]);
	}
}

struct seen {
	struct rig *r;
	size_t n;
};

static bool see(head_chunk_ref ref, const struct head_chunk *c, void *arg, struct err *err)
{
	struct seen *s = arg;
	struct head_chunk want = chunk_of(s->r->a, s->n);
	(void)err;

	expect_chunk(c, &want);
	assert_int_equal(ref, s->r->refs[s->n]);
	s->n++;
	return true;
}

static size_t walk(struct rig *r, size_t *lost)
{
	struct seen s = {.r = r};
	struct err why = ERR_INIT, err = ERR_INIT;

	expect_ok(head_chunks_walk(r->h, see, &s, lost, &why, &err), err);
	if (*lost)
		assert_int_equal(why.code, ERR_CORRUPT);
	return s.n;
}

static void chunks_are_read_as_they_were_written(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct err err = ERR_INIT;
	(void)state;

	for (size_t i = 0; i < N; i++) {
		struct head_chunk got, want = chunk_of(r.a, i);
		write_chunks(&r, i, i + 1);
		expect_ok(head_chunks_read(r.h, r.refs[i], r.a, &got, &err), err);
		expect_chunk(&got, &want);
	}
	assert_true(r.refs[N - 1] >> 32 > 3);
	expect_err(
	    head_chunks_read(r.h, UINT64_C(99) << 32 | 8, r.a, &(struct head_chunk){0}, &err), err,
	    ERR_NOT_FOUND, "000099 are gone");
	expect_err(head_chunks_read(r.h, r.refs[5] + 1, r.a, &(struct head_chunk){0}, &err), err,
		   ERR_CORRUPT, "000001 at byte");
}

static void they_are_found_again_by_a_walk(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	size_t lost;
	(void)state;

	write_chunks(&r, 0, 60);
	rig_open(&r);
	assert_int_equal(walk(&r, &lost), 60);
	assert_int_equal(lost, 0);
	write_chunks(&r, 60, N);
	rig_open(&r);
	assert_int_equal(walk(&r, &lost), N);
}

static void a_broken_file_is_removed_with_those_behind_it(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	size_t lost;
	(void)state;

	write_chunks(&r, 0, N);
	head_chunks_close(take(r.h));
	char *path auto_free(mem_free) = xasprintf("%s/000002", r.dir);
	FILE *f = fopen(path, "r+b");
	fseek(f, 700, SEEK_SET);
	fputc('!', f);
	fclose(f);
	rig_open(&r);
	size_t n = walk(&r, &lost);
	assert_true(n > 10 && r.refs[n] >> 32 == 2);
	assert_true(lost >= 2);
	assert_false(fs_exists(path));
	write_chunks(&r, n, n + 3);
	/* What was whole of the broken file was told of, and is gone with it. */
	assert_int_equal(r.refs[n] >> 32, 2);
}

/* Wherever a file ends: whole chunks are found, or the file is thrown away. */
static void a_file_that_is_cut_off_anywhere_loses_no_others(void **state)
{
	struct err err = ERR_INIT;
	struct fs_info info;
	(void)state;

	for (int64_t cut = 0; cut < 1200; cut += 7) {
		struct rig r auto_done(rig_done) = rig_new();
		size_t lost;
		write_chunks(&r, 0, 9);
		head_chunks_close(take(r.h));
		char *path auto_free(mem_free) = xasprintf("%s/000001", r.dir);
		expect_ok(fs_stat(path, &info, &err), err);
		if (cut > info.size_bytes)
			break;
		assert_int_equal(truncate(path, info.size_bytes - cut), 0);
		rig_open(&r);
		assert_true(walk(&r, &lost) <= 9);
		assert_int_equal(fs_exists(path), lost == 0);
	}
}

static void old_files_are_removed_and_the_others_stay_readable(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct err err = ERR_INIT;
	struct head_chunk got;
	(void)state;

	write_chunks(&r, 0, N);
	expect_ok(head_chunks_truncate(r.h, 50 * 1000, &err), err);
	expect_err(head_chunks_read(r.h, r.refs[0], r.a, &got, &err), err, ERR_NOT_FOUND,
		   "000001 are gone");
	for (size_t i = 50; i < N; i++)
		expect_ok(head_chunks_read(r.h, r.refs[i], r.a, &got, &err), err);
	expect_ok(head_chunks_cut(r.h, &err), err);
	expect_ok(head_chunks_truncate(r.h, INT64_MAX, &err), err);
	expect_err(head_chunks_read(r.h, r.refs[N - 1], r.a, &got, &err), err, ERR_NOT_FOUND,
		   "are gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chunks_are_read_as_they_were_written),
	    cmocka_unit_test(they_are_found_again_by_a_walk),
	    cmocka_unit_test(a_broken_file_is_removed_with_those_behind_it),
	    cmocka_unit_test(a_file_that_is_cut_off_anywhere_loses_no_others),
	    cmocka_unit_test(old_files_are_removed_and_the_others_stay_readable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
