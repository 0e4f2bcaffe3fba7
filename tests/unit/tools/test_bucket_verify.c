#include "base/alloc.h"
#include "block/block_id.h"
#include "block/markers.h"
#include "block/meta.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/golden_block.h"
#include "tools/bucket_verify.h"

#include <fcntl.h>
#include <unistd.h>

#define A "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define B "01BBBBBBBBBBBBBBBBBBBBBBBB"
#define C "01CCCCCCCCCCCCCCCCCCCCCCCC"

struct fixture {
	struct bucket *bucket, *backup;
	struct logger *logger;
	int read_fd, write_fd;
	enum bucket_issue issue;
	struct bucket_verify_options options;
};

static int set_up(void **state)
{
	static struct fixture f;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	f = (struct fixture){
	    .bucket = inmem_bucket_new(&clock_system),
	    .backup = inmem_bucket_new(&clock_system),
	    .read_fd = fds[0],
	    .write_fd = fds[1],
	    .logger = logger_new(&(struct logger_options){.fd = fds[1], .level = LOG_LEVEL_WARN}),
	};
	f.options = (struct bucket_verify_options){
	    .bucket = f.bucket,
	    .backup = f.backup,
	    .issues = &f.issue,
	    .n_issues = 1,
	    .clock = &clock_system,
	    .logger = f.logger,
	};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bucket_close(f->bucket);
	bucket_close(f->backup);
	logger_free(f->logger);
	close(f->read_fd);
	close(f->write_fd);
	return 0;
}

/* What was logged has all of these parts; "" stands for nothing. */
static void expect_said(struct fixture *f, const char *const *parts, size_t n)
{
	static char said[65536];
	ssize_t got = read(f->read_fd, said, sizeof(said) - 1);

	said[got > 0 ? got : 0] = '\0';
	if (n == 0)
		assert_string_equal(said, "");
	for (size_t i = 0; i < n; i++)
		if (!strstr(said, parts[i]))
			fail_msg("got  %s\nwant %s", said, parts[i]);
}

#define EXPECT_SAID(f, ...)                                                                        \
	expect_said((f), (const char *const[]){__VA_ARGS__},                                       \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void verify(struct fixture *f, enum bucket_issue issue)
{
	struct err err = ERR_INIT;

	f->issue = issue;
	expect_ok(bucket_verify(&f->options, NULL, &err), err);
}

static bool has_block(struct bucket *b, const char *ulid)
{
	struct err err = ERR_INIT;
	struct ulid id;
	bool exists;

	assert_true(ulid_parse(str_of(ulid), &id));
	expect_ok(bucket_exists(b, NULL, block_object(id, "meta.json"), &exists, &err), err);
	return exists;
}

/* Two blocks of the same compaction. */
static void put_duplicates(struct bucket *b)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct meta m;
	struct ulid source;
	struct err err = ERR_INIT;

	golden_block_put(b, &(struct golden_block){.ulid = A});
	golden_block_put(b, &(struct golden_block){.ulid = B});
	assert_true(ulid_parse(STR(C), &source));
	for (int i = 0; i < 2; i++) {
		struct str name = i ? STR(A "/meta.json") : STR(B "/meta.json");
		buf_clear(&text);
		expect_ok(bucket_get_bytes(b, NULL, name, 0, BUCKET_TO_END, &text, &err), err);
		expect_ok(meta_parse(buf_str(&text), a, &m, &err), err);
		m.compaction.sources = &source;
		m.compaction.n_sources = 1;
		buf_clear(&text);
		meta_write(&m, &text);
		expect_ok(bucket_put_bytes(b, NULL, name, buf_str(&text), PUT_REPLACE, &err), err);
	}
}

static void overlapping_blocks_of_a_group_are_told(void **state)
{
	struct fixture *f = *state;

	golden_block_put(f->bucket,
			 &(struct golden_block){.ulid = A, .min_t_ms = 1, .max_t_ms = 7200001});
	golden_block_put(f->bucket, &(struct golden_block){.ulid = B,
							   .labels = "{\"c\":\"us\"}",
							   .min_t_ms = 1,
							   .max_t_ms = 7200001});
	verify(f, ISSUE_OVERLAPPED_BLOCKS);
	expect_said(f, NULL, 0);

	golden_block_put(
	    f->bucket, &(struct golden_block){.ulid = C, .min_t_ms = 3600001, .max_t_ms = 7200001});
	verify(f, ISSUE_OVERLAPPED_BLOCKS);
	EXPECT_SAID(f, "found overlapped blocks", "group=0@",
		    "[mint: 3600001, maxt: 7200001, range: 1h0m0s, blocks: 2]: <ulid: " A);
}

static void blocks_that_are_marked_for_deletion_do_not_count(void **state)
{
	struct fixture *f = *state;
	struct block_mark mark = {.time_s = 1};
	struct err err = ERR_INIT;

	golden_block_put(f->bucket, &(struct golden_block){.ulid = A});
	golden_block_put(f->bucket, &(struct golden_block){.ulid = B});
	assert_true(ulid_parse(STR(B), &mark.id));
	expect_ok(mark_write(f->bucket, NULL, MARK_DELETION, &mark, &err), err);
	verify(f, ISSUE_OVERLAPPED_BLOCKS);
	expect_said(f, NULL, 0);
}

static void an_index_is_held_against_the_block_s_times(void **state)
{
	struct fixture *f = *state;

	golden_block_put(f->bucket, &(struct golden_block){.ulid = A});
	verify(f, ISSUE_INDEX_KNOWN_ISSUES);
	expect_said(f, NULL, 0);

	golden_block_put(f->bucket,
			 &(struct golden_block){.ulid = B, .min_t_ms = 1, .max_t_ms = 7200001});
	verify(f, ISSUE_INDEX_KNOWN_ISSUES);
	EXPECT_SAID(f, "detected issue", B, "chunks completely outside the block time range");
}

static void only_the_named_blocks_are_looked_into(void **state)
{
	struct fixture *f = *state;
	struct ulid id;
	struct err err = ERR_INIT;

	golden_block_put(f->bucket,
			 &(struct golden_block){.ulid = A, .min_t_ms = 1, .max_t_ms = 7200001});
	golden_block_put(f->bucket, &(struct golden_block){.ulid = B});
	assert_true(ulid_parse(STR(B), &id));
	f->options.ids = &id;
	f->options.n_ids = 1;
	verify(f, ISSUE_INDEX_KNOWN_ISSUES);
	expect_said(f, NULL, 0);

	f->issue = ISSUE_OVERLAPPED_BLOCKS;
	expect_err(bucket_verify(&f->options, NULL, &err), err, ERR_INVALID,
		   "verify overlapped_blocks: id matching is not supported");
}

static void an_index_that_cannot_be_read_is_an_issue(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	golden_block_put(f->bucket, &(struct golden_block){.ulid = A});
	golden_block_put(f->bucket, &(struct golden_block){.ulid = B});
	expect_ok(
	    bucket_put_bytes(f->bucket, NULL, STR(A "/index"), STR("garbage"), PUT_REPLACE, &err),
	    err);
	expect_ok(bucket_remove(f->bucket, NULL, STR(B "/index"), &err), err);
	verify(f, ISSUE_INDEX_KNOWN_ISSUES);
	EXPECT_SAID(f, "id=" A, "id=" B);
}

static void duplicated_blocks_are_told_and_removed(void **state)
{
	struct fixture *f = *state;

	put_duplicates(f->bucket);
	verify(f, ISSUE_DUPLICATED_COMPACTION);
	EXPECT_SAID(f, "found duplicated blocks", "keep=" A, "kill=" B, "num=1");
	assert_true(has_block(f->bucket, B));

	f->options.repair = true;
	verify(f, ISSUE_DUPLICATED_COMPACTION);
	assert_true(has_block(f->bucket, A));
	assert_false(has_block(f->bucket, B));
	assert_true(has_block(f->backup, B));
	assert_false(has_block(f->backup, A));
}

static void with_a_delay_duplicated_blocks_are_marked(void **state)
{
	struct fixture *f = *state;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct block_mark mark;
	struct ulid id;
	struct err err = ERR_INIT;

	put_duplicates(f->bucket);
	f->options.repair = true;
	f->options.delete_delay_ms = 1;
	verify(f, ISSUE_DUPLICATED_COMPACTION);
	assert_true(has_block(f->bucket, B) && has_block(f->backup, B));
	assert_true(ulid_parse(STR(B), &id));
	expect_ok(mark_read(f->bucket, NULL, MARK_DELETION, id, a, &mark, &err), err);
	expect_str(mark.details, "manual verify-repair");
}

static void overlaps_of_different_blocks_are_left_alone(void **state)
{
	struct fixture *f = *state;

	golden_block_put(f->bucket, &(struct golden_block){.ulid = A});
	golden_block_put(f->bucket, &(struct golden_block){.ulid = B,
							   .min_t_ms = GOLDEN_PLAIN_MIN_T_MS,
							   .max_t_ms = GOLDEN_PLAIN_MAX_T_MS - 1});
	f->options.repair = true;
	verify(f, ISSUE_DUPLICATED_COMPACTION);
	EXPECT_SAID(f, "all of the blocks are unique", "num=0");
	assert_true(has_block(f->bucket, B));
}

static void a_block_that_is_in_the_backup_already_is_not_removed(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	put_duplicates(f->bucket);
	golden_block_put(f->backup, &(struct golden_block){.ulid = B});
	f->options.repair = true;
	f->issue = ISSUE_DUPLICATED_COMPACTION;
	expect_err(bucket_verify(&f->options, NULL, &err), err, ERR_EXISTS,
		   B " dir seems to exists in backup bucket");
	assert_true(has_block(f->bucket, B));
}

/* Whatever fails, one of the two buckets has all of the block. */
static void a_repair_that_is_cut_off_loses_nothing(void **state)
{
	struct fixture *f = *state;

	for (size_t at = 0;; at++) {
		struct bucket *backup auto_free(bucket_close) = inmem_bucket_new(&clock_system);
		put_duplicates(f->bucket);
		struct fault_bucket *faulty = fault_bucket_new(backup, FAULT_CRASH, at);
		struct err err = ERR_INIT;
		f->issue = ISSUE_DUPLICATED_COMPACTION;
		f->options.repair = true;
		f->options.backup = &faulty->base;
		bool ok = bucket_verify(&f->options, NULL, &err);
		bool more = faulty->n_operations > at;
		bucket_close(&faulty->base);
		assert_true(ok == !more);
		assert_true(has_block(ok ? backup : f->bucket, B));
		if (!more)
			break;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(overlapping_blocks_of_a_group_are_told),
	    TEST(blocks_that_are_marked_for_deletion_do_not_count),
	    TEST(an_index_is_held_against_the_block_s_times),
	    TEST(only_the_named_blocks_are_looked_into),
	    TEST(an_index_that_cannot_be_read_is_an_issue),
	    TEST(duplicated_blocks_are_told_and_removed),
	    TEST(with_a_delay_duplicated_blocks_are_marked),
	    TEST(overlaps_of_different_blocks_are_left_alone),
	    TEST(a_block_that_is_in_the_backup_already_is_not_removed),
	    TEST(a_repair_that_is_cut_off_loses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
