/* What a server may send to a get, in pieces of any size. The oracle: cut differently, the same
 * bytes end in the same way and give the same values; and no value comes that was not asked for.
 */
#include "base/assert.h"
#include "cache/memcached_answer.h"
#include "cache/memcached_cluster.h"

enum { N_KEYS = 4 };

static const struct str keys[N_KEYS] = {{"a", 1}, {"bb", 2}, {"a", 1}, {"key-3", 5}};

struct outcome {
	enum answer_progress progress;
	struct str values[N_KEYS];
};

static void read_in_pieces(struct arena *a, struct str in, size_t piece, struct outcome *out)
{
	struct memcached_get g = {
	    .keys = keys, .n_keys = N_KEYS, .n_commands = 2, .values = out->values, .a = a};
	struct err err = ERR_INIT;

	*out = (struct outcome){.progress = ANSWER_MORE};
	while (in.n && (out->progress == ANSWER_MORE || out->progress == ANSWER_PART)) {
		size_t n = piece < in.n ? piece : in.n;
		out->progress = memcached_get_read(&g, str_from(in.p, n), &err);
		in = str_skip(in, n);
	}
	assert((out->progress == ANSWER_BROKEN) == (err.code != ERR_OK));
	assert(g.n_hits <= N_KEYS);
}

/* Whole in one piece and whole in several differ in one thing: bytes behind the end are only seen
 * where they come with it. */
static void compare(const struct outcome *x, const struct outcome *y)
{
	for (size_t i = 0; i < N_KEYS; i++)
		assert((x->values[i].p != NULL) == (y->values[i].p != NULL) &&
		       str_eq(x->values[i], y->values[i]));
	if (x->progress != ANSWER_BROKEN && y->progress != ANSWER_BROKEN)
		assert((x->progress == ANSWER_WHOLE) == (y->progress == ANSWER_WHOLE));
}

static void read_set(struct str in)
{
	struct memcached_set s = {0};
	struct err err = ERR_INIT;

	enum answer_progress p = memcached_set_read(&s, in, &err);
	assert(p != ANSWER_PART && (!s.is_stored || p != ANSWER_MORE));
}

static void read_nodes(struct arena *a, struct str in)
{
	struct memcached_nodes nodes;
	struct err err = ERR_INIT;

	if (!memcached_nodes_parse(in, a, &nodes, &err))
		return;
	for (size_t i = 0; i < nodes.n; i++)
		assert(str_find_char(nodes.v[i], ':') < nodes.v[i].n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tracker limit;
	struct outcome whole, bytewise, sevens;

	if (size > 4096)
		return 0;
	tracker_init(&limit, NULL, "fuzz", "the target's", 1 << 20);
	struct arena *a = arena_new(&limit);
	read_in_pieces(a, str_from(data, size), size ? size : 1, &whole);
	read_in_pieces(a, str_from(data, size), 1, &bytewise);
	read_in_pieces(a, str_from(data, size), 7, &sevens);
	compare(&whole, &bytewise);
	compare(&bytewise, &sevens);
	if (size)
		read_set(str_from(data, size));
	read_nodes(a, str_from(data, size));
	arena_free(a);
	tracker_done(&limit);
	return 0;
}
