#include "fleet/active_queries.h"

#include "tests/lib/expect.h"

struct rig {
	struct fake_clock clock;
	struct active_queries *queries;
	struct arena *arena;
	struct ctx *ctx[3];
	struct active_query entries[3];
};

/* Of tenants a, b and a; the second one waits for its turn. */
static int three_queries(void **state)
{
	static const char *const texts[] = {"first", "second", "third"};
	static const char *const tenants[] = {"a", "b", "a"};
	static struct rig r;

	r = (struct rig){.arena = arena_new(NULL)};
	fake_clock_init(&r.clock, 100000);
	r.queries = active_queries_new(&r.clock.base, NULL);
	for (size_t i = 0; i < 3; i++) {
		struct query_request req = {
		    .text = str_of(texts[i]), .tenant = str_of(tenants[i]), .start_ms = 5};
		r.ctx[i] = ctx_new(NULL, CTX_NO_DEADLINE);
		active_queries_add(r.queries, &r.entries[i], &req, r.ctx[i]);
		if (i != 1)
			active_queries_start(r.queries, &r.entries[i]);
	}
	*state = &r;
	return 0;
}

static int done(void **state)
{
	struct rig *r = *state;

	for (size_t i = 0; i < 3; i++) {
		active_queries_remove(r->queries, &r->entries[i]);
		ctx_free(r->ctx[i]);
	}
	active_queries_free(r->queries);
	arena_free(r->arena);
	return 0;
}

static void queries_are_listed_in_the_order_they_came(void **state)
{
	struct rig *r = *state;

	struct active_query_list all = active_queries_list(r->queries, (struct str){0}, r->arena);
	assert_int_equal(all.n, 3);
	expect_str(all.v[0].text, "first");
	expect_str(all.v[2].text, "third");
	assert_false(all.v[0].is_waiting);
	assert_true(all.v[1].is_waiting);
	assert_int_equal(all.v[1].asked_ms, 100000);
	assert_true(all.v[0].id < all.v[1].id && all.v[1].id < all.v[2].id);

	active_queries_remove(r->queries, &r->entries[1]);
	all = active_queries_list(r->queries, (struct str){0}, r->arena);
	assert_int_equal(all.n, 2);
	expect_str(all.v[1].text, "third");
}

static void a_tenant_sees_its_own(void **state)
{
	struct rig *r = *state;

	struct active_query_list own = active_queries_list(r->queries, STR("b"), r->arena);
	assert_int_equal(own.n, 1);
	expect_str(own.v[0].text, "second");
	assert_int_equal(active_queries_list(r->queries, STR("c"), r->arena).n, 0);
}

static void a_query_is_canceled_by_its_id(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	expect_ok(active_queries_cancel(r->queries, r->entries[2].info.id, STR("a"), &err), err);
	assert_true(ctx_done(r->ctx[2]));
	assert_false(ctx_done(r->ctx[0]));
	expect_err(active_queries_cancel(r->queries, r->entries[0].info.id, STR("b"), &err), err,
		   ERR_NOT_FOUND, "no active query has the id 1");
	expect_err(active_queries_cancel(r->queries, 77, (struct str){0}, &err), err, ERR_NOT_FOUND,
		   "77");
	active_queries_remove(r->queries, &r->entries[1]);
	expect_err(active_queries_cancel(r->queries, r->entries[1].info.id, (struct str){0}, &err),
		   err, ERR_NOT_FOUND, "no active query");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(queries_are_listed_in_the_order_they_came,
					    three_queries, done),
	    cmocka_unit_test_setup_teardown(a_tenant_sees_its_own, three_queries, done),
	    cmocka_unit_test_setup_teardown(a_query_is_canceled_by_its_id, three_queries, done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
