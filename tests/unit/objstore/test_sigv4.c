/* The examples of AWS' documentation of Signature Version 4 for S3, and of its test suite. */
#include "objstore/sigv4.h"

#include "codec/digest.h"
#include "tests/lib/expect.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* 2013-05-24 00:00:00 UTC */
static const int64_t example_ms = 1369353600000;
static const struct sigv4_key example_key = {
    .access_key = {"AKIAIOSFODNN7EXAMPLE", 20},
    .secret_key = {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 40},
    .region = {"us-east-1", 9},
    .service = "s3",
};

static void expect_signature(const struct sigv4_key *key, const struct sigv4_request *request,
			     const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str got = sigv4_authorization(key, request, a);
	size_t at = str_find(got, STR("Signature="));

	expect_str(str_skip(got, at + 10), want);
}

static void an_object_with_a_range_is_signed_as_in_the_documentation(void **state)
{
	const struct http_header headers[] = {
	    HTTP_HEADER("host", "examplebucket.s3.amazonaws.com"),
	    HTTP_HEADER("range", "bytes=0-9"),
	    HTTP_HEADER("x-amz-content-sha256", EMPTY_SHA256),
	    HTTP_HEADER("x-amz-date", "20130524T000000Z"),
	};
	struct sigv4_request r = {"GET", STR("/test.txt"),  STR(""),   headers,
				  4,     STR(EMPTY_SHA256), example_ms};
	(void)state;

	expect_signature(&example_key, &r,
			 "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void a_put_is_signed_as_in_the_documentation(void **state)
{
	struct hex_sha256 payload = sha256_hex(sha256_of(STR("Welcome to Amazon S3.")));
	const struct http_header headers[] = {
	    HTTP_HEADER("x-amz-storage-class", "REDUCED_REDUNDANCY"),
	    HTTP_HEADER("date", "Fri, 24 May 2013 00:00:00 GMT"),
	    HTTP_HEADER("host", "examplebucket.s3.amazonaws.com"),
	    {STR("x-amz-content-sha256"), str_of(payload.s)},
	    HTTP_HEADER("x-amz-date", "20130524T000000Z"),
	};
	struct sigv4_request r = {"PUT", STR("/test%24file.text"), STR(""),   headers,
				  5,     str_of(payload.s),        example_ms};
	(void)state;

	expect_signature(&example_key, &r,
			 "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void parameters_are_signed_in_ascending_order(void **state)
{
	const struct http_header headers[] = {
	    HTTP_HEADER("host", "examplebucket.s3.amazonaws.com"),
	    HTTP_HEADER("x-amz-content-sha256", EMPTY_SHA256),
	    HTTP_HEADER("x-amz-date", "20130524T000000Z"),
	};
	struct sigv4_request lifecycle = {"GET", STR("/"),          STR("lifecycle"), headers,
					  3,     STR(EMPTY_SHA256), example_ms};
	struct sigv4_request list = lifecycle;
	(void)state;

	list.query = STR("prefix=J&max-keys=2");
	expect_signature(&example_key, &lifecycle,
			 "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
	expect_signature(&example_key, &list,
			 "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

/* get-header-value-trim and get-vanilla of the test suite. */
static void blanks_in_headers_do_not_count(void **state)
{
	const struct sigv4_key key = {
	    .access_key = STR("AKIDEXAMPLE"),
	    .secret_key = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
	    .region = STR("us-east-1"),
	    .service = "service",
	};
	const struct http_header plain[] = {
	    HTTP_HEADER("host", "example.amazonaws.com"),
	    HTTP_HEADER("x-amz-date", "20150830T123600Z"),
	};
	const struct http_header trimmed[] = {
	    HTTP_HEADER("host", "example.amazonaws.com"),
	    HTTP_HEADER("my-header1", " value1"),
	    HTTP_HEADER("my-header2", " \"a   b   c\"  "),
	    HTTP_HEADER("x-amz-date", "20150830T123600Z"),
	};
	struct sigv4_request r = {
	    "GET", STR("/"), STR(""), plain, 2, STR(EMPTY_SHA256), INT64_C(1440938160000)};
	(void)state;

	expect_signature(&key, &r,
			 "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
	r.headers = trimmed;
	r.n_headers = 4;
	expect_signature(&key, &r,
			 "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_object_with_a_range_is_signed_as_in_the_documentation),
	    cmocka_unit_test(a_put_is_signed_as_in_the_documentation),
	    cmocka_unit_test(parameters_are_signed_in_ascending_order),
	    cmocka_unit_test(blanks_in_headers_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
