/* shrink.c - the smallest query that still shows a difference. */
#include "tests/oracle/check.h"

#include <stdio.h>

struct shrinking {
	struct arena *arena;
	struct checker checker;
	struct oracle_data data; /* what is left */
	struct str text;
	struct query_time time;
};

static bool differs(const struct shrinking *s, struct str text, struct query_time time)
{
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(text, &options, NULL, &err);

	/* That a range query may not be of another type is no difference. */
	if (!query || (time.step_ms && query->root->type != VALUE_VECTOR &&
		       query->root->type != VALUE_SCALAR))
		return false;
	return check_query(&s->checker, text, time, &err) == CHECK_DIFFERENT;
}

/* --- the text --------------------------------------------------------------------------------- */

static struct str part(struct str text, uint32_t start, uint32_t end)
{
	return str_from(text.p + start, end - start);
}

/* Replaces [start, end) of the text, if it still differs then. */
static bool try_text(struct shrinking *s, struct text_range cut, struct str by)
{
	char *text = arena_printf(s->arena, "%.*s%.*s%.*s", (int)cut.start, s->text.p, STR_FMT(by),
				  (int)(s->text.n - cut.end), s->text.p + cut.end);

	if (strlen(text) >= s->text.n || !differs(s, str_of(text), s->time))
		return false;
	s->text = str_of(text);
	return true;
}

static bool try_without_modifiers(struct shrinking *s, struct text_range where)
{
	static const char *const modifiers[] = {" offset ", " @ ", " smoothed", " anchored"};
	struct str text = part(s->text, where.start, where.end);

	for (size_t i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++) {
		uint32_t at = (uint32_t)str_find(text, str_of(modifiers[i]));
		if (at < text.n &&
		    try_text(s, (struct text_range){where.start + at, where.end}, (struct str){0}))
			return true;
	}
	return false;
}

static bool try_node(struct shrinking *s, const struct expr *e)
{
	const struct expr *child;

	for (size_t i = 0; (child = expr_child(e, i)); i++)
		if (try_text(s, e->where, part(s->text, child->where.start, child->where.end)))
			return true;
	if (try_without_modifiers(s, e->where))
		return true;
	for (size_t i = 0; (child = expr_child(e, i)); i++)
		if (try_node(s, child))
			return true;
	return false;
}

static bool shrink_text(struct shrinking *s)
{
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(s->text, &options, NULL, &err);

	return query && try_node(s, query->root);
}

/* --- times and series ------------------------------------------------------------------------- */

static bool try_time(struct shrinking *s, struct query_time time)
{
	if (!differs(s, s->text, time))
		return false;
	s->time = time;
	return true;
}

static void shrink_time(struct shrinking *s)
{
	int64_t step_ms = s->time.step_ms;

	for (int64_t t_ms = s->time.start_ms; step_ms && t_ms <= s->time.end_ms; t_ms += step_ms)
		if (try_time(s, query_instant(t_ms)))
			return;
	while (step_ms && s->time.end_ms - s->time.start_ms > step_ms) {
		struct query_time first = s->time, last = s->time;
		first.end_ms -= step_ms;
		last.start_ms += step_ms;
		if (!try_time(s, first) && !try_time(s, last))
			return;
	}
}

static bool try_without_series(struct shrinking *s, size_t gone)
{
	struct oracle_data data = {0};

	for (size_t i = 0; i < s->data.n; i++)
		if (i != gone)
			ARENA_PUSH(s->arena, &data, s->data.v[i]);
	struct memory_queryable *mq = data_queryable(&data);
	struct shrinking less = *s;
	less.checker = (struct checker){&data, mq, s->checker.helpers};
	if (!differs(&less, s->text, s->time)) {
		memory_queryable_free(mq);
		return false;
	}
	memory_queryable_free(s->checker.mq);
	s->data = data;
	s->checker = (struct checker){&s->data, mq, s->checker.helpers};
	return true;
}

static void print_series(const struct oracle_series *s)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	labels_format(&text, s->labels);
	for (size_t i = 0; i < s->samples.n; i++)
		buf_printf(&text, " %lld:%.17g", (long long)s->samples.t_ms[i], s->samples.v[i]);
	printf("  series: %.*s\n", STR_FMT(buf_str(&text)));
}

void check_shrink(const struct checker *c, struct str text, struct query_time time)
{
	struct shrinking s = {
	    .arena = arena_new(NULL), .data = *c->data, .text = text, .time = time};
	struct err err = ERR_INIT;

	s.checker = (struct checker){&s.data, data_queryable(&s.data), c->helpers};
	while (shrink_text(&s))
		;
	shrink_time(&s);
	for (size_t i = s.data.n; i > 0; i--)
		try_without_series(&s, i - 1);
	while (shrink_text(&s))
		;
	check_query(&s.checker, s.text, s.time, &err);
	printf("  shrunk to: %.*s\n  from %lld to %lld every %lld ms: %s\n", STR_FMT(s.text),
	       (long long)s.time.start_ms, (long long)s.time.end_ms, (long long)s.time.step_ms,
	       err.msg);
	for (size_t i = 0; i < s.data.n && i < 4; i++)
		print_series(&s.data.v[i]);
	memory_queryable_free(s.checker.mq);
	arena_free(s.arena);
}
