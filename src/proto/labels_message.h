/* labels_message.h - Label, the same in storepb and prompb, repeated in a message. */
#ifndef PROTO_LABELS_MESSAGE_H
#define PROTO_LABELS_MESSAGE_H

#include "codec/pb_wire.h"
#include "model/labels.h"

/* One Label: slices of the message. */
bool label_decode(struct str message, struct label *out, struct err *err);
/* What came is to be a label set: ascending by name, each name once. Sorts if need be; ERR_CORRUPT
 * when a name occurs twice. */
bool labels_settle(struct label *v, size_t n, const char *message_name, struct err *err);

/* As repeated field `field`. */
void labels_encode(struct pb_writer *w, uint32_t field, struct labels ls);

/* A few bytes of a message stand for many of an array: before a large one is made, the arena's
 * budget is asked. ERR_LIMIT. */
bool arena_has_room(struct arena *a, size_t bytes, struct err *err);

#endif
