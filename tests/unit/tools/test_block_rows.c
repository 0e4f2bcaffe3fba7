#include "base/duration.h"
#include "tests/lib/block_views.h"
#include "tests/lib/expect.h"
#include "tools/block_rows.h"

#include <stdlib.h>

#define T BLOCK_VIEWS_T_MS

static int use_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	return 0;
}

static void make_view(struct block_view *view)
{
	block_views_add(
	    view, 'A',
	    (struct meta){.min_t_ms = T,
			  .max_t_ms = T + 2 * MS_PER_H,
			  .stats = {.n_samples = 1234567, .n_series = 999, .n_chunks = 12345},
			  .compaction.level = 1,
			  .labels = LABELS(LABEL("cluster", "eu"), LABEL("r", "a")),
			  .source = STR("sidecar")});
	block_views_add(view, 'B',
			(struct meta){.min_t_ms = T - 500,
				      .max_t_ms = T + 48 * MS_PER_H,
				      .stats = {.n_samples = 2000, .n_series = 1000},
				      .compaction = {.level = 3, .has_failed = true},
				      .labels = LABELS(LABEL("cluster", "us, \"west\"")),
				      .resolution_ms = 300000,
				      .source = STR("compactor")});
	block_views_add(view, 'C',
			(struct meta){.min_t_ms = T,
				      .max_t_ms = T + 10 * MS_PER_H,
				      .compaction.level = 4,
				      .labels = LABELS(LABEL("cluster", "eu")),
				      .resolution_ms = 3600000,
				      .source = STR("compactor")});
}

static void expect_rows(const struct block_rows_options *options, const char *want)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(8192);

	make_view(&view);
	block_rows_write(&view, options, &out);
	expect_str(buf_str(&out), want);
}

#define TITLES                                                                                     \
	"ULID,FROM,UNTIL,RANGE,UNTIL-DOWN,#SERIES,#SAMPLES,#CHUNKS,COMP-LEVEL,COMP-FAILED,"        \
	"LABELS,RESOLUTION,SOURCE\n"
#define A                                                                                          \
	"01HF7VYM00000000000000000A,2023-11-15T00:00:00Z,2023-11-15T02:00:00Z,2h0m0s,38h0m0s,"     \
	"999,\"1,234,567\",\"12,345\",1,false,\"cluster=eu,r=a\",0s,sidecar\n"
#define B                                                                                          \
	"01HF7VYM00000000000000000B,2023-11-14T23:59:59Z,2023-11-17T00:00:00Z,48h0m0.5s,"          \
	"191h59m59.5s,\"1,000\",\"2,000\",0,3,true,\"cluster=us, \"\"west\"\"\",5m0s,compactor\n"
#define C                                                                                          \
	"01HF7VYM00000000000000000C,2023-11-15T00:00:00Z,2023-11-15T10:00:00Z,10h0m0s,-,0,0,0,4,"  \
	"false,cluster=eu,1h0m0s,compactor\n"

static void every_column_is_as_in_thanos(void **state)
{
	(void)state;

	expect_rows(&(struct block_rows_options){.format = BLOCK_ROWS_CSV}, TITLES A B C);
}

static void rows_are_sorted_as_what_their_cells_mean(void **state)
{
	static const struct {
		enum block_column by[2];
		const char *want;
	} cases[] = {
	    {{BLOCK_COLUMN_FROM, BLOCK_COLUMN_UNTIL}, TITLES B A C},
	    {{BLOCK_COLUMN_RANGE, BLOCK_COLUMN_ULID}, TITLES A C B},
	    {{BLOCK_COLUMN_SERIES, BLOCK_COLUMN_ULID}, TITLES C A B},
	    {{BLOCK_COLUMN_SOURCE, BLOCK_COLUMN_FROM}, TITLES B C A},
	    {{BLOCK_COLUMN_RESOLUTION, BLOCK_COLUMN_ULID}, TITLES A B C},
	    {{BLOCK_COLUMN_FAILED, BLOCK_COLUMN_SAMPLES}, TITLES C A B},
	    {{BLOCK_COLUMN_LABELS, BLOCK_COLUMN_ULID}, TITLES C A B},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_rows(&(struct block_rows_options){.sort_by = cases[i].by,
							 .n_sort_by = 2,
							 .format = BLOCK_ROWS_CSV},
			    cases[i].want);
}

static void blocks_are_selected_by_their_labels(void **state)
{
	(void)state;

	expect_rows(&(struct block_rows_options){.selector = LABELS(LABEL("cluster", "eu")),
						 .format = BLOCK_ROWS_CSV},
		    TITLES A C);
	expect_rows(&(struct block_rows_options){.selector = LABELS(LABEL("cluster", "eu"),
								    LABEL("r", "a")),
						 .format = BLOCK_ROWS_CSV},
		    TITLES A);
	/* an absent label is not an empty one */
	expect_rows(&(struct block_rows_options){.selector = LABELS(LABEL("r", "")),
						 .format = BLOCK_ROWS_CSV},
		    TITLES);
}

static void a_table_is_made_of_lines(void **state)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(8192);
	(void)state;

	block_views_add(&view, 'A',
			(struct meta){.min_t_ms = T,
				      .max_t_ms = T + 2 * MS_PER_H,
				      .stats.n_samples = 1234567,
				      .compaction.level = 1,
				      .labels = LABELS(LABEL("a", "\x1b[2J\n")),
				      .source = STR("sidecar")});
	block_rows_write(&view, &(struct block_rows_options){0}, &out);
	expect_str(
	    buf_str(&out),
	    "|            ULID            |         FROM         |        UNTIL         | RANGE  | "
	    "UNTIL-DOWN | #SERIES | #SAMPLES  | #CHUNKS | COMP-LEVEL | COMP-FAILED |    LABELS     "
	    "| RESOLUTION | SOURCE  |\n"
	    "|----------------------------|----------------------|----------------------|--------|"
	    "------------|---------|-----------|---------|------------|-------------|--------------"
	    "-|------------|---------|\n"
	    "| 01HF7VYM00000000000000000A | 2023-11-15T00:00:00Z | 2023-11-15T02:00:00Z | 2h0m0s | "
	    "38h0m0s    | 0       | 1,234,567 | 0       | 1          | false       | "
	    "\"a=\\x1b[2J\\n\" | 0s         | sidecar |\n");
}

static void times_without_end_have_a_range(void **state)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(8192);
	(void)state;

	block_views_add(&view, 'A', (struct meta){.min_t_ms = INT64_MIN, .max_t_ms = INT64_MAX});
	block_rows_write(&view, &(struct block_rows_options){.format = BLOCK_ROWS_TSV}, &out);
	assert_true(str_find(buf_str(&out), STR("2562047h47m16.854775807s")) < out.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_column_is_as_in_thanos),
	    cmocka_unit_test(rows_are_sorted_as_what_their_cells_mean),
	    cmocka_unit_test(blocks_are_selected_by_their_labels),
	    cmocka_unit_test(a_table_is_made_of_lines),
	    cmocka_unit_test(times_without_end_have_a_range),
	};
	return cmocka_run_group_tests(tests, use_utc, NULL);
}
