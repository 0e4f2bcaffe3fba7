#include "block/filters.h"
#include "tests/lib/expect.h"

#include <stdio.h>

static struct ulid id_of(char letter)
{
	char text[] = "01HZX00000000000000000000A";
	struct ulid id;

	text[25] = letter;
	assert_true(ulid_parse(str_of(text), &id));
	return id;
}

static void add(struct block_view *view, char letter, struct labels labels)
{
	vec_push(&view->metas, meta_new(&(struct meta){.id = id_of(letter), .labels = labels}));
}

static void expect_left(const struct block_view *view, const char *want)
{
	char got[32] = "";

	for (size_t i = 0; i < view->metas.n; i++)
		got[i] = ulid_str(view->metas.v[i]->id)[25];
	assert_string_equal(got, want);
}

static struct relabel *parse(const char *yaml)
{
	struct relabel *r = NULL;
	struct err err = ERR_INIT;

	expect_ok(relabel_parse(str_of(yaml), RELABEL_SELECTOR, &r, &err), err);
	return r;
}

static void apply(struct block_filter *f, struct block_view *view)
{
	struct err err = ERR_INIT;

	expect_ok(f->apply(f, NULL, view, &err), err);
}

static void blocks_are_kept_by_their_external_labels(void **state)
{
	struct relabel *rules auto_free(relabel_free) =
	    parse("[{source_labels: [cluster], regex: eu.*, action: keep}]");
	struct relabel_filter f;
	struct block_view view = {0};
	(void)state;

	relabel_filter_init(&f, rules, NULL, 0);
	add(&view, 'A', LABELS(LABEL("cluster", "eu-1")));
	add(&view, 'B', LABELS(LABEL("cluster", "us-1")));
	add(&view, 'C', (struct labels){0});
	apply(&f.base, &view);

	expect_left(&view, "A");
	assert_int_equal(view.n_in_state[BLOCK_LABEL_EXCLUDED], 2);
	block_view_done(&view);
}

static void without_rules_all_blocks_are_kept(void **state)
{
	struct relabel_filter f;
	struct block_view view = {0};
	(void)state;

	relabel_filter_init(&f, NULL, NULL, 0);
	add(&view, 'A', (struct labels){0});
	apply(&f.base, &view);

	expect_left(&view, "A");
	block_view_done(&view);
}

/* The remainders of md5 were computed with md5sum. */
static void blocks_are_shared_out_by_their_id(void **state)
{
	static const char *const want[] = {"DE", "ABCFGH"};
	(void)state;

	for (int shard = 0; shard < 2; shard++) {
		char yaml[256];
		snprintf(yaml, sizeof(yaml),
			 "[{source_labels: [__block_id], modulus: 2, target_label: shard, action: "
			 "hashmod}, {source_labels: [shard], regex: %d, action: keep}]",
			 shard);
		struct relabel *rules auto_free(relabel_free) = parse(yaml);
		struct relabel_filter f;
		struct block_view view = {0};
		relabel_filter_init(&f, rules, NULL, 0);
		for (char c = 'A'; c <= 'H'; c++)
			add(&view, c, LABELS(LABEL("cluster", "eu")));
		apply(&f.base, &view);

		expect_left(&view, want[shard]);
		block_view_done(&view);
	}
}

static void hidden_labels_do_not_count(void **state)
{
	static const struct str hidden[] = {{"replica", 7}};
	struct relabel *rules auto_free(relabel_free) =
	    parse("[{source_labels: [replica], regex: a, action: drop}]");
	struct relabel_filter f;
	struct block_view view = {0};
	(void)state;

	relabel_filter_init(&f, rules, hidden, 1);
	add(&view, 'A', LABELS(LABEL("replica", "a")));
	apply(&f.base, &view);

	expect_left(&view, "A");
	block_view_done(&view);
}

static void rules_that_cannot_be_applied_fail_the_fetch(void **state)
{
	struct buf yaml auto_done(buf_done) = BUF_INIT(1 << 16);
	struct relabel *rules = NULL;
	struct relabel_filter f;
	struct block_view view = {0};
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 14; i++)
		buf_puts(&yaml, "- {source_labels: [a], target_label: a, replacement: "
				"$1$1$1$1}\n");
	expect_ok(relabel_parse(buf_str(&yaml), RELABEL_ANY, &rules, &err), err);
	relabel_filter_init(&f, rules, NULL, 0);
	add(&view, 'A', LABELS(LABEL("a", "x")));
	expect_err(f.base.apply(&f.base, NULL, &view, &err), err, ERR_LIMIT,
		   "labels of block 01HZX00000000000000000000A");
	relabel_free(rules);
	block_view_done(&view);
}

/* --- replica labels ------------------------------------------------------------------------ */

static void expect_labels(const struct meta *m, const char *want)
{
	struct buf text auto_done(buf_done) = BUF_INIT(1024);

	labels_format(&text, m->labels);
	expect_str(buf_str(&text), want);
}

static void replica_labels_are_taken_from_all_blocks(void **state)
{
	static const struct str replicas[] = {{"replica", 7}, {"rule_replica", 12}};
	struct replica_label_filter f;
	struct block_view view = {0};
	(void)state;

	replica_label_filter_init(&f, replicas, 2, NULL);
	add(&view, 'A', LABELS(LABEL("cluster", "eu"), LABEL("replica", "1")));
	add(&view, 'B', LABELS(LABEL("cluster", "eu")));
	add(&view, 'C', LABELS(LABEL("replica", "1"), LABEL("rule_replica", "2")));
	apply(&f.base, &view);

	assert_int_equal(view.metas.n, 3);
	expect_labels(view.metas.v[0], "{cluster=\"eu\"}");
	expect_labels(view.metas.v[1], "{cluster=\"eu\"}");
	expect_labels(view.metas.v[2], "{replica=\"deduped\"}");
	assert_int_equal(view.n_replica_labels_removed, 3);
	block_view_done(&view);
}

static void whoever_else_holds_a_meta_keeps_its_labels(void **state)
{
	static const struct str replicas[] = {{"replica", 7}};
	struct replica_label_filter f;
	struct block_view view = {0};
	(void)state;

	replica_label_filter_init(&f, replicas, 1, NULL);
	add(&view, 'A', LABELS(LABEL("a", "1"), LABEL("replica", "1")));
	struct meta *held auto_free(meta_unref) = meta_ref(view.metas.v[0]);
	apply(&f.base, &view);

	expect_labels(held, "{a=\"1\", replica=\"1\"}");
	expect_labels(view.metas.v[0], "{a=\"1\"}");
	block_view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_are_kept_by_their_external_labels),
	    cmocka_unit_test(without_rules_all_blocks_are_kept),
	    cmocka_unit_test(blocks_are_shared_out_by_their_id),
	    cmocka_unit_test(hidden_labels_do_not_count),
	    cmocka_unit_test(rules_that_cannot_be_applied_fail_the_fetch),
	    cmocka_unit_test(replica_labels_are_taken_from_all_blocks),
	    cmocka_unit_test(whoever_else_holds_a_meta_keeps_its_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
