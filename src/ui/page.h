/* page.h - the built-in web page, part of the program. */
#ifndef UI_PAGE_H
#define UI_PAGE_H

#include "base/str.h"

/* The HTML of the querier's page. */
struct str ui_page(void);

/* What Content-Security-Policy the page is to be sent with: its own inline script and style and
 * nothing else, by their hashes. Made on first use, lives for ever. */
const char *ui_page_policy(void);

#endif
