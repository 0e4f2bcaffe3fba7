/* message.h - the bridge to protobuf-c's generated code, whose messages live in arenas here. */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <protobuf-c/protobuf-c.h>

/* Unpack; NULL with ERR_CORRUPT when the bytes are no such message. Nothing points into `bytes`,
 * nobody frees the result. */
void *message_unpack(const ProtobufCMessageDescriptor *type, struct str bytes, struct arena *a,
		     struct err *err);

/* Append the packed message. */
void message_pack(const ProtobufCMessage *message, struct buf *out);

#endif
