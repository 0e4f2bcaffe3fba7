#include "model/labels.h"

#include "base/assert.h"
#include "base/quote.h"

#include <stdlib.h>
#include <xxhash.h>

int labels_cmp(struct labels a, struct labels b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		int c = str_cmp(a.v[i].name, b.v[i].name);
		if (c == 0)
			c = str_cmp(a.v[i].value, b.v[i].value);
		if (c != 0)
			return c;
	}
	return (a.n > b.n) - (a.n < b.n);
}

bool labels_eq(struct labels a, struct labels b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (!str_eq(a.v[i].name, b.v[i].name) || !str_eq(a.v[i].value, b.v[i].value))
			return false;
	return true;
}

static const struct label *find(struct labels ls, struct str name)
{
	for (size_t i = 0; i < ls.n; i++)
		if (str_eq(ls.v[i].name, name))
			return &ls.v[i];
	return NULL;
}

struct str labels_get(struct labels ls, struct str name)
{
	const struct label *l = find(ls, name);
	return l ? l->value : (struct str){0};
}

bool labels_has(struct labels ls, struct str name)
{
	return find(ls, name) != NULL;
}

/* xxhash64 of a short text is fastest in one piece: it is put together on the stack, and only a
 * label set that does not fit is hashed as a stream. */
struct hasher {
	char text[1024];
	size_t n;
	XXH64_state_t *stream;
};

static void hash_bytes(struct hasher *h, const void *p, size_t n)
{
	if (!h->stream && n <= sizeof(h->text) - h->n) {
		if (n)
			memcpy(h->text + h->n, p, n);
		h->n += n;
		return;
	}
	if (!h->stream) {
		h->stream = XXH64_createState();
		XXH64_reset(h->stream, 0);
		XXH64_update(h->stream, h->text, h->n);
	}
	XXH64_update(h->stream, p, n);
}

static void hash_label(struct hasher *h, const struct label *l)
{
	hash_bytes(h, l->name.p, l->name.n);
	hash_bytes(h, "\xff", 1);
	hash_bytes(h, l->value.p, l->value.n);
	hash_bytes(h, "\xff", 1);
}

static uint64_t hash_end(struct hasher *h)
{
	if (!h->stream)
		return XXH64(h->text, h->n, 0);
	uint64_t hash = XXH64_digest(h->stream);
	XXH64_freeState(h->stream);
	return hash;
}

uint64_t labels_hash(struct labels ls)
{
	struct hasher h;

	h.n = 0;
	h.stream = NULL;
	for (size_t i = 0; i < ls.n; i++)
		hash_label(&h, &ls.v[i]);
	return hash_end(&h);
}

static bool listed(struct str name, const struct str *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

uint64_t labels_hash_for(struct labels ls, const struct str *names, size_t n_names)
{
	struct hasher h;

	h.n = 0;
	h.stream = NULL;
	for (size_t i = 0; i < ls.n; i++)
		if (listed(ls.v[i].name, names, n_names))
			hash_label(&h, &ls.v[i]);
	return hash_end(&h);
}

uint64_t labels_hash_without(struct labels ls, const struct str *names, size_t n_names)
{
	struct hasher h;

	h.n = 0;
	h.stream = NULL;
	for (size_t i = 0; i < ls.n; i++)
		if (!str_eq(ls.v[i].name, STR(LABEL_NAME)) && !listed(ls.v[i].name, names, n_names))
			hash_label(&h, &ls.v[i]);
	return hash_end(&h);
}

struct labels labels_copy(struct arena *a, struct labels ls)
{
	size_t bytes = 0;
	for (size_t i = 0; i < ls.n; i++)
		bytes += ls.v[i].name.n + ls.v[i].value.n;

	struct label *v = arena_alloc(a, ls.n * sizeof(*v) + bytes);
	char *text = (char *)(v + ls.n);
	for (size_t i = 0; i < ls.n; i++) {
		struct str from[2] = {ls.v[i].name, ls.v[i].value};
		struct str to[2];
		for (int k = 0; k < 2; k++) {
			if (from[k].n)
				memcpy(text, from[k].p, from[k].n);
			to[k] = str_from(text, from[k].n);
			text += from[k].n;
		}
		v[i] = (struct label){to[0], to[1]};
	}
	return (struct labels){v, ls.n};
}

struct labels labels_merge(struct arena *a, struct labels ls, struct labels over)
{
	if (over.n == 0)
		return ls;

	struct label *v = arena_alloc(a, (ls.n + over.n) * sizeof(*v));
	size_t n = 0, i = 0, k = 0;
	while (i < ls.n || k < over.n) {
		int c = i == ls.n ? 1 : k == over.n ? -1 : str_cmp(ls.v[i].name, over.v[k].name);
		if (c < 0) {
			v[n++] = ls.v[i++];
			continue;
		}
		i += c == 0;
		if (over.v[k].value.n)
			v[n++] = over.v[k];
		k++;
	}
	return (struct labels){v, n};
}

enum keep { KEEP_LISTED, KEEP_OTHERS };

static struct labels filter(struct arena *a, struct labels ls, const struct str *names,
			    size_t n_names, enum keep keep)
{
	struct label *v = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ls.n; i++) {
		bool kept = listed(ls.v[i].name, names, n_names) == (keep == KEEP_LISTED);
		if (!kept && !v) { /* the first to go: copy what came before */
			v = arena_alloc(a, ls.n * sizeof(*v));
			if (n)
				memcpy(v, ls.v, n * sizeof(*v));
		}
		if (kept && v)
			v[n] = ls.v[i];
		n += kept;
	}
	return v ? (struct labels){v, n} : ls;
}

struct labels labels_without(struct arena *a, struct labels ls, const struct str *names,
			     size_t n_names)
{
	return filter(a, ls, names, n_names, KEEP_OTHERS);
}

struct labels labels_only(struct arena *a, struct labels ls, const struct str *names,
			  size_t n_names)
{
	return filter(a, ls, names, n_names, KEEP_LISTED);
}

bool labels_sort(struct label *v, size_t n)
{
	/* Label sets are short and nearly always in order already. */
	for (size_t i = 1; i < n; i++) {
		struct label l = v[i];
		size_t k = i;
		for (; k > 0 && str_cmp(v[k - 1].name, l.name) > 0; k--)
			v[k] = v[k - 1];
		v[k] = l;
	}
	for (size_t i = 1; i < n; i++)
		if (str_eq(v[i - 1].name, v[i].name))
			return false;
	return true;
}

/* The key is name 0 value 0 ... A byte 0 or 1 inside becomes 1 1 or 1 2: smaller than any other
 * byte and larger than the separator, so the order is kept. */
static char *key_part(char *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] <= 1) {
			*to++ = 1;
			*to++ = (char)(s.p[i] + 1);
		} else {
			*to++ = s.p[i];
		}
	}
	*to++ = 0;
	return to;
}

/* memcpy() for the short strings that labels are: a call costs more than the bytes. */
static inline void copy_short(char *to, const char *from, size_t n)
{
	if (n > 32) {
		memcpy(to, from, n);
	} else if (n > 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else {
		for (size_t i = 0; i < n; i++)
			to[i] = from[i];
	}
}

/* How many of the bytes are 0 or 1; eight at a time, so that `n` is a multiple of eight. */
static size_t count_low(const char *p, size_t n)
{
	const uint64_t all_80 = UINT64_C(0x8080808080808080);
	const uint64_t all_01 = UINT64_C(0x0101010101010101);
	size_t count = 0;

	for (size_t i = 0; i < n;) {
		/* One count per byte of the sum; 31 words keep their total below 256. */
		size_t end = n - i < 31 * 8 ? n : i + 31 * 8;
		uint64_t sums = 0;
		for (; i < end; i += 8) {
			uint64_t x;
			memcpy(&x, p + i, 8);
			/* A byte's top bit becomes 1 when the byte is at least 2. */
			uint64_t high = ((x & ~all_80) + 0x7e * all_01) | x;
			sums += (~high & all_80) >> 7;
		}
		count += (sums * all_01) >> 56;
	}
	return count;
}

/* For labels with bytes 0 or 1 inside, which is to say for none that anybody has. */
static struct str escaped_key(struct arena *a, struct labels ls, size_t bytes)
{
	char *key = arena_alloc(a, 2 * bytes);
	char *end = key;

	for (size_t i = 0; i < ls.n; i++) {
		end = key_part(end, ls.v[i].name);
		end = key_part(end, ls.v[i].value);
	}
	return str_from(key, (size_t)(end - key));
}

struct str labels_key(struct arena *a, struct labels ls)
{
	size_t bytes = 2 * ls.n;
	for (size_t i = 0; i < ls.n; i++)
		bytes += ls.v[i].name.n + ls.v[i].value.n;

	struct arena_mark mark = arena_mark(a);
	size_t padded = (bytes + 7) & ~(size_t)7;
	char *key = arena_alloc(a, padded);
	char *end = key;
	for (size_t i = 0; i < ls.n; i++) {
		copy_short(end, ls.v[i].name.p, ls.v[i].name.n);
		end += ls.v[i].name.n;
		*end++ = 0;
		copy_short(end, ls.v[i].value.p, ls.v[i].value.n);
		end += ls.v[i].value.n;
		*end++ = 0;
	}
	memset(end, 0xff, padded - bytes);
	if (count_low(key, padded) == 2 * ls.n)
		return str_from(key, bytes);
	arena_rewind(a, mark);
	return escaped_key(a, ls, bytes);
}

bool label_name_is_identifier(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		bool digit = c >= '0' && c <= '9';
		if (!letter && !(digit && i > 0))
			return false;
	}
	return name.n > 0;
}

void label_name_format(struct buf *out, struct str name)
{
	if (label_name_is_identifier(name))
		buf_append_str(out, name);
	else
		quote_append(out, name);
}

void labels_format(struct buf *out, struct labels ls)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < ls.n; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		label_name_format(out, ls.v[i].name);
		buf_putc(out, '=');
		quote_append(out, ls.v[i].value);
	}
	buf_putc(out, '}');
}
