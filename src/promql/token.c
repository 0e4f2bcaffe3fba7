#include "promql/token.h"

#include "base/assert.h"
#include "base/quote.h"
#include "base/utf8.h"

#include <strings.h>

struct token_entry {
	const char *text;
	enum token_class class;
	enum token_names names;
};

static const struct token_entry entries[TOKEN_N] = {
#define X(token_kind_, token_class_, token_names_, token_text_)                                    \
	[TOKEN_##token_kind_] = {                                                                  \
	    .text = token_text_,                                                                   \
	    .class = CLASS_##token_class_,                                                         \
	    .names = NAMES_##token_names_,                                                         \
	},
    PROMQL_TOKENS(X)
#undef X
};

/* In the order of enum expr_op and enum aggregate_op. */
static_assert(TOKEN_TRIM_LOWER - TOKEN_ADD == 13, "the operators are listed in one run");
static_assert((int)TOKEN_LIMIT_RATIO - TOKEN_SUM == (int)AGGREGATE_LIMIT_RATIO - AGGREGATE_SUM,
	      "the aggregators are in the order of enum aggregate_op");

bool token_is_metric_name(enum token_kind kind)
{
	return entries[kind].names & NAMES_METRIC;
}

bool token_is_label_name(enum token_kind kind)
{
	return entries[kind].names & NAMES_LABEL;
}

static bool is_keyword(enum token_kind kind)
{
	return kind >= TOKEN_ATAN2 && kind <= TOKEN_MIN_OF;
}

/* The first letter rules out nearly everything. */
static bool equals_ignoring_case(struct str word, const char *lower)
{
	return (word.p[0] | 0x20) == lower[0] && word.n == strlen(lower) &&
	       strncasecmp(word.p, lower, word.n) == 0;
}

enum token_kind token_of_word(struct str word)
{
	for (int kind = TOKEN_ATAN2; is_keyword(kind); kind++) {
		if (equals_ignoring_case(word, entries[kind].text))
			return kind;
	}
	if (equals_ignoring_case(word, "inf") || equals_ignoring_case(word, "nan"))
		return TOKEN_NUMBER;
	return TOKEN_IDENTIFIER;
}

static const struct {
	enum expr_op op;
	int precedence;
} binary_operators[TOKEN_N] = {
    [TOKEN_OR] = {OP_OR, 1},
    [TOKEN_AND] = {OP_AND, 2},
    [TOKEN_UNLESS] = {OP_UNLESS, 2},
    [TOKEN_EQ] = {OP_EQ, 3},
    [TOKEN_NE] = {OP_NE, 3},
    [TOKEN_LT] = {OP_LT, 3},
    [TOKEN_LE] = {OP_LE, 3},
    [TOKEN_GT] = {OP_GT, 3},
    [TOKEN_GE] = {OP_GE, 3},
    [TOKEN_TRIM_UPPER] = {OP_TRIM_UPPER, 3},
    [TOKEN_TRIM_LOWER] = {OP_TRIM_LOWER, 3},
    [TOKEN_ADD] = {OP_ADD, 4},
    [TOKEN_SUB] = {OP_SUB, 4},
    [TOKEN_MUL] = {OP_MUL, 5},
    [TOKEN_DIV] = {OP_DIV, 5},
    [TOKEN_MOD] = {OP_MOD, 5},
    [TOKEN_ATAN2] = {OP_ATAN2, 5},
    [TOKEN_POW] = {OP_POW, 6},
};

int token_precedence(enum token_kind kind)
{
	return binary_operators[kind].precedence;
}

int token_right_precedence(enum token_kind kind)
{
	int precedence = token_precedence(kind);

	return precedence < PRECEDENCE_POW ? precedence + 1 : precedence;
}

enum expr_op token_op(enum token_kind kind)
{
	assert(binary_operators[kind].precedence > 0);
	return binary_operators[kind].op;
}

bool token_is_aggregator(enum token_kind kind)
{
	return entries[kind].class == CLASS_AGGREGATOR;
}

enum aggregate_op token_aggregate_op(enum token_kind kind)
{
	assert(token_is_aggregator(kind));
	return (enum aggregate_op)(kind - TOKEN_SUM);
}

enum { DESCRIBED_CHARACTERS = 10 };

/* In quotes; long ones are cut, and three dots tell so. */
static void describe_text(struct buf *out, struct str text)
{
	if (text.n <= DESCRIBED_CHARACTERS) {
		quote_append(out, text);
		return;
	}
	size_t end = 0, n_bytes;
	for (int i = 0; i < DESCRIBED_CHARACTERS; i++) {
		utf8_decode(str_skip(text, end), &n_bytes);
		end += n_bytes;
	}
	quote_append(out, str_from(text.p, end));
	buf_puts(out, "...");
}

void token_describe(struct buf *out, const struct token *t)
{
	const struct token_entry *entry = &entries[t->kind];

	switch (entry->class) {
	case CLASS_OPERATOR:
		buf_printf(out, "<op:%.*s>", STR_FMT(t->text));
		return;
	case CLASS_AGGREGATOR:
		buf_printf(out, "<aggr:%.*s>", STR_FMT(t->text));
		return;
	case CLASS_KEYWORD:
		buf_printf(out, "<%.*s>", STR_FMT(t->text));
		return;
	case CLASS_WORD:
		buf_puts(out, entry->text);
		if (t->kind == TOKEN_END_OF_INPUT)
			return;
		buf_putc(out, ' ');
		if (t->kind == TOKEN_IDENTIFIER || t->kind == TOKEN_METRIC_IDENTIFIER) {
			quote_append(out, t->text);
			return;
		}
		break;
	case CLASS_MARK:
	case CLASS_NAMED:
		break;
	}
	describe_text(out, t->text);
}
