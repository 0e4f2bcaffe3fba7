#include "base/cleanup.h"
#include "codec/base64.h"
#include "tests/lib/expect.h"

/* RFC 4648, section 10. */
static const struct {
	const char *bytes, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void the_vectors_of_rfc_4648_are_written_and_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct buf text auto_done(buf_done) = BUF_INIT(100);
		struct buf bytes auto_done(buf_done) = BUF_INIT(100);
		struct err err = ERR_INIT;

		base64_encode(&text, str_of(vectors[i].bytes), BASE64_STANDARD);
		expect_ok(base64_decode(buf_str(&text), BASE64_STANDARD, &bytes, &err), err);

		expect_str(buf_str(&text), vectors[i].text);
		expect_str(buf_str(&bytes), vectors[i].bytes);
	}
}

static void the_alphabets_differ_in_two_letters_and_padding(void **state)
{
	static const struct {
		enum base64_alphabet alphabet;
		const char *text;
	} all[] = {{BASE64_STANDARD, "+/8="},
		   {BASE64_RAW, "+/8"},
		   {BASE64_URL, "-_8="},
		   {BASE64_URL_RAW, "-_8"}};
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		struct buf text auto_done(buf_done) = BUF_INIT(100);
		struct buf bytes auto_done(buf_done) = BUF_INIT(100);
		struct err err = ERR_INIT;
		base64_encode(&text, str_from("\xfb\xff", 2), all[i].alphabet);
		expect_str(buf_str(&text), all[i].text);
		expect_ok(base64_decode(buf_str(&text), all[i].alphabet, &bytes, &err), err);
		assert_memory_equal(bytes.p, "\xfb\xff", 2);
	}
}

static void padding_may_be_missing_or_not_be_asked_for(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(base64_decode(STR("Zg"), BASE64_STANDARD, &out, &err), err);
	expect_ok(base64_decode(STR("Zm8="), BASE64_URL_RAW, &out, &err), err);

	expect_str(buf_str(&out), "ffo");
}

static void what_no_encoder_writes_is_refused(void **state)
{
	static const struct {
		struct str text;
		const char *error;
	} wrong[] = {
	    {STR("Z"), "are no whole bytes"},      {STR("Zg="), "byte 0x3d at 2"},
	    {STR("Zg==="), "5 letters are no"},    {STR("Zh=="), "bits left over"},
	    {STR("Zm9v\n"), "are no whole bytes"}, {STR("-_8="), "byte 0x2d at 0"},
	    {STR("===="), "byte 0x3d at 0"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct buf out auto_done(buf_done) = BUF_INIT(100);
		struct err err = ERR_INIT;
		expect_err(base64_decode(wrong[i].text, BASE64_STANDARD, &out, &err), err,
			   ERR_INVALID, wrong[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_vectors_of_rfc_4648_are_written_and_read),
	    cmocka_unit_test(the_alphabets_differ_in_two_letters_and_padding),
	    cmocka_unit_test(padding_may_be_missing_or_not_be_asked_for),
	    cmocka_unit_test(what_no_encoder_writes_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
