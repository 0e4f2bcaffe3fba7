/* run.h - one simulation: sidecars bring blocks into a bucket and compactors work on it, all of
 * them on shaky ground; at the end one compactor on firm ground puts everything in order.
 */
#ifndef TESTS_SIMULATION_RUN_H
#define TESTS_SIMULATION_RUN_H

#include "tests/simulation/shaky_bucket.h"

#define NO_OPERATION SIZE_MAX

struct run_options {
	uint64_t seed;
	struct data *data;
	const char *dir; /* for the compactors; empty */
	bool traces;
	bool is_firm;    /* nothing goes wrong, but: */
	size_t shake_at; /* at this operation, or NO_OPERATION, */
	enum shake shake;
};

struct run_result {
	size_t n_operations;
	size_t n_shakes;
	unsigned n_halts; /* a compactor said that a person has to look */
	struct observed observed;
	char complaint[1024]; /* empty: nothing was wrong */
};

void run_simulation(const struct run_options *options, struct run_result *out);

#endif
