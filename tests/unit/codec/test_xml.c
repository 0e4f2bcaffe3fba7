#include "codec/xml.h"

#include "base/buf.h"
#include "tests/lib/expect.h"

static bool note(void *arg, const char *path, struct str text, struct err *err)
{
	(void)err;
	return buf_printf(arg, "%s=%.*s\n", path, STR_FMT(text));
}

static bool refuse_keys(void *arg, const char *path, struct str text, struct err *err)
{
	(void)arg, (void)text;
	return !strstr(path, "Key") || err_set(err, ERR_LIMIT, "no keys, please");
}

static void elements_come_with_path_and_text(void **state)
{
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(xml_walk(STR("<?xml version=\"1.0\"?>\n<s3:List xmlns:s3=\"http://s3/\">"
			       "<Contents><Key>a&amp;b &#x41;</Key><Size>5</Size></Contents>"
			       "<Empty/><![CDATA[<raw>]]></s3:List>"),
			   note, &got, &err),
		  err);

	expect_str(buf_str(&got), "List/Contents/Key=a&b A\nList/Contents/Size=5\nList/Contents=\n"
				  "List/Empty=\nList=<raw>\n");
}

static void what_is_no_document_is_corrupt(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"", "line 1: no element found"},
	    {"<a>\n<b></a>", "line 2: mismatched tag"},
	    {"<a/><b/>", "junk after document element"},
	    {"not xml", "line 1: syntax error"},
	    {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "line 1: a document type"},
	};
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;
		expect_err(xml_walk(str_of(cases[i].text), note, &got, &err), err, ERR_CORRUPT,
			   cases[i].said);
	}
}

static void depth_and_text_are_limited(void **state)
{
	struct buf deep auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf wide auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 100; i++)
		buf_puts(&deep, "<a>");
	buf_puts(&wide, "<a>");
	for (int i = 0; i <= XML_MAX_TEXT_BYTES; i++)
		buf_putc(&wide, 'x');

	expect_err(xml_walk(buf_str(&deep), note, &got, &err), err, ERR_CORRUPT, "too deeply");
	expect_err(xml_walk(buf_str(&wide), note, &got, &err), err, ERR_CORRUPT, "too much text");
}

static void whoever_walks_may_stop(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	expect_err(xml_walk(STR("<a><Key/><Key/></a>"), refuse_keys, NULL, &err), err, ERR_LIMIT,
		   "no keys, please");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(elements_come_with_path_and_text),
	    cmocka_unit_test(what_is_no_document_is_corrupt),
	    cmocka_unit_test(depth_and_text_are_limited),
	    cmocka_unit_test(whoever_walks_may_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
