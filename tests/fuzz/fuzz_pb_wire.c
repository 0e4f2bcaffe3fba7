/* fuzz_pb_wire.c - the fields of any message, written again, are read as the same fields. */
#include "base/alloc.h"
#include "codec/pb_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fields {
	struct pb_reader *v; /* the reader's state at each */
	size_t n;
	bool ok;
};

static void read_fields(struct str message, struct fields *out)
{
	struct pb_reader r = pb_reader(message);
	struct err err = ERR_INIT;

	out->v =
	    xreallocarray(NULL, message.n + 1, sizeof(*out->v)); /* a field is a byte or more */
	out->n = 0;
	while (pb_next(&r))
		out->v[out->n++] = r;
	out->ok = pb_reader_end(&r, "Any", &err);
	if (out->ok != (err.code == ERR_OK))
		abort();
}

/* The last field first. There are no writers of 32 bits: they become 64. */
static void write_fields(const struct fields *fields, struct pb_writer *w)
{
	for (size_t i = fields->n; i-- > 0;) {
		const struct pb_reader *f = &fields->v[i];
		uint32_t number = f->key >> 3;
		if ((f->key & 7) == PB_TYPE_VARINT)
			pb_put_varint(w, number, f->number);
		else if ((f->key & 7) == PB_TYPE_BYTES)
			pb_put_bytes(w, number, f->bytes);
		else
			pb_put_fixed64(w, number, f->number);
	}
}

static void expect_same(const struct pb_reader *a, const struct pb_reader *b)
{
	if (a->key >> 3 != b->key >> 3)
		abort();
	if ((a->key & 7) == PB_TYPE_BYTES ? !str_eq(a->bytes, b->bytes) : a->number != b->number)
		abort();
}

static void read_packed(struct str bytes)
{
	const char *broken = NULL;
	uint64_t number;
	double value;

	for (struct str left = bytes; pb_next_packed(&left, &number, &broken);)
		if (left.n >= bytes.n)
			abort();
	broken = NULL;
	for (struct str left = bytes; pb_next_packed_f64(&left, &value, &broken);)
		if (left.n >= bytes.n)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fields once, twice;
	struct pb_writer w;

	read_packed(str_from(data, size));
	read_fields(str_from(data, size), &once);
	if (once.ok) {
		pb_writer_init(&w, size * 10 + 100, NULL);
		write_fields(&once, &w);
		read_fields(pb_written(&w), &twice);
		if (w.overflowed || !twice.ok || twice.n != once.n)
			abort();
		for (size_t i = 0; i < once.n; i++)
			expect_same(&once.v[i], &twice.v[i]);
		free(twice.v);
		pb_writer_done(&w);
	}
	free(once.v);
	return 0;
}
