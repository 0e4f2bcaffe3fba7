/* shard_message.h - storepb.ShardInfo, part of requests for series and for queries. */
#ifndef PROTO_SHARD_MESSAGE_H
#define PROTO_SHARD_MESSAGE_H

#include "codec/pb_wire.h"
#include "model/store_api.h"

/* Labels are slices of `message`, their array lives in `a`. */
bool shard_decode(struct str message, struct arena *a, struct shard_info *out, struct err *err);
/* As field `field`; nothing for the shard that is everything. */
void shard_encode(struct pb_writer *w, uint32_t field, const struct shard_info *s);

#endif
