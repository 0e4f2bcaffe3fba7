#include "base/alloc.h"
#include "block/meta.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdio.h>
#include <unistd.h>

static struct meta parse(struct arena *a, const char *json)
{
	struct err err = ERR_INIT;
	struct meta m;
	expect_ok(meta_parse(str_of(json), a, &m, &err), err);
	return m;
}

static char *text_of(struct arena *a, const struct meta *m)
{
	struct buf out auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	meta_write(m, &out);
	return arena_cstr(a, buf_str(&out));
}

/* All members that Thanos writes, as it writes them. */
static const char full[] = "{\n"
			   "\t\"ulid\": \"01BX5ZZKBKACTAV9WEVGEMMVS0\",\n"
			   "\t\"minTime\": -5,\n"
			   "\t\"maxTime\": 7200000,\n"
			   "\t\"stats\": {\n"
			   "\t\t\"numSamples\": 18446744073709551615,\n"
			   "\t\t\"numFloatSamples\": 2,\n"
			   "\t\t\"numHistogramSamples\": 3,\n"
			   "\t\t\"numSeries\": 4,\n"
			   "\t\t\"numChunks\": 5,\n"
			   "\t\t\"numTombstones\": 6\n"
			   "\t},\n"
			   "\t\"compaction\": {\n"
			   "\t\t\"level\": 2,\n"
			   "\t\t\"sources\": [\n"
			   "\t\t\t\"01BX5ZZKBKACTAV9WEVGEMMVS1\",\n"
			   "\t\t\t\"01BX5ZZKBKACTAV9WEVGEMMVS2\"\n"
			   "\t\t],\n"
			   "\t\t\"deletable\": true,\n"
			   "\t\t\"parents\": [\n"
			   "\t\t\t{\n"
			   "\t\t\t\t\"ulid\": \"01BX5ZZKBKACTAV9WEVGEMMVS1\",\n"
			   "\t\t\t\t\"minTime\": 0,\n"
			   "\t\t\t\t\"maxTime\": 3600000\n"
			   "\t\t\t}\n"
			   "\t\t],\n"
			   "\t\t\"failed\": true,\n"
			   "\t\t\"hints\": [\n"
			   "\t\t\t\"from-out-of-order\"\n"
			   "\t\t]\n"
			   "\t},\n"
			   "\t\"version\": 1,\n"
			   "\t\"thanos\": {\n"
			   "\t\t\"version\": 1,\n"
			   "\t\t\"labels\": {\n"
			   "\t\t\t\"cluster\": \"eu \\u003c1\\u003e \\\"ä\\\"\",\n"
			   "\t\t\t\"replica\": \"a\"\n"
			   "\t\t},\n"
			   "\t\t\"downsample\": {\n"
			   "\t\t\t\"resolution\": 300000\n"
			   "\t\t},\n"
			   "\t\t\"source\": \"compactor\",\n"
			   "\t\t\"segment_files\": [\n"
			   "\t\t\t\"000001\"\n"
			   "\t\t],\n"
			   "\t\t\"files\": [\n"
			   "\t\t\t{\n"
			   "\t\t\t\t\"rel_path\": \"chunks/000001\",\n"
			   "\t\t\t\t\"size_bytes\": 1234,\n"
			   "\t\t\t\t\"hash\": {\n"
			   "\t\t\t\t\t\"hashFunc\": \"SHA256\",\n"
			   "\t\t\t\t\t\"value\": \"abcd\"\n"
			   "\t\t\t\t}\n"
			   "\t\t\t},\n"
			   "\t\t\t{\n"
			   "\t\t\t\t\"rel_path\": \"meta.json\"\n"
			   "\t\t\t}\n"
			   "\t\t],\n"
			   "\t\t\"rewrites\": [\n"
			   "\t\t\t{\n"
			   "\t\t\t\t\"sources\": [\n"
			   "\t\t\t\t\t\"01BX5ZZKBKACTAV9WEVGEMMVS3\"\n"
			   "\t\t\t\t],\n"
			   "\t\t\t\t\"deletions_applied\": [\n"
			   "\t\t\t\t\t{\n"
			   "\t\t\t\t\t\t\"matchers\": [\n"
			   "\t\t\t\t\t\t\t{\n"
			   "\t\t\t\t\t\t\t\t\"Type\": 0,\n"
			   "\t\t\t\t\t\t\t\t\"Name\": \"a\",\n"
			   "\t\t\t\t\t\t\t\t\"Value\": \"1\"\n"
			   "\t\t\t\t\t\t\t}\n"
			   "\t\t\t\t\t\t]\n"
			   "\t\t\t\t\t}\n"
			   "\t\t\t\t]\n"
			   "\t\t\t}\n"
			   "\t\t],\n"
			   "\t\t\"index_stats\": {\n"
			   "\t\t\t\"series_max_size\": 77,\n"
			   "\t\t\t\"chunk_max_size\": 88\n"
			   "\t\t},\n"
			   "\t\t\"extensions\": {\n"
			   "\t\t\t\"a\": [],\n"
			   "\t\t\t\"b\": 1000000\n"
			   "\t\t},\n"
			   "\t\t\"upload_time\": \"2024-05-06T07:08:09.123456789Z\"\n"
			   "\t}\n"
			   "}\n";

static void a_meta_json_with_everything_is_written_as_it_was_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta m = parse(a, full);
	(void)state;

	assert_string_equal(text_of(a, &m), full);
	assert_int_equal(m.min_t_ms, -5);
	assert_int_equal(m.stats.n_samples, UINT64_MAX);
	assert_int_equal(m.compaction.n_sources, 2);
	expect_str(labels_get(m.labels, STR("cluster")), "eu <1> \"ä\"");
	assert_int_equal(m.upload_time_ms, INT64_C(1714979289123));
	assert_int_equal(meta_file_size(&m, STR("chunks/000001")), 1234);
	assert_int_equal(meta_file_size(&m, STR("index")), -1);
}

static void what_is_empty_is_left_out_as_go_does(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta m = parse(a, "{\"ulid\":\"01BX5ZZKBKACTAV9WEVGEMMVS0\",\"version\":1,"
				 "\"unknown\":[{}],\"thanos\":{\"labels\":null}}");
	(void)state;

	assert_string_equal(text_of(a, &m), "{\n"
					    "\t\"ulid\": \"01BX5ZZKBKACTAV9WEVGEMMVS0\",\n"
					    "\t\"minTime\": 0,\n"
					    "\t\"maxTime\": 0,\n"
					    "\t\"stats\": {},\n"
					    "\t\"compaction\": {\n"
					    "\t\t\"level\": 0\n"
					    "\t},\n"
					    "\t\"version\": 1,\n"
					    "\t\"thanos\": {\n"
					    "\t\t\"labels\": {},\n"
					    "\t\t\"downsample\": {\n"
					    "\t\t\t\"resolution\": 0\n"
					    "\t\t},\n"
					    "\t\t\"source\": \"\",\n"
					    "\t\t\"index_stats\": {},\n"
					    "\t\t\"upload_time\": \"0001-01-01T00:00:00Z\"\n"
					    "\t}\n"
					    "}\n");
	assert_int_equal(m.upload_time_ms, META_NO_UPLOAD_TIME);
}

static void extensions_are_written_as_go_writes_a_map(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta m = parse(a, "{\"version\":1,\"thanos\":{\"extensions\":"
				 "{\"z\":1e3,\"b\":{\"y\":null,\"x\":1},\"z\":2.50}}}");
	(void)state;

	expect_str(m.extensions, "{\"b\":{\"x\":1,\"y\":null},\"z\":2.5}");
}

static void bytes_that_are_no_meta_json_are_corrupt(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const struct {
		const char *json, *want;
	} cases[] = {
	    {"", "line 1"},
	    {"{\"version\":1", "line 1"},
	    {"[]", "want an object"},
	    {"{\"version\":1,\"minTime\":\"0\"}", ".minTime: want"},
	    {"{\"version\":1,\"minTime\":1.5}", ".minTime"},
	    {"{\"version\":1,\"ulid\":\"01BX\"}", ".ulid: \"01BX\" is no ULID"},
	    {"{\"version\":1,\n\"compaction\":{\"sources\":[\"x\"]}}",
	     "line 2, column 26: .compaction.sources[0]: \"x\" is no ULID"},
	    {"{\"version\":1,\"thanos\":{\"labels\":{\"a\":1}}}",
	     ".thanos.labels.a: want a string"},
	    {"{\"version\":1,\"thanos\":{\"upload_time\":\"yesterday\"}}", ".thanos.upload_time: "},
	    {"{\"version\":1,\"thanos\":{\"files\":{}}}", ".thanos.files: want an array"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;
		struct meta m;
		expect_err(meta_parse(str_of(cases[i].json), a, &m, &err), err, ERR_CORRUPT,
			   cases[i].want);
	}
}

static void other_versions_are_refused_but_not_corrupt(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct meta m;
	(void)state;

	expect_err(meta_parse(STR("{\"version\":2}"), a, &m, &err), err, ERR_UNSUPPORTED,
		   "unexpected meta file version 2, want 1");
	expect_err(meta_parse(STR("{}"), a, &m, &err), err, ERR_UNSUPPORTED, "version 0");
	expect_err(meta_parse(STR("{\"version\":1,\"thanos\":{\"version\":3}}"), a, &m, &err), err,
		   ERR_UNSUPPORTED, "unexpected meta file Thanos section version 3, want 1");
}

static void the_file_is_replaced_not_written_in_place(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *dir = temp_dir_new();
	char *path = arena_printf(a, "%s/meta.json", dir);
	char *other = arena_printf(a, "%s/other-name", dir);
	struct err err = ERR_INIT;
	struct meta m = parse(a, full), got;
	char content[10] = {0};
	(void)state;

	FILE *f = fopen(path, "w");
	fputs("original", f);
	fclose(f);
	assert_int_equal(link(path, other), 0);
	expect_ok(meta_write_file(&m, dir, &err), err);

	expect_ok(meta_read_file(dir, a, &got, &err), err);
	assert_string_equal(text_of(a, &got), full);
	f = fopen(other, "r");
	assert_int_equal(fread(content, 1, 9, f), 8);
	fclose(f);
	assert_string_equal(content, "original");
	temp_dir_remove(dir);
}

static void a_corrupt_file_is_named(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *dir = temp_dir_new();
	struct err err = ERR_INIT;
	struct meta m;
	(void)state;

	expect_err(meta_read_file(dir, a, &m, &err), err, ERR_NOT_FOUND, "meta.json");
	FILE *f = fopen(arena_printf(a, "%s/meta.json", dir), "w");
	fputs("{", f);
	fclose(f);
	expect_err(meta_read_file(dir, a, &m, &err), err, ERR_CORRUPT, "/meta.json: line 1");
	temp_dir_remove(dir);
}

static void a_kept_copy_stands_on_its_own(void **state)
{
	struct arena *a = arena_new(NULL);
	struct arena *out auto_free(arena_free) = arena_new(NULL);
	struct meta m = parse(a, full);
	struct meta *kept auto_free(meta_unref) = meta_new(&m);
	(void)state;

	arena_free(a);

	assert_string_equal(text_of(out, kept), full);
	struct meta *again = meta_ref(kept);
	meta_unref(again);
	assert_string_equal(text_of(out, kept), full);
}

static void the_upload_time_is_in_utc(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta m = parse(a, full);
	(void)state;

	meta_set_upload_time(&m, a, 1700000000120);

	expect_str(m.upload_time, "2023-11-14T22:13:20.12Z");
}

static void the_group_is_resolution_and_hash_of_labels(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta m = {.labels = LABELS(LABEL("a", "1")), .resolution_ms = 300000};
	(void)state;

	expect_str(meta_group_key(&m, a),
		   arena_printf(a, "300000@%llu", (unsigned long long)labels_hash(m.labels)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_meta_json_with_everything_is_written_as_it_was_read),
	    cmocka_unit_test(what_is_empty_is_left_out_as_go_does),
	    cmocka_unit_test(extensions_are_written_as_go_writes_a_map),
	    cmocka_unit_test(bytes_that_are_no_meta_json_are_corrupt),
	    cmocka_unit_test(other_versions_are_refused_but_not_corrupt),
	    cmocka_unit_test(the_file_is_replaced_not_written_in_place),
	    cmocka_unit_test(a_corrupt_file_is_named),
	    cmocka_unit_test(a_kept_copy_stands_on_its_own),
	    cmocka_unit_test(the_upload_time_is_in_utc),
	    cmocka_unit_test(the_group_is_resolution_and_hash_of_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
