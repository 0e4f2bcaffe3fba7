/* columns.h - the result of a query as columns of numbers: what charts are drawn from, a tenth of
 *the work of JSON on either side. The format is docs/formats/columns.md.
 *
 *	columns_init(&c, &info, tracker);
 *	while (... next series ...)
 *		if (!columns_add(&c, &series, err))
 *			return false;
 *	json_key(columns_header(&c), "warnings"); ...
 *	if (!columns_end(&c, parts, err))
 *		return false;
 *
 * The header comes first and names all series, so that the whole answer is held until its end.
 */
#ifndef API_COLUMNS_H
#define API_COLUMNS_H

#include "codec/json_writer.h"
#include "promql/result.h"

#define COLUMNS_CONTENT_TYPE "application/vnd.athanor.columns"
#define COLUMNS_MAGIC        "TCC1"

/* In the place of a value that is not there: the bits of Prometheus' marker of staleness, which is
 * no value of any result. */
#define COLUMNS_MISSING UINT64_C(0x7ff0000000000002)

/* Both the header and all columns. */
enum { COLUMNS_MAX_BYTES = 1 << 30 };

struct columns_info {
	enum value_type type;
	int64_t start_ms;
	int64_t step_ms;
	size_t n_steps;
};

struct columns {
	struct columns_info info;
	struct buf header;
	struct buf data;
	struct json_writer writer;
	struct tracker *tracker;
	bool has_all; /* the list of series is closed */
	char prefix[8];
};

/* Memory is charged to `tracker`, which may be NULL. */
void columns_init(struct columns *c, const struct columns_info *info, struct tracker *tracker);
void columns_done(struct columns *c);

/* Fails with ERR_LIMIT. */
bool columns_add(struct columns *c, const struct result_series *s, struct err *err);
/* After the last series: where further members of the header are written. */
struct json_writer *columns_header(struct columns *c);

/* The answer in four parts, one after the other; they live as long as `c`. */
enum { COLUMNS_PARTS = 4 };
bool columns_end(struct columns *c, struct str parts[COLUMNS_PARTS], struct err *err);

#endif
