#include "tests/lib/expect.h"
#include "tools/csv.h"

static void fields_are_quoted_where_they_must_be(void **state)
{
	static const struct {
		const char *field, *want;
	} cases[] = {
	    {"", ""},
	    {"a b", "a b"},
	    {"a,b", "\"a,b\""},
	    {"a\tb", "a\tb"},
	    {"say \"a\"", "\"say \"\"a\"\"\""},
	    {"a\nb", "\"a\nb\""},
	    {"a\rb", "\"a\rb\""},
	    {" a", "\" a\""},
	    {"a ", "a "},
	    {"\\.", "\"\\.\""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out auto_done(buf_done) = BUF_INIT(64);
		csv_put_field(&out, str_of(cases[i].field), ',');
		expect_str(buf_str(&out), cases[i].want);
	}
}

static void a_line_has_its_separator_between_the_fields(void **state)
{
	static const struct str fields[] = {{"a,b", 3}, {"c\td", 3}};
	struct buf out auto_done(buf_done) = BUF_INIT(64);
	(void)state;

	csv_put_line(&out, fields, 2, ',');
	csv_put_line(&out, fields, 2, '\t');
	expect_str(buf_str(&out), "\"a,b\",c\td\na,b\t\"c\td\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_are_quoted_where_they_must_be),
	    cmocka_unit_test(a_line_has_its_separator_between_the_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
