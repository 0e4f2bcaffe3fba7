#include "codec/pb_wire.h"

#include "base/alloc.h"
#include "base/assert.h"

#include <stdlib.h>

enum { PB_MAX_GROUP_DEPTH = 100 };

/* --- reading -------------------------------------------------------------------------------- */

static bool broken(struct pb_reader *r, const char *what)
{
	r->broken = what;
	r->p = r->end;
	return false;
}

static inline bool read_varint(struct pb_reader *r, uint64_t *out)
{
	if (r->p < r->end && *r->p < 0x80) {
		*out = *r->p++;
		return true;
	}
	size_t n = uvarint_get(r->p, r->end, out);
	if (n == 0)
		return broken(r, "a number is cut off or longer than 64 bits");
	r->p += n;
	return true;
}

static bool read_bytes(struct pb_reader *r)
{
	uint64_t n;
	if (!read_varint(r, &n))
		return false;
	if (n > (uint64_t)(r->end - r->p))
		return broken(r, "a length reaches past the end");
	r->bytes = str_from(r->p, (size_t)n);
	r->p += n;
	return true;
}

/* Little endian, as the wire has it; so are the machines we build for. */
static bool read_fixed(struct pb_reader *r, size_t n)
{
	if ((size_t)(r->end - r->p) < n)
		return broken(r, "a fixed-size number is cut off");
	r->number = 0;
	memcpy(&r->number, r->p, n);
	r->p += n;
	return true;
}

static inline bool read_key(struct pb_reader *r)
{
	uint64_t key;
	if (!read_varint(r, &key))
		return false;
	if (key < 8 || key > UINT32_MAX)
		return broken(r, "a field number is 0 or larger than 2^29 - 1");
	r->key = (uint32_t)key;
	return true;
}

static inline bool read_value(struct pb_reader *r)
{
	switch ((enum pb_type)(r->key & 7)) {
	case PB_TYPE_VARINT:
		return read_varint(r, &r->number);
	case PB_TYPE_BYTES:
		return read_bytes(r);
	case PB_TYPE_FIXED64:
		return read_fixed(r, 8);
	case PB_TYPE_FIXED32:
		return read_fixed(r, 4);
	case PB_TYPE_GROUP:
	case PB_TYPE_GROUP_END:
		break;
	}
	return broken(r, "a wire type does not exist");
}

/* Past the end of the group that r->key has begun. */
static bool skip_group(struct pb_reader *r)
{
	uint32_t open[PB_MAX_GROUP_DEPTH];
	size_t depth = 0;

	open[depth++] = r->key >> 3;
	while (depth > 0) {
		if (r->p == r->end)
			return broken(r, "a group does not end");
		if (!read_key(r))
			return false;
		if ((r->key & 7) == PB_TYPE_GROUP) {
			if (depth == PB_MAX_GROUP_DEPTH)
				return broken(r, "groups are nested too deep");
			open[depth++] = r->key >> 3;
		} else if ((r->key & 7) == PB_TYPE_GROUP_END) {
			if (open[--depth] != r->key >> 3)
				return broken(r, "a group ends that did not begin");
		} else if (!read_value(r)) {
			return false;
		}
	}
	return true;
}

bool pb_next_slow(struct pb_reader *r)
{
	while (r->p < r->end) {
		if (!read_key(r))
			return false;
		if ((r->key & 7) != PB_TYPE_GROUP)
			return read_value(r);
		if (!skip_group(r))
			return false;
	}
	return false;
}

bool pb_reader_end(const struct pb_reader *r, const char *message_name, struct err *err)
{
	if (r->broken)
		return err_set(err, ERR_CORRUPT, "%s: %s", message_name, r->broken);
	return true;
}

bool pb_oneof(struct str message, const uint32_t *keys, size_t n_keys, const char *message_name,
	      uint32_t *key, struct str *bytes, struct err *err)
{
	struct pb_reader r = pb_reader(message);

	*key = 0;
	while (pb_next(&r))
		for (size_t i = 0; i < n_keys; i++)
			if (r.key == keys[i]) {
				*key = r.key;
				*bytes = r.bytes;
			}
	return pb_reader_end(&r, message_name, err);
}

bool pb_next_packed(struct str *packed, uint64_t *number, const char **what)
{
	const uint8_t *p = (const uint8_t *)packed->p;
	if (packed->n == 0)
		return false;
	size_t n = uvarint_get(p, p + packed->n, number);
	if (n == 0) {
		*what = "a packed number is cut off or longer than 64 bits";
		return false;
	}
	*packed = str_skip(*packed, n);
	return true;
}

bool pb_next_packed_f64(struct str *packed, double *number, const char **what)
{
	if (packed->n == 0)
		return false;
	if (packed->n < sizeof(*number)) {
		*what = "a packed double is cut off";
		return false;
	}
	memcpy(number, packed->p, sizeof(*number));
	*packed = str_skip(*packed, sizeof(*number));
	return true;
}

/* --- writing -------------------------------------------------------------------------------- */

void pb_writer_init(struct pb_writer *w, size_t max_bytes, struct tracker *tracker)
{
	*w = (struct pb_writer){.max_bytes = max_bytes, .tracker = tracker};
}

void pb_writer_done(struct pb_writer *w)
{
	tracker_release(w->tracker, w->end - w->memory);
	free(w->memory);
	w->p = w->end = w->memory = NULL;
}

void pb_writer_clear(struct pb_writer *w)
{
	w->p = w->end;
	w->overflowed = false;
}

bool pb_writer_end(const struct pb_writer *w, const char *message_name, struct err *err)
{
	if (w->overflowed)
		return err_set(err, ERR_LIMIT, "%s: the message would be longer than %zu bytes",
			       message_name, w->max_bytes);
	return true;
}

/* More room in front of what is written, or nothing and `overflowed`. */
static __attribute__((noinline)) bool grow(struct pb_writer *w, size_t n)
{
	size_t used = (size_t)(w->end - w->p), cap = (size_t)(w->end - w->memory);
	if (w->overflowed || n > w->max_bytes - used) {
		w->overflowed = true;
		return false;
	}
	size_t new_cap = cap * 2 > used + n ? cap * 2 : used + n;
	if (new_cap < 256)
		new_cap = 256;
	uint8_t *memory = xmalloc(new_cap);
	if (used)
		memcpy(memory + new_cap - used, w->p, used);
	tracker_charge(w->tracker, (int64_t)new_cap - (int64_t)cap);
	free(w->memory);
	w->memory = memory;
	w->end = memory + new_cap;
	w->p = w->end - used;
	return true;
}

static inline bool reserve(struct pb_writer *w, size_t n)
{
	return (size_t)(w->p - w->memory) >= n || grow(w, n);
}

static inline void put_varint(struct pb_writer *w, uint64_t v)
{
	if (v < 0x80) {
		*--w->p = (uint8_t)v;
		return;
	}
	size_t n = uvarint_size(v);
	w->p -= n;
	uvarint_put(w->p, v);
}

/* Room for a key and a length or number, besides what the caller puts. */
enum { HEADER_MAX = 2 * VARINT_MAX_BYTES };

void pb_put_varint(struct pb_writer *w, uint32_t field, uint64_t v)
{
	if (!reserve(w, HEADER_MAX))
		return;
	put_varint(w, v);
	put_varint(w, PB_VARINT(field));
}

void pb_put_fixed64(struct pb_writer *w, uint32_t field, uint64_t v)
{
	if (!reserve(w, HEADER_MAX))
		return;
	w->p -= sizeof(v);
	memcpy(w->p, &v, sizeof(v));
	put_varint(w, PB_FIXED64(field));
}

void pb_put_f64(struct pb_writer *w, uint32_t field, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof(bits));
	pb_put_fixed64(w, field, bits);
}

void pb_put_bytes(struct pb_writer *w, uint32_t field, struct str bytes)
{
	if (bytes.n > w->max_bytes || !reserve(w, HEADER_MAX + bytes.n)) {
		w->overflowed = true;
		return;
	}
	w->p -= bytes.n;
	if (bytes.n)
		memcpy(w->p, bytes.p, bytes.n);
	put_varint(w, bytes.n);
	put_varint(w, PB_BYTES(field));
}

void pb_put_strings(struct pb_writer *w, uint32_t field, const struct str *v, size_t n)
{
	while (n > 0)
		pb_put_bytes(w, field, v[--n]);
}

uint8_t *pb_put_raw(struct pb_writer *w, size_t n)
{
	if (!reserve(w, n))
		return NULL;
	w->p -= n;
	return w->p;
}

size_t pb_message_end(const struct pb_writer *w)
{
	return (size_t)(w->end - w->p);
}

void pb_message_begin(struct pb_writer *w, uint32_t field, size_t mark)
{
	if (w->overflowed || !reserve(w, HEADER_MAX))
		return;
	size_t n = (size_t)(w->end - w->p);
	assert(n >= mark);
	put_varint(w, n - mark);
	put_varint(w, PB_BYTES(field));
}
