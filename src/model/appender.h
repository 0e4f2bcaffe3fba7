/* appender.h - where new samples go: a head, or a remote write queue. The plug between whoever
 * produces samples (rules, receive) and whoever keeps them.
 *
 * Everything appended becomes visible by commit, or not at all. One appender belongs to one thread.
 */
#ifndef MODEL_APPENDER_H
#define MODEL_APPENDER_H

#include "base/cleanup.h"
#include "base/err.h"
#include "model/labels.h"
#include "model/samples.h"

/* Names a series to the appender that gave it out; 0 is none. */
typedef uint64_t series_ref;

struct exemplar {
	struct labels labels;
	double value;
	int64_t t_ms;
	bool has_t;
};

struct appender;

struct appender_ops {
	/* `ref` may be 0, or what an earlier call for the same labels gave: then the labels need
	 * not be looked up. *ref is set to it on success. Fails with ERR_EXISTS (another value at
	 * this time), ERR_INVALID (out of order, out of bounds, bad labels) or ERR_LIMIT; the
	 * appender stays usable. */
	bool (*append)(struct appender *app, series_ref *ref, struct labels labels, int64_t t_ms,
		       double v, struct err *err);
	bool (*append_histogram)(struct appender *app, series_ref *ref, struct labels labels,
				 int64_t t_ms, const struct histogram *h, struct err *err);
	bool (*append_exemplar)(struct appender *app, series_ref ref, const struct exemplar *e,
				struct err *err);
	/* Both end the appender. After a successful commit the samples survive a crash. */
	bool (*commit)(struct appender *app, struct err *err);
	void (*rollback)(struct appender *app);
};

struct appender {
	const struct appender_ops *ops;
};

#endif
