/* block_contents.h - the samples of a block in a bucket, decoded. */
#ifndef TESTS_SIMULATION_BLOCK_CONTENTS_H
#define TESTS_SIMULATION_BLOCK_CONTENTS_H

#include "block/meta.h"
#include "model/bucket.h"
#include "tests/simulation/data.h"

struct block_contents {
	uint64_t samples;   /* of a raw block, as bits */
	unsigned n_samples; /* of a downsampled one, as its counts tell */
};

/* Fails on samples that there are not, or that are not in order. */
bool block_contents_read(struct bucket *b, const struct meta *meta, unsigned length,
			 unsigned tenant, struct block_contents *out, struct err *err);

#endif
