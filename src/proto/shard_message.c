#include "proto/shard_message.h"

#include "proto/repeated.h"

enum { SHARD_INDEX = 1, SHARD_TOTAL = 2, SHARD_BY = 3, SHARD_LABELS = 4 };

bool shard_decode(struct str message, struct arena *a, struct shard_info *out, struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct str_vec labels = {0};

	while (pb_next(&r)) {
		switch (r.key) {
		case PB_VARINT(SHARD_INDEX):
			out->index = (int64_t)r.number;
			break;
		case PB_VARINT(SHARD_TOTAL):
			out->total = (int64_t)r.number;
			break;
		case PB_VARINT(SHARD_BY):
			out->by = r.number != 0;
			break;
		case PB_BYTES(SHARD_LABELS):
			ARENA_PUSH(a, &labels, r.bytes);
			break;
		}
	}
	out->labels = labels.v;
	out->n_labels = labels.n;
	return pb_reader_end(&r, "ShardInfo", err);
}

void shard_encode(struct pb_writer *w, uint32_t field, const struct shard_info *s)
{
	if (s->total == 0)
		return;
	size_t mark = pb_message_end(w);
	pb_put_strings(w, SHARD_LABELS, s->labels, s->n_labels);
	pb_opt_varint(w, SHARD_BY, s->by);
	pb_opt_varint(w, SHARD_TOTAL, (uint64_t)s->total);
	pb_opt_varint(w, SHARD_INDEX, (uint64_t)s->index);
	pb_message_begin(w, field, mark);
}
