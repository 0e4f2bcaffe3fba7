/* generator_internal.h - what the files of the generator share.
 */
#ifndef TESTS_ORACLE_GENERATOR_INTERNAL_H
#define TESTS_ORACLE_GENERATOR_INTERNAL_H

#include "tests/oracle/generator.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

struct generator {
	struct rand *rand;
	enum dialect dialect;
	struct buf out;
	bool is_pinned;  /* no @ here */
	bool is_instant; /* the query has no other form */
};

/* Writes an expression of its type, of at most `depth` levels. */
typedef void generate_fn(struct generator *g, unsigned depth);

struct choice {
	unsigned weight;
	generate_fn *generate;
};

unsigned gen_below(struct generator *g, size_t n);
bool gen_one_in(struct generator *g, unsigned n);
/* Not the language of 2.42. */
bool gen_is_new(const struct generator *g);
void gen_put(struct generator *g, const char *text);
void gen_put_one(struct generator *g, const char *const *texts, size_t n);
void gen_choose(struct generator *g, const struct choice *choices, size_t n, unsigned depth);

generate_fn gen_vector, gen_scalar, gen_range;
/* Some of what makes vectors. */
generate_fn gen_selector, gen_call, gen_aggregation, gen_operation;

void gen_labels(struct generator *g); /* (job, zone) */
void gen_name(struct generator *g, bool is_counter);
void gen_matchers(struct generator *g);
/* A name, matchers or both. */
void gen_selection(struct generator *g, bool is_counter);
void gen_length(struct generator *g);    /* of a range: "[5m" */
void gen_modifiers(struct generator *g); /* often none */

#endif
