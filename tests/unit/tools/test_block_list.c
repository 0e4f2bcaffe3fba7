#include "base/duration.h"
#include "tests/lib/block_views.h"
#include "tests/lib/expect.h"
#include "tools/block_list.h"

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
	block_views_add(view, 'A',
			(struct meta){.min_t_ms = T - 500,
				      .max_t_ms = T + 2 * MS_PER_H,
				      .compaction.level = 1,
				      .source = STR("sidecar")});
	block_views_add(view, 'B',
			(struct meta){.min_t_ms = T,
				      .max_t_ms = T + 48 * MS_PER_H,
				      .compaction.level = 3,
				      .resolution_ms = 300000,
				      .source = STR("bad\x1b[2J")});
}

static void expect_list(const char *format, const char *want)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;

	make_view(&view);
	expect_ok(block_list_write(&view, str_of(format), &out, &err), err);
	expect_str(buf_str(&out), want);
}

static void without_a_format_ids_are_listed(void **state)
{
	(void)state;

	expect_list("", "01HF7VYM00000000000000000A\n01HF7VYM00000000000000000B\n");
}

static void wide_lines_tell_times_and_origin(void **state)
{
	(void)state;

	expect_list("wide",
		    "01HF7VYM00000000000000000A -- 2023-11-14T23:59:59Z - 2023-11-15T02:00:00Z "
		    "Diff: 2h0m1s, Compaction: 1, Downsample: 0, Source: sidecar\n"
		    "01HF7VYM00000000000000000B -- 2023-11-15T00:00:00Z - 2023-11-17T00:00:00Z "
		    "Diff: 48h0m0s, Compaction: 3, Downsample: 300000, Source: "
		    "\"bad\\x1b[2J\"\n");
}

static void json_is_each_block_s_meta_json(void **state)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(1 << 16),
		       want auto_done(buf_done) = BUF_INIT(1 << 16);
	struct err err = ERR_INIT;
	(void)state;

	make_view(&view);
	expect_ok(block_list_write(&view, STR("json"), &out, &err), err);
	meta_write(view.metas.v[0], &want);
	meta_write(view.metas.v[1], &want);
	expect_str(buf_str(&out), buf_cstr(&want));
}

static void a_template_sees_the_block_as_thanos_structs(void **state)
{
	(void)state;

	expect_list(
	    "{{.ULID}} {{.MinTime}} {{.Compaction.Level}} {{.Thanos.Downsample.Resolution}}",
	    "01HF7VYM00000000000000000A 1700006399500 1 0\n"
	    "01HF7VYM00000000000000000B 1700006400000 3 300000\n");
	expect_list(
	    "{{.}}",
	    "01HF7VYM00000000000000000A (min time: 1700006399500, max time: 1700013600000)\n"
	    "01HF7VYM00000000000000000B (min time: 1700006400000, max time: "
	    "1700179200000)\n");
}

/* As Thanos 0.42 prints it. */
static void a_template_prints_all_of_a_block(void **state)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(4096);
	struct meta_file files[] = {
	    {STR("index"), 3, STR(""), STR("")},
	    {STR("chunks/000001"), 5, STR("SHA256"), STR("ab")},
	};
	struct err err = ERR_INIT;
	(void)state;

	block_views_add(&view, 'A',
			(struct meta){.labels = LABELS(LABEL("a", "1"), LABEL("b", "2")),
				      .stats = {.n_samples = 1, .n_series = 2},
				      .files = files,
				      .n_files = 2,
				      .source = STR("sidecar"),
				      .upload_time_ms = T});
	expect_ok(block_list_write(&view,
				   STR("{{.Thanos.Labels}} {{.Thanos.Files}} {{.Stats}} "
				       "{{.Thanos.UploadTime}} {{.Thanos.Extensions}}"),
				   &out, &err),
		  err);
	expect_str(buf_str(&out),
		   "map[a:1 b:2] [{index 3 <nil>} {chunks/000001 5 {SHA256 ab}}] {1 0 "
		   "0 2 0 0} 2023-11-15 00:00:00 +0000 UTC <nil>\n");
}

static void a_wrong_template_is_told(void **state)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;
	(void)state;

	make_view(&view);
	expect_err(block_list_write(&view, STR("{{if"), &out, &err), err, ERR_INVALID,
		   "invalid template: template: :1: unclosed action");
	expect_err(block_list_write(&view, STR("{{.Foo}}"), &out, &err), err, ERR_INVALID,
		   "can't evaluate field Foo in type **metadata.Meta");
}

static void times_without_end_are_listed_too(void **state)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct buf out auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;
	(void)state;

	block_views_add(&view, 'A', (struct meta){.min_t_ms = INT64_MIN, .max_t_ms = INT64_MAX});
	expect_ok(block_list_write(&view, STR("wide"), &out, &err), err);
	assert_true(str_find(buf_str(&out), STR("Diff: 2562047h47m16.854775807s")) < out.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_format_ids_are_listed),
	    cmocka_unit_test(wide_lines_tell_times_and_origin),
	    cmocka_unit_test(json_is_each_block_s_meta_json),
	    cmocka_unit_test(a_template_sees_the_block_as_thanos_structs),
	    cmocka_unit_test(a_template_prints_all_of_a_block),
	    cmocka_unit_test(a_wrong_template_is_told),
	    cmocka_unit_test(times_without_end_are_listed_too),
	};
	return cmocka_run_group_tests(tests, use_utc, NULL);
}
