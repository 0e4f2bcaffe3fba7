#include "ui/page.h"

#include "tests/lib/expect.h"

static void the_page_is_the_whole_html_file(void **state)
{
	struct str page = ui_page();
	(void)state;

	assert_true(str_starts(page, STR("<!doctype html>")));
	assert_true(str_ends(page, STR("</html>\n")));
}

static void the_policy_allows_its_own_script_and_style_by_hash_only(void **state)
{
	(void)state;

	assert_non_null(strstr(ui_page_policy(), "script-src 'sha256-"));
	assert_non_null(strstr(ui_page_policy(), "style-src 'sha256-"));
	assert_null(strstr(ui_page_policy(), "unsafe"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_page_is_the_whole_html_file),
	    cmocka_unit_test(the_policy_allows_its_own_script_and_style_by_hash_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
