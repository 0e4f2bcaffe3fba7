/* fake_prometheus.h - an HTTP server that answers like a Prometheus, as far as it is told.
 *
 * A path without an answer is 404. What was asked is kept as text.
 */
#ifndef TESTS_LIB_FAKE_PROMETHEUS_H
#define TESTS_LIB_FAKE_PROMETHEUS_H

#include "model/series.h"
#include "promclient/prom_api.h"
#include "tests/lib/web_rig.h"

enum { FAKE_PROMETHEUS_ANSWERS_MAX = 16 };

struct fake_answer {
	const char *path;
	int status;
	const char *content_type;
	struct str body;
	bool is_snappy; /* says Content-Encoding: snappy */
};

struct fake_prometheus {
	struct web_rig web;
	struct prom_client *client;
	pthread_mutex_t mu;
	struct fake_answer answers[FAKE_PROMETHEUS_ANSWERS_MAX]; /* guarded by mu */
	size_t n_answers;                                        /* guarded by mu */
	struct buf asked; /* guarded by mu; "GET /path?query\n" each */
	struct buf body;  /* guarded by mu; of the last request */
	struct arena *arena;
};

void fake_prometheus_start(struct fake_prometheus *f);
void fake_prometheus_stop(struct fake_prometheus *f);

/* From now on; the last answer given for a path counts. `answer` is borrowed until the end. */
void fake_prometheus_answer(struct fake_prometheus *f, struct fake_answer answer);
/* 200 with JSON. */
void fake_prometheus_json(struct fake_prometheus *f, const char *path, const char *body);
/* Flags, version, configuration and /metrics of one that ships: version 2.42.0, external labels
 * {cluster="eu", replica="a"}, oldest sample at 1000 s. */
void fake_prometheus_defaults(struct fake_prometheus *f);

/* What was asked since the last call, query decoded: "GET /api/v1/labels?start=1&end=2\n". */
const char *fake_prometheus_asked(struct fake_prometheus *f);
/* The body of the last request. */
struct str fake_prometheus_body(struct fake_prometheus *f);

/* Adds a frame of a streamed remote read with this series. */
void fake_frame(struct buf *out, const struct series *series, size_t n);

#endif
