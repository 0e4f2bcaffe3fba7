/* Whatever is read as an answer of the API can be written as a table, as CSV and as a chart, and no
 * output has a byte that a terminal would act upon, but for line ends. */
#include "base/assert.h"
#include "tools/chart.h"
#include "tools/query_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_harmless(const struct buf *out)
{
	for (size_t i = 0; i < out->n; i++)
		assert((unsigned char)out->p[i] >= ' ' || out->p[i] == '\n');
}

static void write_chart(const struct query_answer *answer)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct chart_options options = {
	    .columns = 60,
	    .rows = 8,
	    .start_ms = answer->n && answer->v[0].n ? answer->v[0].v[0].t_ms : 0,
	    .end_ms = answer->n && answer->v[0].n ? answer->v[0].v[answer->v[0].n - 1].t_ms : 0,
	    .step_ms = 1000,
	};

	if (chart_write(answer, &options, &out, &err))
		check_harmless(&out);
	else
		assert(out.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf table auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf csv auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct query_answer answer;
	struct err err = ERR_INIT;

	if (!query_answer_read(&answer, str_from(data, size), a, NULL, &err))
		return 0;
	query_table_write(&answer, &table);
	check_harmless(&table);
	query_csv_write(&answer, &csv);
	assert(str_starts(buf_str(&csv), STR("time,value")));
	write_chart(&answer);
	return 0;
}
