/* test_series_receiver.c - a server that sends what the test tells it, right or wrong. */
#include "rpc/series_receiver.h"

#include "proto/series_frame.h"
#include "rpc/rpc_names.h"
#include "rpc/store_client.h"
#include "tests/lib/expect.h"
#include "tests/lib/rpc_rig.h"
#include "tests/lib/series_text.h"

/* Lines of series_text.h make up messages: "a message of one series", "of two\nseries", "!a
 * warning", "?" for a message that is broken, "" for an empty one. */
struct fixture {
	struct rpc_rig rig;
	struct arena *a;
	const char *const *messages;
	size_t n_messages;
	struct store_api *client;
	struct notes notes;
	struct tracker tracker;
};

static void encode_series(struct pb_writer *w, const char *lines)
{
	struct arena *a = arena_new(NULL);
	struct series v[10];
	size_t n = 0;
	struct str rest = str_of(lines), line;

	while (rest.n) {
		rest = str_split(rest, '\n', &line);
		v[n++] = series_from_text(a, arena_cstr(a, line));
	}
	if (n == 1)
		series_frame_encode(w, &v[0]);
	else
		series_frame_encode_batch(w, v, n);
	arena_free(a);
}

static bool serve(struct grpc_call *call, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct pb_writer w auto_done(pb_writer_done);

	pb_writer_init(&w, 100000, NULL);
	for (size_t i = 0; i < f->n_messages; i++) {
		const char *m = f->messages[i];
		pb_writer_clear(&w);
		if (m[0] == '!')
			series_frame_encode_warning(&w, str_of(m + 1));
		else if (m[0] == '?')
			pb_put_bytes(&w, 1, STR("\x0a\x7f"));
		else if (m[0])
			encode_series(&w, m);
		if (!grpc_call_send(call, pb_written(&w), err))
			return false;
	}
	return true;
}

static int set_up(void **state)
{
	static struct fixture f;
	f = (struct fixture){.a = arena_new(NULL)};
	rpc_rig_init(&f.rig, NULL);
	grpc_server_handle(f.rig.server, RPC_STORE_SERIES, serve, &f);
	struct store_client_options options = {
	    .channel = {.loops = f.rig.loops, .max_window_bytes = 64 * 1024}};
	f.client = store_client_new(rpc_rig_listen(&f.rig), &options);
	notes_init(&f.notes);
	tracker_init(&f.tracker, NULL, "the query", "--query.max-memory", 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	store_close(f->client);
	rpc_rig_done(&f->rig);
	notes_done(&f->notes);
	assert_int_equal(f->tracker.used_bytes, 0);
	arena_free(f->a);
	return 0;
}

static struct series_iter *ask(struct fixture *f, const char *const *messages, size_t n)
{
	static const struct series_request req;
	struct err err = ERR_INIT;
	f->messages = messages;
	f->n_messages = n;
	return store_series(f->client, NULL, &req, &f->notes, &f->tracker, &err);
}

#define ASK(f, ...)                                                                                \
	ask(f, (const char *const[]){__VA_ARGS__},                                                 \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void expect_series(struct fixture *f, struct series_iter *it, const char *want)
{
	char *expected = series_to_text(f->a, series_stream(f->a, want));
	assert_string_equal(series_to_text(f->a, it), expected);
}

static void parts_of_one_series_are_joined(void **state)
{
	struct fixture *f = *state;

	expect_series(f,
		      ASK(f, "a=\"1\" | 0-1:x", "a=\"1\" | 2-3:y", "a=\"1\" | 4-5:z 6-7:w",
			  "a=\"2\" | 0-1:x", "a=\"3\"", "a=\"3\" | 0-1:x"),
		      "a=\"1\" | 0-1:x 2-3:y 4-5:z 6-7:w\n"
		      "a=\"2\" | 0-1:x\n"
		      "a=\"3\" | 0-1:x\n");
}

static void parts_are_joined_within_and_across_batches(void **state)
{
	struct fixture *f = *state;

	expect_series(f,
		      ASK(f,
			  "a=\"1\" | 0-1:x\n"
			  "a=\"1\" | 2-3:y\n"
			  "a=\"2\" | 0-1:x",
			  "a=\"2\" | 2-3:y\n"
			  "a=\"3\" | 0-1:x\n"
			  "a=\"4\" | 0-1:x",
			  "a=\"4\" | 2-3:y", "a=\"5\" | 0-1:x"),
		      "a=\"1\" | 0-1:x 2-3:y\n"
		      "a=\"2\" | 0-1:x 2-3:y\n"
		      "a=\"3\" | 0-1:x\n"
		      "a=\"4\" | 0-1:x 2-3:y\n"
		      "a=\"5\" | 0-1:x\n");
}

static void warnings_may_stand_anywhere(void **state)
{
	struct fixture *f = *state;

	expect_series(
	    f, ASK(f, "!first", "a=\"1\" | 0-1:x", "!second", "a=\"1\" | 2-3:y", "", "!third"),
	    "a=\"1\" | 0-1:x 2-3:y\n");
	assert_int_equal(notes_count(&f->notes, NOTE_WARNING), 3);
	assert_string_equal(f->notes.v[2].text, "third");
}

static void a_stream_without_series_is_empty(void **state)
{
	struct fixture *f = *state;

	expect_series(f, ASK(f, "!nothing here", ""), "");
	expect_series(f, ask(f, NULL, 0), "");
}

static void what_came_before_a_broken_message_is_handed_out(void **state)
{
	struct fixture *f = *state;
	struct series_iter *it = ASK(f, "a=\"1\" | 0-1:x", "a=\"2\" | 0-1:x", "?");
	struct series s;
	struct err err = ERR_INIT;

	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	expect_str(labels_get(s.labels, STR("a")), "2");
	assert_int_equal(series_iter_next(it, &s, &err), ITER_ERROR);
	assert_int_equal(err.code, ERR_CORRUPT);
	assert_string_equal(err.msg, "Series: a length reaches past the end");
	series_iter_close(it);
}

static void a_stream_may_be_closed_in_the_middle(void **state)
{
	struct fixture *f = *state;
	struct series_iter *it = ASK(f, "a=\"1\" | 0-1:x", "a=\"2\" | 0-1:x", "a=\"3\" | 0-1:x");
	struct series s;
	struct err err = ERR_INIT;

	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	series_iter_close(it);
}

static void many_series_need_the_memory_of_a_few(void **state)
{
	struct fixture *f = *state;
	enum { N = 3000 };
	const char **messages = ARENA_ARRAY(f->a, const char *, N);
	for (int i = 0; i < N; i++)
		messages[i] = arena_printf(f->a, "a=\"%06d\" | 0-1:%0500d", i, i);

	struct series_iter *it = ask(f, messages, N);
	struct series s;
	struct err err = ERR_INIT;
	int n = 0;
	while (series_iter_next(it, &s, &err) == ITER_VALUE)
		n++;
	series_iter_close(it);

	/* 1.5 MB went through; what is queued is at most a window. */
	assert_int_equal(n, N);
	assert_true(f->tracker.peak_bytes < 400 * 1024);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(parts_of_one_series_are_joined),
	    TEST(parts_are_joined_within_and_across_batches),
	    TEST(warnings_may_stand_anywhere),
	    TEST(a_stream_without_series_is_empty),
	    TEST(what_came_before_a_broken_message_is_handed_out),
	    TEST(a_stream_may_be_closed_in_the_middle),
	    TEST(many_series_need_the_memory_of_a_few),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
