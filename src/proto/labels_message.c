#include "proto/labels_message.h"

enum { LABEL_FIELD_NAME = 1, LABEL_FIELD_VALUE = 2 };

bool label_decode(struct str message, struct label *out, struct err *err)
{
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

void labels_encode(struct pb_writer *w, uint32_t field, struct labels ls)
{
	for (size_t i = ls.n; i > 0; i--) {
		size_t mark = pb_message_end(w);
		pb_opt_bytes(w, LABEL_FIELD_VALUE, ls.v[i - 1].value);
		pb_opt_bytes(w, LABEL_FIELD_NAME, ls.v[i - 1].name);
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
