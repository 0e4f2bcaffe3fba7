#include "tools/query_text.h"

#include "base/time_text.h"
#include "tools/csv.h"
#include "tools/text_table.h"

/* --- table ------------------------------------------------------------------------------------ */

static void add_labels(struct text_table *t, struct labels ls, const struct str_list *names,
		       bool shown)
{
	for (size_t i = 0; i < names->n; i++)
		text_table_cell(t, shown ? labels_get(ls, names->v[i]) : STR(""));
}

static void write_rows(const struct query_answer *answer, struct arena *a, struct buf *out)
{
	struct str_list names = query_answer_label_names(answer, a);
	bool has_times = answer->type == VALUE_MATRIX;
	struct text_table t;

	text_table_init(&t, a);
	for (size_t i = 0; i < names.n; i++)
		text_table_column(&t, names.v[i], TEXT_LEFT);
	if (has_times)
		text_table_column(&t, STR("time"), TEXT_LEFT);
	text_table_column(&t, STR("value"), TEXT_RIGHT);
	for (size_t i = 0; i < answer->n; i++) {
		const struct answer_series *s = &answer->v[i];
		for (size_t k = 0; k < s->n; k++) {
			add_labels(&t, s->labels, &names, k == 0);
			if (has_times)
				text_table_cell(&t,
						arena_str(a, str_of(time_str_ms(s->v[k].t_ms))));
			text_table_cell(&t, answer_sample_text(&s->v[k], a));
		}
	}
	text_table_write(&t, out);
}

void query_table_write(const struct query_answer *answer, struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	if (answer->n == 0)
		return;
	if (answer->type == VALUE_VECTOR || answer->type == VALUE_MATRIX) {
		write_rows(answer, a, out);
		return;
	}
	buf_append_str(out, text_printable(answer_sample_text(&answer->v[0].v[0], a), a));
	buf_putc(out, '\n');
}

/* --- CSV -------------------------------------------------------------------------------------- */

/* Always three decimals, so that all fields have one shape. */
static void put_time(struct buf *out, int64_t t_ms)
{
	int64_t within_ms = ((t_ms % 1000) + 1000) % 1000;
	struct time_text seconds = time_text_ms(t_ms - within_ms);

	buf_append(out, seconds.s, strlen(seconds.s) - 1);
	buf_printf(out, ".%03dZ", (int)within_ms);
}

static void put_line(struct buf *out, const struct answer_series *s,
		     const struct answer_sample *sample, const struct str_list *names,
		     struct arena *a)
{
	put_time(out, sample->t_ms);
	buf_putc(out, ',');
	csv_put_field(out, answer_sample_text(sample, a), ',');
	for (size_t i = 0; i < names->n; i++) {
		buf_putc(out, ',');
		csv_put_field(out, labels_get(s->labels, names->v[i]), ',');
	}
	buf_putc(out, '\n');
}

void query_csv_write(const struct query_answer *answer, struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str_list names = query_answer_label_names(answer, a);

	buf_puts(out, "time,value");
	for (size_t i = 0; i < names.n; i++) {
		buf_putc(out, ',');
		csv_put_field(out, names.v[i], ',');
	}
	buf_putc(out, '\n');
	for (size_t i = 0; i < answer->n; i++) {
		const struct answer_series *s = &answer->v[i];
		for (size_t k = 0; k < s->n; k++) {
			struct arena_mark mark = arena_mark(a);
			put_line(out, s, &s->v[k], &names, a);
			arena_rewind(a, mark);
		}
	}
}
