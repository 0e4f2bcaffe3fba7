/* repeated.h - repeated fields that are gathered in an arena while a message is read. */
#ifndef PROTO_REPEATED_H
#define PROTO_REPEATED_H

#include "base/arena.h"
#include "codec/pb_wire.h"
#include "model/matcher.h"

/* Strings: slices of the message. */
struct str_vec {
	struct str *v;
	size_t n, cap;
};

/* Enumerations and other numbers that are a set: bit `number` of *bits is set by each, whether they
 * come packed or one by one. Numbers above 31 are ignored. */
void bits_add(unsigned *bits, uint64_t number);
bool bits_add_packed(unsigned *bits, struct str packed, const char *message_name, struct err *err);

struct matcher_cache;

/* LabelMatchers, the same in storepb and prompb. Each holds a reference. */
struct matcher_vec {
	struct matcher_cache *cache; /* where they come from; NULL: they are made */
	struct matcher **v;
	size_t n, cap;
};

/* Compile one and add it. ERR_CORRUPT for a broken message, ERR_INVALID for an unknown type or a
 * bad expression. */
bool matcher_vec_decode(struct matcher_vec *matchers, struct str message, struct arena *a,
			struct err *err);
/* Give back the references, also after a failure. */
void matchers_release(struct matchers ms);
/* As repeated field `field` of a message. */
void matchers_encode(struct pb_writer *w, uint32_t field, struct matchers ms);

#endif
