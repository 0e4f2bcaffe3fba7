/* simulation - a compactor's whole life, with everything that may go wrong, again and again.
 *
 *	simulation [--seed N] [--runs N] [--seconds N]    runs of the seeds from N on
 *	simulation --walk [--seed N]                      one seed, once for every operation on the
 *	                                                  bucket and every way in which it may fail
 *	simulation --trace --seed N                       one run, with all it does
 *
 * A run that finds something wrong is repeated with all it does printed, and makes it fail.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "tests/lib/temp_dir.h"
#include "tests/simulation/run.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_SHOWN = 3 };

struct options {
	uint64_t seed;
	uint64_t runs;
	uint64_t seconds;
	bool walks;
	bool traces;
};

struct tally {
	uint64_t runs, wrong, operations, shakes, halts, made, downsampled, deleted;
};

static void count(struct tally *t, const struct run_result *r)
{
	t->runs++;
	t->wrong += r->complaint[0] != 0;
	t->operations += r->n_operations;
	t->shakes += r->n_shakes;
	t->halts += r->n_halts;
	t->made += r->observed.n_blocks_made;
	t->downsampled += r->observed.n_downsampled;
	t->deleted += r->observed.n_deleted;
}

static void run_one(struct run_options *run, struct tally *t)
{
	struct run_result result;

	run_simulation(run, &result);
	count(t, &result);
	if (!result.complaint[0] || t->wrong > MAX_SHOWN)
		return;
	printf("seed %" PRIu64, run->seed);
	if (run->is_firm)
		printf(", operation %zu goes wrong (%d)", run->shake_at, run->shake);
	printf(": %s\n", result.complaint);
	if (!run->traces) {
		run->traces = true;
		run_simulation(run, &result);
		run->traces = false;
		printf("that was seed %" PRIu64 ": %s\n\n", run->seed, result.complaint);
	}
	fflush(stdout);
}

static void run_seeds(const struct options *o, struct run_options run, struct tally *t)
{
	int64_t end_ns = clock_monotonic_ns(&clock_system) + (int64_t)o->seconds * 1000000000;

	while (o->seconds ? clock_monotonic_ns(&clock_system) < end_ns : t->runs < o->runs) {
		run_one(&run, t);
		run.seed++;
	}
}

/* Every operation, and every way to fail. */
static void walk(struct run_options run, struct tally *t)
{
	struct run_result firm;

	run.is_firm = true;
	run.shake_at = NO_OPERATION;
	run_simulation(&run, &firm);
	count(t, &firm);
	for (run.shake_at = 0; run.shake_at < firm.n_operations; run.shake_at++)
		for (int shake = SHAKE_REQUEST_LOST; shake < SHAKE_N; shake++) {
			run.shake = (enum shake)shake;
			run_one(&run, t);
		}
}

/* A simulation in which next to nothing happens proves nothing. */
static bool is_worth_something(const struct tally *t)
{
	return t->made > t->runs && t->deleted > t->runs && t->downsampled > 0;
}

static bool read_options(int argc, char **argv, struct options *out)
{
	static const struct option table[] = {
	    {"seed", required_argument, NULL, 's'},    {"runs", required_argument, NULL, 'n'},
	    {"seconds", required_argument, NULL, 't'}, {"walk", no_argument, NULL, 'w'},
	    {"trace", no_argument, NULL, 'v'},         {0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		uint64_t n = optarg ? strtoull(optarg, NULL, 10) : 0;
		switch (option) {
		case 's':
			out->seed = n;
			break;
		case 'n':
			out->runs = n;
			break;
		case 't':
			out->seconds = n;
			break;
		case 'w':
			out->walks = true;
			break;
		case 'v':
			out->traces = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

static void run_as_told(const struct options *o, const char *dir, struct tally *t)
{
	char *blocks auto_free(mem_free) = xasprintf("%s/blocks", dir);
	char *work auto_free(mem_free) = xasprintf("%s/work", dir);
	struct run_options run = {
	    .seed = o->seed, .dir = work, .traces = o->traces, .shake_at = NO_OPERATION};
	struct err err = ERR_INIT;

	if (!fs_mkdirs(blocks, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(2);
	}
	run.data = data_new(blocks);
	if (o->walks)
		walk(run, t);
	else
		run_seeds(o, run, t);
	data_free(run.data);
}

int main(int argc, char **argv)
{
	struct options o = {.seed = 1, .runs = 100};
	struct tally t = {0};

	if (!read_options(argc, argv, &o)) {
		fputs("usage: simulation [--seed N] [--runs N] [--seconds N] [--walk] [--trace]\n",
		      stderr);
		return 2;
	}
	if (o.traces)
		o.runs = 1;
	/* Blocks are synced: in memory that costs nothing. */
	if (!getenv("TMPDIR") && access("/dev/shm", W_OK | X_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	char *dir = temp_dir_new();
	run_as_told(&o, dir, &t);
	temp_dir_remove(dir);
	printf("seed %" PRIu64 ": %" PRIu64 " runs, %" PRIu64 " operations, of which %" PRIu64
	       " went wrong; %" PRIu64 " blocks made, %" PRIu64 " of them downsampled, %" PRIu64
	       " deleted; %" PRIu64 " halts; %" PRIu64 " runs are WRONG\n",
	       o.seed, t.runs, t.operations, t.shakes, t.made, t.downsampled, t.deleted, t.halts,
	       t.wrong);
	return t.wrong == 0 && (o.traces || is_worth_something(&t)) ? 0 : 1;
}
