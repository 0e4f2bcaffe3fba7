/* block_views.h - blocks by their metadata alone. */
#ifndef TESTS_LIB_BLOCK_VIEWS_H
#define TESTS_LIB_BLOCK_VIEWS_H

#include "block/block_view.h"

/* 2023-11-15T00:00:00Z */
#define BLOCK_VIEWS_T_MS INT64_C(1700006400000)

/* The id whose last letter is this one. */
struct ulid block_views_id(char letter);

/* `m` with such an id joins the view. */
void block_views_add(struct block_view *view, char letter, struct meta m);

#endif
