/* Lists of series as a cache holds them: whatever the bytes, the outcome is an error or a list that
 * ascends within the index, and that list encodes to something that decodes to the same. */
#include "base/assert.h"
#include "store/postings_codec.h"

enum { TRACKED_BYTES = 64 << 20 };

static void check_list(struct postings list, uint32_t max_ref)
{
	struct postings_cursor c = postings_walk(list);
	int64_t before = -1;

	while (postings_next(&c)) {
		assert((int64_t)c.ref > before && c.ref <= max_ref);
		before = c.ref;
	}
}

static void check_again(struct postings list, uint32_t max_ref, struct arena *a)
{
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct postings again;
	struct err err = ERR_INIT;

	assert(postings_encode(list, &value, &err));
	assert(postings_decode(buf_str(&value), max_ref, a, &again, &err));
	assert(again.n == list.n);
	assert(memcmp(again.be, list.be, 4 * list.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t max_refs[] = {0, 1000, UINT32_MAX};

	for (size_t i = 0; i < sizeof(max_refs) / sizeof(*max_refs); i++) {
		struct tracker t;
		tracker_init(&t, NULL, "request", "", TRACKED_BYTES);
		struct arena *a = arena_new(&t);
		struct postings list;
		struct err err = ERR_INIT;

		if (postings_decode(str_from(data, size), max_refs[i], a, &list, &err)) {
			check_list(list, max_refs[i]);
			check_again(list, max_refs[i], a);
		} else {
			assert(err.code == ERR_CORRUPT || err.code == ERR_LIMIT);
		}
		assert(t.peak_bytes <= 2 * TRACKED_BYTES);
		arena_free(a);
		tracker_done(&t);
	}
	return 0;
}
