/* data.h - the samples that there are, and blocks with them as sidecars upload them.
 *
 * Tenants have equal series with different values; replicas of a tenant have the same samples. Time
 * is cut into slots, and a block has the samples of one slot. All samples of a tenant fit into the
 * bits of one number, so that what a block covers is a number, too.
 */
#ifndef TESTS_SIMULATION_DATA_H
#define TESTS_SIMULATION_DATA_H

#include "model/labels.h"
#include "model/ulid.h"

enum {
	N_TENANTS = 2,
	N_REPLICAS = 2,
	N_SLOTS = 9,
	N_SERIES = 2,
	N_SAMPLES = 3, /* of a series in a slot */
};

#define MS_PER_HOUR INT64_C(3600000)
/* A multiple of two weeks, so that every range of a compaction begins there. */
#define DATA_START_MS INT64_C(1693440000000)

enum { N_LENGTHS = 3 };
extern const int64_t SLOT_LENGTHS_MS[N_LENGTHS]; /* 2 h, 8 h, 2 d */

struct data;

/* Blocks are made below `dir` when they are first wanted. */
struct data *data_new(const char *dir);
void data_free(struct data *d);

struct data_block {
	unsigned length; /* of its slot, in SLOT_LENGTHS_MS */
	unsigned tenant;
	unsigned replica;
	unsigned slot;
};

/* The block's folder; borrowed. Stops the program when it cannot be written. */
const char *data_block_dir(struct data *d, struct data_block b);
struct ulid data_block_id(struct data_block b);
/* False: no such block was ever uploaded. */
bool data_block_of(struct ulid id, struct data_block *out);
/* The samples in it, as bits. */
uint64_t data_block_samples(struct data_block b);

/* The number of a tenant by external labels, with or without a replica; -1: there is none. */
int data_tenant_of(struct labels external);
/* The bit of a sample; 0 when there is no such sample. */
uint64_t data_sample(unsigned length, unsigned tenant, struct labels series, int64_t t_ms,
		     double v);
/* The time of the sample with that bit. */
int64_t data_sample_t_ms(unsigned length, unsigned bit);

#endif
