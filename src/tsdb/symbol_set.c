#include "tsdb/symbol_set.h"

#include "base/map.h"
#include "base/vec.h"

struct symbol {
	struct str text;
	uint32_t mention;
	uint32_t number; /* after the sort */
};

struct symbol_set {
	struct arena *a;
	struct map by_text;
	VEC(struct symbol *) mentions;
	VEC(struct symbol *) sorted;
};

struct symbol_set *symbol_set_new(struct tracker *tracker)
{
	struct symbol_set *set = NEW(struct symbol_set);

	set->a = arena_new(tracker);
	return set;
}

void symbol_set_free(struct symbol_set *set)
{
	if (!set)
		return;
	map_done(&set->by_text);
	vec_done(&set->mentions);
	vec_done(&set->sorted);
	arena_free(set->a);
	free(set);
}

size_t symbol_set_count(const struct symbol_set *set)
{
	return set->mentions.n;
}

uint32_t symbol_set_add(struct symbol_set *set, struct str text)
{
	struct symbol *s = map_get(&set->by_text, text);

	if (s)
		return s->mention;
	s = ARENA_NEW(set->a, struct symbol);
	s->text = arena_str(set->a, text);
	s->mention = (uint32_t)set->mentions.n;
	map_put(&set->by_text, s->text, s);
	vec_push(&set->mentions, s);
	return s->mention;
}

static int compare(const void *x, const void *y)
{
	const struct symbol *a = *(struct symbol *const *)x, *b = *(struct symbol *const *)y;

	return str_cmp(a->text, b->text);
}

void symbol_set_sort(struct symbol_set *set)
{
	vec_clear(&set->sorted);
	for (size_t i = 0; i < set->mentions.n; i++)
		vec_push(&set->sorted, set->mentions.v[i]);
	if (set->sorted.n)
		qsort(set->sorted.v, set->sorted.n, sizeof(struct symbol *), compare);
	for (size_t i = 0; i < set->sorted.n; i++)
		set->sorted.v[i]->number = (uint32_t)i;
}

uint32_t symbol_set_number(const struct symbol_set *set, uint32_t mention)
{
	return set->mentions.v[mention]->number;
}

struct str symbol_set_text(const struct symbol_set *set, uint32_t number)
{
	return set->sorted.v[number]->text;
}
