#include "base/arena.h"
#include "block/filters.h"
#include "block/markers.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"

enum { NOW_MS = 1000000 };

/* A block whose id ends with the letter. */
static struct ulid id_of(char letter)
{
	char text[] = "00000000000000000000000000";
	struct ulid id;

	text[25] = letter;
	assert_true(ulid_parse(str_of(text), &id));
	return id;
}

static void add(struct block_view *view, const struct meta *m)
{
	vec_push(&view->metas, meta_new(m));
}

/* The last letters of the ids that are left, in memory of `a`. */
static char *left(struct arena *a, const struct block_view *view)
{
	char *text = arena_printf(a, "%s", "");

	for (size_t i = 0; i < view->metas.n; i++)
		text = arena_printf(a, "%s%c", text, ulid_str(view->metas.v[i]->id)[25]);
	return text;
}

static void expect_left(struct block_filter *f, struct block_view *view, enum block_state state,
			const char *want, size_t want_dropped)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;

	expect_ok(f->apply(f, NULL, view, &err), err);
	assert_string_equal(left(a, view), want);
	assert_int_equal(view->n_in_state[state], want_dropped);
	block_view_done(view);
}

static void only_blocks_that_reach_into_the_partition_are_kept(void **state)
{
	struct time_partition_filter f;
	struct fake_clock clock;
	struct block_view view = {0};
	(void)state;

	fake_clock_init(&clock, NOW_MS);
	time_partition_filter_init(&f, (struct time_or_duration){.ms = 100},
				   (struct time_or_duration){.relative = true, .ms = -500},
				   &clock.base);
	add(&view, &(struct meta){.id = id_of('A'), .min_t_ms = 0, .max_t_ms = 99});
	add(&view, &(struct meta){.id = id_of('B'), .min_t_ms = 0, .max_t_ms = 100});
	add(&view, &(struct meta){.id = id_of('C'), .min_t_ms = NOW_MS - 500, .max_t_ms = NOW_MS});
	add(&view, &(struct meta){.id = id_of('D'), .min_t_ms = NOW_MS - 499, .max_t_ms = NOW_MS});

	expect_left(&f.base, &view, BLOCK_TIME_EXCLUDED, "BC", 2);
}

static void fresh_blocks_wait_unless_a_compactor_made_them(void **state)
{
	struct consistency_delay_filter f;
	struct fake_clock clock;
	struct block_view view = {0};
	struct ulid young = ulid_new(NOW_MS - 10), old = ulid_new(NOW_MS - 100);
	(void)state;

	fake_clock_init(&clock, NOW_MS);
	consistency_delay_filter_init(&f, 50, &clock.base);
	add(&view, &(struct meta){.id = young,
				  .source = STR("sidecar"),
				  .upload_time_ms = META_NO_UPLOAD_TIME});
	add(&view, &(struct meta){
		       .id = old, .source = STR("sidecar"), .upload_time_ms = META_NO_UPLOAD_TIME});
	add(&view, &(struct meta){.id = young, .upload_time_ms = NOW_MS - 50});
	add(&view, &(struct meta){.id = old, .upload_time_ms = NOW_MS - 49});
	add(&view, &(struct meta){.id = young,
				  .source = STR("compactor"),
				  .upload_time_ms = META_NO_UPLOAD_TIME});
	add(&view, &(struct meta){
		       .id = old, .source = STR("bucket.repair"), .upload_time_ms = NOW_MS - 1});
	struct err err = ERR_INIT;

	expect_ok(f.base.apply(&f.base, NULL, &view, &err), err);
	assert_int_equal(view.metas.n, 4);
	assert_int_equal(ulid_cmp(view.metas.v[0]->id, old), 0);
	assert_int_equal(view.n_in_state[BLOCK_TOO_FRESH], 2);
	block_view_done(&view);
}

/* --- deletion marks ------------------------------------------------------------------------ */

static void mark(struct bucket *b, char letter, int64_t age_ms)
{
	struct block_mark m = {.id = id_of(letter), .time_s = (NOW_MS - age_ms) / 1000};
	struct err err = ERR_INIT;

	expect_ok(mark_write(b, NULL, MARK_DELETION, &m, &err), err);
}

static void blocks_marked_long_ago_are_dropped(void **state)
{
	struct fake_clock clock;
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock.base);
	struct deletion_mark_filter f;
	struct block_view view = {0};
	struct err err = ERR_INIT;
	(void)state;

	fake_clock_init(&clock, NOW_MS);
	deletion_mark_filter_init(&f, b, 60000, 4, &clock.base, NULL);
	for (char c = 'A'; c <= 'E'; c++)
		add(&view, &(struct meta){.id = id_of(c)});
	mark(b, 'B', 60000);
	mark(b, 'C', 61000);
	expect_ok(bucket_put_bytes(b, NULL, STR("0000000000000000000000000D/deletion-mark.json"),
				   STR("{"), PUT_REPLACE, &err),
		  err);

	expect_left(&f.base, &view, BLOCK_MARKED_FOR_DELETION, "ABDE", 1);
	deletion_mark_filter_done(&f);
}

static void add_seen_mark(struct block_view *view, char letter, int64_t modified_ms)
{
	view->shows_marks = true;
	vec_push(&view->marked, (struct seen_mark){id_of(letter), modified_ms});
}

static void marks_that_a_view_shows_are_read_once(void **state)
{
	struct fake_clock clock;
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock.base);
	struct fault_bucket *counting = fault_bucket_new(b, FAULT_CRASH, SIZE_MAX);
	struct bucket *counted auto_free(bucket_close) = &counting->base;
	struct deletion_mark_filter f;
	(void)state;

	fake_clock_init(&clock, NOW_MS);
	deletion_mark_filter_init(&f, counted, 60000, 4, &clock.base, NULL);
	mark(b, 'A', 61000); /* not shown */
	mark(b, 'B', 61000);
	mark(b, 'C', 30000);
	for (int i = 0; i < 3; i++) {
		struct block_view view = {0};
		for (char c = 'A'; c <= 'C'; c++)
			add(&view, &(struct meta){.id = id_of(c)});
		add_seen_mark(&view, 'B', 1);
		add_seen_mark(&view, 'C', 1);
		add_seen_mark(&view, 'E', 1); /* of a block that another filter dropped */
		expect_left(&f.base, &view, BLOCK_MARKED_FOR_DELETION, i < 2 ? "AC" : "A",
			    i < 2 ? 1 : 2);
		fake_clock_advance(&clock, i == 0 ? 0 : 31000);
		assert_int_equal(counting->n_operations, 2);
	}

	/* It was made anew meanwhile. */
	struct err err = ERR_INIT;
	struct block_view view = {0};
	struct block_mark late = {.id = id_of('B'), .time_s = clock.now_ms / 1000};
	expect_ok(mark_remove(b, NULL, MARK_DELETION, id_of('B'), &err), err);
	expect_ok(mark_write(b, NULL, MARK_DELETION, &late, &err), err);
	add(&view, &(struct meta){.id = id_of('B')});
	add_seen_mark(&view, 'B', 2);
	expect_left(&f.base, &view, BLOCK_MARKED_FOR_DELETION, "B", 0);
	assert_int_equal(counting->n_operations, 3);
	deletion_mark_filter_done(&f);
}

static void a_mark_of_another_version_or_a_failing_bucket_fails_the_fetch(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct fault_bucket *faults = fault_bucket_new(b, FAULT_CRASH, 0);
	struct bucket *broken auto_free(bucket_close) = &faults->base;
	struct deletion_mark_filter f;
	struct block_view view = {0};
	struct err err = ERR_INIT;
	(void)state;

	add(&view, &(struct meta){.id = id_of('A')});
	expect_ok(bucket_put_bytes(b, NULL, STR("0000000000000000000000000A/deletion-mark.json"),
				   STR("{\"version\":9}"), PUT_REPLACE, &err),
		  err);
	deletion_mark_filter_init(&f, b, 0, 2, &clock_system, NULL);
	expect_err(f.base.apply(&f.base, NULL, &view, &err), err, ERR_UNSUPPORTED,
		   "deletion-mark.json: unexpected version 9");
	deletion_mark_filter_done(&f);
	deletion_mark_filter_init(&f, broken, 0, 2, &clock_system, NULL);
	expect_err(f.base.apply(&f.base, NULL, &view, &err), err, ERR_UNAVAILABLE,
		   "fault injected");
	deletion_mark_filter_done(&f);
	block_view_done(&view);
}

/* --- duplicates ---------------------------------------------------------------------------- */

static void add_compacted(struct block_view *view, char letter, const char *sources,
			  const struct meta *like)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta m = like ? *like : (struct meta){0};

	m.id = id_of(letter);
	m.compaction.n_sources = strlen(sources);
	m.compaction.sources = ARENA_ARRAY(a, struct ulid, m.compaction.n_sources);
	for (size_t i = 0; i < m.compaction.n_sources; i++)
		m.compaction.sources[i] = id_of(sources[i]);
	add(view, &m);
}

static void blocks_whose_sources_are_all_in_another_are_dropped(void **state)
{
	struct duplicate_filter f;
	struct block_view view = {0};
	(void)state;

	duplicate_filter_init(&f);
	add_compacted(&view, 'A', "A", NULL);
	add_compacted(&view, 'B', "B", NULL);
	add_compacted(&view, 'C', "C", NULL);
	add_compacted(&view, 'D', "BA", NULL);
	add_compacted(&view, 'E', "BC", NULL); /* C is in no other */
	add_compacted(&view, 'F', "AB", NULL); /* D came first */
	add_compacted(&view, 'G', "", NULL);   /* has all of none */

	expect_left(&f.base, &view, BLOCK_DUPLICATE, "DE", 5);
}

static void other_labels_or_resolutions_are_other_groups(void **state)
{
	struct duplicate_filter f;
	struct block_view view = {0};
	struct meta downsampled = {.resolution_ms = 300000};
	struct meta labelled = {.labels = LABELS(LABEL("a", "1"))};
	(void)state;

	duplicate_filter_init(&f);
	add_compacted(&view, 'A', "A", NULL);
	add_compacted(&view, 'B', "AB", &downsampled);
	add_compacted(&view, 'C', "AB", &labelled);
	add_compacted(&view, 'D', "A", &labelled);

	expect_left(&f.base, &view, BLOCK_DUPLICATE, "ABC", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_blocks_that_reach_into_the_partition_are_kept),
	    cmocka_unit_test(fresh_blocks_wait_unless_a_compactor_made_them),
	    cmocka_unit_test(blocks_marked_long_ago_are_dropped),
	    cmocka_unit_test(marks_that_a_view_shows_are_read_once),
	    cmocka_unit_test(a_mark_of_another_version_or_a_failing_bucket_fails_the_fetch),
	    cmocka_unit_test(blocks_whose_sources_are_all_in_another_are_dropped),
	    cmocka_unit_test(other_labels_or_resolutions_are_other_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
