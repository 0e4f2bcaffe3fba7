#include "store/prometheus_store.h"

#include "base/hash.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_prometheus.h"
#include "tests/lib/golden_chunks.h"
#include "tests/lib/series_text.h"

#define FRAMES "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"

/* A store over a fake Prometheus, with external labels {cluster="eu", replica="a"}. */
struct fixture {
	struct fake_prometheus prometheus;
	struct prometheus_store *store;
	struct store_api *api;
	struct buf frames;
	struct arena *a;
	struct matcher *job;
	struct matcher *matchers[4];
	size_t n_matchers;
	struct series_request req;
};

static const struct label external[] = {LABEL("cluster", "eu"), LABEL("replica", "a")};

static void tell(struct fixture *f, int64_t min_t_ms, const char *version)
{
	prometheus_store_update(
	    f->store, &(struct prometheus_facts){{(struct label *)external, 2}, min_t_ms, version});
}

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.frames = BUF_INIT(BUF_TEXT_MAX)};
	fake_prometheus_start(&f.prometheus);
	f.a = f.prometheus.arena;
	f.store = prometheus_store_new(f.prometheus.client, "sidecar");
	f.api = prometheus_store_api(f.store);
	f.req = (struct series_request){.min_t_ms = 0, .max_t_ms = 2000000};
	tell(&f, 1000000, "2.42.0");
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < f->n_matchers; i++)
		matcher_unref(f->matchers[i]);
	prometheus_store_free(f->store);
	fake_prometheus_stop(&f->prometheus);
	buf_done(&f->frames);
	return 0;
}

static struct matchers match(struct fixture *f, enum matcher_type type, const char *name,
			     const char *value)
{
	struct err err = ERR_INIT;

	f->matchers[f->n_matchers] = matcher_new(type, str_of(name), str_of(value), &err);
	assert_non_null(f->matchers[f->n_matchers++]);
	f->req.matchers = (struct matchers){f->matchers, f->n_matchers};
	return f->req.matchers;
}

/* What remote read answers: a series a line. */
static void answer_read(struct fixture *f, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct series s = series_from_text(f->a, lines[i]);
		fake_frame(&f->frames, &s, 1);
	}
	fake_prometheus_answer(&f->prometheus, (struct fake_answer){"/api/v1/read", 200, FRAMES,
								    buf_str(&f->frames), false});
}

/* All series of the request as text, or "! <error>". */
static const char *series_of(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct series_iter *it = store_series(f->api, NULL, &f->req, NULL, NULL, &err);

	return it ? series_to_text(f->a, it) : arena_printf(f->a, "! %s", err.msg);
}

/* --- series ----------------------------------------------------------------------------------- */

static void external_labels_win_and_change_the_order(void **state)
{
	static const char *const lines[] = {
	    "a=\"1\" replica=\"own\" | 5-10:p 11-20:q",
	    "a=\"2\" cluster=\"own\" | 5-10:r",
	    "d=\"0\" | 1-2:s",
	};
	struct fixture *f = *state;

	match(f, MATCH_NEQ, "a", "x");
	answer_read(f, lines, 3);
	assert_string_equal(series_of(f), "a=\"1\" cluster=\"eu\" replica=\"a\" | 5-10:p 11-20:q\n"
					  "a=\"2\" cluster=\"eu\" replica=\"a\" | 5-10:r\n"
					  "cluster=\"eu\" d=\"0\" replica=\"a\" | 1-2:s\n");
}

static void series_that_become_one_are_united_in_order(void **state)
{
	/* Sorted as they are here; without "b", as a replica label, they are not. */
	static const char *const lines[] = {
	    "b=\"1\" z=\"2\" | 1-2:p",
	    "b=\"2\" z=\"1\" | 1-2:q",
	    "b=\"3\" z=\"2\" | 3-4:r",
	};
	struct fixture *f = *state;
	static const struct str drop[] = {{"b", 1}, {"replica", 7}};

	match(f, MATCH_NEQ, "z", "");
	answer_read(f, lines, 3);
	f->req.without_replica_labels = drop;
	f->req.n_without_replica_labels = 2;
	assert_string_equal(series_of(f), "cluster=\"eu\" z=\"1\" | 1-2:q\n"
					  "cluster=\"eu\" z=\"2\" | 1-2:p 3-4:r\n");
}

static void chunks_have_their_hash(void **state)
{
	static const char *const lines[] = {"a=\"1\" | 5-10:bytes"};
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct series s;

	match(f, MATCH_EQ, "a", "1");
	answer_read(f, lines, 1);
	struct series_iter *it auto_free(series_iter_close) =
	    store_series(f->api, NULL, &f->req, NULL, NULL, &err);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_true(s.chunks[0].raw.hash == hash_xx64(STR("bytes")));
}

static void chunks_that_the_store_api_has_no_number_for_become_others(void **state)
{
	struct fixture *f = *state;
	struct golden_chunks all;
	struct err err = ERR_INIT;
	struct series s;

	golden_chunks_read(f->a, &all);
	struct chunk *chunks = ARENA_ARRAY(f->a, struct chunk, all.n);
	for (size_t i = 0; i < all.n; i++)
		chunks[i] = (struct chunk){(int64_t)i, (int64_t)i, all.v[i].chunk, NULL};
	struct series sent = series_from_text(f->a, "a=\"1\" | 5-10:bytes");
	sent.chunks = chunks;
	sent.n_chunks = all.n;
	fake_frame(&f->frames, &sent, 1);
	match(f, MATCH_EQ, "a", "1");
	answer_read(f, NULL, 0);
	struct series_iter *it auto_free(series_iter_close) =
	    store_series(f->api, NULL, &f->req, NULL, NULL, &err);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(s.n_chunks, all.n);
	for (size_t i = 0; i < all.n; i++) {
		const struct chunk_data *got = &s.chunks[i].raw, *want = &all.v[i].plain;
		struct str bytes = str_from(want->data, want->size_bytes);
		assert_int_equal(got->encoding, want->encoding);
		assert_true(str_eq(str_from(got->data, got->size_bytes), bytes));
		assert_true(got->hash == hash_xx64(bytes));
	}
}

static void a_matcher_on_an_external_label_is_ours_to_check(void **state)
{
	static const char *const lines[] = {"a=\"1\" | 5-10:p"};
	struct fixture *f = *state;

	answer_read(f, lines, 1);
	match(f, MATCH_EQ, "a", "1");
	match(f, MATCH_RE, "cluster", "eu|us");
	assert_non_null(strstr(series_of(f), "a=\"1\""));
	match(f, MATCH_EQ, "replica", "b");
	fake_prometheus_asked(&f->prometheus);
	assert_string_equal(series_of(f), "");
	assert_string_equal(fake_prometheus_asked(&f->prometheus), "");
}

static void matchers_on_external_labels_alone_are_refused(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	match(f, MATCH_EQ, "cluster", "eu");
	expect_err(store_series(f->api, NULL, &f->req, NULL, NULL, &err), err, ERR_INVALID,
		   "no matchers specified (excluding external labels)");
}

static void a_request_before_the_first_sample_asks_nothing(void **state)
{
	struct fixture *f = *state;

	match(f, MATCH_EQ, "a", "1");
	f->req.max_t_ms = 999999;
	assert_string_equal(series_of(f), "");
	assert_string_equal(fake_prometheus_asked(&f->prometheus), "");
}

static void without_chunks_series_are_asked_for_from_the_first_sample_on(void **state)
{
	struct fixture *f = *state;

	match(f, MATCH_EQ, "a", "1");
	match(f, MATCH_EQ, "cluster", "eu");
	f->req.skip_chunks = true;
	f->req.limit = 2;
	fake_prometheus_json(&f->prometheus, "/api/v1/series",
			     "{\"status\":\"success\",\"data\":["
			     "{\"d\":\"0\"},{\"a\":\"1\",\"cluster\":\"own\"},{\"a\":\"2\"}]}");
	assert_string_equal(series_of(f), "a=\"1\" cluster=\"eu\" replica=\"a\"\n"
					  "a=\"2\" cluster=\"eu\" replica=\"a\"\n");
	assert_string_equal(fake_prometheus_asked(&f->prometheus),
			    "GET /api/v1/series?match[]={a=\"1\"}&start=1000&end=2000&limit=2\n");

	/* The first of a shard are not the first of all. */
	f->req.shard = (struct shard_info){.index = 0, .total = 2};
	series_of(f);
	assert_string_equal(fake_prometheus_asked(&f->prometheus),
			    "GET /api/v1/series?match[]={a=\"1\"}&start=1000&end=2000\n");
}

static void shards_part_the_series_with_all_their_labels(void **state)
{
	struct fixture *f = *state;
	size_t n = 0;

	match(f, MATCH_NEQ, "a", "");
	f->req.skip_chunks = true;
	fake_prometheus_json(&f->prometheus, "/api/v1/series",
			     "{\"status\":\"success\",\"data\":[{\"a\":\"1\"},{\"a\":\"2\"},"
			     "{\"a\":\"3\"},{\"a\":\"4\"},{\"a\":\"5\"},{\"a\":\"6\"}]}");
	for (int64_t i = 0; i < 3; i++) {
		f->req.shard = (struct shard_info){.index = i, .total = 3};
		for (const char *p = series_of(f); (p = strchr(p, '\n')); p++)
			n++;
	}
	assert_int_equal(n, 6);
}

static void a_broken_answer_fails_the_request(void **state)
{
	static const char *const lines[] = {"a=\"1\" | 5-10:p"};
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct series s;

	match(f, MATCH_EQ, "a", "1");
	answer_read(f, lines, 1);
	f->frames.p[f->frames.n - 1] ^= 1;
	struct series_iter *it auto_free(series_iter_close) =
	    store_series(f->api, NULL, &f->req, NULL, NULL, &err);
	expect_err(it && series_iter_next(it, &s, &err) != ITER_ERROR, err, ERR_CORRUPT,
		   "checksum");
}

/* --- labels ----------------------------------------------------------------------------------- */

static const char *names_of(struct fixture *f, const struct label_request *req)
{
	struct str_list list = {0};
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT(BUF_TEXT_MAX);

	bool ok = req->label.n ? store_label_values(f->api, NULL, req, NULL, f->a, &list, &err)
			       : store_label_names(f->api, NULL, req, NULL, f->a, &list, &err);
	for (size_t i = 0; i < list.n; i++)
		buf_printf(&out, "%.*s ", STR_FMT(list.v[i]));
	if (!ok)
		buf_printf(&out, "! %s", err.msg);
	const char *text = arena_cstr(f->a, buf_str(&out));
	buf_done(&out);
	return text;
}

static void names_have_the_external_ones_among_them(void **state)
{
	static const struct str drop[] = {{"replica", 7}};
	struct fixture *f = *state;
	struct label_request req = {.max_t_ms = 2000000};

	fake_prometheus_json(&f->prometheus, "/api/v1/labels",
			     "{\"status\":\"success\",\"data\":[\"a\",\"cluster\",\"job\"]}");
	assert_string_equal(names_of(f, &req), "a cluster job replica ");
	assert_string_equal(fake_prometheus_asked(&f->prometheus),
			    "GET /api/v1/labels?start=1000&end=2000\n");
	req.without_replica_labels = drop;
	req.n_without_replica_labels = 1;
	assert_string_equal(names_of(f, &req), "a cluster job ");

	fake_prometheus_json(&f->prometheus, "/api/v1/labels",
			     "{\"status\":\"success\",\"data\":[]}");
	assert_string_equal(names_of(f, &req), "");
}

static void from_2_24_on_label_questions_have_matchers(void **state)
{
	static const struct {
		const char *version;
		bool by_series;
	} cases[] = {
	    {"2.24.0", false}, {"2.42.0+ds", false}, {"3.0.0-rc.1", false}, {"10.1", false},
	    {"2.23.9", true},  {"1.99.0", true},     {"0", true},           {"", true},
	};
	struct fixture *f = *state;
	struct label_request req = {.max_t_ms = 2000000, .matchers = match(f, MATCH_EQ, "a", "1")};

	fake_prometheus_json(&f->prometheus, "/api/v1/series",
			     "{\"status\":\"success\",\"data\":[{\"a\":\"1\",\"job\":\"y\"},"
			     "{\"a\":\"1\",\"job\":\"x\"},{\"a\":\"1\",\"job\":\"y\"}]}");
	fake_prometheus_json(&f->prometheus, "/api/v1/labels",
			     "{\"status\":\"success\",\"data\":[\"a\",\"job\"]}");
	fake_prometheus_json(&f->prometheus, "/api/v1/label/job/values",
			     "{\"status\":\"success\",\"data\":[\"x\",\"y\"]}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		tell(f, 1000000, cases[i].version);
		req.label = (struct str){0};
		assert_string_equal(names_of(f, &req), "a cluster job replica ");
		const char *asked = fake_prometheus_asked(&f->prometheus);
		assert_true(!strstr(asked, "/series") == !cases[i].by_series);
		assert_non_null(strstr(asked, "match[]={a=\"1\"}"));
		req.label = STR("job");
		assert_string_equal(names_of(f, &req), "x y ");
		assert_true(!strstr(fake_prometheus_asked(&f->prometheus), "/series") ==
			    !cases[i].by_series);
	}
}

static void an_external_label_has_the_one_value_where_any_series_matches(void **state)
{
	struct fixture *f = *state;
	struct label_request req = {.label = STR("cluster"), .max_t_ms = 2000000};

	assert_string_equal(names_of(f, &req), "eu ");
	assert_string_equal(fake_prometheus_asked(&f->prometheus), "");

	req.matchers = match(f, MATCH_EQ, "a", "1");
	fake_prometheus_json(&f->prometheus, "/api/v1/series",
			     "{\"status\":\"success\",\"data\":[{\"a\":\"1\"}]}");
	assert_string_equal(names_of(f, &req), "eu ");
	assert_string_equal(fake_prometheus_asked(&f->prometheus),
			    "GET /api/v1/series?match[]={a=\"1\"}&start=1000&end=2000&limit=1\n");
	fake_prometheus_json(&f->prometheus, "/api/v1/series",
			     "{\"status\":\"success\",\"data\":[]}");
	assert_string_equal(names_of(f, &req), "");

	req.matchers = match(f, MATCH_EQ, "cluster", "us");
	assert_string_equal(names_of(f, &req), "");
}

static void label_questions_before_the_first_sample_ask_nothing(void **state)
{
	struct fixture *f = *state;
	struct label_request req = {.max_t_ms = 999999};

	assert_string_equal(names_of(f, &req), "");
	req.label = STR("cluster");
	assert_string_equal(names_of(f, &req), "");
	assert_string_equal(fake_prometheus_asked(&f->prometheus), "");
}

static void values_of_a_dropped_label_or_of_none(void **state)
{
	static const struct str drop[] = {{"cluster", 7}};
	struct fixture *f = *state;
	struct str_list list = {0};
	struct err err = ERR_INIT;
	struct label_request req = {.label = STR("cluster"),
				    .max_t_ms = 2000000,
				    .without_replica_labels = drop,
				    .n_without_replica_labels = 1};

	assert_string_equal(names_of(f, &req), "");
	req.label = (struct str){0};
	expect_err(store_label_values(f->api, NULL, &req, NULL, f->a, &list, &err), err,
		   ERR_INVALID, "label name parameter cannot be empty");
}

/* --- info ------------------------------------------------------------------------------------- */

static void it_announces_what_it_was_told(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;

	expect_ok(store_info(f->api, NULL, f->a, &info, &err), err);
	assert_string_equal(info.component, "sidecar");
	assert_true(info.min_t_ms == 1000000 && info.max_t_ms == INT64_MAX);
	assert_int_equal(info.n_label_sets, 1);
	assert_true(labels_eq(info.label_sets[0], (struct labels){(struct label *)external, 2}));
	assert_int_equal(info.n_tsdbs, 1);
	assert_true(info.supports_sharding && info.supports_without_replica_labels &&
		    info.has_store);
}

static void while_not_ready_info_fails_but_series_go_on(void **state)
{
	static const char *const lines[] = {"a=\"1\" | 5-10:p"};
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;

	match(f, MATCH_EQ, "a", "1");
	answer_read(f, lines, 1);
	prometheus_store_set_not_ready(f->store);
	expect_err(store_info(f->api, NULL, f->a, &info, &err), err, ERR_UNAVAILABLE, "Not ready");
	assert_non_null(strstr(series_of(f), "a=\"1\""));
	tell(f, 1000000, "2.42.0");
	expect_ok(store_info(f->api, NULL, f->a, &info, &err), err);
}

static void before_it_is_told_anything_it_answers_nothing(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;
	struct prometheus_store *fresh = prometheus_store_new(f->prometheus.client, "sidecar");
	struct store_api *api = prometheus_store_api(fresh);

	expect_err(store_info(api, NULL, f->a, &info, &err), err, ERR_UNAVAILABLE, "Not ready");
	expect_err(store_series(api, NULL, &f->req, NULL, NULL, &err), err, ERR_UNAVAILABLE,
		   "Not ready");
	prometheus_store_free(fresh);
}

static void a_stream_keeps_the_labels_it_began_with(void **state)
{
	static const char *const lines[] = {"a=\"1\" | 5-10:p"};
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	match(f, MATCH_EQ, "a", "1");
	answer_read(f, lines, 1);
	struct series_iter *it = store_series(f->api, NULL, &f->req, NULL, NULL, &err);
	prometheus_store_update(
	    f->store, &(struct prometheus_facts){LABELS(LABEL("cluster", "us")), 0, "2.42.0"});
	assert_string_equal(series_to_text(f->a, it),
			    "a=\"1\" cluster=\"eu\" replica=\"a\" | 5-10:p\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(external_labels_win_and_change_the_order),
	    TEST(series_that_become_one_are_united_in_order),
	    TEST(chunks_have_their_hash),
	    TEST(chunks_that_the_store_api_has_no_number_for_become_others),
	    TEST(a_matcher_on_an_external_label_is_ours_to_check),
	    TEST(matchers_on_external_labels_alone_are_refused),
	    TEST(a_request_before_the_first_sample_asks_nothing),
	    TEST(without_chunks_series_are_asked_for_from_the_first_sample_on),
	    TEST(shards_part_the_series_with_all_their_labels),
	    TEST(a_broken_answer_fails_the_request),
	    TEST(names_have_the_external_ones_among_them),
	    TEST(from_2_24_on_label_questions_have_matchers),
	    TEST(an_external_label_has_the_one_value_where_any_series_matches),
	    TEST(label_questions_before_the_first_sample_ask_nothing),
	    TEST(values_of_a_dropped_label_or_of_none),
	    TEST(it_announces_what_it_was_told),
	    TEST(while_not_ready_info_fails_but_series_go_on),
	    TEST(before_it_is_told_anything_it_answers_nothing),
	    TEST(a_stream_keeps_the_labels_it_began_with),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
