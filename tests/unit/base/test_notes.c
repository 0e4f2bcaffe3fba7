#include "base/notes.h"
#include "tests/lib/expect.h"

static void equal_notes_are_kept_once(void **state)
{
	struct notes notes;
	(void)state;
	notes_init(&notes);

	notes_add(&notes, NOTE_WARNING, "store %s failed", "a");
	notes_add(&notes, NOTE_WARNING, "store %s failed", "a");
	notes_add(&notes, NOTE_PROMQL_INFO, "store %s failed", "a");

	assert_int_equal(notes.n, 2);
	assert_int_equal(notes_count(&notes, NOTE_WARNING), 1);
	assert_int_equal(notes_count(&notes, NOTE_PROMQL_WARNING), 0);
	assert_string_equal(notes.v[0].text, "store a failed");
	notes_done(&notes);
}

static void notes_beyond_the_maximum_are_counted_only(void **state)
{
	struct notes notes;
	(void)state;
	notes_init(&notes);

	for (int i = 0; i < NOTES_MAX + 5; i++)
		notes_add(&notes, NOTE_WARNING, "%d", i);

	assert_int_equal(notes.n, NOTES_MAX);
	assert_int_equal(notes.n_dropped, 5);
	notes_done(&notes);
}

static void notes_can_be_handed_on_and_dropped(void **state)
{
	struct notes from, to;
	(void)state;
	notes_init(&from);
	notes_init(&to);

	notes_add(NULL, NOTE_WARNING, "nobody listens");
	notes_add(&from, NOTE_WARNING, "a");
	notes_add(&from, NOTE_PROMQL_WARNING, "b");
	notes_add(&to, NOTE_WARNING, "a");
	notes_add_all(&to, &from);
	notes_add_all(NULL, &from);

	assert_int_equal(to.n, 2);
	assert_int_equal(from.n, 2);
	notes_done(&from);
	notes_done(&to);
}

static void *add_many(void *notes)
{
	for (int i = 0; i < 500; i++)
		notes_add(notes, NOTE_WARNING, "%d", i % 50);
	return NULL;
}

static void threads_may_add_at_once(void **state)
{
	struct notes notes;
	pthread_t threads[4];
	(void)state;
	notes_init(&notes);

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, add_many, &notes);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);

	assert_int_equal(notes_count(&notes, NOTE_WARNING), 50);
	notes_done(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_notes_are_kept_once),
	    cmocka_unit_test(notes_beyond_the_maximum_are_counted_only),
	    cmocka_unit_test(notes_can_be_handed_on_and_dropped),
	    cmocka_unit_test(threads_may_add_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
