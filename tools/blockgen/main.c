/* athanor-blockgen - makes blocks of an imagined Kubernetes cluster, for benchmarks and tests. The
 * folder is a bucket of type FILESYSTEM.
 */
#include "base/clock.h"
#include "base/flags.h"
#include "base/fs.h"
#include "base/vec.h"
#include "tools/blockgen/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct options {
	const char *dir;
	uint64_t n_series;
	int64_t duration_ms;
	int64_t block_duration_ms;
	int64_t interval_ms;
	struct time_or_duration end;
	double churn_per_day;
	uint64_t n_replicas;
	struct flag_pairs labels;
	uint64_t seed;
	bool help;
};

#define F(kind, field) FLAG_##kind(struct options, field)
static const struct flag_spec specs[] = {
    {.name = "help", .short_name = 'h', F(BOOL, help), .help = "Show this text."},
    {.name = "dir",
     F(STRING, dir),
     .placeholder = "DIR",
     .help = "Where the blocks go; the folder is made, blocks that are there stay."},
    {.name = "series",
     F(UINT, n_series),
     .default_text = "10000",
     .help = "How many series there are at any moment, about."},
    {.name = "duration",
     F(MODEL_DURATION, duration_ms),
     .default_text = "1d",
     .help = "How long the cluster was watched, in whole blocks."},
    {.name = "block-duration",
     F(MODEL_DURATION, block_duration_ms),
     .default_text = "2h",
     .help = "The time range of each block."},
    {.name = "end",
     F(TIME, end),
     .default_text = "0s",
     .help = "When the last block ends, RFC 3339 or a duration before now; rounded down to "
	     "whole blocks."},
    {.name = "scrape-interval",
     F(MODEL_DURATION, interval_ms),
     .default_text = "15s",
     .help = "The time between two samples of a series."},
    {.name = "churn",
     F(FLOAT, churn_per_day),
     .default_text = "0.2",
     .help = "The share of pods that is replaced each day."},
    {.name = "replicas",
     F(UINT, n_replicas),
     .default_text = "1",
     .help = "How many Prometheus watch the cluster: with two or more, each has an external "
	     "label `replica`."},
    {.name = "label",
     F(PAIRS, labels),
     .placeholder = "<name>=\"<value>\"",
     .help = "External labels of all blocks; {cluster=\"athanor\"} without any."},
    {.name = "seed",
     F(UINT, seed),
     .default_text = "1",
     .help = "The same seed gives the same blocks."},
};

/* The labels of the command line and the replica, ascending. */
static bool external_labels(const struct options *o, uint64_t replica, struct arena *a,
			    struct labels *out, struct err *err)
{
	struct {
		struct label *v;
		size_t n, cap;
	} list = {0};

	for (size_t i = 0; i < o->labels.n; i++)
		ARENA_PUSH(a, &list, (struct label){o->labels.v[i].name, o->labels.v[i].value});
	if (o->labels.n == 0)
		ARENA_PUSH(a, &list, (struct label)LABEL("cluster", "athanor"));
	if (o->n_replicas > 1) {
		struct str name = str_of(arena_printf(a, "%c", (char)('a' + replica % 26)));
		ARENA_PUSH(a, &list, (struct label){STR("replica"), name});
	}
	*out = (struct labels){list.v, list.n};
	return labels_sort(list.v, list.n) ||
	       err_set(err, ERR_INVALID, "an external label is given twice");
}

/* One line per block, in place where somebody watches. */
static void show_progress(uint64_t done, uint64_t n, const struct generated_block *b)
{
	bool is_watched = isatty(STDERR_FILENO);

	fprintf(stderr, "%s%lu/%lu blocks: %s, %lu series, %lu samples%s", is_watched ? "\r" : "",
		done, n, ulid_str(b->id), b->n_series, b->n_samples,
		is_watched && done < n ? "" : "\n");
}

static bool generate(const struct options *o, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	int64_t end_ms = time_or_duration_at(o->end, (int64_t)time(NULL) * 1000);
	int64_t last = end_ms / o->block_duration_ms, n = o->duration_ms / o->block_duration_ms;
	struct generate_options options = {
	    .cluster = {o->seed, o->n_series, o->churn_per_day},
	    .interval_ms = o->interval_ms,
	    .dir = o->dir,
	};
	uint64_t done = 0;

	for (options.replica = 0; options.replica < o->n_replicas; options.replica++) {
		if (!external_labels(o, options.replica, a, &options.external_labels, err))
			return false;
		for (int64_t i = last - n; i < last; i++) {
			struct generated_block block;
			if (!generate_block(&options, i * o->block_duration_ms,
					    (i + 1) * o->block_duration_ms, &block, err))
				return false;
			show_progress(++done, (uint64_t)n * o->n_replicas, &block);
		}
	}
	return true;
}

static bool check(const struct options *o, struct err *err)
{
	if (!*o->dir)
		return err_set(err, ERR_INVALID, "--dir is needed");
	if (o->interval_ms < 100 || o->block_duration_ms < o->interval_ms)
		return err_set(err, ERR_INVALID,
			       "--scrape-interval is at least 100ms and at most --block-duration");
	if (o->duration_ms < o->block_duration_ms)
		return err_set(err, ERR_INVALID, "--duration is shorter than one block");
	if (o->n_series == 0 || o->n_series > 100000000)
		return err_set(err, ERR_INVALID, "--series is 1 to 100000000");
	if (!(o->churn_per_day >= 0 && o->churn_per_day <= 1000))
		return err_set(err, ERR_INVALID, "--churn is 0 to 1000");
	if (o->n_replicas == 0 || o->n_replicas > 26)
		return err_set(err, ERR_INVALID, "--replicas is 1 to 26");
	return true;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct flag_group group = FLAG_GROUP(specs, &o);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct flag_list args = {0};
	struct err err = ERR_INIT;

	for (int i = 1; i < argc; i++)
		ARENA_PUSH(a, &args, argv[i]);
	struct flags *flags auto_free(flags_free) = flags_parse(&group, 1, &args, 0, &err);
	if (flags && flags_is_set(flags, "help")) {
		struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		flags_help(&text, &group, 1, 80);
		printf("usage: athanor-blockgen --dir=DIR [<flags>]\n\n%s", buf_cstr(&text));
		return 0;
	}
	if (flags && flags_assign(flags, &err) && check(&o, &err) && fs_mkdirs(o.dir, &err) &&
	    generate(&o, &err))
		return 0;
	fprintf(stderr, "athanor-blockgen: %s\n", err.msg);
	return 1;
}
