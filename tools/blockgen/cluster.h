/* cluster.h - an imagined Kubernetes cluster: which pods live when, and which series each exposes.
 *
 * Everything follows from the seed: the same options give the same pods, whatever part of time is
 * asked for.
 */
#ifndef BLOCKGEN_CLUSTER_H
#define BLOCKGEN_CLUSTER_H

#include "base/arena.h"
#include "model/labels.h"

enum series_kind {
	KIND_UP,      /* 1, or 0 when the scrape failed */
	KIND_START,   /* when the process began */
	KIND_GAUGE,   /* swings around a level, with noise */
	KIND_COUNTER, /* whole numbers that grow, from 0 at each restart */
	KIND_SECONDS, /* the same with fractions */
	KIND_BUCKET,  /* of a classic histogram: a share of a counter */
	KIND_NATIVE,  /* a native histogram */
};

/* A label in which the series of one family differ. */
struct axis {
	const char *name;
	const char *const *values; /* NULL-terminated */
};

enum { FAMILY_MAX_AXES = 2 };

struct family {
	const char *name;
	enum series_kind kind;
	struct axis axes[FAMILY_MAX_AXES];
	double scale;     /* level of a gauge, mean increase per second of a counter */
	const char *base; /* the family whose counter this one is a share of; NULL: itself */
};

extern const struct family cluster_families[];
extern const size_t cluster_n_families;

struct pod {
	uint64_t seed;
	int64_t born_ms;
	int64_t dies_ms; /* exclusive */
	struct labels labels;
};

/* One series of a pod: a family and a place on each of its axes. */
struct pod_series {
	const struct pod *pod;
	const struct family *family;
	size_t at[FAMILY_MAX_AXES];
};

struct cluster_options {
	uint64_t seed;
	size_t n_series;      /* at any moment, about */
	double churn_per_day; /* the share of pods that is replaced each day */
};

struct pods {
	struct pod *v;
	size_t n, cap;
};

/* Those that live at some time in [min_t_ms, max_t_ms); in `a`. */
struct pods cluster_pods(const struct cluster_options *options, int64_t min_t_ms, int64_t max_t_ms,
			 struct arena *a);

typedef void pod_series_fn(void *arg, const struct pod_series *s);
void pod_each_series(const struct pod *pod, pod_series_fn *visit, void *arg);

/* Name, labels of the pod and of the axes, ascending; in `a`. */
struct labels pod_series_labels(const struct pod_series *s, struct arena *a);

/* A number that depends on both and looks random. */
uint64_t mix(uint64_t a, uint64_t b);
double mix_unit(uint64_t a, uint64_t b); /* [0, 1) */

#endif
