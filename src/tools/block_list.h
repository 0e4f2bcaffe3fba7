/* block_list.h - the blocks of a bucket, one after the other: `tools bucket ls`. */
#ifndef TOOLS_BLOCK_LIST_H
#define TOOLS_BLOCK_LIST_H

#include "block/block_view.h"

/* "" for ids, "wide", "json", or a template of Go's text/template over the block's meta.json as
 * Thanos' metadata.Meta. Fails with ERR_INVALID when the template is wrong, before any block or at
 * one. */
bool block_list_write(const struct block_view *view, struct str format, struct buf *out,
		      struct err *err);

#endif
