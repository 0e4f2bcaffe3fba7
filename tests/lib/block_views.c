#include "tests/lib/block_views.h"

#include "tests/lib/expect.h"

struct ulid block_views_id(char letter)
{
	char text[] = "01HF7VYM000000000000000000";
	struct ulid id;

	text[25] = letter;
	assert_true(ulid_parse(str_of(text), &id));
	return id;
}

void block_views_add(struct block_view *view, char letter, struct meta m)
{
	m.id = block_views_id(letter);
	vec_push(&view->metas, meta_new(&m));
}
