#include "store/label_list.h"

#include "tests/lib/expect.h"

/* The list "a b c" after settling, as text. */
static void expect_settled(const char *words, const struct label_request *req, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str_list list = {0};
	struct str word, rest = str_of(words);

	while (rest.n > 0) {
		rest = str_split(rest, ' ', &word);
		ARENA_PUSH(a, &list, word);
	}
	label_list_settle(&list, req);
	for (size_t i = 0; i < list.n; i++)
		buf_printf(&out, "%s%.*s", i ? " " : "", STR_FMT(list.v[i]));
	expect_str(buf_str(&out), want);
}

static void names_ascend_and_come_once(void **state)
{
	struct label_request req = {0};
	(void)state;

	expect_settled("b a b c a", &req, "a b c");
	expect_settled("", &req, "");
}

static void a_limit_cuts_what_remains(void **state)
{
	static const struct str drop[] = {{"a", 1}};
	struct label_request req = {
	    .limit = 2, .without_replica_labels = drop, .n_without_replica_labels = 1};
	(void)state;

	expect_settled("d c b a", &req, "b c");
	req.limit = 9;
	expect_settled("d c b a", &req, "b c d");
}

static void dropped_labels_are_names_not_values(void **state)
{
	static const struct str drop[] = {{"a", 1}, {"c", 1}};
	struct label_request req = {
	    .label = STR("x"), .without_replica_labels = drop, .n_without_replica_labels = 2};
	(void)state;

	expect_settled("c b a", &req, "a b c");
	assert_true(label_is_dropped(STR("c"), &req));
	assert_false(label_is_dropped(STR("b"), &req));
	req.label = (struct str){0};
	expect_settled("c b a", &req, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_ascend_and_come_once),
	    cmocka_unit_test(a_limit_cuts_what_remains),
	    cmocka_unit_test(dropped_labels_are_names_not_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
