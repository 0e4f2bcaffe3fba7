/* What a redis may answer, in pieces of any size. The oracles: cut differently, the same bytes give
 * the same items; and items written as a server would write them give the same bytes.
 */
#include "base/assert.h"
#include "base/buf.h"
#include "cache/redis_answer.h"

static void write_item(struct buf *b, const struct resp_item *item)
{
	switch (item->type) {
	case RESP_SIMPLE:
		buf_printf(b, "+%.*s\r\n", STR_FMT(item->text));
		return;
	case RESP_ERROR:
		buf_printf(b, "-%.*s\r\n", STR_FMT(item->text));
		return;
	case RESP_INTEGER:
		buf_printf(b, ":%lld\r\n", (long long)item->number);
		return;
	case RESP_NIL:
		buf_puts(b, "$-1\r\n");
		return;
	case RESP_ARRAY:
		buf_printf(b, "*%lld\r\n", (long long)item->number);
		return;
	case RESP_BULK:
		resp_write_part(b, item->text);
		return;
	}
}

/* All items, written again. */
static enum read_result read_in_pieces(struct str in, size_t piece, struct buf *out)
{
	struct tracker limit;
	struct resp_reader r = {0};
	struct resp_item item;
	struct err err = ERR_INIT;
	enum read_result result = READ_MORE;

	tracker_init(&limit, NULL, "fuzz", "the target's", 1 << 20);
	struct arena *a = arena_new(&limit);
	while (in.n && result != READ_BROKEN) {
		struct str now = str_from(in.p, piece < in.n ? piece : in.n);
		in = str_skip(in, now.n);
		while ((result = resp_read(&r, &now, a, &item, &err)) == READ_DONE)
			write_item(out, &item);
		assert(result == READ_BROKEN || now.n == 0);
	}
	assert((result == READ_BROKEN) == (err.code != ERR_OK));
	arena_free(a);
	tracker_done(&limit);
	return result;
}

enum { N_VALUES = 3 };

/* As the answer to a greeting and two MGETs: the values, with what comes between them. */
static void read_as_answer(struct str in, size_t piece, struct buf *out)
{
	struct str values[N_VALUES] = {0};
	struct err err = ERR_INIT;
	struct tracker limit;

	tracker_init(&limit, NULL, "fuzz", "the target's", 1 << 20);
	struct redis_answer r = {
	    .n_plain = 1,
	    .n_greetings = 1,
	    .n_values = N_VALUES,
	    .batch_size = 2,
	    .values = values,
	    .a = arena_new(&limit),
	};
	enum answer_progress p = ANSWER_MORE;
	while (in.n && (p == ANSWER_MORE || p == ANSWER_PART)) {
		size_t n = piece < in.n ? piece : in.n;
		p = redis_answer_read(&r, str_from(in.p, n), &err);
		in = str_skip(in, n);
	}
	assert((p == ANSWER_BROKEN) == (err.code != ERR_OK));
	assert(r.n_failed <= 2 && r.next <= N_VALUES);
	for (size_t i = 0; i < N_VALUES; i++)
		buf_printf(out, "%d %.*s;", values[i].p != NULL, STR_FMT(values[i]));
	arena_free(r.a);
	tracker_done(&limit);
}

static void compare_answers(struct str in)
{
	struct buf whole auto_done(buf_done) = BUF_INIT(1 << 20);
	struct buf bytewise auto_done(buf_done) = BUF_INIT(1 << 20);

	read_as_answer(in, in.n ? in.n : 1, &whole);
	read_as_answer(in, 1, &bytewise);
	assert(str_eq(buf_str(&whole), buf_str(&bytewise)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole auto_done(buf_done) = BUF_INIT(1 << 20);
	struct buf bytewise auto_done(buf_done) = BUF_INIT(1 << 20);
	struct buf again auto_done(buf_done) = BUF_INIT(1 << 20);

	if (size > 4096)
		return 0;
	enum read_result result = read_in_pieces(str_from(data, size), size ? size : 1, &whole);
	assert(read_in_pieces(str_from(data, size), 1, &bytewise) == result);
	assert(str_eq(buf_str(&whole), buf_str(&bytewise)));
	/* Text may hold a carriage return or NUL of its own, which is kept as it is. */
	if (!memchr(data, '\0', size)) {
		assert(read_in_pieces(buf_str(&whole), 3, &again) == READ_MORE);
		assert(str_eq(buf_str(&whole), buf_str(&again)));
	}
	compare_answers(str_from(data, size));
	return 0;
}
