#include "proto/labels_message.h"

enum { LABEL_FIELD_NAME = 1, LABEL_FIELD_VALUE = 2 };

/* A name and a value, each shorter than 128 bytes, in this order, and nothing else: as all writers
 * write nearly all labels. */
static bool is_plain(struct str message, struct label *out)
{
	const uint8_t *name = (const uint8_t *)message.p;
	if (message.n < 4 || name[0] != PB_BYTES(LABEL_FIELD_NAME) || name[1] >= 0x80 ||
	    name[1] > message.n - 4)
		return false;
	const uint8_t *value = name + 2 + name[1];
	if (value[0] != PB_BYTES(LABEL_FIELD_VALUE) || value[1] >= 0x80 ||
	    value[1] != message.n - 4 - name[1])
		return false;
	out->name = str_from(name + 2, name[1]);
	out->value = str_from(value + 2, value[1]);
	return true;
}

bool label_decode(struct str message, struct label *out, struct err *err)
{
	if (is_plain(message, out))
		return true;

	struct pb_reader r = pb_reader(message);
	*out = (struct label){STR(""), STR("")};
	while (pb_next(&r)) {
		if (r.key == PB_BYTES(LABEL_FIELD_NAME))
			out->name = r.bytes;
		else if (r.key == PB_BYTES(LABEL_FIELD_VALUE))
			out->value = r.bytes;
	}
	return pb_reader_end(&r, "Label", err);
}

static bool are_ascending(const struct label *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (str_cmp(v[i - 1].name, v[i].name) >= 0)
			return false;
	return true;
}

bool labels_settle(struct label *v, size_t n, const char *message_name, struct err *err)
{
	if (are_ascending(v, n) || labels_sort(v, n))
		return true;
	return err_set(err, ERR_CORRUPT, "%s: a label name occurs twice", message_name);
}

static uint8_t *put_part(uint8_t *to, uint8_t key, struct str part)
{
	*to++ = key;
	*to++ = (uint8_t)part.n;
	memcpy(to, part.p, part.n);
	return to + part.n;
}

/* The counterpart of is_plain(): all lengths in one byte, known beforehand. */
static bool encode_plain(struct pb_writer *w, uint32_t field, const struct label *l)
{
	size_t n = 4 + l->name.n + l->value.n;
	if (n >= 0x80 || l->name.n == 0 || l->value.n == 0 || field > 15)
		return false;
	uint8_t *to = pb_put_raw(w, 2 + n);
	if (!to)
		return true; /* the writer has overflowed */
	*to++ = (uint8_t)PB_BYTES(field);
	*to++ = (uint8_t)n;
	to = put_part(to, PB_BYTES(LABEL_FIELD_NAME), l->name);
	put_part(to, PB_BYTES(LABEL_FIELD_VALUE), l->value);
	return true;
}

void labels_encode(struct pb_writer *w, uint32_t field, struct labels ls)
{
	for (size_t i = ls.n; i > 0; i--) {
		const struct label *l = &ls.v[i - 1];
		if (encode_plain(w, field, l))
			continue;
		size_t mark = pb_message_end(w);
		pb_opt_bytes(w, LABEL_FIELD_VALUE, l->value);
		pb_opt_bytes(w, LABEL_FIELD_NAME, l->name);
		pb_message_begin(w, field, mark);
	}
}

bool arena_has_room(struct arena *a, size_t bytes, struct err *err)
{
	enum { WORTH_ASKING_BYTES = 64 * 1024 };
	struct tracker *tracker = arena_tracker(a);
	if (!tracker || bytes < WORTH_ASKING_BYTES)
		return true;
	if (!tracker_reserve(tracker, (int64_t)bytes, err))
		return false;
	tracker_release(tracker, (int64_t)bytes); /* allocating charges it again */
	return true;
}
