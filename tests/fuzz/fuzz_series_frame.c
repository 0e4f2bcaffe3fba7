/* fuzz_series_frame.c - what our decoder of SeriesResponse accepts, it writes again so that it
 * reads the same; and what it accepts the generated code accepts, with the same series in it.
 */
#include "proto/series_frame.h"
#include "tests/proto/storepb.pb-c.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static bool same_data(const struct chunk_data *a, const struct chunk_data *b)
{
	return (a->data == NULL) == (b->data == NULL) && a->hash == b->hash &&
	       a->encoding == b->encoding &&
	       str_eq(str_from(a->data, a->size_bytes), str_from(b->data, b->size_bytes));
}

static bool same_chunk(const struct chunk *a, const struct chunk *b)
{
	if (a->min_t_ms != b->min_t_ms || a->max_t_ms != b->max_t_ms ||
	    !same_data(&a->raw, &b->raw) || (a->aggrs == NULL) != (b->aggrs == NULL))
		return false;
	for (int i = 0; a->aggrs && i < AGGR_N; i++)
		if (!same_data(&a->aggrs[i], &b->aggrs[i]))
			return false;
	return true;
}

static void same_frame(const struct series_frame *a, const struct series_frame *b)
{
	must(a->type == b->type && a->n_series == b->n_series && str_eq(a->text, b->text));
	for (size_t i = 0; i < a->n_series; i++) {
		must(labels_eq(a->series[i].labels, b->series[i].labels));
		must(a->series[i].n_chunks == b->series[i].n_chunks);
		for (size_t k = 0; k < a->series[i].n_chunks; k++)
			must(same_chunk(&a->series[i].chunks[k], &b->series[i].chunks[k]));
	}
}

static void encode(struct pb_writer *w, const struct series_frame *f)
{
	if (f->type == SERIES_FRAME_WARNING)
		series_frame_encode_warning(w, f->text);
	else if (f->type == SERIES_FRAME_HINTS)
		series_frame_encode_hints(w, f->text);
	else if (f->n_series == 1)
		series_frame_encode(w, f->series);
	else if (f->type == SERIES_FRAME_SERIES)
		series_frame_encode_batch(w, f->series, f->n_series);
}

/* protobuf-c must find the same numbers of things in what we wrote. */
static void ask_oracle(struct str message, const struct series_frame *f)
{
	Oracle__SeriesResponse *m =
	    oracle__series_response__unpack(NULL, message.n, (const uint8_t *)message.p);
	must(m);
	if (f->type == SERIES_FRAME_SERIES) {
		bool single = m->result_case == ORACLE__SERIES_RESPONSE__RESULT_SERIES;
		must(single || m->result_case == ORACLE__SERIES_RESPONSE__RESULT_BATCH);
		Oracle__Series **all = single ? &m->series : m->batch->series;
		must((single ? 1 : m->batch->n_series) == f->n_series);
		for (size_t i = 0; i < f->n_series; i++)
			must(all[i]->n_labels == f->series[i].labels.n &&
			     all[i]->n_chunks == f->series[i].n_chunks);
	}
	oracle__series_response__free_unpacked(m, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(NULL);
	struct pb_writer w;
	struct series_frame first, second;
	struct err err = ERR_INIT;

	pb_writer_init(&w, 1 << 24, NULL);
	if (series_frame_decode(str_from(data, size), a, &first, &err)) {
		encode(&w, &first);
		struct str again = arena_str(a, pb_written(&w));
		must(series_frame_decode(again, a, &second, &err));
		same_frame(&first, &second);
		if (first.type != SERIES_FRAME_HINTS) /* whose Any is opaque to us */
			ask_oracle(again, &first);
	}
	pb_writer_done(&w);
	arena_free(a);
	return 0;
}
