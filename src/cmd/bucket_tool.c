#include "cmd/bucket_tool.h"

#include "base/duration.h"
#include "cmd/open_bucket.h"
#include "cmd/standard_io.h"

#include <unistd.h>

const struct flag_spec OBJSTORE_FLAGS[1] = {
    {.name = "objstore.config",
     FLAG_CONTENT(struct objstore_flags, config),
     .help = "YAML file that contains object store configuration. See format details: "
	     "https://thanos.io/tip/thanos/storage.md/#configuration",
     .attrs = FLAG_REQUIRED},
};

/* --- parts ------------------------------------------------------------------------------------ */

static void tool_done(struct bucket_tool *t)
{
	progress_free(t->progress);
	bucket_close(t->bucket);
	loops_stop(t->loops);
	arena_free(t->a);
}

bool bucket_tool_open(struct bucket_tool *t, const struct flag_content *config, struct bucket **out,
		      struct err *err)
{
	struct str yaml;

	*out = NULL;
	if (!flag_content_is_set(config) && !config->required)
		return true;
	return flag_content_load(config, t->a, &yaml, err) &&
	       (open_bucket(t->rt, yaml, loops_next(t->loops), out, err) ||
		err_wrap(err, "--%s", config->name));
}

static bool open_parts(struct bucket_tool *t, const struct objstore_flags *objstore,
		       struct err *err)
{
	t->loops = loops_start(1, err);
	if (!t->loops)
		return false;
	t->progress = progress_new(isatty(STDERR_FILENO) ? STDERR_FILENO : -1, &clock_system);
	return bucket_tool_open(t, &objstore->config, &t->bucket, err);
}

/* --- running ---------------------------------------------------------------------------------- */

static bool run_work(void *arg, struct ctx *parent, struct err *err)
{
	struct bucket_tool *t = arg;
	struct ctx *timed auto_free(ctx_free) =
	    t->timeout_ms > 0 ? ctx_new_timeout_ms(parent, t->timeout_ms) : NULL;
	struct ctx *ctx = timed ? timed : parent;
	struct err why = ERR_INIT;

	t->is_done = t->work(t, ctx, err);
	if (!t->is_done && !ctx_check(ctx, &why) && why.code == ERR_TIMEOUT)
		err_set(err, ERR_TIMEOUT, "not done within %s",
			duration_str(t->timeout_ms * NS_PER_MS));
	return t->is_done;
}

static bool run_progress(void *arg, struct ctx *ctx, struct err *err)
{
	(void)err;
	progress_run(((struct bucket_tool *)arg)->progress, ctx);
	return true;
}

bool bucket_tool_run(struct runtime *rt, const struct bucket_tool_options *options, struct err *err)
{
	struct bucket_tool t auto_done(tool_done) = {
	    .rt = rt,
	    .options = options->options,
	    .a = arena_new(NULL),
	    .work = options->work,
	    .timeout_ms = options->timeout_ms,
	};

	if (!open_parts(&t, options->objstore, err))
		return false;
	runtime_add(rt, &(struct actor){"bucket", run_work, NULL, &t});
	runtime_add(rt, &(struct actor){"progress", run_progress, NULL, &t});
	bool ok = runtime_run(rt, err);
	progress_say(t.progress, NULL);
	return ok && (t.is_done || err_set(err, ERR_CANCELED, "interrupted"));
}

/* --- helpers ---------------------------------------------------------------------------------- */

bool bucket_tool_print(struct bucket_tool *t, const struct buf *out, struct err *err)
{
	if (out->overflowed)
		return err_set(err, ERR_LIMIT, "the output would be larger than %d bytes",
			       BUCKET_TOOL_OUTPUT_MAX_BYTES);
	progress_say(t->progress, NULL);
	return standard_output_write(buf_str(out), err);
}

bool flag_block_ids(const struct flag_list *values, const char *flag, struct arena *a,
		    struct ulid **out, struct err *err)
{
	*out = ARENA_ARRAY(a, struct ulid, values->n);
	for (size_t i = 0; i < values->n; i++)
		if (!ulid_parse(str_of(values->v[i]), &(*out)[i]))
			return err_set(err, ERR_INVALID, "--%s is not a valid block ULID, got: %s",
				       flag, values->v[i]);
	return true;
}
