#include "tests/lib/series_text.h"

#include "tests/lib/expect.h"

static const char *const aggr_names[AGGR_N] = {
    [AGGR_COUNT] = "count", [AGGR_SUM] = "sum",         [AGGR_MIN] = "min",
    [AGGR_MAX] = "max",     [AGGR_COUNTER] = "counter",
};

static struct labels labels_of(struct arena *a, struct str text)
{
	struct {
		struct label *v;
		size_t n, cap;
	} ls = {0};

	while (text.n) {
		struct str pair, name;
		text = str_split(text, ' ', &pair);
		if (pair.n == 0)
			continue;
		struct str value = str_trim(str_split(pair, '=', &name), "\"");
		ARENA_PUSH(a, &ls, (struct label){arena_str(a, name), arena_str(a, value)});
	}
	assert_true(labels_sort(ls.v, ls.n));
	return (struct labels){ls.v, ls.n};
}

struct labels labels_from_text(struct arena *a, const char *text)
{
	return labels_of(a, str_of(text));
}

static struct chunk_data data_of(struct arena *a, struct str text)
{
	return (struct chunk_data){
	    .data = (const uint8_t *)arena_str(a, text).p,
	    .size_bytes = (uint32_t)text.n,
	    .encoding = CHUNK_XOR,
	};
}

static void set_data(struct arena *a, struct chunk *c, struct str text)
{
	struct chunk_data *aggrs = NULL;

	if (str_find_char(text, '=') == text.n) {
		c->raw = data_of(a, text);
		return;
	}
	aggrs = ARENA_ARRAY(a, struct chunk_data, AGGR_N);
	while (text.n) {
		struct str pair, name;
		text = str_split(text, ',', &pair);
		struct str data = str_split(pair, '=', &name);
		for (int i = 0; i < AGGR_N; i++)
			if (str_is(name, aggr_names[i]))
				aggrs[i] = data_of(a, data);
	}
	c->aggrs = aggrs;
}

static struct chunk chunk_of(struct arena *a, struct str text)
{
	struct str times, min_t;
	struct chunk c = {0};

	struct str data = str_split(text, ':', &times);
	struct str max_t = str_split(times, '-', &min_t);
	assert_true(str_to_i64(min_t, &c.min_t_ms) && str_to_i64(max_t, &c.max_t_ms));
	set_data(a, &c, data);
	return c;
}

static struct series series_of(struct arena *a, struct str line)
{
	struct {
		struct chunk *v;
		size_t n, cap;
	} chunks = {0};
	struct str labels, chunk;

	struct str rest = str_split(line, '|', &labels);
	while (rest.n) {
		rest = str_split(rest, ' ', &chunk);
		if (chunk.n)
			ARENA_PUSH(a, &chunks, chunk_of(a, chunk));
	}
	return (struct series){labels_of(a, labels), chunks.v, chunks.n};
}

struct series series_from_text(struct arena *a, const char *line)
{
	return series_of(a, str_of(line));
}

struct series_iter *series_stream(struct arena *a, const char *lines)
{
	struct {
		struct series *v;
		size_t n, cap;
	} all = {0};
	struct str rest = str_of(lines), line;

	while (rest.n) {
		rest = str_split(rest, '\n', &line);
		if (line.n)
			ARENA_PUSH(a, &all, series_of(a, line));
	}
	return series_iter_of(all.v, all.n);
}

static void put_chunk(struct buf *out, const struct chunk *c)
{
	const char *comma = "";

	buf_printf(out, " %lld-%lld:", (long long)c->min_t_ms, (long long)c->max_t_ms);
	if (c->raw.data)
		buf_append(out, c->raw.data, c->raw.size_bytes);
	for (int i = 0; c->aggrs && i < AGGR_N; i++) {
		if (!c->aggrs[i].data)
			continue;
		buf_printf(out, "%s%s=%.*s", comma, aggr_names[i], (int)c->aggrs[i].size_bytes,
			   (const char *)c->aggrs[i].data);
		comma = ",";
	}
}

static void put_series(struct buf *out, const struct series *s)
{
	for (size_t i = 0; i < s->labels.n; i++)
		buf_printf(out, "%s%.*s=\"%.*s\"", i ? " " : "", STR_FMT(s->labels.v[i].name),
			   STR_FMT(s->labels.v[i].value));
	if (s->n_chunks)
		buf_puts(out, " |");
	for (size_t i = 0; i < s->n_chunks; i++)
		put_chunk(out, &s->chunks[i]);
	buf_puts(out, "\n");
}

char *series_to_text(struct arena *a, struct series_iter *it)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct series s;
	enum iter_result r;

	assert_non_null(it);
	while ((r = series_iter_next(it, &s, &err)) == ITER_VALUE)
		put_series(&text, &s);
	series_iter_close(it);
	if (r == ITER_ERROR)
		fail_msg("the stream failed: %s", err.msg);
	return arena_cstr(a, buf_str(&text));
}
