/* relabel.h - rules that change a label set or drop it: Prometheus' relabel_configs.
 *
 *	- source_labels: [cluster, env]
 *	  separator: /
 *	  regex: eu.*
 *	  action: keep
 *
 * The rules are applied in order, each to what the one before left. Regular expressions are RE2's
 * and anchored; names may be any UTF-8. Messages of what is wrong are Prometheus'; unlike Thanos,
 * which passes over them, a key that is not known is an error.
 *
 * Threads: compiled rules never change, so any number of threads may use them.
 */
#ifndef MODEL_RELABEL_H
#define MODEL_RELABEL_H

#include "codec/yaml.h"
#include "model/labels.h"

enum relabel_action {
	RELABEL_REPLACE = 0,
	RELABEL_KEEP,
	RELABEL_DROP,
	RELABEL_KEEP_EQUAL,
	RELABEL_DROP_EQUAL,
	RELABEL_HASHMOD,
	RELABEL_LABELMAP,
	RELABEL_LABELDROP,
	RELABEL_LABELKEEP,
	RELABEL_LOWERCASE,
	RELABEL_UPPERCASE,
	RELABEL_N_ACTIONS,
};

/* One rule as it is written. */
struct relabel_config {
	struct str *source_labels; /* NULL: not mentioned, which is more than empty */
	size_t n_source_labels;
	struct str separator;
	struct str regex; /* p == NULL: not mentioned, and (.*) */
	uint64_t modulus;
	struct str target_label;
	struct str replacement;
	enum relabel_action action;
};

/* Of one rule, for configurations that have a list of them somewhere inside. */
extern const struct yaml_table relabel_config_table;

struct relabel;

/* The configs have been decoded by their table; they are only borrowed. ERR_INVALID with a regular
 * expression that cannot be compiled. */
bool relabel_new(const struct relabel_config *configs, size_t n, struct relabel **out,
		 struct err *err);
void relabel_free(struct relabel *r); /* NULL is fine */
CLEANUP_DEFINE(struct relabel, relabel_free)

enum relabel_scope {
	RELABEL_ANY,      /* every action */
	RELABEL_SELECTOR, /* keep, drop and hashmod: what tells which blocks or stores count */
};

/* A YAML list of rules; an empty document is no rules. */
bool relabel_parse(struct str yaml, enum relabel_scope scope, struct relabel **out,
		   struct err *err);

/* `ls` with the rules applied: empty when a rule drops it, or when none of it is left. What *out
 * points to lives in `a`, with `ls`, and with `r`, which may be NULL: no rules. ERR_LIMIT when
 * replacements make more than 16 MiB of text. */
bool relabel_apply(const struct relabel *r, struct labels ls, struct arena *a, struct labels *out,
		   struct err *err);

#endif
