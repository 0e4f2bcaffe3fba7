/* plain_chunk.h - chunks for those who know nothing of start timestamps: the StoreAPI, Thanos
 * before it gets to know them.
 */
#ifndef CODEC_PLAIN_CHUNK_H
#define CODEC_PLAIN_CHUNK_H

#include "base/arena.h"
#include "codec/chunk.h"

/* XOR2 becomes XOR, and histograms with start timestamps become those without; the samples stay,
 * the start timestamps are lost. Other encodings are given back as they are. New bytes are in
 * memory of `a`. */
bool chunk_make_plain(const struct chunk_data *c, struct arena *a, struct chunk_data *out,
		      struct err *err);

#endif
