#include "compaction/chunk_encoder.h"

void chunk_encoder_init(struct chunk_encoder *e, struct arena *a)
{
	*e = (struct chunk_encoder){.a = a};
	buf_init(&e->bytes, BUF_TEXT_MAX, NULL);
}

void chunk_encoder_done(struct chunk_encoder *e)
{
	buf_done(&e->bytes);
}

static void end_chunk(struct chunk_encoder *e)
{
	if (e->encoding == CHUNK_NONE)
		return;
	if (e->encoding != CHUNK_XOR)
		histogram_appender_encode(&e->histograms, &e->bytes);
	struct chunk c = {.min_t_ms = e->min_t_ms, .max_t_ms = e->max_t_ms};
	c.raw = (struct chunk_data){
	    .data = (const uint8_t *)arena_str(e->a, buf_str(&e->bytes)).p,
	    .size_bytes = (uint32_t)e->bytes.n,
	    .encoding = e->encoding,
	};
	ARENA_PUSH(e->a, &e->chunks, c);
	buf_clear(&e->bytes);
	e->encoding = CHUNK_NONE;
}

static void begin_chunk(struct chunk_encoder *e, const struct column_sample *s,
			enum histogram_chunk_reset reset)
{
	end_chunk(e);
	e->encoding = s->encoding;
	e->n = 0;
	e->min_t_ms = s->t_ms;
	if (s->encoding == CHUNK_XOR)
		xor_encoder_init(&e->floats, &e->bytes);
	else
		histogram_appender_begin(&e->histograms, e->a, s, reset);
}

void chunk_encoder_add(struct chunk_encoder *e, const struct column_sample *s)
{
	enum histogram_chunk_reset reset = HISTOGRAM_CHUNK_UNKNOWN;
	bool is_new = e->encoding != s->encoding || e->n >= ENCODER_CHUNK_SAMPLES;

	if (!is_new && s->encoding != CHUNK_XOR)
		is_new = !histogram_appender_add(&e->histograms, s, &reset);
	if (is_new)
		begin_chunk(e, s, reset);
	if (s->encoding == CHUNK_XOR)
		xor_encoder_append(&e->floats, s->t_ms, s->v);
	e->max_t_ms = s->t_ms;
	e->n++;
}

struct chunk_list chunk_encoder_finish(struct chunk_encoder *e)
{
	end_chunk(e);
	struct chunk_list chunks = e->chunks;
	e->chunks = (struct chunk_list){0};
	return chunks;
}
