#include "base/alloc.h"
#include "base/fs.h"
#include "base/hash.h"
#include "objstore/inmem.h"
#include "store/bucket_store.h"
#include "store/resort.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/golden_block.h"
#include "tests/lib/temp_dir.h"
#include "tests/lib/wait.h"
#include "tsdb/block_reader.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define A "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define B "01BBBBBBBBBBBBBBBBBBBBBBBB"
#define C "01CCCCCCCCCCCCCCCCCCCCCCCC"

struct fixture {
	char *dir;
	struct bucket *inner;
	struct fault_bucket *faults;
	struct fetcher *fetcher;
	struct bucket_store_options options;
	struct bucket_store *store;
	struct arena *arena;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.dir = temp_dir_new();
	f.inner = inmem_bucket_new(&clock_system);
	f.faults = fault_bucket_new(f.inner, FAULT_CRASH, SIZE_MAX);
	f.fetcher = fetcher_new(&(const struct fetcher_options){.bucket = &f.faults->base});
	f.options = (struct bucket_store_options){
	    .bucket = &f.faults->base,
	    .fetcher = f.fetcher,
	    .data_dir = f.dir,
	    .min_time = {.ms = INT64_MIN},
	    .max_time = {.ms = INT64_MAX},
	    .clock = &clock_system,
	};
	f.store = NULL;
	f.arena = arena_new(NULL);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->store)
		store_close(bucket_store_api(f->store));
	fetcher_free(f->fetcher);
	bucket_close(&f->faults->base);
	bucket_close(f->inner);
	arena_free(f->arena);
	temp_dir_remove(f->dir);
	return 0;
}

static struct store_api *open_store(struct fixture *f)
{
	struct err err = ERR_INIT;

	if (!f->store)
		f->store = bucket_store_new(&f->options);
	expect_ok(bucket_store_initial_sync(f->store, NULL, 1, 0, &err), err);
	return bucket_store_api(f->store);
}

static struct matchers match(struct fixture *f, enum matcher_type type, const char *name,
			     const char *value)
{
	struct matcher **v = ARENA_ARRAY(f->arena, struct matcher *, 1);
	struct err err = ERR_INIT;

	v[0] = matcher_new(type, str_of(name), str_of(value), &err);
	assert_non_null(v[0]);
	return (struct matchers){v, 1};
}

static void matchers_done(struct matchers ms)
{
	for (size_t i = 0; i < ms.n; i++)
		matcher_unref(ms.v[i]);
}

/* Labels, and times and hashes of chunks, one series a line. */
static char *describe(struct fixture *f, struct series_iter *it)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct series s;
	enum iter_result r;

	while ((r = series_iter_next(it, &s, &err)) == ITER_VALUE) {
		labels_format(&text, s.labels);
		for (size_t i = 0; i < s.n_chunks; i++) {
			const struct chunk *c = &s.chunks[i];
			buf_printf(&text, " %" PRId64 "-%" PRId64 ":%" PRIx64, c->min_t_ms,
				   c->max_t_ms,
				   hash_xx64(str_from(c->raw.data, c->raw.size_bytes)));
		}
		buf_puts(&text, "\n");
	}
	series_iter_close(it);
	if (r == ITER_ERROR)
		fail_msg("the stream failed: %s", err.msg);
	return arena_cstr(f->arena, buf_str(&text));
}

static struct series_request request(struct matchers ms)
{
	return (struct series_request){
	    .min_t_ms = INT64_MIN, .max_t_ms = INT64_MAX, .matchers = ms, .aggrs = WANT_RAW};
}

static char *ask(struct fixture *f, struct store_api *api, const struct series_request *req)
{
	struct err err = ERR_INIT;
	struct series_iter *it = store_series(api, NULL, req, NULL, NULL, &err);

	if (!it)
		fail_msg("series: %s", err.msg);
	return describe(f, it);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;
	for (const char *c = text; *c; c++)
		n += *c == '\n';
	return n;
}

/* --- the oracle: the block on the local disk ------------------------------------------------ */

struct extend_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	struct series_iter *src;
	struct labels external;
	struct arena *arena;
};

static enum iter_result extend_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct extend_iter *it = (struct extend_iter *)base;
	enum iter_result r = series_iter_next(it->src, out, err);

	if (r == ITER_VALUE)
		out->labels = labels_merge(it->arena, out->labels, it->external);
	return r;
}

static void extend_close(struct series_iter *base)
{
	series_iter_close(((struct extend_iter *)base)->src);
	free(base);
}

static char *local_answer(struct fixture *f, struct matchers ms, struct time_range range,
			  struct labels external)
{
	static const struct series_iter_ops ops = {extend_next, extend_close};
	struct err err = ERR_INIT;
	struct block_reader *b auto_free(block_reader_close) =
	    block_reader_open(TEST_DATA_DIR "/blocks/plain", &err);
	struct extend_iter *it = NEW(struct extend_iter);

	assert_non_null(b);
	*it = (struct extend_iter){
	    .base.ops = &ops,
	    .src = block_reader_select(b, NULL, ms, range, SELECT_CHUNKS, NULL, &err),
	    .external = external,
	    .arena = f->arena};
	assert_non_null(it->src);
	return describe(f, series_resort(&it->base, NULL, 0, NULL));
}

static void a_block_in_the_bucket_answers_as_it_does_on_the_disk(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum matcher_type type;
		const char *name, *value;
	} cases[] = {
	    {MATCH_RE, "__name__", ".+"},      {MATCH_EQ, "mode", "idle"},
	    {MATCH_NEQ, "mode", ""},           {MATCH_RE, "mode", "idle|user|"},
	    {MATCH_NRE, "__name__", "node.*"}, {MATCH_EQ, "nothing", ""},
	    {MATCH_EQ, "__name__", "no_such"},
	};
	const struct time_range ranges[] = {
	    {INT64_MIN, INT64_MAX},
	    {GOLDEN_PLAIN_MIN_T_MS + 60000, GOLDEN_PLAIN_MIN_T_MS + 120000},
	    {GOLDEN_PLAIN_MAX_T_MS + 5, INT64_MAX},
	};
	struct labels external[] = {LABELS(LABEL("cluster", "eu")), LABELS(LABEL("zone", "1"))};
	const char *labels[] = {"{\"cluster\":\"eu\"}", "{\"zone\":\"1\"}"};

	for (size_t e = 0; e < 2; e++) {
		golden_block_put(f->inner, &(struct golden_block){.ulid = A, .labels = labels[e]});
		struct fetcher *fetcher =
		    fetcher_new(&(const struct fetcher_options){.bucket = &f->faults->base});
		f->options.fetcher = fetcher;
		struct bucket_store *store = bucket_store_new(&f->options);
		struct err err = ERR_INIT;
		expect_ok(bucket_store_initial_sync(store, NULL, 1, 0, &err), err);
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			for (size_t k = 0; k < 3; k++) {
				struct matchers ms =
				    match(f, cases[i].type, cases[i].name, cases[i].value);
				struct series_request req = request(ms);
				req.min_t_ms = ranges[k].min_t_ms;
				req.max_t_ms = ranges[k].max_t_ms;
				char *want =
				    k == 2 ? "" : local_answer(f, ms, ranges[k], external[e]);
				assert_string_equal(ask(f, bucket_store_api(store), &req), want);
				matchers_done(ms);
			}
		}
		store_close(bucket_store_api(store));
		fetcher_free(fetcher);
	}
}

static void count_samples(const struct series *s, size_t *n_floats, size_t *n_histograms)
{
	struct err err = ERR_INIT;
	size_t n;

	for (size_t i = 0; i < s->n_chunks; i++) {
		const struct chunk_data *c = &s->chunks[i].raw;
		assert_in_range(c->encoding, CHUNK_XOR, CHUNK_FLOAT_HISTOGRAM);
		expect_ok(chunk_num_samples(c, &n, &err), err);
		*(chunk_encoding_is_histogram(c->encoding) ? n_histograms : n_floats) += n;
	}
}

static void chunks_with_start_times_leave_it_without(void **state)
{
	struct fixture *f = *state;
	struct matchers ms = match(f, MATCH_RE, "start", ".+");
	struct series_request req = request(ms);
	size_t n_floats = 0, n_histograms = 0;
	struct err err = ERR_INIT;
	enum iter_result r;
	struct series s;

	golden_block_put(f->inner, &(struct golden_block){.golden = "starts", .ulid = A});
	struct series_iter *it auto_free(series_iter_close) =
	    store_series(open_store(f), NULL, &req, NULL, NULL, &err);
	assert_non_null(it);
	while ((r = series_iter_next(it, &s, &err)) == ITER_VALUE)
		count_samples(&s, &n_floats, &n_histograms);
	if (r == ITER_ERROR)
		fail_msg("%s", err.msg);
	assert_int_equal(n_floats, 750);
	assert_int_equal(n_histograms, 480);
	matchers_done(ms);
}

static void replicas_are_one_when_their_label_is_not_wanted(void **state)
{
	struct fixture *f = *state;
	struct str replica = STR("replica");
	struct matchers ms = match(f, MATCH_RE, "__name__", ".+");
	struct series_request req = request(ms);

	golden_block_put(
	    f->inner,
	    &(struct golden_block){.ulid = A, .labels = "{\"cluster\":\"eu\",\"replica\":\"a\"}"});
	golden_block_put(
	    f->inner,
	    &(struct golden_block){.ulid = B, .labels = "{\"cluster\":\"eu\",\"replica\":\"b\"}"});
	struct store_api *api = open_store(f);

	assert_int_equal(count_lines(ask(f, api, &req)), 2 * GOLDEN_PLAIN_SERIES);
	req.without_replica_labels = &replica;
	req.n_without_replica_labels = 1;
	assert_string_equal(ask(f, api, &req),
			    local_answer(f, ms, (struct time_range){INT64_MIN, INT64_MAX},
					 LABELS(LABEL("cluster", "eu"))));
	matchers_done(ms);
}

static void a_label_of_series_can_be_removed_and_replaced(void **state)
{
	struct fixture *f = *state;
	struct str mode = STR("mode");
	struct matchers ms = match(f, MATCH_EQ, "__name__", "node_cpu_seconds_total");
	struct series_request req = request(ms);
	struct arena *a = f->arena;

	/* `instance` of every series becomes that of the block. */
	golden_block_put(f->inner,
			 &(struct golden_block){.ulid = A, .labels = "{\"instance\":\"over\"}"});
	struct store_api *api = open_store(f);
	char *got = ask(f, api, &req);
	assert_null(strstr(got, "instance=\"h"));
	req.skip_chunks = true;
	req.without_replica_labels = &mode;
	req.n_without_replica_labels = 1;
	got = ask(f, api, &req);
	assert_string_equal(got, arena_printf(a, "%s",
					      "{__name__=\"node_cpu_seconds_total\", "
					      "instance=\"over\", job=\"node\"}\n"));
	matchers_done(ms);
}

static void external_labels_choose_blocks_and_alone_choose_nothing(void **state)
{
	struct fixture *f = *state;
	struct matchers eu = match(f, MATCH_EQ, "cluster", "eu");
	struct matchers all = match(f, MATCH_RE, "__name__", ".+");
	struct matcher *both[] = {eu.v[0], all.v[0]};

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	golden_block_put(f->inner,
			 &(struct golden_block){.ulid = B, .labels = "{\"cluster\":\"us\"}"});
	struct store_api *api = open_store(f);
	struct series_request req = request((struct matchers){both, 2});
	char *got = ask(f, api, &req);
	assert_int_equal(count_lines(got), GOLDEN_PLAIN_SERIES);
	assert_null(strstr(got, "cluster=\"us\""));
	req = request(eu);
	assert_string_equal(ask(f, api, &req), "");
	matchers_done(eu);
	matchers_done(all);
}

static void shards_and_limits_cut_the_answer(void **state)
{
	struct fixture *f = *state;
	struct matchers ms = match(f, MATCH_RE, "__name__", ".+");
	struct str by = STR("instance");
	struct series_request req = request(ms);
	size_t n = 0;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	struct store_api *api = open_store(f);
	req.skip_chunks = true;
	for (int64_t i = 0; i < 4; i++) {
		req.shard = (struct shard_info){
		    .index = i, .total = 4, .by = true, .labels = &by, .n_labels = 1};
		n += count_lines(ask(f, api, &req));
	}
	assert_int_equal(n, GOLDEN_PLAIN_SERIES);
	req.shard = (struct shard_info){0};
	req.limit = 3;
	assert_int_equal(count_lines(ask(f, api, &req)), 3);
	matchers_done(ms);
}

static void limits_of_the_store_refuse_a_request(void **state)
{
	struct fixture *f = *state;
	struct matchers ms = match(f, MATCH_RE, "__name__", ".+");
	struct series_request req = request(ms);
	struct err err = ERR_INIT;
	struct series s;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	f->options.limits.series = 50;
	struct store_api *api = open_store(f);
	assert_null(store_series(api, NULL, &req, NULL, NULL, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.msg, "exceeded series limit: limit 50 violated (got 51)"));

	store_close(api);
	f->options.limits = (struct store_limits_config){.samples = 120 * 10};
	f->store = NULL;
	api = open_store(f);
	struct series_iter *it = store_series(api, NULL, &req, NULL, NULL, &err);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_ERROR);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.msg, "exceeded chunks limit: limit 10 violated"));
	series_iter_close(it);
	matchers_done(ms);
}

/* --- names and values ----------------------------------------------------------------------- */

static char *join(struct fixture *f, const struct str_list *list)
{
	char *text = arena_printf(f->arena, "%s", "");
	for (size_t i = 0; i < list->n; i++)
		text = arena_printf(f->arena, "%s%s%.*s", text, i ? " " : "", STR_FMT(list->v[i]));
	return text;
}

static char *names(struct fixture *f, struct store_api *api, const struct label_request *req)
{
	struct err err = ERR_INIT;
	struct str_list list;
	bool ok = req->label.n ? store_label_values(api, NULL, req, NULL, f->arena, &list, &err)
			       : store_label_names(api, NULL, req, NULL, f->arena, &list, &err);
	if (!ok)
		fail_msg("%s", err.msg);
	return join(f, &list);
}

static void names_and_values_come_with_external_labels(void **state)
{
	struct fixture *f = *state;
	struct matchers cpu = match(f, MATCH_EQ, "__name__", "node_cpu_seconds_total");
	struct matchers h00 = match(f, MATCH_EQ, "instance", "h00");
	struct matchers eu = match(f, MATCH_EQ, "cluster", "eu");
	struct matchers us = match(f, MATCH_EQ, "cluster", "us");
	struct str cluster = STR("cluster");
	struct label_request req = {.min_t_ms = INT64_MIN, .max_t_ms = INT64_MAX, .matchers = cpu};

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	struct store_api *api = open_store(f);

	assert_string_equal(names(f, api, &req), "__name__ cluster instance job mode");
	req.without_replica_labels = &cluster;
	req.n_without_replica_labels = 1;
	assert_string_equal(names(f, api, &req), "__name__ instance job mode");
	req.matchers = eu;
	assert_null(strstr(names(f, api, &req), "cluster"));
	req.label = cluster;
	assert_string_equal(names(f, api, &req), "");
	req.n_without_replica_labels = 0;
	assert_string_equal(names(f, api, &req), "eu");
	req.matchers = cpu;
	assert_string_equal(names(f, api, &req), "eu");
	req.matchers = us;
	assert_string_equal(names(f, api, &req), "");
	req.matchers = h00;
	req.label = STR("job");
	assert_string_equal(names(f, api, &req), "node");
	req.matchers = (struct matchers){0};
	req.label = STR("mode");
	char *all = names(f, api, &req);
	req.matchers = cpu;
	assert_string_equal(names(f, api, &req), all);
	req.limit = 1;
	req.max_t_ms = GOLDEN_PLAIN_MIN_T_MS + 60000;
	assert_string_equal(names(f, api, &req), "idle");
	req.max_t_ms = GOLDEN_PLAIN_MIN_T_MS - 1;
	assert_string_equal(names(f, api, &req), "");
	matchers_done(cpu);
	matchers_done(h00);
	matchers_done(eu);
	matchers_done(us);
}

/* --- syncing --------------------------------------------------------------------------------- */

static size_t n_blocks(struct fixture *f)
{
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(f->store);
	return c->blocks.n;
}

static size_t n_served(struct fixture *f)
{
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(f->store);
	return c->n_served;
}

static bool is_broken(struct fixture *f, const char *ulid)
{
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(f->store);
	struct ulid id;

	assert_true(ulid_parse(str_of(ulid), &id));
	return block_header_is_broken(store_block_header(block_catalog_find(c, id)));
}

static void use_header(struct fixture *f, const char *ulid)
{
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(f->store);
	struct err err = ERR_INIT;
	struct ulid id;

	assert_true(ulid_parse(str_of(ulid), &id));
	struct store_block *b = block_catalog_find(c, id);
	expect_ok(store_block_get_header(b, NULL, &err) != NULL, err);
	store_block_put_header(b);
}

static void blocks_come_and_go_with_the_bucket(void **state)
{
	struct fixture *f = *state;
	char *header auto_free(mem_free) = xasprintf("%s/" A "/index-header", f->dir);
	struct err err = ERR_INIT;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	golden_block_put(f->inner, &(struct golden_block){.ulid = B});
	open_store(f);
	assert_int_equal(n_blocks(f), 2);
	assert_false(fs_exists(header));
	use_header(f, A);
	assert_true(fs_exists(header));
	struct block_catalog *in_use = bucket_store_catalog(f->store);
	expect_ok(bucket_remove(f->inner, NULL, STR(A "/meta.json"), &err), err);
	expect_ok(bucket_store_sync(f->store, NULL, &err), err);
	assert_int_equal(n_blocks(f), 1);
	assert_false(fs_exists(header));
	/* A request that began before goes on, and leaves nothing. */
	assert_non_null(store_block_get_header(in_use->blocks.v[0], NULL, &err));
	store_block_put_header(in_use->blocks.v[0]);
	block_catalog_unref(in_use);
	assert_false(fs_exists(header));
}

static void an_incomplete_view_drops_nothing(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	golden_block_put(f->inner, &(struct golden_block){.ulid = B});
	open_store(f);
	expect_ok(bucket_remove(f->inner, NULL, STR(A "/meta.json"), &err), err);
	expect_ok(bucket_put_bytes(f->inner, NULL, STR(C "/meta.json"), STR("{\"version\":7}"),
				   PUT_REPLACE, &err),
		  err);

	expect_err(bucket_store_sync(f->store, NULL, &err), err, ERR_UNSUPPORTED,
		   "incomplete view, 1 missing: meta.json of block " C);
	assert_int_equal(n_blocks(f), 2);
}

static void a_block_of_an_unknown_resolution_is_not_served(void **state)
{
	struct fixture *f = *state;

	golden_block_put(f->inner, &(struct golden_block){.ulid = B});
	golden_block_put(f->inner, &(struct golden_block){.ulid = C, .resolution_ms = 7});
	open_store(f);
	assert_int_equal(n_blocks(f), 1);
}

static void the_start_reads_no_index(void **state)
{
	struct fixture *f = *state;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	golden_block_put(f->inner, &(struct golden_block){.ulid = B});
	open_store(f);
	size_t n_start = f->faults->n_operations;
	use_header(f, A);
	size_t n_header = f->faults->n_operations - n_start;
	assert_in_range(n_header, 3, 5); /* its table of contents, symbols, postings table */
	use_header(f, A);
	assert_int_equal(f->faults->n_operations, n_start + n_header);
	store_close(bucket_store_api(f->store));
	f->store = NULL;
	f->faults->n_operations = 0;
	open_store(f);
	assert_true(f->faults->n_operations <= n_start);
	n_start = f->faults->n_operations;
	use_header(f, A); /* from the disk */
	assert_int_equal(f->faults->n_operations, n_start);
}

/* --- headers ahead of requests --------------------------------------------------------------- */

struct warming {
	struct bucket_store *store;
	struct ctx *ctx;
	pthread_t thread;
};

static void *warm(void *arg)
{
	struct warming *w = arg;

	bucket_store_warm(w->store, w->ctx);
	return NULL;
}

static void begin_warming(struct fixture *f, struct warming *w)
{
	*w = (struct warming){.store = f->store, .ctx = ctx_new(NULL, CTX_NO_DEADLINE)};
	assert_int_equal(pthread_create(&w->thread, NULL, warm, w), 0);
}

static void end_warming(struct warming *w)
{
	ctx_cancel(w->ctx, ERR_CANCELED, "enough");
	pthread_join(w->thread, NULL);
	ctx_free(w->ctx);
}

static bool has_header(struct fixture *f, const char *ulid)
{
	char *path auto_free(mem_free) = xasprintf("%s/%s/index-header", f->dir, ulid);
	return fs_exists(path);
}

static void headers_come_to_the_disk_without_a_request(void **state)
{
	struct fixture *f = *state;
	struct warming w;
	struct err err = ERR_INIT;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	f->options.warming = WARM_ON_DISK;
	open_store(f);
	begin_warming(f, &w);
	wait_until(has_header(f, A));
	golden_block_put(f->inner, &(struct golden_block){.ulid = B});
	expect_ok(bucket_store_sync(f->store, NULL, &err), err);
	wait_until(has_header(f, B));
	end_warming(&w);
}

static void blocks_used_before_the_restart_come_first(void **state)
{
	struct fixture *f = *state;
	struct warming w;
	char *header auto_free(mem_free) = xasprintf("%s/" A "/index-header", f->dir);
	struct err err = ERR_INIT;

	golden_block_put(f->inner,
			 &(struct golden_block){.ulid = A, .min_t_ms = 0, .max_t_ms = 10});
	golden_block_put(f->inner,
			 &(struct golden_block){.ulid = B, .min_t_ms = 10, .max_t_ms = 20});
	f->options.warming = WARM_NOTHING;
	open_store(f);
	size_t n_before = f->faults->n_operations;
	use_header(f, A);
	size_t n_of_header = f->faults->n_operations - n_before;
	begin_warming(f, &w);
	end_warming(&w);
	assert_false(has_header(f, B));
	store_close(bucket_store_api(f->store));
	f->store = NULL;
	expect_ok(fs_remove(header, &err), err);

	/* The bucket breaks down after one header: it is that of the block that was used. */
	f->options.warming = WARM_ON_DISK;
	f->options.block_sync_concurrency = 1;
	open_store(f);
	f->faults->n_operations = 0;
	f->faults->fail_at = n_of_header;
	begin_warming(f, &w);
	wait_until(f->faults->n_operations > f->faults->fail_at);
	end_warming(&w);
	assert_true(has_header(f, A));
	assert_false(has_header(f, B));
}

static void a_broken_block_is_not_served_until_it_is_healed(void **state)
{
	struct fixture *f = *state;
	struct warming w;
	struct err err = ERR_INIT;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	golden_block_put(f->inner, &(struct golden_block){.ulid = B});
	expect_ok(bucket_put_bytes(f->inner, NULL, STR(A "/index"), STR("not an index"),
				   PUT_REPLACE, &err),
		  err);
	open_store(f);
	assert_int_equal(n_served(f), 2);
	begin_warming(f, &w);
	wait_until(is_broken(f, A));
	expect_ok(bucket_store_sync(f->store, NULL, &err), err);
	assert_int_equal(n_served(f), 1);
	struct label_request all = {.min_t_ms = INT64_MIN, .max_t_ms = INT64_MAX};
	struct str_list names = {0};
	expect_ok(
	    store_label_names(bucket_store_api(f->store), NULL, &all, NULL, f->arena, &names, &err),
	    err);
	assert_true(names.n > 0);
	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	expect_ok(bucket_store_sync(f->store, NULL, &err), err);
	wait_until(!is_broken(f, A));
	expect_ok(bucket_store_sync(f->store, NULL, &err), err);
	assert_int_equal(n_served(f), 2);
	end_warming(&w);
}

static void *run_syncs(void *arg)
{
	struct warming *w = arg;

	bucket_store_run(w->store, w->ctx, 3600000);
	return NULL;
}

static void a_request_that_misses_an_object_has_the_bucket_looked_at(void **state)
{
	struct fixture *f = *state;
	struct fetcher *fetcher auto_free(fetcher_free) = fetcher_new(&(
	    const struct fetcher_options){.bucket = &f->faults->base, .scan_interval_ms = 3600000});
	char bytes[10];
	struct fixed_sink sink = fixed_sink_of(bytes, sizeof(bytes));
	struct err err = ERR_INIT;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	golden_block_put(f->inner, &(struct golden_block){.ulid = B});
	f->options.fetcher = fetcher;
	open_store(f);
	struct warming w = {.store = f->store, .ctx = ctx_new(NULL, CTX_NO_DEADLINE)};
	assert_int_equal(pthread_create(&w.thread, NULL, run_syncs, &w), 0);
	expect_ok(bucket_remove(f->inner, NULL, STR(A "/meta.json"), &err), err);
	expect_ok(bucket_remove(f->inner, NULL, STR(A "/chunks/000001"), &err), err);
	struct block_catalog *c = bucket_store_catalog(f->store);
	expect_err(store_block_get_chunks(c->blocks.v[0], NULL, 0, 0, 10, &sink.base, &err), err,
		   ERR_NOT_FOUND, "chunks/000001");
	wait_until(n_blocks(f) == 1);
	block_catalog_unref(c);
	end_warming(&w);
	store_close(bucket_store_api(f->store));
	f->store = NULL;
}

static void folders_of_unknown_blocks_are_removed_at_start(void **state)
{
	struct fixture *f = *state;
	char *unknown auto_free(mem_free) = xasprintf("%s/" C, f->dir);
	char *other auto_free(mem_free) = xasprintf("%s/other", f->dir);
	struct err err = ERR_INIT;

	expect_ok(fs_mkdirs(unknown, &err) && fs_mkdirs(other, &err), err);
	open_store(f);
	assert_false(fs_exists(unknown));
	assert_true(fs_exists(other));
}

static void the_first_sync_is_tried_again_and_then_given_up(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	f->store = bucket_store_new(&f->options);
	expect_err(store_info(bucket_store_api(f->store), NULL, f->arena, &info, &err), err,
		   ERR_UNAVAILABLE, "Not ready");
	f->faults->fail_at = 0;
	expect_err(bucket_store_initial_sync(f->store, NULL, 1, 20, &err), err, ERR_UNAVAILABLE,
		   "initial sync: sync blocks: list the blocks");
	assert_int_equal(f->faults->n_operations, 1 + 20); /* the first, and one after each wait */
	f->faults->fail_at = SIZE_MAX;
	expect_ok(bucket_store_initial_sync(f->store, NULL, 1, 20, &err), err);
	expect_ok(store_info(bucket_store_api(f->store), NULL, f->arena, &info, &err), err);
}

/* --- announcing ----------------------------------------------------------------------------- */

static void info_tells_labels_times_and_joined_ranges(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;

	golden_block_put(f->inner,
			 &(struct golden_block){.ulid = A, .min_t_ms = 0, .max_t_ms = 10});
	golden_block_put(f->inner,
			 &(struct golden_block){.ulid = B, .min_t_ms = 10, .max_t_ms = 20});
	golden_block_put(f->inner, &(struct golden_block){.ulid = C,
							  .min_t_ms = 50,
							  .max_t_ms = 60,
							  .labels = "{\"cluster\":\"us\"}"});
	struct store_api *api = open_store(f);
	expect_ok(store_info(api, NULL, f->arena, &info, &err), err);

	assert_string_equal(info.component, "store");
	assert_int_equal(info.min_t_ms, 0);
	assert_int_equal(info.max_t_ms, 60);
	assert_int_equal(info.n_label_sets, 2);
	expect_str(labels_get(info.label_sets[1], STR("cluster")), "us");
	assert_int_equal(info.n_tsdbs, 2);
	assert_int_equal(info.tsdbs[0].min_t_ms, 0);
	assert_int_equal(info.tsdbs[0].max_t_ms, 20);
	assert_true(info.supports_sharding && info.supports_without_replica_labels);
}

static void an_empty_store_announces_no_time_at_all(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;

	struct store_api *api = open_store(f);
	expect_ok(store_info(api, NULL, f->arena, &info, &err), err);
	assert_true(info.min_t_ms > info.max_t_ms);
	assert_int_equal(info.n_label_sets, 0);
}

/* --- damage --------------------------------------------------------------------------------- */

static void expect_series_error(struct fixture *f, const char *want)
{
	struct matchers ms = match(f, MATCH_RE, "__name__", ".+");
	struct series_request req = request(ms);
	struct err err = ERR_INIT;
	struct series s;
	struct series_iter *it =
	    store_series(bucket_store_api(f->store), NULL, &req, NULL, NULL, &err);
	enum iter_result r = ITER_ERROR;

	while (it && (r = series_iter_next(it, &s, &err)) == ITER_VALUE)
		;
	series_iter_close(it);
	matchers_done(ms);
	assert_int_equal(r, ITER_ERROR);
	assert_int_equal(err.code, ERR_ABORTED);
	if (!strstr(err.msg, want) || strchr(err.msg, '\n'))
		fail_msg("got the error \"%s\", want \"%s\"", err.msg, want);
}

static void put_damaged(struct fixture *f, const char *object, size_t keep_bytes, size_t flip_at)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	expect_ok(bucket_get_bytes(f->inner, NULL, str_of(object), 0, BUCKET_TO_END, &bytes, &err),
		  err);
	if (keep_bytes < bytes.n)
		bytes.n = keep_bytes;
	if (flip_at < bytes.n)
		bytes.p[flip_at] ^= 0x55;
	expect_ok(
	    bucket_put_bytes(f->inner, NULL, str_of(object), buf_str(&bytes), PUT_REPLACE, &err),
	    err);
}

static void damage_is_one_line_with_block_object_and_offset(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	open_store(f);
	put_damaged(f, A "/chunks/000001", 5000, SIZE_MAX);
	expect_series_error(f, "block " A ": chunks/000001: chunk at byte ");
	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	put_damaged(f, A "/chunks/000001", SIZE_MAX, 3000);
	expect_series_error(f, "block " A ": chunks/000001: chunk at byte ");
	expect_ok(bucket_remove(f->inner, NULL, STR(A "/chunks/000001"), &err), err);
	expect_series_error(f, "block " A ": chunks/000001: chunk at byte 8: object ");

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	put_damaged(f, A "/index", 1000, SIZE_MAX);
	expect_series_error(f, "block " A ": ");
	expect_ok(bucket_remove(f->inner, NULL, STR(A "/index"), &err), err);
	expect_series_error(f, "block " A ": ");
}

static void no_flipped_byte_of_the_index_does_harm(void **state)
{
	struct fixture *f = *state;
	struct matchers ms = match(f, MATCH_RE, "__name__", ".+");
	struct series_request req = request(ms);
	struct object_attrs attrs;
	struct err err = ERR_INIT;
	size_t n_errors = 0;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	struct store_api *api = open_store(f);
	char *good = ask(f, api, &req);
	expect_ok(bucket_attrs(f->inner, NULL, STR(A "/index"), &attrs, &err), err);
	for (size_t at = 0; at < (size_t)attrs.size_bytes; at += 7) {
		golden_block_put(f->inner, &(struct golden_block){.ulid = A});
		put_damaged(f, A "/index", SIZE_MAX, at);
		struct series s;
		struct series_iter *it = store_series(api, NULL, &req, NULL, NULL, &err);
		enum iter_result r = ITER_ERROR;
		while (it && (r = series_iter_next(it, &s, &err)) == ITER_VALUE)
			;
		series_iter_close(it);
		n_errors += r == ITER_ERROR;
	}
	assert_true(n_errors > 100);
	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	assert_string_equal(ask(f, api, &req), good);
	matchers_done(ms);
}

static void any_failing_bucket_operation_fails_the_request_and_no_more(void **state)
{
	struct fixture *f = *state;
	struct matchers ms = match(f, MATCH_RE, "__name__", ".+");
	struct series_request req = request(ms);
	bool more = true;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	golden_block_put(f->inner, &(struct golden_block){.ulid = B});
	struct store_api *api = open_store(f);
	for (size_t at = 0; more; at++) {
		struct err err = ERR_INIT;
		struct series s;
		f->faults->fault = FAULT_REQUEST_LOST;
		f->faults->n_operations = 0;
		f->faults->fail_at = at;
		struct series_iter *it = store_series(api, NULL, &req, NULL, NULL, &err);
		enum iter_result r = ITER_ERROR;
		while (it && (r = series_iter_next(it, &s, &err)) == ITER_VALUE)
			;
		series_iter_close(it);
		more = f->faults->n_operations > at;
		assert_int_equal(r, more ? ITER_ERROR : ITER_END);
		if (more)
			assert_int_equal(err.code, ERR_ABORTED);
	}
	matchers_done(ms);
}

/* --- many at once --------------------------------------------------------------------------- */

enum { ASKERS = 3, ROUNDS = 30 };

struct asker {
	struct store_api *api;
	struct matchers matchers;
	char *failure;
};

static void *ask_again_and_again(void *arg)
{
	struct asker *asker = arg;
	struct series_request req = request(asker->matchers);

	for (int i = 0; i < ROUNDS && !asker->failure; i++) {
		struct err err = ERR_INIT;
		struct series s;
		size_t n = 0;
		struct series_iter *it = store_series(asker->api, NULL, &req, NULL, NULL, &err);
		enum iter_result r = ITER_ERROR;
		while (it && (r = series_iter_next(it, &s, &err)) == ITER_VALUE)
			n++;
		series_iter_close(it);
		if (r == ITER_ERROR)
			asker->failure = xstrdup(err.msg);
		else if (n % GOLDEN_PLAIN_SERIES != 0 || n == 0)
			asker->failure = xasprintf("%zu series", n);
	}
	return NULL;
}

static void requests_go_on_while_blocks_come_and_go(void **state)
{
	struct fixture *f = *state;
	struct matchers ms = match(f, MATCH_RE, "__name__", ".+");
	struct asker askers[ASKERS];
	pthread_t threads[ASKERS];
	struct err err = ERR_INIT;

	golden_block_put(f->inner, &(struct golden_block){.ulid = A});
	f->options.header_memory_bytes = 1; /* every header is closed after use */
	struct store_api *api = open_store(f);
	for (size_t i = 0; i < ASKERS; i++) {
		askers[i] = (struct asker){.api = api, .matchers = ms};
		assert_int_equal(pthread_create(&threads[i], NULL, ask_again_and_again, &askers[i]),
				 0);
	}
	for (int i = 0; i < ROUNDS; i++) {
		/* Its objects stay, as they do until a deletion mark is old enough. */
		golden_block_put(
		    f->inner, &(struct golden_block){.ulid = B, .labels = "{\"cluster\":\"us\"}"});
		expect_ok(bucket_store_sync(f->store, NULL, &err), err);
		expect_ok(bucket_remove(f->inner, NULL, STR(B "/meta.json"), &err), err);
		expect_ok(bucket_store_sync(f->store, NULL, &err), err);
	}
	for (size_t i = 0; i < ASKERS; i++) {
		pthread_join(threads[i], NULL);
		if (askers[i].failure)
			fail_msg("%s", askers[i].failure);
	}
	matchers_done(ms);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_block_in_the_bucket_answers_as_it_does_on_the_disk),
	    TEST(chunks_with_start_times_leave_it_without),
	    TEST(replicas_are_one_when_their_label_is_not_wanted),
	    TEST(a_label_of_series_can_be_removed_and_replaced),
	    TEST(external_labels_choose_blocks_and_alone_choose_nothing),
	    TEST(shards_and_limits_cut_the_answer),
	    TEST(limits_of_the_store_refuse_a_request),
	    TEST(names_and_values_come_with_external_labels),
	    TEST(blocks_come_and_go_with_the_bucket),
	    TEST(an_incomplete_view_drops_nothing),
	    TEST(a_block_of_an_unknown_resolution_is_not_served),
	    TEST(the_start_reads_no_index),
	    TEST(headers_come_to_the_disk_without_a_request),
	    TEST(blocks_used_before_the_restart_come_first),
	    TEST(a_broken_block_is_not_served_until_it_is_healed),
	    TEST(a_request_that_misses_an_object_has_the_bucket_looked_at),
	    TEST(folders_of_unknown_blocks_are_removed_at_start),
	    TEST(the_first_sync_is_tried_again_and_then_given_up),
	    TEST(info_tells_labels_times_and_joined_ranges),
	    TEST(an_empty_store_announces_no_time_at_all),
	    TEST(damage_is_one_line_with_block_object_and_offset),
	    TEST(no_flipped_byte_of_the_index_does_harm),
	    TEST(any_failing_bucket_operation_fails_the_request_and_no_more),
	    TEST(requests_go_on_while_blocks_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
