/* relabel_internal.h - what the reader of rules and their application share. */
#ifndef MODEL_RELABEL_INTERNAL_H
#define MODEL_RELABEL_INTERNAL_H

#include "base/regex.h"
#include "model/relabel.h"

struct relabel_rule {
	enum relabel_action action;
	struct str *source_labels;
	size_t n_source_labels;
	struct str separator;
	struct regex *regex; /* owned */
	bool takes_all;      /* the regex is (.*) */
	uint64_t modulus;
	struct str target_label;
	struct str replacement;
};

struct relabel {
	struct arena *a; /* of all texts */
	struct relabel_rule *rules;
	size_t n;
};

#endif
