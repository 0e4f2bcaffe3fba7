/* tools_bucket_replicate.c - `athanor tools bucket replicate`: blocks copied to another bucket,
 * once or as a service.
 */
#include "base/duration.h"
#include "cmd/bucket_tool.h"
#include "cmd/open_bucket.h"
#include "cmd/servers.h"
#include "telemetry/probes.h"
#include "tools/matcher_list.h"
#include "tools/replicator.h"

#include <unistd.h>

/* --- flags ------------------------------------------------------------------------------------ */

struct replicate_flags {
	struct flag_content to;
	struct flag_list resolutions;
	int64_t compaction_min;
	int64_t compaction_max;
	struct flag_list compactions;
	const char *matcher;
	bool single_run;
	struct time_or_duration min_time;
	struct time_or_duration max_time;
	struct flag_list ids;
	bool ignore_marked;
};

struct replicate_options {
	struct objstore_flags objstore;
	struct http_flags http;
	struct replicate_flags own;
};

static const struct flag_spec replicate_specs[] = {
    {.name = "objstore-to.config",
     FLAG_CONTENT(struct replicate_flags, to),
     .help = "YAML file that contains object store-to configuration. See format details: "
	     "https://thanos.io/tip/thanos/storage.md/#configuration The object storage which "
	     "replicate data to."},
    {.name = "resolution",
     FLAG_STRINGS(struct replicate_flags, resolutions),
     .default_text = "0s",
     .placeholder = "0s...",
     .help = "Only blocks with these resolutions will be replicated. Repeated flag."},
    {.name = "compaction-min",
     FLAG_INT(struct replicate_flags, compaction_min),
     .default_text = "1",
     .help = "Only blocks with at least this compaction level will be replicated."},
    {.name = "compaction-max",
     FLAG_INT(struct replicate_flags, compaction_max),
     .default_text = "4",
     .help = "Only blocks up to a maximum of this compaction level will be replicated."},
    {.name = "compaction",
     FLAG_STRINGS(struct replicate_flags, compactions),
     .help = "Only blocks with these compaction levels will be replicated. Repeated flag. "
	     "Overrides compaction-min and compaction-max if set."},
    {.name = "matcher",
     FLAG_STRING(struct replicate_flags, matcher),
     .help = "blocks whose external labels match this matcher will be replicated. All "
	     "Prometheus matchers are supported, including =, !=, =~ and !~."},
    {.name = "single-run",
     FLAG_BOOL(struct replicate_flags, single_run),
     .help = "Run replication only one time, then exit."},
    {.name = "min-time",
     FLAG_TIME(struct replicate_flags, min_time),
     .default_text = "0000-01-01T00:00:00Z",
     .help = "Start of time range limit to replicate. Thanos Replicate will replicate only "
	     "metrics, which happened later than this value. Option can be a constant time in "
	     "RFC3339 format or time duration relative to current time, such as -1d or 2h45m. "
	     "Valid duration units are ms, s, m, h, d, w, y."},
    {.name = "max-time",
     FLAG_TIME(struct replicate_flags, max_time),
     .default_text = "9999-12-31T23:59:59Z",
     .help = "End of time range limit to replicate. Thanos Replicate will replicate only "
	     "metrics, which happened earlier than this value. Option can be a constant time in "
	     "RFC3339 format or time duration relative to current time, such as -1d or 2h45m. "
	     "Valid duration units are ms, s, m, h, d, w, y."},
    {.name = "id",
     FLAG_STRINGS(struct replicate_flags, ids),
     .help = "Block to be replicated to the destination bucket. IDs will be used to match "
	     "blocks and other matchers will be ignored. When specified, this command will be "
	     "run only once after successful replication. Repeated field"},
    {.name = "ignore-marked-for-deletion",
     FLAG_BOOL(struct replicate_flags, ignore_marked),
     .help = "Do not replicate blocks that have deletion mark."},
};

static const struct command_flags replicate_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct replicate_options, objstore),
    COMMAND_FLAGS(HTTP_FLAGS, struct replicate_options, http),
    COMMAND_FLAGS(replicate_specs, struct replicate_options, own),
};

/* --- what is to be copied --------------------------------------------------------------------- */

enum { LEVELS_MAX = 1000 };

struct replicate_command {
	struct runtime *rt;
	const struct replicate_options *options;
	struct arena *a;
	struct servers servers;
	struct bucket *from, *to;
	struct matcher_list matchers;
	struct progress *progress;
	struct replicator_options what;
	struct replicator *replicator;
	bool is_done;
};

static void replicate_done(struct replicate_command *c)
{
	servers_stop(&c->servers);
	replicator_free(c->replicator);
	progress_free(c->progress);
	matcher_list_done(&c->matchers);
	bucket_close(c->from);
	bucket_close(c->to);
	servers_done(&c->servers);
	arena_free(c->a);
}

static bool runs_once(const struct replicate_command *c)
{
	return c->options->own.single_run || c->options->own.ids.n > 0;
}

static bool read_resolutions(struct replicate_command *c, struct err *err)
{
	static const int64_t all[] = {0, 5 * MS_PER_MIN, MS_PER_H};
	const struct flag_list *given = &c->options->own.resolutions;
	int64_t *ms = ARENA_ARRAY(c->a, int64_t, given->n);
	int64_t ns;

	if (!flags_is_set(c->rt->flags, "resolution")) {
		c->what.resolutions_ms = all;
		c->what.n_resolutions = sizeof(all) / sizeof(*all);
		return true;
	}
	for (size_t i = 0; i < given->n; i++) {
		if (!duration_parse_long(str_of(given->v[i]), &ns, err))
			return err_wrap(err, "--resolution");
		ms[i] = ns / NS_PER_MS;
	}
	c->what.resolutions_ms = ms;
	c->what.n_resolutions = given->n;
	return true;
}

static bool read_level_range(struct replicate_command *c, struct err *err)
{
	const struct replicate_flags *f = &c->options->own;
	int64_t n;

	if (f->compaction_min > f->compaction_max)
		return err_set(err, ERR_INVALID,
			       "compaction-min must be less than or equal to compaction-max");
	if (__builtin_sub_overflow(f->compaction_max, f->compaction_min, &n) || n >= LEVELS_MAX)
		return err_set(err, ERR_INVALID,
			       "compaction-min and compaction-max are more than %d levels apart",
			       LEVELS_MAX);
	int64_t *levels = ARENA_ARRAY(c->a, int64_t, (size_t)n + 1);
	for (int64_t i = 0; i <= n; i++)
		levels[i] = f->compaction_min + i;
	c->what.levels = levels;
	c->what.n_levels = (size_t)n + 1;
	return true;
}

static bool read_levels(struct replicate_command *c, struct err *err)
{
	const struct flag_list *given = &c->options->own.compactions;
	int64_t *levels = ARENA_ARRAY(c->a, int64_t, given->n);

	if (given->n == 0)
		return read_level_range(c, err);
	for (size_t i = 0; i < given->n; i++)
		if (!str_to_i64(str_of(given->v[i]), &levels[i]))
			return err_set(err, ERR_INVALID, "--compaction: \"%s\" is no number",
				       given->v[i]);
	c->what.levels = levels;
	c->what.n_levels = given->n;
	return true;
}

static bool read_options(struct replicate_command *c, struct err *err)
{
	const struct replicate_flags *f = &c->options->own;
	struct ulid *ids;

	if (!matcher_list_parse(str_of(f->matcher), c->a, &c->matchers, err))
		return err_wrap(err, "parse block label matchers");
	if (!read_resolutions(c, err) || !read_levels(c, err) ||
	    !flag_block_ids(&f->ids, "id", c->a, &ids, err))
		return false;
	c->what.matchers = (struct matchers){c->matchers.v, c->matchers.n};
	c->what.ids = ids;
	c->what.n_ids = f->ids.n;
	c->what.min_time = f->min_time;
	c->what.max_time = f->max_time;
	c->what.ignore_marked = f->ignore_marked;
	return true;
}

/* --- running ---------------------------------------------------------------------------------- */

static bool open_one(struct replicate_command *c, const struct flag_content *config,
		     struct bucket **out, struct err *err)
{
	struct str yaml;

	return flag_content_load(config, c->a, &yaml, err) &&
	       (open_bucket(c->rt, yaml, loops_next(c->servers.loops), out, err) ||
		err_wrap(err, "--%s", config->name));
}

static bool make_parts(struct replicate_command *c, struct err *err)
{
	const struct replicate_options *o = c->options;

	if (!flag_content_is_set(&o->own.to))
		return err_set(err, ERR_INVALID,
			       "No supported bucket was configured to replicate to");
	if (!servers_init(&c->servers, c->rt,
			  &(struct servers_options){.component = "replicate", .http = &o->http},
			  err) ||
	    !open_one(c, &o->objstore.config, &c->from, err) ||
	    !open_one(c, &o->own.to, &c->to, err))
		return false;
	c->progress = progress_new(isatty(STDERR_FILENO) ? STDERR_FILENO : -1, &clock_system);
	c->what.from = c->from;
	c->what.to = c->to;
	c->what.clock = &clock_system;
	c->what.metrics = c->rt->metrics;
	c->what.logger = c->rt->logger;
	c->what.progress = c->progress;
	c->replicator = replicator_new(&c->what);
	return true;
}

static bool run_replication(void *arg, struct ctx *ctx, struct err *err)
{
	struct replicate_command *c = arg;

	probes_set_ready(c->servers.probes);
	if (runs_once(c))
		c->is_done = replicator_run(c->replicator, ctx, err);
	else
		replicator_repeat(c->replicator, ctx);
	return c->is_done || !runs_once(c);
}

static bool run_progress(void *arg, struct ctx *ctx, struct err *err)
{
	(void)err;
	progress_run(((struct replicate_command *)arg)->progress, ctx);
	return true;
}

static bool run_replicate(struct runtime *rt, const void *options, struct err *err)
{
	struct replicate_command c auto_done(replicate_done) = {
	    .rt = rt, .options = options, .a = arena_new(NULL)};

	if (!read_options(&c, err) || !make_parts(&c, err))
		return false;
	servers_add_actors(&c.servers);
	runtime_add(rt, &(struct actor){"replicate", run_replication, NULL, &c});
	runtime_add(rt, &(struct actor){"progress", run_progress, NULL, &c});
	log_info(rt->logger, "starting replication");
	return runtime_run(rt, err) &&
	       (c.is_done || !runs_once(&c) || err_set(err, ERR_CANCELED, "interrupted"));
}

const struct command command_tools_bucket_replicate = {
    .name = "tools bucket replicate",
    .help = "Replicate data from one object storage to another. NOTE: Currently it works only with "
	    "Thanos blocks (meta.json has to have Thanos metadata).",
    .flags = replicate_flags,
    .n_flags = sizeof(replicate_flags) / sizeof(*replicate_flags),
    .options_bytes = sizeof(struct replicate_options),
    .run = run_replicate,
};
