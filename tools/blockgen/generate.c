#include "tools/blockgen/generate.h"

#include "base/hash.h"
#include "base/vec.h"
#include "block/new_block.h"
#include "codec/bits.h"
#include "codec/xor_chunk.h"
#include "model/samples.h"
#include "tools/blockgen/signal.h"
#include "tsdb/symbol_set.h"

#include <string.h>

enum {
	CHUNK_SAMPLES = 120, /* as Prometheus cuts them */
	SERIES_MAX_LABELS = 16,
	CHUNKS_MAX_BYTES = 64 << 20, /* of one series */
	DAY_MS = 86400000,
	OUTAGE_MS = 240000, /* once a day each replica is restarted */
};

/* A series with its labels as symbols, so that sorting compares numbers. */
struct listed_series {
	struct pod_series series;
	size_t n_labels;
	struct symbol_pair labels[SERIES_MAX_LABELS];
};

struct generator {
	const struct generate_options *o;
	int64_t min_t_ms, max_t_ms;
	struct arena *a;
	struct symbol_set *symbols;
	VEC(struct listed_series) list;
	struct block_writer *writer;

	/* Of the series being written. */
	struct buf bytes;
	VEC(size_t) ends; /* of each chunk in bytes */
	VEC(struct chunk_meta) metas;
	VEC(struct chunk_data) chunks;
	VEC(struct histogram_sample) histograms; /* of the chunk being filled */
	enum histogram_chunk_reset reset;
	int64_t started_ms; /* the process whose histograms these are */
};

/* --- scrapes ---------------------------------------------------------------------------------- */

/* The k-th scrape of a pod: off by some milliseconds now and then. */
static int64_t scrape_time_ms(const struct generator *g, const struct pod *pod, int64_t k)
{
	uint64_t seed = mix(pod->seed, g->o->replica + 100);
	int64_t offset_ms = (int64_t)(mix(seed, 1) % (uint64_t)g->o->interval_ms);
	uint64_t luck = mix(seed, (uint64_t)k);

	return k * g->o->interval_ms + offset_ms + (luck % 16 ? 0 : (int64_t)(luck >> 8) % 9 + 1);
}

static bool is_down(const struct generator *g, int64_t t_ms)
{
	uint64_t day = (uint64_t)(t_ms / DAY_MS);
	int64_t from_ms =
	    (int64_t)(mix_unit(mix(g->o->cluster.seed, g->o->replica), day) * (DAY_MS - OUTAGE_MS));
	int64_t into_ms = t_ms % DAY_MS;

	return into_ms >= from_ms && into_ms < from_ms + OUTAGE_MS;
}

static bool is_failed(const struct generator *g, const struct pod *pod, int64_t k)
{
	return mix(mix(pod->seed, g->o->replica + 200), (uint64_t)k) % 2000 == 0;
}

/* --- chunks ----------------------------------------------------------------------------------- */

static double stale_nan(void)
{
	uint64_t bits = STALE_NAN_BITS;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* What a scrape gives for a series: a value, or that it is gone. */
static double scraped_value(const struct generator *g, const struct pod_series *s, int64_t k,
			    int64_t t_ms, bool is_gone)
{
	if (s->family->kind == KIND_UP)
		return is_failed(g, s->pod, k) ? 0 : 1;
	return is_gone ? stale_nan() : signal_value(s, t_ms);
}

static void end_chunk(struct generator *g)
{
	vec_push(&g->ends, g->bytes.n);
}

static void add_float(struct generator *g, struct xor_encoder *e, int64_t t_ms, double v)
{
	if (g->metas.n == 0 || e->n == CHUNK_SAMPLES) {
		if (g->metas.n)
			end_chunk(g);
		xor_encoder_init(e, &g->bytes);
		vec_push(&g->metas, (struct chunk_meta){.min_t_ms = t_ms});
	}
	xor_encoder_append(e, t_ms, v);
	vec_last(&g->metas).max_t_ms = t_ms;
}

static void flush_histograms(struct generator *g)
{
	struct histogram_chunk chunk = {
	    .reset = g->reset,
	    .layout = signal_layout(),
	    .samples = g->histograms.v,
	    .n = g->histograms.n,
	};

	if (chunk.n == 0)
		return;
	vec_push(&g->metas, (struct chunk_meta){.min_t_ms = chunk.samples[0].t_ms,
						.max_t_ms = chunk.samples[chunk.n - 1].t_ms});
	histogram_chunk_encode(CHUNK_HISTOGRAM, &chunk, &g->bytes);
	end_chunk(g);
	vec_clear(&g->histograms);
}

static void add_histogram(struct generator *g, const struct pod_series *s, int64_t t_ms,
			  bool is_gone, struct arena *a)
{
	int64_t started_ms = signal_start_ms(s->pod, t_ms);
	bool is_reset = g->started_ms && started_ms != g->started_ms;

	if (g->histograms.n == CHUNK_SAMPLES || is_reset) {
		flush_histograms(g);
		g->reset = is_reset ? HISTOGRAM_CHUNK_RESET : HISTOGRAM_CHUNK_NOT_RESET;
	}
	g->started_ms = started_ms;
	struct histogram_sample sample = {.t_ms = t_ms, .sum = stale_nan()};
	if (!is_gone) {
		sample.positive = ARENA_ARRAY(a, double, SIGNAL_HISTOGRAM_BUCKETS);
		signal_histogram(s, t_ms, &sample);
	}
	vec_push(&g->histograms, sample);
}

/* All samples of a series, as chunks. */
static void scrape_series(struct generator *g, const struct pod_series *s)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct pod *pod = s->pod;
	bool is_native = s->family->kind == KIND_NATIVE, was_gone = true;
	struct xor_encoder e;

	buf_clear(&g->bytes);
	vec_clear(&g->ends);
	vec_clear(&g->metas);
	g->reset = HISTOGRAM_CHUNK_UNKNOWN;
	g->started_ms = 0;
	for (int64_t k = g->min_t_ms / g->o->interval_ms - 1;; k++) {
		int64_t t_ms = scrape_time_ms(g, pod, k);
		if (t_ms >= g->max_t_ms || t_ms >= pod->dies_ms + g->o->interval_ms)
			break;
		if (t_ms < g->min_t_ms || t_ms < pod->born_ms || is_down(g, t_ms))
			continue;
		bool is_gone = t_ms >= pod->dies_ms || is_failed(g, pod, k);
		if (is_gone && was_gone && s->family->kind != KIND_UP)
			continue;
		was_gone = is_gone;
		if (is_native)
			add_histogram(g, s, t_ms, is_gone, a);
		else
			add_float(g, &e, t_ms, scraped_value(g, s, k, t_ms, is_gone));
	}
	flush_histograms(g);
	if (!is_native && g->metas.n)
		end_chunk(g);
}

static bool write_series(struct generator *g, struct listed_series *s, struct err *err)
{
	bool is_native = s->series.family->kind == KIND_NATIVE;
	size_t start = 0;

	scrape_series(g, &s->series);
	if (g->metas.n == 0)
		return true;
	if (g->bytes.overflowed)
		return err_set(err, ERR_LIMIT, "a series has more than %d MiB of chunks",
			       CHUNKS_MAX_BYTES >> 20);
	vec_clear(&g->chunks);
	for (size_t i = 0; i < g->ends.n; i++) {
		vec_push(&g->chunks, (struct chunk_data){
					 .data = (const uint8_t *)g->bytes.p + start,
					 .size_bytes = (uint32_t)(g->ends.v[i] - start),
					 .encoding = is_native ? CHUNK_HISTOGRAM : CHUNK_XOR,
				     });
		start = g->ends.v[i];
	}
	struct index_series series = {s->labels, s->n_labels, g->metas.v, g->metas.n};
	return block_writer_add_series(g->writer, &series, g->chunks.v, err);
}

/* --- the list of series ----------------------------------------------------------------------- */

static void list_series(void *arg, const struct pod_series *s)
{
	struct generator *g = arg;
	struct arena_mark mark = arena_mark(g->a);
	struct labels ls = pod_series_labels(s, g->a);
	struct listed_series listed = {.series = *s, .n_labels = ls.n};

	for (size_t i = 0; i < ls.n; i++)
		listed.labels[i] = (struct symbol_pair){
		    symbol_set_add(g->symbols, ls.v[i].name),
		    symbol_set_add(g->symbols, ls.v[i].value),
		};
	vec_push(&g->list, listed);
	arena_rewind(g->a, mark);
}

static int compare_series(const void *x, const void *y)
{
	const struct listed_series *a = x, *b = y;

	for (size_t i = 0; i < a->n_labels && i < b->n_labels; i++) {
		const struct symbol_pair *l = &a->labels[i], *r = &b->labels[i];
		if (l->name != r->name)
			return l->name < r->name ? -1 : 1;
		if (l->value != r->value)
			return l->value < r->value ? -1 : 1;
	}
	return a->n_labels < b->n_labels ? -1 : a->n_labels > b->n_labels;
}

static void sort_series(struct generator *g)
{
	symbol_set_sort(g->symbols);
	for (size_t i = 0; i < g->list.n; i++)
		for (size_t k = 0; k < g->list.v[i].n_labels; k++) {
			struct symbol_pair *l = &g->list.v[i].labels[k];
			l->name = symbol_set_number(g->symbols, l->name);
			l->value = symbol_set_number(g->symbols, l->value);
		}
	if (g->list.n)
		qsort(g->list.v, g->list.n, sizeof(*g->list.v), compare_series);
}

/* --- the block -------------------------------------------------------------------------------- */

/* The same block has the same name, whenever it is made. */
static struct ulid block_id(const struct generator *g)
{
	uint64_t seed = mix(mix(g->o->cluster.seed, g->o->replica), (uint64_t)g->min_t_ms);
	struct ulid id;

	store_be64(id.bytes, (uint64_t)g->max_t_ms << 16 | (mix(seed, 1) & 0xffff));
	store_be64(id.bytes + 8, mix(seed, 2));
	return id;
}

static bool write_block(struct generator *g, struct err *err)
{
	for (size_t i = 0; i < symbol_set_count(g->symbols); i++)
		if (!block_writer_add_symbol(g->writer, symbol_set_text(g->symbols, (uint32_t)i),
					     err))
			return false;
	for (size_t i = 0; i < g->list.n; i++)
		if (!write_series(g, &g->list.v[i], err))
			return false;
	return true;
}

static bool make_block(struct generator *g, struct generated_block *out, struct err *err)
{
	struct block_writer_options options = {0};
	struct ulid id = block_id(g);
	struct new_block *block auto_free(new_block_close) =
	    new_block_open(g->o->dir, id, &options, err);
	struct meta meta = {
	    .min_t_ms = g->min_t_ms,
	    .max_t_ms = g->max_t_ms,
	    .compaction = {.level = 1, .sources = &id, .n_sources = 1},
	    .thanos_version = 1,
	    .labels = g->o->external_labels,
	    .source = STR(META_SOURCE_SIDECAR),
	    .upload_time_ms = META_NO_UPLOAD_TIME,
	};

	if (!block)
		return false;
	g->writer = new_block_writer(block);
	if (!write_block(g, err) || !new_block_commit(block, NULL, &meta, err))
		return false;
	*out = (struct generated_block){id, meta.stats.n_series, meta.stats.n_samples};
	return true;
}

bool generate_block(const struct generate_options *options, int64_t min_t_ms, int64_t max_t_ms,
		    struct generated_block *out, struct err *err)
{
	struct generator g = {
	    .o = options,
	    .min_t_ms = min_t_ms,
	    .max_t_ms = max_t_ms,
	    .a = arena_new(NULL),
	    .symbols = symbol_set_new(NULL),
	    .bytes = BUF_INIT(CHUNKS_MAX_BYTES),
	};
	/* A pod that died just before still leaves its marker of staleness. */
	struct pods pods =
	    cluster_pods(&options->cluster, min_t_ms - options->interval_ms, max_t_ms, g.a);

	for (size_t i = 0; i < pods.n; i++)
		pod_each_series(&pods.v[i], list_series, &g);
	sort_series(&g);
	bool ok = make_block(&g, out, err);

	symbol_set_free(g.symbols);
	arena_free(g.a);
	buf_done(&g.bytes);
	vec_done(&g.list);
	vec_done(&g.ends);
	vec_done(&g.metas);
	vec_done(&g.chunks);
	vec_done(&g.histograms);
	return ok;
}
