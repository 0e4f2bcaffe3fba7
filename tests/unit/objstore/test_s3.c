/* How the S3 client takes what stores do to it; what it does with a good one is in the acceptance
 * suite, over real stores. */
#include "objstore/s3.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/script_server.h"
#include "tests/lib/temp_dir.h"

#define N(steps) (sizeof(steps) / sizeof(*(steps)))

static const char *const noted[] = {"range", "if-match", "if-none-match", NULL};

struct rig {
	struct script_server server;
	struct arena *a;
	struct bucket *bucket;
};

static struct bucket *open_bucket(struct rig *rig, const char *more)
{
	struct yaml_node *root;
	struct s3_config config;
	struct err err = ERR_INIT;
	const char *yaml = arena_printf(rig->a, "bucket: b\nendpoint: %s\ninsecure: true\n%s",
					script_server_address(&rig->server), more);

	expect_ok(yaml_parse(str_of(yaml), rig->a, &root, &err), err);
	expect_ok(s3_config_decode(root, rig->a, &config, &err), err);
	struct bucket *b =
	    s3_bucket_new(&config, loops_get(rig->server.web.loops, 0), &clock_system, &err);
	if (!b)
		fail_msg("%s", err.msg);
	return b;
}

static int set_up(void **state)
{
	static struct rig rig;

	script_server_start(&rig.server, noted);
	rig.a = arena_new(NULL);
	rig.bucket = open_bucket(&rig, "access_key: A\nsecret_key: secret-key-of-the-test\n"
				       "send_content_md5: false\nmax_retries: 3\n");
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	bucket_close(rig->bucket);
	script_server_stop(&rig->server);
	arena_free(rig->a);
	return 0;
}

/* Pieces are large enough to be on their way before the connection is cut. */
static void a_body_that_is_cut_goes_on_where_it_ended(void **state)
{
	enum { PIECE = 200000 };
	struct rig *rig = *state;
	struct buf want auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	for (int i = 0; want.n < 3 * PIECE; i++)
		buf_printf(&want, "%05d", i);
	const char *all = buf_cstr(&want);
	const struct script_step steps[] = {
	    {200, arena_printf(rig->a, "%.*s", PIECE, all), "ETag: \"e1\"", true},
	    {503, "", NULL, false},
	    {206, arena_printf(rig->a, "%.*s", PIECE, all + PIECE), NULL, true},
	    {206, all + 2 * PIECE, NULL, false},
	};

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_get_bytes(rig->bucket, NULL, STR("o"), 0, BUCKET_TO_END, &got, &err), err);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	expect_str(str_of(script_server_asked(&rig->server)),
		   "GET /b/o\n"
		   "GET /b/o range=bytes=200000- if-match=\"e1\"\n"
		   "GET /b/o range=bytes=200000- if-match=\"e1\"\n"
		   "GET /b/o range=bytes=400000- if-match=\"e1\"\n");
}

static void an_object_that_changes_while_it_is_read_is_an_error(void **state)
{
	struct rig *rig = *state;
	char *piece = arena_alloc(rig->a, 200001);
	const struct script_step steps[] = {
	    {206, piece, "ETag: \"e1\"", true},
	    {412, "<Error><Code>PreconditionFailed</Code></Error>", NULL, false},
	};
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	memset(piece, 'x', 200000);
	piece[200000] = '\0';
	script_server_play(&rig->server, steps, N(steps));
	expect_err(bucket_get_bytes(rig->bucket, NULL, STR("o"), 1, 300000, &got, &err), err,
		   ERR_UNAVAILABLE, "S3: GET b/o: the object was replaced while it was read");
}

static void more_bytes_than_were_asked_for_are_refused(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {{206, "123456", NULL, false}};
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_err(bucket_get_bytes(rig->bucket, NULL, STR("o"), 1, 5, &got, &err), err,
		   ERR_CORRUPT, "S3: GET b/o: more than the bytes that were asked for");
}

static void fewer_bytes_than_the_object_has_are_not_the_end(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {206, "123", "Content-Range: bytes 1-7/8", false},
	    {206, "45", "Content-Range: bytes 4-7/8", false},
	    {206, "67", "Content-Range: bytes 6-7/8", false},
	    {206, "23", "Content-Range: bytes 2-3/8", false},
	};
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_get_bytes(rig->bucket, NULL, STR("o"), 1, BUCKET_TO_END, &got, &err), err);
	expect_str(buf_str(&got), "1234567");
	expect_str(str_of(script_server_asked(&rig->server)),
		   "GET /b/o range=bytes=1-\nGET /b/o range=bytes=4-7\n"
		   "GET /b/o range=bytes=6-7\n");

	expect_err(bucket_get_bytes(rig->bucket, NULL, STR("o"), 1, 2, &got, &err), err,
		   ERR_CORRUPT, "bytes from 2 on, not from 1");
}

static void a_store_that_ignores_ranges_gives_no_wrong_bytes(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {{200, "0123456789", NULL, false}};
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_err(bucket_get_bytes(rig->bucket, NULL, STR("o"), 3, 2, &got, &err), err,
		   ERR_CORRUPT, "the store ignores ranges");
	assert_int_equal(got.n, 0);
}

static void what_is_refused_for_now_is_asked_again_and_then_given_up(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {429, "", NULL, false},
	    {500, "", NULL, false},
	    {200, "", NULL, true},
	    {200, "done", NULL, false},
	    {503, "<Error><Code>SlowDown</Code><Message>Reduce</Message></Error>", NULL, false},
	    {503, "<Error><Code>SlowDown</Code><Message>Reduce</Message></Error>", NULL, false},
	    {503, "<Error><Code>SlowDown</Code><Message>Reduce</Message></Error>", NULL, false},
	    {503, "<Error><Code>SlowDown</Code><Message>Reduce</Message></Error>", NULL, false},
	};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_put_bytes(rig->bucket, NULL, STR("o"), STR("x"), PUT_REPLACE, &err), err);
	expect_str(str_of(script_server_asked(&rig->server)),
		   "PUT /b/o <x>\nPUT /b/o <x>\nPUT /b/o <x>\nPUT /b/o <x>\n");
	expect_err(bucket_remove(rig->bucket, NULL, STR("o"), &err), err, ERR_UNAVAILABLE,
		   "4 attempts: S3: DELETE b/o: 503: SlowDown: Reduce");
}

static void what_is_refused_for_good_is_not_asked_again(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {403, "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>", NULL, false},
	    {404, "not XML", NULL, false},
	};
	struct err err = ERR_INIT;
	struct object_attrs attrs;

	script_server_play(&rig->server, steps, N(steps));
	expect_err(bucket_remove(rig->bucket, NULL, STR("o"), &err), err, ERR_INTERNAL,
		   "S3: DELETE b/o: 403: AccessDenied: No.");
	expect_err(bucket_attrs(rig->bucket, NULL, STR("o"), &attrs, &err), err, ERR_NOT_FOUND,
		   "S3: HEAD b/o: 404: Not Found");
	expect_str(str_of(script_server_asked(&rig->server)), "DELETE /b/o\nHEAD /b/o\n");
}

static void put_if_absent_says_so_in_the_request(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {{412, "", NULL, false}};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_err(bucket_put_bytes(rig->bucket, NULL, STR("o"), STR("x"), PUT_IF_ABSENT, &err),
		   err, ERR_EXISTS, "object o: is in the bucket already");
	expect_str(str_of(script_server_asked(&rig->server)), "PUT /b/o if-none-match=* <x>\n");
}

/* --- answers that are lost: 500 stands for one ------------------------------------------------ */

static void an_object_that_is_there_after_a_lost_answer_may_be_our_own(void **state)
{
	struct rig *rig = *state;
	static const struct script_step ours[] = {{500, NULL, NULL, false},
						  {412, NULL, NULL, false},
						  {200, "mark", NULL, false}},
					anothers[] = {{500, NULL, NULL, false},
						      {412, NULL, NULL, false},
						      {200, "Mark", NULL, false}},
					unread[] = {{500, NULL, NULL, false},
						    {412, NULL, NULL, false},
						    {403, NULL, NULL, false}};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, ours, N(ours));
	expect_ok(bucket_put_bytes(rig->bucket, NULL, STR("m"), STR("mark"), PUT_IF_ABSENT, &err),
		  err);
	expect_str(str_of(script_server_asked(&rig->server)),
		   "PUT /b/m if-none-match=* <mark>\nPUT /b/m if-none-match=* <mark>\n"
		   "GET /b/m\n");
	script_server_play(&rig->server, anothers, N(anothers));
	expect_err(bucket_put_bytes(rig->bucket, NULL, STR("m"), STR("mark"), PUT_IF_ABSENT, &err),
		   err, ERR_EXISTS, "object m: is in the bucket already");
	script_server_play(&rig->server, unread, N(unread));
	expect_err(bucket_put_bytes(rig->bucket, NULL, STR("m"), STR("mark"), PUT_IF_ABSENT, &err),
		   err, ERR_EXISTS, "object m: is in the bucket already");
}

static void an_object_that_is_gone_after_a_lost_answer_was_removed(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {500, NULL, NULL, false}, {404, NULL, NULL, false}, {404, NULL, NULL, false}};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_remove(rig->bucket, NULL, STR("m"), &err), err);
	expect_err(bucket_remove(rig->bucket, NULL, STR("m"), &err), err, ERR_NOT_FOUND,
		   "S3: DELETE b/m: 404");
}

static void an_upload_that_is_gone_after_a_lost_answer_may_be_complete(void **state)
{
	enum { PART = 5 << 20 };
	struct rig *rig = *state;
	char *bytes auto_free(mem_free) = xcalloc(1, PART + 2);
	memset(bytes, 'x', PART + 1);
	const struct script_step steps[] = {
	    {200,
	     "<InitiateMultipartUploadResult><UploadId>u1</UploadId>"
	     "</InitiateMultipartUploadResult>",
	     NULL, false},
	    {200, NULL, "ETag: \"e1\"", false},
	    {200, NULL, "ETag: \"e2\"", false},
	    {500, NULL, NULL, false},
	    {404, "<Error><Code>NoSuchUpload</Code></Error>", NULL, false},
	    {200, bytes, NULL, false},
	};
	struct bucket *b = open_bucket(rig, "access_key: A\nsecret_key: S\npart_size: 5242880\n"
					    "send_content_md5: false\n");
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(
	    bucket_put_bytes(b, NULL, STR("large"), str_from(bytes, PART + 1), PUT_REPLACE, &err),
	    err);
	bucket_close(b);
}

/* As Swift's S3 interface does. */
static void a_store_without_conditional_writes_is_asked_before(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {501, "<Error><Code>NotImplemented</Code></Error>", NULL, false},
	    {404, NULL, NULL, false},
	    {200, NULL, NULL, false},
	    {501, "<Error><Code>NotImplemented</Code></Error>", NULL, false},
	    {200, NULL, NULL, false},
	};
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_put_bytes(rig->bucket, NULL, STR("m"), STR("1"), PUT_IF_ABSENT, &err),
		  err);
	expect_err(bucket_put_bytes(rig->bucket, NULL, STR("m"), STR("2"), PUT_IF_ABSENT, &err),
		   err, ERR_EXISTS, "object m: is in the bucket already");
	expect_str(str_of(script_server_asked(&rig->server)),
		   "PUT /b/m if-none-match=* <1>\nHEAD /b/m\nPUT /b/m <1>\n"
		   "PUT /b/m if-none-match=* <2>\nHEAD /b/m\n");
}

static void a_multipart_upload_that_fails_is_aborted(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200,
	     "<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId>"
	     "</InitiateMultipartUploadResult>",
	     NULL, false},
	    {200, "", "ETag: \"p1\"", false},
	    {200, "", "ETag: \"p2\"", false},
	    {200, "<Error><Code>InternalError</Code></Error>", NULL, false},
	    {204, NULL, NULL, false},
	};
	struct bucket *b = open_bucket(rig, "access_key: A\nsecret_key: S\npart_size: 5242880\n"
					    "send_content_md5: false\n");
	char *bytes auto_free(mem_free) = xcalloc(1, 6 << 20);
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	struct bucket_writer *w = bucket_put(b, NULL, STR("o"), PUT_REPLACE, &err);
	expect_ok(bucket_writer_write(w, bytes, 6 << 20, &err), err);
	expect_err(bucket_writer_commit(w, &err), err, ERR_UNAVAILABLE,
		   "completing the upload: InternalError");

	const char *asked = script_server_asked(&rig->server);
	assert_non_null(strstr(asked, "POST /b/o?uploads="));
	assert_non_null(strstr(asked, "PUT /b/o?partNumber=1&uploadId=u%261 <"));
	assert_non_null(strstr(asked, "POST /b/o?uploadId=u%261 <<CompleteMultipartUpload><Part>"
				      "<PartNumber>1</PartNumber><ETag>&quot;p1&quot;</ETag>"));
	assert_non_null(strstr(asked, "DELETE /b/o?uploadId=u%261\n"));
	bucket_close(b);
}

static void the_region_is_learned_from_the_answer(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {400,
	     "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>",
	     NULL, false},
	    {204, NULL, NULL, false},
	    {204, NULL, NULL, false},
	};
	static const char *const headers[] = {"authorization", NULL};
	struct err err = ERR_INIT;

	rig->server.noted_headers = headers;
	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_remove(rig->bucket, NULL, STR("o"), &err), err);
	const char *asked = script_server_asked(&rig->server);
	assert_non_null(strstr(asked, "/us-east-1/s3/aws4_request"));
	assert_non_null(strstr(asked, "/eu-west-3/s3/aws4_request"));
	assert_null(strstr(asked, "secret-key-of-the-test"));
	expect_ok(bucket_remove(rig->bucket, NULL, STR("o"), &err), err);
	assert_null(strstr(script_server_asked(&rig->server), "us-east-1"));
	rig->server.noted_headers = noted;
}

static bool check_entry(const struct bucket_entry *e, void *arg, struct err *err)
{
	(void)err;
	expect_str(e->name, "d/a b");
	assert_int_equal(e->attrs.size_bytes, 7);
	assert_int_equal(e->attrs.modified_ms, INT64_C(1793527200000));
	++*(int *)arg;
	return true;
}

static void a_listing_of_version_1_goes_on_behind_its_last_name(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200,
	     "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>d/a%20b</Key>"
	     "<Size>7</Size><LastModified>2026-11-01T10:00:00.000Z</LastModified></Contents>"
	     "</ListBucketResult>",
	     NULL, false},
	    {200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>", NULL,
	     false},
	    {200, "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", NULL,
	     false},
	};
	struct bucket *b =
	    open_bucket(rig, "access_key: A\nsecret_key: S\nlist_objects_version: v1\n");
	struct err err = ERR_INIT;
	int n = 0;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_list(b, NULL, STR("d"), LIST_RECURSIVE, check_entry, &n, &err), err);
	assert_int_equal(n, 1);
	expect_str(str_of(script_server_asked(&rig->server)),
		   "GET /b/?encoding-type=url&max-keys=1000&prefix=d%2F\n"
		   "GET /b/?marker=d%2Fa%20b&encoding-type=url&max-keys=1000&prefix=d%2F\n");
	expect_err(bucket_list(b, NULL, STR("d"), LIST_RECURSIVE, check_entry, &n, &err), err,
		   ERR_CORRUPT, "a page of b/ has no successor");
	bucket_close(b);
}

static void encryption_and_metadata_travel_as_headers(void **state)
{
	struct rig *rig = *state;
	static const char *const headers[] = {"x-amz-server-side-encryption",
					      "x-amz-server-side-encryption-aws-kms-key-id",
					      "x-amz-server-side-encryption-context",
					      "x-amz-server-side-encryption-customer-algorithm",
					      "x-amz-server-side-encryption-customer-key-md5",
					      "x-amz-meta-team",
					      "x-amz-storage-class",
					      "content-md5",
					      NULL};
	static const struct script_step steps[] = {
	    {200, "", NULL, false}, {200, "", NULL, false}, {200, "", NULL, false}};
	char *dir = temp_dir_new();
	const char *key = arena_printf(rig->a, "%s/key", dir);
	struct err err = ERR_INIT;
	struct object_attrs attrs;

	expect_ok(fs_write_atomic(key, STR("0123456789abcdef0123456789abcdef"), 0600, &err), err);
	rig->server.noted_headers = headers;
	script_server_play(&rig->server, steps, N(steps));
	struct bucket *kms = open_bucket(
	    rig, "access_key: A\nsecret_key: S\nsse_config: {type: SSE-KMS, kms_key_id: k1, "
		 "kms_encryption_context: {a: b}}\n"
		 "put_user_metadata: {X-Amz-Meta-Team: storage, X-Amz-Storage-Class: COLD}\n");
	expect_ok(bucket_put_bytes(kms, NULL, STR("o"), STR("x"), PUT_REPLACE, &err), err);
	expect_str(str_of(script_server_asked(&rig->server)),
		   "PUT /b/o x-amz-server-side-encryption=aws:kms "
		   "x-amz-server-side-encryption-aws-kms-key-id=k1 "
		   "x-amz-server-side-encryption-context=eyJhIjoiYiJ9 x-amz-meta-team=storage "
		   "x-amz-storage-class=COLD content-md5=ndTkYSaMgDT1yFZOFVxnpg== <x>\n");

	struct bucket *customer =
	    open_bucket(rig, arena_printf(rig->a,
					  "access_key: A\nsecret_key: S\nsend_content_md5: false\n"
					  "sse_config: {type: SSE-C, encryption_key: %s}\n",
					  key));
	expect_ok(bucket_put_bytes(customer, NULL, STR("o"), STR("x"), PUT_REPLACE, &err), err);
	expect_ok(bucket_attrs(customer, NULL, STR("o"), &attrs, &err), err);
	const char *with = "x-amz-server-side-encryption-customer-algorithm=AES256 "
			   "x-amz-server-side-encryption-customer-key-md5="
			   "hRasmdxgYDKV3nvbahU1MA==";
	const char *asked = script_server_asked(&rig->server);
	const char *first = strstr(asked, with);
	assert_non_null(first);
	assert_non_null(strstr(first + 1, with));
	bucket_close(kms);
	bucket_close(customer);
	rig->server.noted_headers = noted;
	temp_dir_remove(dir);
}

static void what_cannot_be_meant_is_refused(void **state)
{
	static const struct {
		const char *yaml, *said;
	} cases[] = {
	    {"{bucket: b}", "no s3 endpoint in config file"},
	    {"{endpoint: e}", "no s3 bucket in config file"},
	    {"{bucket: b, endpoint: e, access_key: a}", "no s3 secret_key specified"},
	    {"{bucket: b, endpoint: e, secret_key: hidden}", "no s3 access_key specified"},
	    {"{bucket: b, endpoint: e, aws_sdk_auth: true, access_key: a, secret_key: s}",
	     "mutually exclusive"},
	    {"{bucket: b, endpoint: e, sse_config: {type: SSE-X}}", "Unsupported type \"SSE-X\""},
	    {"{bucket: b, endpoint: e, sse_config: {type: SSE-C}}", "encryption_key must be set"},
	    {"{bucket: b, endpoint: e, sse_config: {type: SSE-KMS}}", "kms_key_id must be set"},
	    {"{bucket: b, endpoint: e, list_objects_version: v3}", "Unsupported version \"v3\""},
	    {"{bucket: b, endpoint: e, bucket_lookup_type: x}", "unsupported bucket lookup type"},
	    {"{bucket: b, endpoint: e, signature_version2: true}", "signature_version2 is not"},
	    {"{bucket: b, endpoint: e, part_size: 1}", "5 MiB to 5 GiB"},
	    {"{bucket: b, endpoint: e, http_config: {idle_conn_timeout: 1 day}}",
	     "unknown unit \" day\" in duration"},
	    {"{bucket: b, endpoint: e, put_user_metadata: {\"a b\": x}}", "is no header"},
	    {"{bucket: b, endpoint: e, put_user_metadata: {a: \"x\\ny\"}}", "control characters"},
	    {"{bucket: b, endpoint: e, put_user_metadata: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, "
	     "g: 1, h: 1, i: 1, j: 1, k: 1, l: 1, m: 1, n: 1, o: 1, p: 1, q: 1, r: 1, s: 1, t: 1, "
	     "u: 1, v: 1, w: 1, x: 1, z: 1}}",
	     "put_user_metadata has 25 entries, more than 24"},
	    {"{bucket: b, endpoint: e, nosuch: 1}", "field nosuch not found in type s3.Config"},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < N(cases); i++) {
		struct err err = ERR_INIT;
		struct yaml_node *root;
		struct s3_config config;
		expect_ok(yaml_parse(str_of(cases[i].yaml), rig->a, &root, &err), err);
		if (s3_config_decode(root, rig->a, &config, &err))
			fail_msg("%s is accepted", cases[i].yaml);
		if (!strstr(err.msg, cases[i].said) || strstr(err.msg, "hidden"))
			fail_msg("%s: \"%s\", want \"%s\"", cases[i].yaml, err.msg, cases[i].said);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_body_that_is_cut_goes_on_where_it_ended),
	    TEST(an_object_that_changes_while_it_is_read_is_an_error),
	    TEST(more_bytes_than_were_asked_for_are_refused),
	    TEST(fewer_bytes_than_the_object_has_are_not_the_end),
	    TEST(a_store_that_ignores_ranges_gives_no_wrong_bytes),
	    TEST(an_object_that_is_there_after_a_lost_answer_may_be_our_own),
	    TEST(an_object_that_is_gone_after_a_lost_answer_was_removed),
	    TEST(an_upload_that_is_gone_after_a_lost_answer_may_be_complete),
	    TEST(what_is_refused_for_now_is_asked_again_and_then_given_up),
	    TEST(what_is_refused_for_good_is_not_asked_again),
	    TEST(put_if_absent_says_so_in_the_request),
	    TEST(a_store_without_conditional_writes_is_asked_before),
	    TEST(a_multipart_upload_that_fails_is_aborted),
	    TEST(the_region_is_learned_from_the_answer),
	    TEST(a_listing_of_version_1_goes_on_behind_its_last_name),
	    TEST(encryption_and_metadata_travel_as_headers),
	    TEST(what_cannot_be_meant_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
