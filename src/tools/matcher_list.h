/* matcher_list.h - conditions on labels as Alertmanager writes them: {a="b", c=~"d|e"}.
 *
 * More tolerant than PromQL: braces, quotes and a comma at the end may be left out, and \" \\ \n
 * are all escapes there are. Names are [a-zA-Z_:][a-zA-Z0-9_:]*.
 */
#ifndef TOOLS_MATCHER_LIST_H
#define TOOLS_MATCHER_LIST_H

#include "model/matcher.h"

struct matcher_list {
	struct matcher **v;
	size_t n, cap;
};

/* The array lives in `a`; to be ended with matcher_list_done(), on failure too. ERR_INVALID with
 * Alertmanager's texts. */
bool matcher_list_parse(struct str text, struct arena *a, struct matcher_list *out,
			struct err *err);
void matcher_list_done(struct matcher_list *list);

#endif
