#include "compaction/symbol_union.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/vec.h"

void symbol_map_done(struct symbol_map *m)
{
	free(m->numbers);
	free(m->refs);
	*m = (struct symbol_map){0};
}

static size_t find_ref(const struct symbol_map *m, uint32_t ref)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (m->refs[mid] < ref)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->n && m->refs[low] == ref ? low : m->n;
}

bool symbol_map_get(const struct symbol_map *m, uint32_t ref, uint32_t *out, struct err *err)
{
	size_t at = m->refs ? find_ref(m, ref) : ref;

	if (at >= m->n)
		return err_set(err, ERR_CORRUPT, "index: symbol %u is used, there are %zu", ref,
			       m->n);
	*out = m->numbers[at];
	return true;
}

/* One index: the symbol it stands at. */
struct union_input {
	struct symbol_walk *walk;
	struct symbol_map *map;
	struct buf text; /* a copy: to be compared with the next one */
	uint32_t ref;
	bool is_at_end;
	bool is_taken; /* its symbol is the one that is added to the union */
};

struct symbol_union {
	struct union_input *inputs;
	size_t n;
	struct arena *a;
	struct symbol_sink *sink;
	uint32_t n_symbols;
};

static void map_add(struct symbol_map *m, uint32_t ref, uint32_t number)
{
	assert(m->n < m->cap);
	if (m->refs)
		m->refs[m->n] = ref;
	m->numbers[m->n++] = number;
}

static bool advance(struct union_input *in, struct err *err)
{
	struct str next;
	enum iter_result r = symbol_walk_next(in->walk, &in->ref, &next, err);

	if (r == ITER_ERROR)
		return false;
	in->is_at_end = r == ITER_END;
	if (in->is_at_end)
		return true;
	if (in->map->n && str_cmp(buf_str(&in->text), next) >= 0)
		return err_set(err, ERR_CORRUPT, "index: symbol %zu does not ascend", in->map->n);
	buf_clear(&in->text);
	buf_append_str(&in->text, next);
	return !in->text.overflowed ||
	       err_set(err, ERR_LIMIT, "index: a symbol of %zu bytes", next.n);
}

static const struct union_input *smallest(const struct symbol_union *u)
{
	const struct union_input *min = NULL;

	for (size_t i = 0; i < u->n; i++) {
		const struct union_input *in = &u->inputs[i];
		if (!in->is_at_end &&
		    (!min || str_cmp(buf_str(&in->text), buf_str(&min->text)) < 0))
			min = in;
	}
	return min;
}

/* All inputs that stand at the symbol go on. */
static bool take_symbol(struct symbol_union *u, struct str symbol, size_t *bad, struct err *err)
{
	uint32_t number = u->n_symbols++;

	for (size_t i = 0; i < u->n; i++) {
		struct union_input *in = &u->inputs[i];
		in->is_taken = !in->is_at_end && str_eq(buf_str(&in->text), symbol);
	}
	if (!u->sink->add(u->sink, symbol, err))
		return false;
	for (size_t i = 0; i < u->n; i++) {
		if (!u->inputs[i].is_taken)
			continue;
		map_add(u->inputs[i].map, u->inputs[i].ref, number);
		*bad = i;
		if (!advance(&u->inputs[i], err))
			return false;
		*bad = u->n;
	}
	return true;
}

static bool open_inputs(struct symbol_union *u, struct index_symbols *const *symbols,
			struct ctx *ctx, struct symbol_map *maps, size_t *bad, struct err *err)
{
	for (size_t i = 0; i < u->n; i++) {
		struct union_input *in = &u->inputs[i];
		size_t count = index_symbols_count(symbols[i]);
		in->walk = symbol_walk_new(symbols[i], ctx, u->a);
		in->map = &maps[i];
		buf_init(&in->text, BUF_TEXT_MAX, NULL);
		maps[i] = (struct symbol_map){.cap = count};
		maps[i].numbers = xreallocarray(NULL, count + 1, sizeof(*maps[i].numbers));
		if (index_symbols_are_offsets(symbols[i]))
			maps[i].refs = xreallocarray(NULL, count + 1, sizeof(*maps[i].refs));
		*bad = i;
		if (!advance(in, err))
			return false;
	}
	*bad = u->n;
	return true;
}

bool symbol_union_make(struct index_symbols *const *symbols, size_t n, struct ctx *ctx,
		       struct symbol_sink *sink, struct symbol_map *maps, size_t *bad,
		       struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct symbol_union u = {.n = n, .a = a, .sink = sink};
	const struct union_input *min;

	u.inputs = ARENA_ARRAY(a, struct union_input, n);
	bool ok = open_inputs(&u, symbols, ctx, maps, bad, err);
	while (ok && (min = smallest(&u)))
		ok = take_symbol(&u, buf_str(&min->text), bad, err);
	for (size_t i = 0; i < n; i++)
		buf_done(&u.inputs[i].text);
	return ok;
}
