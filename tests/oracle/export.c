#include "tests/oracle/export.h"

#include "base/fs.h"
#include "codec/json_writer.h"
#include "tests/oracle/check.h"

#include <stdio.h>

static void put_labels(struct json_writer *w, struct labels labels)
{
	json_begin_object(w);
	for (size_t i = 0; i < labels.n; i++) {
		json_key_str(w, labels.v[i].name);
		json_put_str(w, labels.v[i].value);
	}
	json_end_object(w);
}

static void put_series(struct json_writer *w, const struct answer_series *s)
{
	json_begin_object(w);
	json_key(w, "metric");
	put_labels(w, s->labels);
	json_key(w, "values");
	json_begin_array(w);
	for (size_t i = 0; i < s->n; i++) {
		json_begin_array(w);
		json_put_i64(w, s->t_ms[i]);
		json_put_sample(w, s->v[i]);
		json_end_array(w);
	}
	json_end_array(w);
	json_end_object(w);
}

static void put_answer(struct json_writer *w, const struct kept_answer *answer)
{
	json_key(w, "type");
	json_put_cstr(w, value_type_name(answer->type));
	json_key(w, "answer");
	if (answer->type == VALUE_STRING) {
		json_put_str(w, answer->string);
		return;
	}
	if (answer->type == VALUE_SCALAR) {
		json_put_sample(w, answer->scalar.v);
		return;
	}
	json_begin_array(w);
	for (size_t i = 0; i < answer->series.n; i++)
		put_series(w, &answer->series.v[i]);
	json_end_array(w);
}

static bool is_ordered_by_labels(const struct expr *e)
{
	e = expr_unwrap(e);
	return e->kind == EXPR_VECTOR_SELECTOR ||
	       (e->kind == EXPR_CALL && e->call.n_args > 0 &&
		expr_unwrap(e->call.args[0])->kind == EXPR_MATRIX_SELECTOR);
}

/* Does the query choose among elements that Prometheus has in any order? */
static bool chooses_by_chance(const struct expr *e)
{
	const struct expr *child;
	bool found = false;

	if (e->kind == EXPR_AGGREGATE)
		found =
		    (e->aggregate.op == AGGREGATE_TOPK || e->aggregate.op == AGGREGATE_BOTTOMK ||
		     e->aggregate.op == AGGREGATE_LIMITK) &&
		    !is_ordered_by_labels(e->aggregate.expr);
	for (size_t i = 0; !found && (child = expr_child(e, i)); i++)
		found = chooses_by_chance(child);
	return found;
}

static void put_query(struct json_writer *w, const struct checker *c, struct str text,
		      struct query_time time)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct kept_answer answer;
	struct err err = ERR_INIT;

	json_begin_object(w);
	json_key(w, "query");
	json_put_str(w, text);
	json_key(w, "start_ms");
	json_put_i64(w, time.start_ms);
	json_key(w, "end_ms");
	json_put_i64(w, time.end_ms);
	json_key(w, "step_ms");
	json_put_i64(w, time.step_ms);
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(text, &options, NULL, &err);
	json_key(w, "chooses_by_chance");
	json_put_bool(w, query && chooses_by_chance(query->root));
	if (check_answer(c, a, text, time, &answer, &err)) {
		put_answer(w, &answer);
	} else {
		json_key(w, "error");
		json_put_cstr(w, err.msg);
	}
	json_end_object(w);
}

static void put_queries(struct buf *out, const struct checker *c, uint64_t seed, uint64_t n,
			enum dialect dialect)
{
	struct rand rand;

	rand_seed(&rand, ~seed);
	for (uint64_t i = 0; i < n; i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct random_query query = random_query(a, &rand, dialect);
		struct json_writer w;
		json_writer_init(&w, out, JSON_ESCAPE_PLAIN);
		put_query(&w, c, query.text, i % 2 ? query.range : query.instant);
		buf_putc(out, '\n');
	}
}

static bool write_file(const char *dir, const char *name, const struct buf *text, struct err *err)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fs_write_atomic(path, buf_str(text), 0644, err);
}

bool export_queries(const char *dir, uint64_t seed, uint64_t n, enum dialect dialect,
		    struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf queries auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct oracle_data data;

	data_generate(a, seed, dialect == DIALECT_2_42 ? DATA_FOR_2_42 : DATA_EXPORTED, &data);
	data_write_openmetrics(&text, &data);
	struct checker c = {&data, data_queryable(&data), NULL};
	put_queries(&queries, &c, seed, n, dialect);
	memory_queryable_free(c.mq);
	return write_file(dir, "data.om", &text, err) &&
	       write_file(dir, "queries.json", &queries, err);
}
