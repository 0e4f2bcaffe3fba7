#include "net/http1.h"
#include "tests/lib/expect.h"
#include "tests/lib/http1_trace.h"

#include <stdlib.h>

static void expect_trace(struct str bytes, const struct http1_limits *limits, const char *want)
{
	for (size_t cut = 1; cut <= bytes.n; cut = cut < 40 ? cut + 1 : bytes.n + 1) {
		struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		http1_trace(bytes, cut, limits, &got);
		if (!str_is(buf_str(&got), want))
			fail_msg("input:\n%.*s\ncut at %zu got:\n%s\nwant:\n%s", STR_FMT(bytes),
				 cut, buf_cstr(&got), want);
	}
}

#define expect_request(bytes, want) expect_trace(STR(bytes), NULL, want)

static void a_request_without_a_body_is_its_head(void **state)
{
	(void)state;
	expect_request("GET /api/v1/query?query=up&time=1 HTTP/1.1\r\n"
		       "Host: example.com:10902\r\n"
		       "Accept:\t*/* \r\n"
		       "X-Empty:\r\n"
		       "\r\n",
		       "GET /api/v1/query?query=up&time=1 1.1 keep\n"
		       "host: example.com:10902\n"
		       "accept: */*\n"
		       "x-empty: \n"
		       "end\n");
}

static void a_body_has_the_announced_length(void **state)
{
	(void)state;
	expect_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello\r\nbody",
		       "POST / 1.1 keep with body\nhost: x\ncontent-length: 11\n"
		       "body: 11 hello\r\nbody\nend\n");
	expect_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		       "POST / 1.1 keep\nhost: x\ncontent-length: 0\nend\n");
	expect_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel",
		       "POST / 1.1 keep with body\nhost: x\ncontent-length: 5\nmore\n");
}

static void chunks_are_put_together(void **state)
{
	(void)state;
	expect_request("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
		       "5\r\nhello\r\n00a;name=\"value\"\r\n, my world\r\n0\r\n\r\n",
		       "POST / 1.1 keep with body\nhost: x\ntransfer-encoding: Chunked\n"
		       "body: 15 hello, my world\nend\n");
	expect_request("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		       "0\r\nX-Checksum: 1\r\nContent-Length: 3\r\n\r\n",
		       "POST / 1.1 keep with body\nhost: x\ntransfer-encoding: chunked\nend\n");
}

static void requests_follow_each_other_on_a_connection(void **state)
{
	(void)state;
	expect_request("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
		       "PUT /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
		       "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		       "GET /1 1.1 keep\nhost: x\nend\n"
		       "PUT /2 1.1 keep with body\nhost: x\ncontent-length: 2\nbody: 2 ab\nend\n"
		       "GET /3 1.1 close\nhost: x\nconnection: close\nend\n");
}

static void whether_the_connection_is_kept_follows_version_and_header(void **state)
{
	(void)state;
	expect_request("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close\nend\n");
	expect_request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
		       "GET / 1.0 keep\nconnection: Keep-Alive\nend\n");
	expect_request("GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n",
		       "GET / 1.1 close\nhost: x\nconnection: TE, Close\nend\n");
}

static void the_other_forms_of_a_target_are_known(void **state)
{
	(void)state;
	expect_request("GET http://a.example:80/b?c HTTP/1.1\r\nHost: other\r\n\r\n",
		       "GET /b?c 1.1 keep\nhost: other\nend\n");
	expect_request("GET HTTPS://a?b HTTP/1.1\r\nHost: a\r\n\r\n",
		       "GET /?b 1.1 keep\nhost: a\nend\n");
	expect_request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
		       "OPTIONS * 1.1 keep\nhost: a\nend\n");
	expect_request("GET /?q=h\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n",
		       "GET /?q=h\xc3\xa4 1.1 keep\nhost: a\nend\n");
}

static void a_client_may_ask_before_it_sends_its_body(void **state)
{
	(void)state;
	expect_request("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\n"
		       "Content-Length: 1\r\n\r\na",
		       "POST / 1.1 keep with body expects\nhost: x\nexpect: 100-Continue\n"
		       "content-length: 1\nbody: 1 a\nend\n");
}

/* --- what two servers could read in two ways -------------------------------------------------- */

#define HEAD    "POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"

#define CASE(status, text)                                                                         \
	{                                                                                          \
		{.p = (text), .n = sizeof(text) - 1}, (status)                                     \
	}

/* The status that the input is refused with. */
static const struct {
	struct str input;
	int status;
} smuggling[] = {
    /* lengths */
    CASE(400, HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    CASE(400, HEAD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    CASE(400, HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length: 5, 5\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length: +5\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length: -5\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length: 0x5\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length: 5 5\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length: 5.0\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length:\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length: 18446744073709551621\r\n\r\nhello"),
    CASE(413, HEAD "Content-Length: 18446744073709551615\r\n\r\nhello"),
    /* codings */
    CASE(400, HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    CASE(400, HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"),
    CASE(501, HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    CASE(501, HEAD "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    CASE(501, HEAD "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    CASE(501, HEAD "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
    CASE(501, HEAD "Transfer-Encoding: identity\r\n\r\n"),
    CASE(400, HEAD "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"),
    CASE(501, HEAD "Transfer-Encoding:\r\n\r\n"),
    CASE(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    /* names */
    CASE(400, HEAD "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    CASE(400, HEAD "Content-Length : 5\r\n\r\nhello"),
    CASE(400, HEAD "Content\tLength: 5\r\n\r\nhello"),
    CASE(400, HEAD "Content-Length\0: 5\r\n\r\nhello"),
    CASE(400, HEAD ": value\r\n\r\n"),
    CASE(400, HEAD "no colon at all\r\n\r\n"),
    CASE(400, HEAD "N\xc3\xa4me: x\r\n\r\n"),
    /* lines */
    CASE(400, HEAD " Content-Length: 5\r\n\r\nhello"),
    CASE(400, HEAD "X-Folded: a\r\n Content-Length: 5\r\n\r\nhello"),
    CASE(400, HEAD "X-Folded: a\r\n\tb\r\n\r\n"),
    CASE(400, HEAD "X: a\nContent-Length: 5\r\n\r\nhello"),
    CASE(400, "POST / HTTP/1.1\nHost: x\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\nHost: x\n\n"),
    CASE(400, "POST / HTTP/1.1\r\nHost: x\r\n\n"),
    CASE(400, HEAD "X: a\rContent-Length: 5\r\n\r\nhello"),
    CASE(400, HEAD "X: a\r\r\n\r\n"),
    CASE(400, HEAD "X: a\0b\r\n\r\n"),
    CASE(400, HEAD "X: a\x7f\r\n\r\n"),
    CASE(400, "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    /* request lines */
    CASE(400, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET /  HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"),
    CASE(400, " GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET\t/\tHTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET /#top HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET a HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET * HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET /\r\n\r\n"),
    CASE(400, "GET\r\n\r\n"),
    CASE(400, "G(T / HTTP/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET / http/1.1\r\nHost: x\r\n\r\n"),
    CASE(400, "GET / HTTP/1.10\r\nHost: x\r\n\r\n"),
    CASE(400, "GET / HTTP/ 1.1\r\nHost: x\r\n\r\n"),
    CASE(505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"),
    CASE(400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    CASE(400, "\x16\x03\x01\x02\x01\x01\x01\x01\xfc\x03\x03\n"),
    /* hosts */
    CASE(400, "GET / HTTP/1.1\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    /* chunks */
    CASE(400, CHUNKED "5 \r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED " 5\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "+5\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED ";a=b\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "g\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "5\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "5\r\nhello\n0\r\n\r\n"),
    CASE(400, CHUNKED "5\r\nhello0\r\n\r\n"),
    CASE(400, CHUNKED "5\r\nhello\r\n0\n\n"),
    CASE(400, CHUNKED "5;a\nb\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "5;\rb\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "5;\0\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    CASE(413, CHUNKED "fffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "0\r\n folded: x\r\n\r\n"),
    CASE(400, CHUNKED "0\r\nno colon\r\n\r\n"),
    CASE(400, CHUNKED "0\r\nX: a\n\r\n"),
    CASE(400, CHUNKED "0\r\nX: a\r\n\n"),
    /* the rest */
    CASE(417, HEAD "Expect: 200-maybe\r\nContent-Length: 1\r\n\r\na"),
};

static int status_of(struct str input, size_t cut)
{
	struct buf trace auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	http1_trace(input, cut, NULL, &trace);
	size_t at = str_find(buf_str(&trace), STR("bad "));
	return at < trace.n ? atoi(buf_cstr(&trace) + at + 4) : 0;
}

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(smuggling) / sizeof(*smuggling); i++) {
		struct str input = smuggling[i].input;
		for (size_t cut = 1; cut <= input.n; cut++) {
			int status = status_of(input, cut);
			if (status != smuggling[i].status)
				fail_msg("cut at %zu got %d, want %d:\n%.*s", cut, status,
					 smuggling[i].status, STR_FMT(input));
		}
	}
}

/* --- limits ----------------------------------------------------------------------------------- */

static void a_head_beyond_a_limit_is_refused_with_its_own_status(void **state)
{
	static const struct http1_limits limits = {
	    .max_head_bytes = 100,
	    .max_line_bytes = 40,
	    .max_headers = 3,
	    .max_body_bytes = 10,
	};
	(void)state;

	expect_trace(STR("GET /2345678901234567890123 HTTP/1.1\r\nHost: x\r\n\r\n"), &limits,
		     "GET /2345678901234567890123 1.1 keep\nhost: x\nend\n");
	expect_trace(STR("GET /234567890123456789012345678 HTTP/1.1\r\nHost: x\r\n\r\n"), &limits,
		     "bad 414 the request line is too long\n");
	expect_trace(STR("GET / HTTP/1.1\r\nHost: x\r\nA: 45678901234567890123456789012345678901"
			 "23456789012345678901234567890123456789\r\n\r\n"),
		     &limits, "bad 431 the headers are too large\n");
	expect_trace(STR("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n"), &limits,
		     "bad 431 too many headers\n");
	expect_trace(STR(HEAD "Content-Length: 11\r\n\r\nhello"), &limits,
		     "POST / 1.1 keep with body\nhost: x\ncontent-length: 11\n"
		     "bad 413 the body is too large\n");
	expect_trace(STR(CHUNKED "5\r\nhello\r\n6\r\nhello!\r\n0\r\n\r\n"), &limits,
		     "POST / 1.1 keep with body\nhost: x\ntransfer-encoding: chunked\n"
		     "bad 413 the body is too large\n");
	expect_trace(STR(CHUNKED "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"), &limits,
		     "POST / 1.1 keep with body\nhost: x\ntransfer-encoding: chunked\n"
		     "body: 10 hellohello\nend\n");
}

static void chunk_extensions_without_end_are_refused(void **state)
{
	struct buf input auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf trace auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	buf_puts(&input, CHUNKED);
	for (int i = 0; i < 2000; i++)
		buf_puts(&input, "1;extension\r\na\r\n");
	http1_trace(buf_str(&input), input.n, NULL, &trace);

	assert_non_null(strstr(buf_cstr(&trace), "bad 431 chunk extensions or trailers"));
}

static void a_route_can_allow_another_size(void **state)
{
	struct http1_parser p;
	struct str in = STR(HEAD "Content-Length: 5\r\n\r\nhello"), piece = {0};
	(void)state;

	http1_init(&p, &(struct http1_limits){.max_body_bytes = 2});
	assert_int_equal(http1_next(&p, &in, &piece), HTTP1_HEAD);
	http1_set_max_body(&p, 5);

	assert_int_equal(http1_next(&p, &in, &piece), HTTP1_BODY);
	expect_str(piece, "hello");
	assert_int_equal(http1_next(&p, &in, &piece), HTTP1_END);
	http1_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_without_a_body_is_its_head),
	    cmocka_unit_test(a_body_has_the_announced_length),
	    cmocka_unit_test(chunks_are_put_together),
	    cmocka_unit_test(requests_follow_each_other_on_a_connection),
	    cmocka_unit_test(whether_the_connection_is_kept_follows_version_and_header),
	    cmocka_unit_test(the_other_forms_of_a_target_are_known),
	    cmocka_unit_test(a_client_may_ask_before_it_sends_its_body),
	    cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
	    cmocka_unit_test(a_head_beyond_a_limit_is_refused_with_its_own_status),
	    cmocka_unit_test(chunk_extensions_without_end_are_refused),
	    cmocka_unit_test(a_route_can_allow_another_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
