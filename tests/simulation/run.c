#include "tests/simulation/run.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "block/upload.h"
#include "compactor/compactor.h"
#include "objstore/inmem.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_COMPACTORS = 3, N_ITERATIONS = 4, N_LAST_ITERATIONS = 3 };

struct simulation;

struct sidecar {
	struct simulation *run;
	unsigned tenant;
	unsigned replica;
};

struct simulation {
	const struct run_options *o;
	struct schedule schedule;
	struct bucket *bucket;
	struct observer *observer;
	struct shakes shakes;
	struct compactor_options compactor; /* without bucket and folder */
	unsigned length;
	unsigned n_slots;
	unsigned n_compactors;
	struct sidecar sidecars[N_TENANTS * N_REPLICAS];
	struct run_result *result;
	bool is_last; /* the last compactor works */
};

static uint64_t draw(struct simulation *r, uint64_t n)
{
	return rand_below(&r->schedule.rand, n);
}

static bool is_over(const struct simulation *r)
{
	return observer_complaint(r->observer) != NULL;
}

/* --- sidecars --------------------------------------------------------------------------------- */

/* As the shipper does: what is there is not uploaded again. */
static bool ship(struct simulation *r, struct bucket *b, struct data_block block, struct err *err)
{
	struct block_upload_options options = {.clock = &r->schedule.clock.base};
	struct object_path meta = block_object_path(data_block_id(block), META_FILENAME);
	bool is_there;

	return bucket_exists(b, NULL, str_of(meta.s), &is_there, err) &&
	       (is_there ||
		block_upload(b, NULL, data_block_dir(r->o->data, block), &options, err));
}

static void run_sidecar(struct actor *a, void *arg)
{
	struct sidecar *s = arg;
	struct simulation *r = s->run;
	struct bucket *b auto_free(bucket_close) = shaky_bucket_new(r->bucket, a, &r->shakes);
	struct data_block block = {r->length, s->tenant, s->replica, 0};

	while (block.slot < r->n_slots && !is_over(r)) {
		struct err err = ERR_INIT;
		if (ship(r, b, block, &err)) {
			block.slot++;
			if (draw(r, 4) == 0)
				schedule_sleep(a, (int64_t)draw(r, 10 * MS_PER_HOUR));
			continue;
		}
		a->has_crashed = false;
		/* Now and then it stays away so long that what it began counts as given up. */
		schedule_sleep(a, (int64_t)draw(r, draw(r, 3) ? MS_PER_HOUR : 72 * MS_PER_HOUR));
	}
}

/* --- compactors ------------------------------------------------------------------------------- */

static void pause_compactor(struct simulation *r, struct actor *a)
{
	const int64_t choices_ms[] = {
	    MS_PER_HOUR / 12, 3 * MS_PER_HOUR, r->compactor.delete_delay_ms / 2 + MS_PER_HOUR,
	    r->compactor.delete_delay_ms + MS_PER_HOUR, PARTIAL_UPLOAD_MAX_AGE_MS + MS_PER_HOUR};

	schedule_sleep(a, choices_ms[draw(r, 5)]);
}

/* From one start to a crash, or to the end of the work. */
static bool live(struct simulation *r, struct actor *a, const struct compactor_options *options,
		 unsigned *n_left)
{
	struct compactor *c auto_free(compactor_free) = compactor_new(options);
	enum compaction_failure failure;

	while (*n_left > 0 && !is_over(r)) {
		struct err err = ERR_INIT;
		--*n_left;
		bool ok = compactor_iterate(c, NULL, &failure, &err);
		if (a->has_crashed)
			return false;
		if (!ok && r->shakes.traces)
			printf("%s: %s\n", a->name, err.msg);
		r->result->n_halts += !ok && failure == COMPACTION_MUST_HALT;
		if (!ok && failure == COMPACTION_MUST_HALT)
			return false;
		pause_compactor(r, a);
	}
	return true;
}

static void run_compactor(struct actor *a, void *arg)
{
	struct simulation *r = arg;
	struct bucket *b auto_free(bucket_close) = shaky_bucket_new(r->bucket, a, &r->shakes);
	char *dir auto_free(mem_free) = xasprintf("%s/%s", r->o->dir, a->name);
	struct compactor_options options = r->compactor;
	unsigned n_left = N_ITERATIONS;
	struct err err = ERR_INIT;

	options.bucket = b;
	options.data_dir = dir;
	pause_compactor(r, a);
	while (!live(r, a, &options, &n_left) && !is_over(r)) {
		a->has_crashed = false;
		if (draw(r, 2) == 0)
			fs_remove_tree(dir, &err);
		pause_compactor(r, a);
	}
}

/* Whatever happened: a compactor that is left in peace gets everything done. */
static void run_last_compactor(struct actor *a, void *arg)
{
	struct simulation *r = arg;
	struct bucket *b auto_free(bucket_close) = shaky_bucket_new(r->bucket, a, &r->shakes);
	char *dir auto_free(mem_free) = xasprintf("%s/%s", r->o->dir, "last");
	struct compactor_options options = r->compactor;
	enum compaction_failure failure;
	struct err err = ERR_INIT;

	options.bucket = b;
	options.data_dir = dir;
	struct compactor *c auto_free(compactor_free) = compactor_new(&options);
	for (int i = 0; i < N_LAST_ITERATIONS && !is_over(r); i++) {
		schedule_sleep(a,
			       PARTIAL_UPLOAD_MAX_AGE_MS + options.delete_delay_ms + MS_PER_HOUR);
		if (!compactor_iterate(c, NULL, &failure, &err) && !is_over(r))
			snprintf(r->result->complaint, sizeof(r->result->complaint),
				 "the last compactor fails: %s", err.msg);
	}
}

/* --- one run ---------------------------------------------------------------------------------- */

static void draw_options(struct simulation *r)
{
	static const struct str replica[] = {{"replica", 7}};
	const int64_t delays_ms[] = {0, MS_PER_HOUR, 48 * MS_PER_HOUR};
	struct err ignored = ERR_INIT;
	bool has_replicas = draw(r, 3) == 0;

	r->length = (unsigned)draw(r, N_LENGTHS);
	r->n_slots = 5 + (unsigned)draw(r, N_SLOTS - 4);
	r->n_compactors = draw(r, 3) == 0 ? MAX_COMPACTORS : 1;
	r->compactor = (struct compactor_options){
	    .fetch_concurrency = 1,
	    .consistency_delay_ms = draw(r, 2) ? MS_PER_HOUR / 2 : 0,
	    .replica_labels = replica,
	    .n_replica_labels = has_replicas,
	    .may_overlap = has_replicas,
	    .max_level = COMPACTION_N_RANGES - 1,
	    .max_index_bytes = INT64_C(64) << 30,
	    .delete_delay_ms = delays_ms[draw(r, 3)],
	    .clock = &r->schedule.clock.base,
	};
	time_or_duration_parse(STR("9999-12-31T23:59:59Z"), &r->compactor.max_time, &ignored);
	if (draw(r, 3) == 0)
		r->compactor.retention.raw_ms =
		    (int64_t)(1 + draw(r, N_SLOTS)) * SLOT_LENGTHS_MS[r->length];
	if (draw(r, 6) == 0)
		r->compactor.retention.five_minutes_ms = 10 * SLOT_LENGTHS_MS[r->length];
}

static void draw_shakes(struct simulation *r)
{
	const unsigned rates[] = {0, 200, 50, 15}, crashes[] = {0, 200, 40};

	r->shakes = (struct shakes){.observer = r->observer,
				    .traces = r->o->traces,
				    .at = r->o->shake_at,
				    .what = r->o->shake,
				    .one_in = rates[draw(r, 4)],
				    .crash_one_in = crashes[draw(r, 3)]};
	if (r->o->is_firm)
		r->shakes.one_in = r->shakes.crash_one_in = 0;
}

static void add_actors(struct simulation *r)
{
	unsigned n_replicas = r->compactor.n_replica_labels ? N_REPLICAS : 1;
	unsigned n_tenants = n_replicas > 1 ? 1 : 1 + (unsigned)draw(r, N_TENANTS);
	char name[16];

	for (unsigned i = 0; i < n_replicas * n_tenants; i++) {
		r->sidecars[i] = (struct sidecar){r, i / n_replicas, i % n_replicas};
		snprintf(name, sizeof(name), "sidecar-%u", i);
		schedule_add(&r->schedule, name, run_sidecar, &r->sidecars[i]);
	}
	for (unsigned i = 0; i < r->n_compactors; i++) {
		snprintf(name, sizeof(name), "compactor-%u", i);
		schedule_add(&r->schedule, name, run_compactor, r);
	}
}

static void run_all(struct simulation *r)
{
	add_actors(r);
	schedule_run(&r->schedule);
	r->shakes.one_in = r->shakes.crash_one_in = 0;
	r->shakes.at = NO_OPERATION;
	if (!is_over(r)) {
		schedule_add(&r->schedule, "last", run_last_compactor, r);
		schedule_run(&r->schedule);
	}
	if (!is_over(r))
		observer_look_at_end(r->observer);
}

void run_simulation(const struct run_options *options, struct run_result *out)
{
	struct simulation r = {.o = options, .result = out};
	struct err err = ERR_INIT;

	*out = (struct run_result){0};
	schedule_init(&r.schedule, options->seed, 0);
	draw_options(&r);
	r.schedule.clock.now_ms =
	    DATA_START_MS + r.n_slots * SLOT_LENGTHS_MS[r.length] + MS_PER_HOUR;
	r.bucket = inmem_bucket_new(&r.schedule.clock.base);
	r.observer = observer_new(&(struct observer_options){
	    .bucket = r.bucket,
	    .clock = &r.schedule.clock.base,
	    .length = r.length,
	    .delete_delay_ms = r.compactor.delete_delay_ms,
	    .retention = r.compactor.retention,
	    .may_overlap = r.compactor.may_overlap || r.n_compactors > 1,
	});
	draw_shakes(&r);
	run_all(&r);
	out->n_operations = r.shakes.n_operations;
	out->n_shakes = r.shakes.n_shakes;
	out->observed = observer_tally(r.observer);
	if (is_over(&r))
		snprintf(out->complaint, sizeof(out->complaint), "%s",
			 observer_complaint(r.observer));
	observer_free(r.observer);
	bucket_close(r.bucket);
	schedule_done(&r.schedule);
	fs_remove_tree(options->dir, &err);
}
