#include "head/isolation.h"

#include "base/lock.h"
#include "tests/lib/expect.h"

#include <pthread.h>
#include <stdatomic.h>

static void a_reader_sees_what_had_ended_when_it_began(void **state)
{
	struct isolation *s auto_free(isolation_free) = isolation_new();
	struct append_ticket a, b, c;
	struct read_view v;
	(void)state;

	isolation_begin_append(s, &a);
	isolation_begin_append(s, &b);
	isolation_end_append(s, &a);
	isolation_begin_read(s, &v);
	isolation_begin_append(s, &c);
	isolation_end_append(s, &b);
	isolation_end_append(s, &c);
	assert_true(read_view_sees(&v, a.id));
	assert_false(read_view_sees(&v, b.id));
	assert_false(read_view_sees(&v, c.id));
	isolation_end_read(s, &v);
	isolation_begin_read(s, &v);
	assert_true(read_view_sees(&v, b.id) && read_view_sees(&v, c.id));
	isolation_end_read(s, &v);
}

static void what_is_settled_waits_for_the_oldest_reader_and_append(void **state)
{
	struct isolation *s auto_free(isolation_free) = isolation_new();
	struct append_ticket a, b;
	struct read_view v;
	(void)state;

	assert_int_equal(isolation_settled(s), 1);
	isolation_begin_append(s, &a);
	isolation_begin_append(s, &b);
	isolation_end_append(s, &b);
	assert_int_equal(isolation_settled(s), 1);
	isolation_begin_read(s, &v);
	isolation_end_append(s, &a);
	assert_int_equal(isolation_settled(s), 1);
	isolation_end_read(s, &v);
	assert_int_equal(isolation_settled(s), 3);
}

static void all_samples_from_the_first_hidden_one_on_are_hidden(void **state)
{
	struct isolation *s auto_free(isolation_free) = isolation_new();
	struct append_ids ids auto_done(append_ids_done) = {0};
	struct append_ticket tickets[9];
	struct read_view v;
	(void)state;

	for (size_t i = 0; i < 9; i++)
		isolation_begin_append(s, &tickets[i]);
	for (size_t i = 0; i < 9; i++)
		if (i != 5)
			isolation_end_append(s, &tickets[i]);
	for (size_t i = 0; i < 9; i++)
		append_ids_add(&ids, tickets[i].id);
	isolation_begin_read(s, &v);
	assert_int_equal(append_ids_count_hidden(&ids, &v), 4);
	append_ids_forget(&ids, isolation_settled(s));
	assert_int_equal(ids.n, 4);
	assert_int_equal(append_ids_count_hidden(&ids, &v), 4);
	isolation_end_append(s, &tickets[5]);
	isolation_end_read(s, &v);
	append_ids_forget(&ids, isolation_settled(s));
	assert_int_equal(ids.n, 0);
}

/* Two series that get a sample each in every append: readers find as many in one as in the other.
 */
struct pair {
	struct isolation *s;
	struct {
		struct mutex mu;
		struct append_ids ids;
		size_t n;
	} series[2];
	_Atomic bool is_over;
};

static void *append_pairs(void *arg)
{
	struct pair *p = arg;

	for (size_t k = 0; k < 3000; k++) {
		struct append_ticket t;
		isolation_begin_append(p->s, &t);
		uint64_t settled = isolation_settled(p->s);
		for (size_t i = 0; i < 2; i++) {
			MUTEX_HOLD(&p->series[i].mu);
			append_ids_forget(&p->series[i].ids, settled);
			append_ids_add(&p->series[i].ids, t.id);
			p->series[i].n++;
		}
		isolation_end_append(p->s, &t);
	}
	return NULL;
}

static size_t count_seen(struct pair *p, size_t i, const struct read_view *v)
{
	MUTEX_HOLD(&p->series[i].mu);

	return p->series[i].n - append_ids_count_hidden(&p->series[i].ids, v);
}

static void *read_pairs(void *arg)
{
	struct pair *p = arg;
	size_t before = 0;

	while (!p->is_over) {
		struct read_view v;
		isolation_begin_read(p->s, &v);
		size_t a = count_seen(p, 0, &v), b = count_seen(p, 1, &v);
		isolation_end_read(p->s, &v);
		assert_int_equal(a, b);
		assert_true(a >= before);
		before = a;
	}
	return NULL;
}

static void appends_are_seen_whole_by_readers_at_any_time(void **state)
{
	struct pair p = {.s = isolation_new()};
	pthread_t writer, readers[2];
	(void)state;

	for (size_t i = 0; i < 2; i++)
		mutex_init(&p.series[i].mu, RANK_SERIES);
	for (size_t i = 0; i < 2; i++)
		pthread_create(&readers[i], NULL, read_pairs, &p);
	pthread_create(&writer, NULL, append_pairs, &p);
	pthread_join(writer, NULL);
	p.is_over = true;
	for (size_t i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(p.series[0].n, 3000);
	for (size_t i = 0; i < 2; i++) {
		append_ids_done(&p.series[i].ids);
		mutex_done(&p.series[i].mu);
	}
	isolation_free(p.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reader_sees_what_had_ended_when_it_began),
	    cmocka_unit_test(what_is_settled_waits_for_the_oldest_reader_and_append),
	    cmocka_unit_test(all_samples_from_the_first_hidden_one_on_are_hidden),
	    cmocka_unit_test(appends_are_seen_whole_by_readers_at_any_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
