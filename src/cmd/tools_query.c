/* tools_query.c - `athanor tools query`: PromQL from the command line. */
#include "base/clock.h"
#include "base/duration.h"
#include "base/pool.h"
#include "cmd/command_line.h"
#include "cmd/cpu_limit.h"
#include "cmd/memory_limit.h"
#include "cmd/open_bucket.h"
#include "cmd/standard_io.h"
#include "cmd/tools_query_flags.h"
#include "fleet/evaluation.h"
#include "net/http_client_config.h"
#include "net/loop.h"
#include "net/tls.h"
#include "promclient/prom_query.h"
#include "rpc/store_client.h"
#include "tools/block_folders.h"
#include "tools/chart.h"
#include "tools/progress.h"
#include "tools/query_json.h"
#include "tools/query_source.h"
#include "tools/query_text.h"

#include <sys/ioctl.h>
#include <unistd.h>

/* --- its parts -------------------------------------------------------------------------------- */

enum {
	FAN_OUT_THREADS_MAX = 64,
	FAN_OUT_BACKLOG_MAX = 4096,
	INFO_TIMEOUT_MS = 5000,
	SERVER_ANSWER_MAX_BYTES = 1 << 30,
	OUTPUT_MAX_BYTES = 1 << 30,
};

struct query_tool {
	struct runtime *rt;
	const struct tools_query_options *options;
	struct query_request request;
	struct tracker memory;
	struct arena *arena;
	struct notes notes;
	struct progress *progress;
	struct loops *loops;
	struct tls_client *tls;
	struct pool *fan_out;
	struct pool *helpers;      /* of the evaluation */
	struct bucket *buckets[2]; /* of --objstore.config, and of folders */
	size_t n_buckets;
	bool is_done;
};

static void query_tool_done(struct query_tool *t)
{
	progress_free(t->progress);
	for (size_t i = 0; i < t->n_buckets; i++)
		bucket_close(t->buckets[i]);
	pool_free(t->helpers);
	pool_free(t->fan_out);
	tls_client_unref(t->tls);
	loops_stop(t->loops);
	notes_done(&t->notes);
	arena_free(t->arena);
	tracker_done(&t->memory);
}

static bool check_source(const struct source_flags *f, struct err *err)
{
	bool has_url = *f->url != '\0';
	bool has_data = f->endpoints.n > 0 || flag_content_is_set(&f->objstore) ||
			f->blocks.n > 0 || f->tsdb_dirs.n > 0;

	if (has_url && has_data)
		return err_set(err, ERR_INVALID,
			       "--url is asked alone: no --endpoint, --objstore.config, --block or "
			       "--tsdb beside it");
	if (!has_url && !has_data)
		return err_set(err, ERR_INVALID,
			       "nothing to query: give --url, --endpoint, --objstore.config, "
			       "--block or --tsdb");
	return true;
}

static bool check_chart(const struct query_tool *t, struct err *err)
{
	return t->options->output.output != OUTPUT_CHART || t->request.is_range ||
	       err_set(err, ERR_INVALID, "a chart needs a range of times: give --start");
}

static bool read_request(struct query_tool *t, struct err *err)
{
	const struct question_flags *f = &t->options->question;
	struct query_request *req = &t->request;
	struct query_time time;

	if (!query_text_read(flags_words(t->rt->flags), t->arena, &req->text, err) ||
	    !query_times_read(&t->options->times, clock_wall_ms(&clock_system), &time, err))
		return false;
	req->start_ms = time.start_ms;
	req->end_ms = time.end_ms;
	req->step_ms = time.step_ms;
	req->is_range = time.step_ms > 0;
	req->timeout_ms = f->timeout_ms;
	req->max_resolution_ms = f->max_resolution_ms;
	req->lookback_ms = f->lookback_ms;
	req->dedup = f->dedup;
	req->partial_response = f->partial_response;
	req->replica_labels = flag_names(&f->replica_labels, t->arena, &req->n_replica_labels);
	return true;
}

static bool open_objstore(struct query_tool *t, struct err *err)
{
	const struct flag_content *config = &t->options->source.objstore;
	struct str yaml;

	if (!flag_content_is_set(config))
		return true;
	if (!flag_content_load(config, t->arena, &yaml, err) ||
	    !open_bucket(t->rt, yaml, loops_next(t->loops), &t->buckets[t->n_buckets], err))
		return false;
	t->n_buckets++;
	return true;
}

static bool open_folders(struct query_tool *t, struct err *err)
{
	const struct source_flags *f = &t->options->source;

	if (f->blocks.n == 0 && f->tsdb_dirs.n == 0)
		return true;
	struct block_folders *folders auto_free(block_folders_free) = block_folders_new();
	for (size_t i = 0; i < f->blocks.n; i++)
		if (!block_folders_add(folders, f->blocks.v[i], err))
			return err_wrap(err, "--block");
	for (size_t i = 0; i < f->tsdb_dirs.n; i++)
		if (!block_folders_add_all(folders, f->tsdb_dirs.v[i], err))
			return err_wrap(err, "--tsdb");
	t->buckets[t->n_buckets++] = block_folders_bucket(take(folders));
	return true;
}

static bool make_parts(struct query_tool *t, struct err *err)
{
	t->loops = loops_start(1, err);
	if (!t->loops || !grpc_client_tls(&t->options->grpc_client, &t->tls, err))
		return false;
	t->fan_out = pool_new(&(struct pool_options){.name = "fan-out",
						     .max_threads = FAN_OUT_THREADS_MAX,
						     .max_backlog = FAN_OUT_BACKLOG_MAX});
	if (cpu_limit() > 1)
		t->helpers = pool_new(&(struct pool_options){.name = "engine",
							     .max_threads = cpu_limit() - 1,
							     .max_backlog = FAN_OUT_BACKLOG_MAX});
	t->progress = progress_new(isatty(STDERR_FILENO) ? STDERR_FILENO : -1, &clock_system);
	return open_objstore(t, err) && open_folders(t, err);
}

/* --- output ----------------------------------------------------------------------------------- */

/* The terminal's rows less axis, caption, legend and prompt. */
static size_t chart_rows(const struct query_answer *answer)
{
	enum { DEFAULT = 16, MIN = 6, MAX = 32, BELOW = 5, LEGEND_MAX = 12 };
	size_t below = BELOW + (answer->n < LEGEND_MAX ? answer->n : LEGEND_MAX);
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
		return DEFAULT;
	size_t left = size.ws_row > below ? size.ws_row - below : 0;
	return left < MIN ? MIN : left > MAX ? MAX : left;
}

static bool write_chart(const struct query_tool *t, const struct query_answer *answer,
			struct buf *out, struct err *err)
{
	const struct output_flags *f = &t->options->output;
	struct chart_options options = {
	    .columns = f->chart_width ? f->chart_width : command_line_width(STDOUT_FILENO),
	    .rows = f->chart_height ? f->chart_height : chart_rows(answer),
	    .colored =
		f->color == COLOR_AUTO ? standard_output_is_colored() : f->color == COLOR_ALWAYS,
	    .start_ms = t->request.start_ms,
	    .end_ms = t->request.end_ms,
	    .step_ms = t->request.step_ms,
	};

	return chart_write(answer, &options, out, err);
}

static bool write_answer(struct query_tool *t, const struct query_answer *answer, struct err *err)
{
	struct buf out auto_done(buf_done) = BUF_INIT(OUTPUT_MAX_BYTES);

	switch (t->options->output.output) {
	case OUTPUT_CSV:
		query_csv_write(answer, &out);
		break;
	case OUTPUT_CHART:
		if (!write_chart(t, answer, &out, err))
			return false;
		break;
	default:
		query_table_write(answer, &out);
	}
	if (out.overflowed)
		return err_set(err, ERR_LIMIT, "the output would be larger than %d bytes",
			       OUTPUT_MAX_BYTES);
	progress_say(t->progress, NULL);
	if (answer->n == 0)
		notes_add(&t->notes, NOTE_PROMQL_INFO, "the answer has no series");
	return standard_output_write(buf_str(&out), err);
}

/* The API's bytes and nothing else, unless a prompt follows. */
static bool end_json(struct err *err)
{
	return !isatty(STDOUT_FILENO) || standard_output_write(STR("\n"), err);
}

/* --- asking a server -------------------------------------------------------------------------- */

static struct http_client *make_http_client(struct query_tool *t, struct err *err)
{
	const struct flag_content *flag = &t->options->source.http_client;
	struct http_client_options options = {0};
	struct http_client_config config;
	struct str yaml;

	if (flag_content_is_set(flag)) {
		if (!flag_content_load(flag, t->arena, &yaml, err) ||
		    !http_client_config_parse(yaml, t->arena, &config, err)) {
			err_wrap(err, "--url.http-client");
			return NULL;
		}
		http_client_config_options(&config, &options);
	}
	options.redirects = HTTP_REDIRECTS_FOLLOWED;
	return http_client_new(loops_next(t->loops), &options, err);
}

static bool write_server_answer(struct query_tool *t, struct str body, struct err *err)
{
	struct query_answer answer;

	if (!query_answer_read(&answer, body, t->arena, &t->notes, err))
		return err_wrap(err, "the answer of %s", t->options->source.url);
	if (t->options->output.output != OUTPUT_JSON)
		return write_answer(t, &answer, err);
	progress_say(t->progress, NULL);
	return standard_output_write(body, err) && end_json(err);
}

static bool ask_server(struct query_tool *t, struct ctx *ctx, struct err *err)
{
	struct http_client *http auto_free(http_client_free) = make_http_client(t, err);
	struct buf body auto_done(buf_done);

	buf_init(&body, SERVER_ANSWER_MAX_BYTES, &t->memory);
	if (!http)
		return false;
	struct prom_client *server auto_free(prom_client_free) =
	    prom_client_new(http, t->options->source.url, err);
	if (!server)
		return false;
	progress_say(t->progress, "waiting for the server");
	return prom_ask(server, ctx, &t->request, &body, err) &&
	       write_server_answer(t, buf_str(&body), err);
}

/* --- evaluating here -------------------------------------------------------------------------- */

static struct store_api *dial(void *arg, const char *address)
{
	struct query_tool *t = arg;

	return store_client_new(
	    address,
	    &(struct store_client_options){
		.channel =
		    {
			.loops = t->loops,
			.tls = t->tls,
			.compression = (enum grpc_compression)t->options->grpc_client.compression,
		    },
	    });
}

static struct query_source *open_source(struct query_tool *t, struct time_range range,
					struct ctx *ctx, struct err *err)
{
	const struct flag_list *addresses = &t->options->source.endpoints;
	struct endpoint_spec *specs = ARENA_ARRAY(t->arena, struct endpoint_spec, addresses->n + 1);

	for (size_t i = 0; i < addresses->n; i++)
		specs[i].address = addresses->v[i];
	progress_say(t->progress, t->n_buckets > 0 ? "opening blocks" : "asking endpoints");
	return query_source_open(
	    &(struct query_source_options){
		.endpoints =
		    {
			.specs = specs,
			.n_specs = addresses->n,
			.dial = dial,
			.dial_arg = t,
			.info_timeout_ms = INFO_TIMEOUT_MS,
			.unhealthy_timeout_ms = INFO_TIMEOUT_MS,
			.pool = t->fan_out,
			.clock = &clock_system,
		    },
		.buckets = t->buckets,
		.n_buckets = t->n_buckets,
		.range = range,
		.clock = &clock_system,
		.logger = t->rt->logger,
	    },
	    ctx, err);
}

static bool write_evaluation(struct query_tool *t, struct evaluation *e, struct err *err)
{
	struct query_answer answer;

	if (t->options->output.output != OUTPUT_JSON)
		return query_answer_take(&answer, e->result, t->arena, err) &&
		       write_answer(t, &answer, err);
	progress_say(t->progress, NULL);
	return query_json_write(take(e->result), &t->notes, &standard_output, err) && end_json(err);
}

static bool evaluate(struct query_tool *t, struct ctx *ctx, struct err *err)
{
	struct evaluator evaluator = {
	    .engine = {.parser = PARSER_OPTIONS_ALL,
		       .helpers = t->helpers,
		       .max_helpers = cpu_limit() - 1},
	    .tracker = &t->memory,
	    .clock = &clock_system,
	    .dedup = t->options->question.dedup_func == 0 ? DEDUP_PENALTY : DEDUP_CHAIN,
	    .dynamic_lookback = true,
	    .timeout_ms = INT64_MAX,
	};
	struct query_source *source auto_free(query_source_close) = NULL;
	struct evaluation e auto_done(evaluation_done);

	evaluation_init(&e, &evaluator, &t->request);
	if (!evaluation_prepare(&e, NULL, err))
		return false;
	source = open_source(t, promql_plan_range(e.plan), ctx, err);
	if (!source)
		return false;
	evaluator.store = query_source_store(source);
	progress_say(t->progress, "evaluating");
	return evaluation_start(&e, ctx, &t->notes, err) && write_evaluation(t, &e, err);
}

/* --- running ---------------------------------------------------------------------------------- */

/* Opening what is asked counts too. */
static bool run_query(void *arg, struct ctx *parent, struct err *err)
{
	struct query_tool *t = arg;
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(parent, t->request.timeout_ms);
	struct err why = ERR_INIT;

	t->is_done = *t->options->source.url ? ask_server(t, ctx, err) : evaluate(t, ctx, err);
	if (!t->is_done && !ctx_check(ctx, &why) && why.code == ERR_TIMEOUT)
		err_set(err, ERR_TIMEOUT, "no answer within --timeout=%s",
			model_duration_str(t->request.timeout_ms));
	return t->is_done;
}

static bool run_progress(void *arg, struct ctx *ctx, struct err *err)
{
	(void)err;
	progress_run(((struct query_tool *)arg)->progress, ctx);
	return true;
}

static bool tools_query_run(struct runtime *rt, const void *options, struct err *err)
{
	struct query_tool t auto_done(query_tool_done) = {.rt = rt, .options = options};
	int64_t limit_bytes = t.options->question.max_memory_bytes;

	tracker_init(&t.memory, NULL, "the query", "--max-memory",
		     limit_bytes > 0 ? limit_bytes : memory_limit_default(rt->memory_ratio));
	notes_init(&t.notes);
	t.arena = arena_new(&t.memory);
	if (!check_source(&t.options->source, err) || !read_request(&t, err) ||
	    !check_chart(&t, err) || !make_parts(&t, err))
		return false;
	runtime_add(rt, &(struct actor){"query", run_query, NULL, &t});
	runtime_add(rt, &(struct actor){"progress", run_progress, NULL, &t});
	bool ok = runtime_run(rt, err);
	progress_say(t.progress, NULL);
	notes_tell(&t.notes);
	return ok && (t.is_done || err_set(err, ERR_CANCELED, "interrupted"));
}

const struct command command_tools_query = {
    .name = "tools query",
    .help = "Evaluate a PromQL query: asked of a server (--url), or evaluated here over StoreAPI "
	    "servers, a bucket or blocks on disk. An instant query, or with --start one over a "
	    "range of times. The query - is read from standard input.",
    .flags = TOOLS_QUERY_FLAGS,
    .n_flags = N_TOOLS_QUERY_FLAGS,
    .options_bytes = sizeof(struct tools_query_options),
    .words_help = "<query>",
    .n_words_min = 1,
    .n_words_max = 1,
    .run = tools_query_run,
    .is_tool = true,
};
