#include "proto/message.h"

static void *allocate(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void let_arena_free(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

void *message_unpack(const ProtobufCMessageDescriptor *type, struct str bytes, struct arena *a,
		     struct err *err)
{
	ProtobufCAllocator allocator = {allocate, let_arena_free, a};
	void *message =
	    protobuf_c_message_unpack(type, &allocator, bytes.n, (const uint8_t *)bytes.p);
	if (!message)
		err_set(err, ERR_CORRUPT, "%s: not a message of this type", type->short_name);
	return message;
}

void message_pack(const ProtobufCMessage *message, struct buf *out)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	char *to = buf_reserve(out, n);
	if (to)
		buf_grown(out, protobuf_c_message_pack(message, (uint8_t *)to));
}
