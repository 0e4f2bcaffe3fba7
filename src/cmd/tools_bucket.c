/* tools_bucket.c - `athanor tools bucket`: the group, and the commands that look: ls and inspect.
 */
#include "base/duration.h"
#include "cmd/bucket_tool.h"
#include "cmd/common_flags.h"
#include "model/relabel.h"
#include "tools/block_list.h"
#include "tools/block_rows.h"
#include "tools/bucket_view.h"

static const struct command_flags group_flags[] = {
    {.specs = OBJSTORE_FLAGS, .n = 1, .offset = 0},
};

const struct command command_tools_bucket = {
    .name = "tools bucket",
    .help = "Bucket utility commands",
    .flags = group_flags,
    .n_flags = 1,
};

/* --- ls --------------------------------------------------------------------------------------- */

struct ls_flags {
	const char *output;
	bool exclude_delete;
	struct time_or_duration min_time;
	struct time_or_duration max_time;
	int64_t timeout_ms;
};

struct ls_options {
	struct objstore_flags objstore;
	struct selector_flags selector;
	struct ls_flags own;
};

static const struct flag_spec ls_specs[] = {
    {.name = "output",
     .short_name = 'o',
     FLAG_STRING(struct ls_flags, output),
     .default_text = "",
     .help = "Optional format in which to print each block's information. Options are 'json', "
	     "'wide' or a custom template."},
    {.name = "exclude-delete",
     FLAG_BOOL(struct ls_flags, exclude_delete),
     .help = "Exclude blocks marked for deletion."},
    {.name = "min-time",
     FLAG_TIME(struct ls_flags, min_time),
     .default_text = "0000-01-01T00:00:00Z",
     .help = "Start of time range limit to list blocks. Thanos Tools will list blocks, which "
	     "were created later than this value. Option can be a constant time in RFC3339 "
	     "format or time duration relative to current time, such as -1d or 2h45m. Valid "
	     "duration units are ms, s, m, h, d, w, y."},
    {.name = "max-time",
     FLAG_TIME(struct ls_flags, max_time),
     .default_text = "9999-12-31T23:59:59Z",
     .help = "End of time range limit to list. Thanos Tools will list only blocks, which were "
	     "created earlier than this value. Option can be a constant time in RFC3339 format "
	     "or time duration relative to current time, such as -1d or 2h45m. Valid duration "
	     "units are ms, s, m, h, d, w, y."},
    {.name = "timeout",
     FLAG_DURATION(struct ls_flags, timeout_ms),
     .default_text = "5m",
     .help = "Timeout to download metadata from remote storage"},
};

static const struct command_flags ls_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct ls_options, objstore),
    COMMAND_FLAGS(SELECTOR_FLAGS, struct ls_options, selector),
    COMMAND_FLAGS(ls_specs, struct ls_options, own),
};

static bool ls(struct bucket_tool *t, struct ctx *ctx, struct err *err)
{
	const struct ls_options *o = t->options;
	struct relabel *rules auto_free(relabel_free) = NULL;
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(BUCKET_TOOL_OUTPUT_MAX_BYTES);
	struct relabel_filter selector;
	struct time_partition_filter times;
	struct deletion_mark_filter marks auto_done(deletion_mark_filter_done) = {0};
	struct block_filter *filters[] = {&selector.base, &times.base, &marks.base};

	if (!selector_rules(&o->selector, &rules, err))
		return false;
	if (o->own.timeout_ms < MS_PER_MIN)
		log_warn(t->rt->logger, "Timeout less than 1m could lead to frequent failures");
	relabel_filter_init(&selector, rules, NULL, 0);
	time_partition_filter_init(&times, o->own.min_time, o->own.max_time, &clock_system);
	deletion_mark_filter_init(&marks, t->bucket, 0, BUCKET_VIEW_CONCURRENCY, &clock_system,
				  t->rt->logger);
	progress_say(t->progress, "reading the blocks' metadata");
	return bucket_view_fetch(t->bucket, ctx, filters, o->own.exclude_delete ? 3 : 2,
				 t->rt->logger, &view, err) &&
	       block_list_write(&view, str_of(o->own.output), &out, err) &&
	       bucket_tool_print(t, &out, err);
}

static bool run_ls(struct runtime *rt, const void *options, struct err *err)
{
	const struct ls_options *o = options;

	return bucket_tool_run(rt,
			       &(struct bucket_tool_options){.options = o,
							     .objstore = &o->objstore,
							     .work = ls,
							     .timeout_ms = o->own.timeout_ms},
			       err);
}

const struct command command_tools_bucket_ls = {
    .name = "tools bucket ls",
    .help = "List all blocks in the bucket.",
    .flags = ls_flags,
    .n_flags = sizeof(ls_flags) / sizeof(*ls_flags),
    .options_bytes = sizeof(struct ls_options),
    .run = run_ls,
    .is_tool = true,
};

/* --- inspect ---------------------------------------------------------------------------------- */

struct inspect_flags {
	struct flag_pairs selector;
	struct flag_list sort_by;
	int64_t timeout_ms;
	int output; /* enum block_rows_format */
};

struct inspect_options {
	struct objstore_flags objstore;
	struct inspect_flags own;
};

static const struct flag_spec inspect_specs[] = {
    {.name = "selector",
     .short_name = 'l',
     FLAG_PAIRS(struct inspect_flags, selector),
     .placeholder = "<name>=\\\"<value>\\\"",
     .help = "Selects blocks based on label, e.g. '-l key1=\\\"value1\\\" -l "
	     "key2=\\\"value2\\\"'. All key value pairs must match."},
    {.name = "sort-by",
     FLAG_ENUMS(struct inspect_flags, sort_by),
     .choices = BLOCK_COLUMN_NAMES,
     .default_text = "FROM",
     .placeholder = "FROM...",
     .help = "Sort by columns. It's also possible to sort by multiple columns, e.g. '--sort-by "
	     "FROM --sort-by UNTIL'. I.e., if the 'FROM' value is equal the rows are then "
	     "further sorted by the 'UNTIL' value."},
    {.name = "timeout",
     FLAG_DURATION(struct inspect_flags, timeout_ms),
     .default_text = "5m",
     .help = "Timeout to download metadata from remote storage"},
    {.name = "output",
     FLAG_ENUM(struct inspect_flags, output),
     .choices = FLAG_CHOICES("table", "csv", "tsv"),
     .default_text = "table",
     .help = "Output format for result. Currently supports table, csv, tsv."},
};

static const struct command_flags inspect_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct inspect_options, objstore),
    COMMAND_FLAGS(inspect_specs, struct inspect_options, own),
};

static enum block_column column_of(const char *name)
{
	enum block_column c = 0;

	while (strcmp(BLOCK_COLUMN_NAMES[c], name) != 0)
		c++;
	return c;
}

static void write_rows(struct bucket_tool *t, const struct block_view *view, struct buf *out)
{
	static const enum block_column by_time[] = {BLOCK_COLUMN_FROM, BLOCK_COLUMN_UNTIL};
	const struct inspect_flags *f = &((const struct inspect_options *)t->options)->own;
	struct label *selector = ARENA_ARRAY(t->a, struct label, f->selector.n);
	enum block_column *given = ARENA_ARRAY(t->a, enum block_column, f->sort_by.n);
	bool is_sorted = flags_is_set(t->rt->flags, "sort-by");

	for (size_t i = 0; i < f->selector.n; i++)
		selector[i] = (struct label){f->selector.v[i].name, f->selector.v[i].value};
	for (size_t i = 0; i < f->sort_by.n; i++)
		given[i] = column_of(f->sort_by.v[i]);
	block_rows_write(view,
			 &(struct block_rows_options){
			     .selector = {selector, f->selector.n},
			     .sort_by = is_sorted ? given : by_time,
			     .n_sort_by = is_sorted ? f->sort_by.n : 2,
			     .format = (enum block_rows_format)f->output,
			 },
			 out);
}

static bool inspect(struct bucket_tool *t, struct ctx *ctx, struct err *err)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(BUCKET_TOOL_OUTPUT_MAX_BYTES);

	progress_say(t->progress, "reading the blocks' metadata");
	if (!bucket_view_fetch(t->bucket, ctx, NULL, 0, t->rt->logger, &view, err))
		return false;
	write_rows(t, &view, &out);
	return bucket_tool_print(t, &out, err);
}

static bool run_inspect(struct runtime *rt, const void *options, struct err *err)
{
	const struct inspect_options *o = options;

	return bucket_tool_run(rt,
			       &(struct bucket_tool_options){.options = o,
							     .objstore = &o->objstore,
							     .work = inspect,
							     .timeout_ms = o->own.timeout_ms},
			       err);
}

const struct command command_tools_bucket_inspect = {
    .name = "tools bucket inspect",
    .help = "Inspect all blocks in the bucket in detailed, table-like way.",
    .flags = inspect_flags,
    .n_flags = sizeof(inspect_flags) / sizeof(*inspect_flags),
    .options_bytes = sizeof(struct inspect_options),
    .run = run_inspect,
    .is_tool = true,
};
