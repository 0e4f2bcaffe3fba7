/* fuzz_relabel.c - any rules are refused with a message or applied in bounded memory; what is left is
 * a label set, and a set that was not dropped by rules of a selector only gained labels.
 */
#include "model/relabel.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES_MAX = 64 << 10 };

static const struct label given[] = {
    LABEL("__address__", "10.0.0.1:9090"),
    LABEL("a", "foo"),
    LABEL("b", "Bär\n"),
    LABEL("cluster", "eu-1"),
    LABEL("x.y", "1"),
};

static void check_set(struct labels ls)
{
	for (size_t i = 0; i < ls.n; i++) {
		if (ls.v[i].name.n == 0 || ls.v[i].value.n == 0)
			abort();
		if (i > 0 && str_cmp(ls.v[i - 1].name, ls.v[i].name) >= 0)
			abort();
	}
}

static void check_scope(struct str yaml, enum relabel_scope scope)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct labels ls = {given, sizeof(given) / sizeof(given[0])}, once, again;
	struct relabel *r auto_free(relabel_free) = NULL;
	struct err err = ERR_INIT;

	if (!relabel_parse(yaml, scope, &r, &err)) {
		if (err.msg[0] == '\0')
			abort();
		return;
	}
	bool applied = relabel_apply(r, ls, a, &once, &err);
	if (applied != relabel_apply(r, ls, a, &again, &err))
		abort();
	if (!applied)
		return;
	check_set(once);
	if (!labels_eq(once, again))
		abort();
	if (scope == RELABEL_SELECTOR && once.n > 0 && once.n < ls.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > RULES_MAX)
		return 0;
	check_scope(str_from(data, size), RELABEL_ANY);
	check_scope(str_from(data, size), RELABEL_SELECTOR);
	return 0;
}
