/* fuzz_query_message.c - what our decoders of the Query API accept, they accept again as we write
 * it, with the same things in it; and the generated code accepts what we write.
 */
#include "proto/query_message.h"

#include "base/buf.h"
#include "model/histogram.h"
#include "tests/proto/querypb.pb-c.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void same_series(const struct query_series *a, const struct query_series *b)
{
	const struct samples *s = &a->samples, *t = &b->samples;

	must(labels_eq(a->labels, b->labels) && s->n == t->n);
	for (size_t i = 0; i < s->n; i++) {
		struct histogram *h = s->hist ? s->hist[i] : NULL;
		struct histogram *g = t->hist ? t->hist[i] : NULL;
		must(s->t_ms[i] == t->t_ms[i] && (h == NULL) == (g == NULL));
		must(h ? h->hint == g->hint && h->positive.n == g->positive.n &&
			     h->negative.n == g->negative.n && h->n_bounds == g->n_bounds &&
			     same_double(h->count, g->count) && same_double(h->sum, g->sum)
		       : same_double(s->v[i], t->v[i]));
	}
}

static void encode(struct pb_writer *w, const struct query_frame *f)
{
	struct buf batch auto_done(buf_done) = BUF_INIT(1 << 26);

	if (f->type == QUERY_FRAME_WARNING) {
		query_frame_encode_warning(w, f->warning);
	} else if (f->type == QUERY_FRAME_COST) {
		query_frame_encode_cost(w, &f->cost);
	} else if (f->n_series == 1) {
		query_frame_encode(w, f->series);
	} else {
		for (size_t i = 0; i < f->n_series; i++)
			query_batch_add(w, &f->series[i], &batch);
		query_batch_encode(w, buf_str(&batch));
	}
}

static void try_frame(struct str message, struct arena *a, struct pb_writer *w)
{
	struct query_frame first, again;
	struct err err = ERR_INIT;

	if (!query_frame_decode(message, a, &first, &err) || first.type == QUERY_FRAME_EMPTY)
		return;
	encode(w, &first);
	must(query_frame_decode(pb_written(w), a, &again, &err));
	must(first.type == again.type && first.n_series == again.n_series);
	must(str_eq(first.warning, again.warning));
	must(first.cost.samples_total == again.cost.samples_total);
	must(first.cost.samples_peak == again.cost.samples_peak);
	for (size_t i = 0; i < first.n_series; i++)
		same_series(&first.series[i], &again.series[i]);

	Oracle__Query__QueryResponse *m = oracle__query__query_response__unpack(
	    NULL, pb_written(w).n, (const uint8_t *)pb_written(w).p);
	/* Strings that are not UTF-8 are the oracle's business only. */
	if (m && m->result_case == ORACLE__QUERY__QUERY_RESPONSE__RESULT_TIMESERIES)
		must(m->timeseries->n_labels == first.series[0].labels.n &&
		     m->timeseries->n_samples + m->timeseries->n_histograms ==
			 first.series[0].samples.n);
	oracle__query__query_response__free_unpacked(m, NULL);
}

/* --- requests --------------------------------------------------------------------------------- */

static void same_request(const struct query_request *a, const struct query_request *b)
{
	must(str_eq(a->text, b->text) && a->start_ms == b->start_ms && a->engine == b->engine);
	must(!a->is_range || (a->end_ms == b->end_ms && a->step_ms == b->step_ms));
	must(a->timeout_ms == b->timeout_ms && a->max_resolution_ms == b->max_resolution_ms);
	must(a->lookback_ms == b->lookback_ms && a->batch_size == b->batch_size);
	must(a->dedup == b->dedup && a->partial_response == b->partial_response);
	must(a->n_replica_labels == b->n_replica_labels && a->n_stores == b->n_stores);
	must(a->shard.total == b->shard.total);
	for (size_t i = 0; i < a->n_stores; i++)
		must(a->stores[i].n == b->stores[i].n);
}

static void try_request(enum query_method method, struct str message, struct arena *a,
			struct pb_writer *w)
{
	struct query_request first, again;
	struct err err = ERR_INIT;

	if (query_request_decode(method, message, a, &first, &err)) {
		query_request_encode(w, &first);
		must(query_request_decode(method, pb_written(w), a, &again, &err));
		same_request(&first, &again);
		query_request_release(&again);
	}
	query_request_release(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str message = str_from(data, size);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct pb_writer w auto_done(pb_writer_done);

	pb_writer_init(&w, 1 << 26, NULL);
	try_frame(message, a, &w);
	try_request(QUERY_INSTANT, message, a, &w);
	try_request(QUERY_RANGE, message, a, &w);
	return 0;
}
