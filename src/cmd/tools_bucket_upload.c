/* tools_bucket_upload.c - `athanor tools bucket upload-blocks`: the blocks of a folder into a
 * bucket.
 */
#include "block/meta.h"
#include "block/shipper.h"
#include "cmd/bucket_tool.h"

#include <errno.h>
#include <unistd.h>

struct upload_flags {
	const char *path;
	struct flag_pairs labels;
	bool upload_compacted;
	int64_t upload_concurrency;
};

struct upload_options {
	struct objstore_flags objstore;
	struct upload_flags own;
};

static const struct flag_spec upload_specs[] = {
    {.name = "path",
     FLAG_STRING(struct upload_flags, path),
     .default_text = "./data",
     .help = "Path to the directory containing blocks to upload."},
    {.name = "label",
     FLAG_PAIRS(struct upload_flags, labels),
     .placeholder = "key=\"value\"",
     .help = "External labels to add to the uploaded blocks (repeated)."},
    {.name = "shipper.upload-compacted",
     FLAG_BOOL(struct upload_flags, upload_compacted),
     .help = "If true shipper will try to upload compacted blocks as well."},
    {.name = "shipper.upload-concurrency",
     FLAG_INT(struct upload_flags, upload_concurrency),
     .default_text = "5",
     .help = "Number of goroutines to use when uploading block files to object storage."},
};

static const struct command_flags upload_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct upload_options, objstore),
    COMMAND_FLAGS(upload_specs, struct upload_options, own),
};

static bool check_options(const struct upload_flags *f, struct err *err)
{
	if (f->labels.n == 0)
		return err_set(err, ERR_INVALID,
			       "no external labels configured, uniquely identifying external "
			       "labels must be configured; see "
			       "https://thanos.io/tip/thanos/storage.md#external-labels for "
			       "details.");
	if (f->upload_concurrency < 0)
		return err_set(err, ERR_INVALID,
			       "--shipper.upload-concurrency must not be negative, got %lld",
			       (long long)f->upload_concurrency);
	if (access(f->path, R_OK | W_OK | X_OK) != 0)
		return err_set_errno(err, errno, "unable to access path '%s'", f->path);
	return true;
}

static bool read_labels(struct bucket_tool *t, struct labels *out, struct err *err)
{
	const struct flag_pairs *given = &((const struct upload_options *)t->options)->own.labels;
	struct label *labels = ARENA_ARRAY(t->a, struct label, given->n);

	for (size_t i = 0; i < given->n; i++)
		labels[i] = (struct label){given->v[i].name, given->v[i].value};
	*out = (struct labels){labels, given->n};
	return labels_sort(labels, given->n) ||
	       err_set(err, ERR_INVALID, "--label: a name is given twice");
}

static void show_progress(void *arg, size_t n_done, size_t n_all)
{
	progress_count(arg, n_done, n_all);
}

static bool upload(struct bucket_tool *t, struct ctx *ctx, struct err *err)
{
	const struct upload_flags *f = &((const struct upload_options *)t->options)->own;
	struct labels labels;
	size_t n_uploaded = 0;

	if (!read_labels(t, &labels, err))
		return false;
	struct shipper *s auto_free(shipper_free) = shipper_new(&(struct shipper_options){
	    .dir = f->path,
	    .bucket = t->bucket,
	    .source = META_SOURCE_BUCKET_UPLOAD,
	    .upload_compacted = f->upload_compacted,
	    .upload_concurrency = (unsigned)f->upload_concurrency,
	    .on_block = show_progress,
	    .on_block_arg = t->progress,
	    .clock = &clock_system,
	    .metrics = t->rt->metrics,
	    .logger = t->rt->logger,
	});
	shipper_set_labels(s, labels);
	progress_say(t->progress, "uploading blocks");
	if (!shipper_sync(s, ctx, &n_uploaded, err))
		return err_wrap(err, "unable to sync blocks, %zu were uploaded", n_uploaded);
	log_info(t->rt->logger, "synced blocks", LOG_UINT("uploaded", n_uploaded));
	return true;
}

static bool run_upload(struct runtime *rt, const void *options, struct err *err)
{
	const struct upload_options *o = options;

	return check_options(&o->own, err) &&
	       bucket_tool_run(rt,
			       &(struct bucket_tool_options){
				   .options = o, .objstore = &o->objstore, .work = upload},
			       err);
}

const struct command command_tools_bucket_upload_blocks = {
    .name = "tools bucket upload-blocks",
    .help = "Upload blocks push blocks from the provided path to the object storage.",
    .flags = upload_flags,
    .n_flags = sizeof(upload_flags) / sizeof(*upload_flags),
    .options_bytes = sizeof(struct upload_options),
    .run = run_upload,
    .is_tool = true,
};
