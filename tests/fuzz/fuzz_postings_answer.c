/* fuzz_postings_answer.c - the lists of two groups, stored one behind the other: however their
 * bytes are cut, the answer is the same, or the same error.
 */
#include "base/assert.h"
#include "tsdb/postings_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER_BYTES = 4, REFS_END = 1 << 14 };

/* Two groups of one run each: where the second one begins, how many lists each has. */
struct input {
	const uint8_t *bytes;
	struct postings_run runs[2];
	struct postings_group groups[2];
	struct postings_plan plan;
};

static void read_input(struct input *in, const uint8_t *data, size_t size)
{
	uint64_t n = size - HEADER_BYTES, middle = n * data[0] / 256;

	*in = (struct input){.bytes = data + HEADER_BYTES};
	for (int i = 0; i < 2; i++) {
		in->runs[i].range =
		    i ? (struct postings_range){middle, n} : (struct postings_range){0, middle};
		in->runs[i].n_lists = 1 + data[1 + i] % 4;
		in->groups[i] = (struct postings_group){
		    .runs = &in->runs[i],
		    .n_runs = 1,
		    .n_lists = in->runs[i].n_lists,
		    .n_refs = (in->runs[i].range.end - in->runs[i].range.start) / 4,
		    .subtract = i == 1 && (data[3] & 1),
		};
	}
	in->plan = (struct postings_plan){
	    .groups = in->groups,
	    .n_groups = 2,
	    .refs_end = data[3] & 2 ? REFS_END : UINT32_MAX,
	};
}

static bool answer_of(const struct input *in, size_t piece_bytes, struct arena *a,
		      struct postings *out, struct err *err)
{
	struct postings_answer *answer auto_free(postings_answer_done) =
	    postings_answer_new(&in->plan, a, NULL, NULL);
	struct postings_feed feed auto_done(postings_feed_done);

	postings_feed_init(&feed, answer, a);
	for (size_t i = 0; i < 2; i++) {
		struct postings_range r = in->runs[i].range;
		postings_feed_begin(&feed, i, 0);
		for (uint64_t at = r.start; at < r.end; at += piece_bytes) {
			size_t n = r.end - at < piece_bytes ? r.end - at : piece_bytes;
			if (!postings_feed_bytes(&feed, in->bytes + at, n, err))
				return false;
		}
		if (!postings_feed_end(&feed, err))
			return false;
	}
	return postings_answer_end(answer, out, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 5, 64};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct postings want, got;
	struct input in;

	if (size < HEADER_BYTES)
		return 0;
	read_input(&in, data, size);
	bool ok = answer_of(&in, SIZE_MAX, a, &want, &err);
	for (size_t i = 1; ok && i < want.n; i++)
		assert(postings_at(want, i) > postings_at(want, i - 1));
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct err other = ERR_INIT;
		bool same = answer_of(&in, pieces[i], a, &got, &other) == ok;
		assert(same);
		assert(ok ? got.n == want.n : other.code == err.code);
		if (ok && want.n)
			assert(memcmp(got.be, want.be, want.n * 4) == 0);
	}
	return 0;
}
