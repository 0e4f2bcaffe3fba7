#include "promql/notation_histogram.h"

#include <strings.h>

struct number_list {
	double *v;
	size_t n, cap;
};

/* [1 2 3] */
static bool read_numbers(struct notation_reader *r, struct notation_numbers *out)
{
	struct number_list numbers = {0};
	double number;

	if (!notation_accept(r, '['))
		return notation_fail(r, "expected \"[\"");
	do {
		if (notation_at(r, r->pos, ']') && numbers.n > 0)
			break;
		if (!notation_number(r, &number))
			return false;
		ARENA_PUSH(r->arena, &numbers, number);
	} while (notation_skip_blanks(r));
	if (!notation_accept(r, ']'))
		return notation_fail(r, "expected a blank or \"]\" between buckets");
	*out = (struct notation_numbers){.v = numbers.v, .n = numbers.n};
	return true;
}

static bool read_reset_hint(struct notation_reader *r, struct notation_histogram *h)
{
	static const char *const names[] = {
	    [NOTATION_RESET_UNKNOWN] = "unknown",
	    [NOTATION_RESET] = "reset",
	    [NOTATION_NOT_RESET] = "not_reset",
	    [NOTATION_GAUGE] = "gauge",
	};

	h->has_reset_hint = true;
	for (int hint = NOTATION_RESET_UNKNOWN; hint <= NOTATION_GAUGE; hint++) {
		if (notation_accept_word(r, names[hint])) {
			h->reset_hint = (enum notation_reset_hint)hint;
			return true;
		}
	}
	return notation_fail(r, "expected unknown, reset, not_reset or gauge");
}

enum key {
	KEY_SCHEMA,
	KEY_SUM,
	KEY_COUNT,
	KEY_ZERO_COUNT,
	KEY_ZERO_THRESHOLD,
	KEY_POSITIVE,
	KEY_POSITIVE_OFFSET,
	KEY_NEGATIVE,
	KEY_NEGATIVE_OFFSET,
	KEY_CUSTOM_VALUES,
	KEY_RESET_HINT,
	KEY_N,
};

static const char *const key_names[KEY_N] = {
    [KEY_SCHEMA] = "schema",
    [KEY_SUM] = "sum",
    [KEY_COUNT] = "count",
    [KEY_ZERO_COUNT] = "z_bucket",
    [KEY_ZERO_THRESHOLD] = "z_bucket_w",
    [KEY_POSITIVE] = "buckets",
    [KEY_POSITIVE_OFFSET] = "offset",
    [KEY_NEGATIVE] = "n_buckets",
    [KEY_NEGATIVE_OFFSET] = "n_offset",
    [KEY_CUSTOM_VALUES] = "custom_values",
    [KEY_RESET_HINT] = "counter_reset_hint",
};

static enum key key_of_name(struct str name)
{
	int key = 0;

	while (key < KEY_N && (strlen(key_names[key]) != name.n ||
			       strncasecmp(key_names[key], name.p, name.n) != 0))
		key++;
	return (enum key)key;
}

static bool read_key_value(struct notation_reader *r, enum key key, struct notation_histogram *h)
{
	switch (key) {
	case KEY_SCHEMA:
		return notation_integer(r, &h->schema);
	case KEY_SUM:
		return notation_number(r, &h->sum);
	case KEY_COUNT:
		return notation_number(r, &h->count);
	case KEY_ZERO_COUNT:
		return notation_number(r, &h->zero_count);
	case KEY_ZERO_THRESHOLD:
		return notation_number(r, &h->zero_threshold);
	case KEY_POSITIVE:
		return read_numbers(r, &h->positive);
	case KEY_POSITIVE_OFFSET:
		return notation_integer(r, &h->positive_offset);
	case KEY_NEGATIVE:
		return read_numbers(r, &h->negative);
	case KEY_NEGATIVE_OFFSET:
		return notation_integer(r, &h->negative_offset);
	case KEY_CUSTOM_VALUES:
		return read_numbers(r, &h->custom_values);
	case KEY_RESET_HINT:
		return read_reset_hint(r, h);
	case KEY_N:
		break;
	}
	return notation_fail(
	    r, "expected histogram description key, e.g. buckets:[5 10 7], or \"}}\"");
}

/* key:value; `seen` has a bit for each key. */
static bool read_entry(struct notation_reader *r, struct notation_histogram *h, unsigned *seen)
{
	enum key key = key_of_name(notation_name(r));

	if (key != KEY_N && !notation_accept(r, ':'))
		return notation_fail(r, "missing `:` for histogram descriptor");
	if (key != KEY_N && *seen & 1u << key)
		return notation_fail(r, "duplicate key \"%s\" in histogram", key_names[key]);
	*seen |= 1u << key;
	return read_key_value(r, key, h);
}

bool notation_histogram_read(struct notation_reader *r, const struct notation_histogram **out)
{
	struct notation_histogram *h = ARENA_NEW(r->arena, struct notation_histogram);
	bool separated = true;
	unsigned seen = 0;

	if (!notation_accept_text(r, "{{"))
		return notation_fail(r, "expected \"{{\"");
	notation_skip_blanks(r);
	while (!notation_accept_text(r, "}}")) {
		if (!separated)
			return notation_fail(r, "expected a blank or \"}}\" in histogram");
		if (!read_entry(r, h, &seen))
			return false;
		separated = notation_skip_blanks(r);
	}
	*out = h;
	return true;
}
