/* index_reader.h - a whole index: its parts, opened together over one source.
 *
 * Threads: an open index never changes.
 */
#ifndef TSDB_INDEX_READER_H
#define TSDB_INDEX_READER_H

#include "model/matcher.h"
#include "tsdb/index_postings.h"
#include "tsdb/index_series.h"
#include "tsdb/index_symbols.h"
#include "tsdb/index_toc.h"
#include "tsdb/postings.h"

struct index_reader {
	struct byte_source *src; /* owned */
	struct index_toc toc;
	struct index_symbols *symbols;
	struct index_postings *postings;
};

/* Takes `src`, also on failure. */
struct index_reader *index_reader_open(struct byte_source *src, struct ctx *ctx, struct err *err);
void index_reader_close(struct index_reader *ix); /* NULL is fine */
CLEANUP_DEFINE(struct index_reader, index_reader_close)

/* The names that series matching all of `matchers` have; without matchers all names. */
bool index_label_names(struct index_reader *ix, struct ctx *ctx, struct matchers matchers,
		       struct arena *a, struct str_list *out, struct err *err);
/* The values of `name` among series matching all of `matchers`; without matchers all values. */
bool index_label_values(struct index_reader *ix, struct ctx *ctx, struct str name,
			struct matchers matchers, struct arena *a, struct str_list *out,
			struct err *err);

#endif
