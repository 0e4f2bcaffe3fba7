#include "proto/repeated.h"

#include "model/matcher_cache.h"

enum { MATCHER_TYPE = 1, MATCHER_NAME = 2, MATCHER_VALUE = 3 };

void bits_add(unsigned *bits, uint64_t number)
{
	if (number < 32)
		*bits |= 1u << number;
}

bool bits_add_packed(unsigned *bits, struct str packed, const char *message_name, struct err *err)
{
	const char *broken = NULL;
	uint64_t number;

	while (pb_next_packed(&packed, &number, &broken))
		bits_add(bits, number);
	if (broken)
		return err_set(err, ERR_CORRUPT, "%s: %s", message_name, broken);
	return true;
}

bool matcher_vec_decode(struct matcher_vec *matchers, struct str message, struct arena *a,
			struct err *err)
{
	struct pb_reader r = pb_reader(message);
	struct str name = STR(""), value = STR("");
	uint64_t type = MATCH_EQ;

	while (pb_next(&r)) {
		switch (r.key) {
		case PB_VARINT(MATCHER_TYPE):
			type = r.number;
			break;
		case PB_BYTES(MATCHER_NAME):
			name = r.bytes;
			break;
		case PB_BYTES(MATCHER_VALUE):
			value = r.bytes;
			break;
		}
	}
	if (!pb_reader_end(&r, "LabelMatcher", err))
		return false;
	if (type > MATCH_NRE)
		return err_set(err, ERR_INVALID, "LabelMatcher: type %llu is unknown",
			       (unsigned long long)type);

	struct matcher *m =
	    matcher_cache_get(matchers->cache, (enum matcher_type)type, name, value, err);
	if (!m)
		return false;
	ARENA_PUSH(a, matchers, m);
	return true;
}

void matchers_release(struct matchers ms)
{
	for (size_t i = 0; i < ms.n; i++)
		matcher_unref(ms.v[i]);
}

void matchers_encode(struct pb_writer *w, uint32_t field, struct matchers ms)
{
	for (size_t i = ms.n; i > 0; i--) {
		const struct matcher *m = ms.v[i - 1];
		size_t mark = pb_message_end(w);
		pb_opt_bytes(w, MATCHER_VALUE, matcher_value(m));
		pb_opt_bytes(w, MATCHER_NAME, matcher_name(m));
		pb_opt_varint(w, MATCHER_TYPE, matcher_type(m));
		pb_message_begin(w, field, mark);
	}
}
