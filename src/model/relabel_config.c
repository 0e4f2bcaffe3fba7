/* relabel_config.c - rules as they are written: defaults, what Prometheus refuses, compiling. */
#include "base/alloc.h"
#include "base/letter_case.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "model/relabel_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_SEPARATOR   STR(";")
#define DEFAULT_REGEX       STR("(.*)")
#define DEFAULT_REPLACEMENT STR("$1")

enum { ACTION_MAX_BYTES = 64 };

static const char *const action_names[RELABEL_N_ACTIONS] = {
    [RELABEL_REPLACE] = "replace",
    [RELABEL_KEEP] = "keep",
    [RELABEL_DROP] = "drop",
    [RELABEL_KEEP_EQUAL] = "keepequal",
    [RELABEL_DROP_EQUAL] = "dropequal",
    [RELABEL_HASHMOD] = "hashmod",
    [RELABEL_LABELMAP] = "labelmap",
    [RELABEL_LABELDROP] = "labeldrop",
    [RELABEL_LABELKEEP] = "labelkeep",
    [RELABEL_LOWERCASE] = "lowercase",
    [RELABEL_UPPERCASE] = "uppercase",
};

/* --- decoding -------------------------------------------------------------------------------- */

static bool fail_quoted(const struct yaml_node *node, struct str value, const char *problem,
			struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	quote_append(&text, value);
	return yaml_fail(node, err, "%s %s", buf_cstr(&text), problem);
}

static bool decode_action(const struct yaml_node *node, struct arena *a, void *out, struct err *err)
{
	struct buf name auto_done(buf_done) = BUF_INIT(ACTION_MAX_BYTES);
	enum relabel_action *action = out;
	struct str text = {0};
	(void)a;

	if (!yaml_to_str(node, &text, err))
		return false;
	str_to_lower(text, &name);
	for (size_t i = 0; i < RELABEL_N_ACTIONS; i++) {
		if (!name.overflowed && str_is(buf_str(&name), action_names[i])) {
			*action = (enum relabel_action)i;
			return true;
		}
	}
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	quote_append(&quoted, text);
	return yaml_fail(node, err, "unknown relabel action %s", buf_cstr(&quoted));
}

static bool is_label_name(struct str name)
{
	return name.n > 0 && utf8_valid(name);
}

static bool decode_label_name(const struct yaml_node *node, struct arena *a, void *out,
			      struct err *err)
{
	struct str *name = out;
	(void)a;

	if (!yaml_to_str(node, name, err))
		return false;
	return is_label_name(*name) || fail_quoted(node, *name, "is not a valid label name", err);
}

static void set_defaults(void *out)
{
	*(struct relabel_config *)out = (struct relabel_config){
	    .separator = DEFAULT_SEPARATOR,
	    .replacement = DEFAULT_REPLACEMENT,
	};
}

/* --- what is refused ------------------------------------------------------------------------- */

#define ACTION_BIT(action) (1u << (action))

enum {
	NEEDS_TARGET = ACTION_BIT(RELABEL_REPLACE) | ACTION_BIT(RELABEL_HASHMOD) |
		       ACTION_BIT(RELABEL_LOWERCASE) | ACTION_BIT(RELABEL_UPPERCASE) |
		       ACTION_BIT(RELABEL_KEEP_EQUAL) | ACTION_BIT(RELABEL_DROP_EQUAL),
	NO_REPLACEMENT = ACTION_BIT(RELABEL_LOWERCASE) | ACTION_BIT(RELABEL_UPPERCASE) |
			 ACTION_BIT(RELABEL_KEEP_EQUAL) | ACTION_BIT(RELABEL_DROP_EQUAL),
	COMPARES = ACTION_BIT(RELABEL_KEEP_EQUAL) | ACTION_BIT(RELABEL_DROP_EQUAL),
	ONLY_REGEX = ACTION_BIT(RELABEL_LABELDROP) | ACTION_BIT(RELABEL_LABELKEEP),
};

static bool is_one_of(const struct relabel_config *c, unsigned actions)
{
	return actions & ACTION_BIT(c->action);
}

static bool has_default_texts(const struct relabel_config *c)
{
	return c->modulus == 0 && str_eq(c->separator, DEFAULT_SEPARATOR) &&
	       str_eq(c->replacement, DEFAULT_REPLACEMENT);
}

static bool fail_target(const struct yaml_node *node, const struct relabel_config *c,
			const char *field, struct str value, struct err *err)
{
	char problem[64];

	snprintf(problem, sizeof(problem), "is invalid '%s' for %s action", field,
		 action_names[c->action]);
	return fail_quoted(node, value, problem, err);
}

static bool validate(const struct yaml_node *node, void *out, struct err *err)
{
	const struct relabel_config *c = out;
	const char *action = action_names[c->action];

	if (c->modulus == 0 && c->action == RELABEL_HASHMOD)
		return yaml_fail(node, err,
				 "relabel configuration for hashmod requires non-zero modulus");
	if (is_one_of(c, NEEDS_TARGET) && c->target_label.n == 0)
		return yaml_fail(
		    node, err, "relabel configuration for %s action requires 'target_label' value",
		    action);
	if (is_one_of(c, NEEDS_TARGET) && !is_label_name(c->target_label))
		return fail_target(node, c, "target_label", c->target_label, err);
	if (is_one_of(c, NO_REPLACEMENT) && !str_eq(c->replacement, DEFAULT_REPLACEMENT))
		return yaml_fail(node, err, "'replacement' can not be set for %s action", action);
	if (c->action == RELABEL_LABELMAP && !is_label_name(c->replacement))
		return fail_target(node, c, "replacement", c->replacement, err);
	if (is_one_of(c, COMPARES) && (c->regex.p || !has_default_texts(c)))
		return yaml_fail(node, err,
				 "%s action requires only 'source_labels' and `target_label`, and "
				 "no other fields",
				 action);
	if (is_one_of(c, ONLY_REGEX) &&
	    (c->source_labels || c->target_label.n > 0 || !has_default_texts(c)))
		return yaml_fail(node, err, "%s action requires only 'regex', and no other fields",
				 action);
	return true;
}

static const struct yaml_field relabel_config_fields[] = {
    {.name = "source_labels",
     .type = YAML_DECODED,
     .is_list = true,
     .offset = offsetof(struct relabel_config, source_labels),
     .n_offset = offsetof(struct relabel_config, n_source_labels),
     .size = sizeof(struct str),
     .decode = decode_label_name},
    YAML_FIELD(struct relabel_config, "separator", separator, YAML_STR),
    YAML_FIELD(struct relabel_config, "regex", regex, YAML_STR),
    YAML_FIELD(struct relabel_config, "modulus", modulus, YAML_U64),
    YAML_FIELD(struct relabel_config, "target_label", target_label, YAML_STR),
    YAML_FIELD(struct relabel_config, "replacement", replacement, YAML_STR),
    {.name = "action",
     .type = YAML_DECODED,
     .offset = offsetof(struct relabel_config, action),
     .size = sizeof(enum relabel_action),
     .decode = decode_action},
};

const struct yaml_table relabel_config_table =
    YAML_TABLE("relabel.plain", struct relabel_config, relabel_config_fields,
	       .set_defaults = set_defaults, .validate = validate);

/* --- compiling ------------------------------------------------------------------------------- */

static bool compile(struct relabel *r, const struct relabel_config *c, struct err *err)
{
	struct relabel_rule *rule = &r->rules[r->n];
	struct str regex = c->regex.p ? c->regex : DEFAULT_REGEX;

	*rule = (struct relabel_rule){
	    .action = c->action,
	    .source_labels = ARENA_ARRAY(r->a, struct str, c->n_source_labels),
	    .n_source_labels = c->n_source_labels,
	    .separator = arena_str(r->a, c->separator),
	    .regex = regex_new(regex, REGEX_FULL, err),
	    .takes_all = str_eq(regex, DEFAULT_REGEX),
	    .modulus = c->modulus,
	    .target_label = arena_str(r->a, c->target_label),
	    .replacement = arena_str(r->a, c->replacement),
	};
	for (size_t i = 0; i < c->n_source_labels; i++)
		rule->source_labels[i] = arena_str(r->a, c->source_labels[i]);
	return rule->regex;
}

bool relabel_new(const struct relabel_config *configs, size_t n, struct relabel **out,
		 struct err *err)
{
	struct relabel *r auto_free(relabel_free) = NEW(struct relabel);

	r->a = arena_new(NULL);
	r->rules = ARENA_ARRAY(r->a, struct relabel_rule, n);
	for (; r->n < n; r->n++)
		if (!compile(r, &configs[r->n], err))
			return err_wrap(err, "relabel rule %zu", r->n + 1);
	*out = take(r);
	return true;
}

void relabel_free(struct relabel *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		regex_free(r->rules[i].regex);
	arena_free(r->a);
	free(r);
}

/* --- a whole document ------------------------------------------------------------------------ */

static bool is_in_scope(const struct relabel_config *c, enum relabel_scope scope)
{
	return scope == RELABEL_ANY || c->action == RELABEL_KEEP || c->action == RELABEL_DROP ||
	       c->action == RELABEL_HASHMOD;
}

static bool decode_rules(const struct yaml_node *root, enum relabel_scope scope, struct arena *a,
			 struct relabel_config **configs, size_t *n, struct err *err)
{
	*n = yaml_is_null(root) ? 0 : root->n;
	*configs = ARENA_ARRAY(a, struct relabel_config, *n);
	if (!yaml_is_null(root) && root->kind != YAML_LIST)
		return yaml_fail(root, err, "want a list of rules");
	for (size_t i = 0; i < *n; i++) {
		struct relabel_config *c = &(*configs)[i];
		if (!yaml_decode(root->items[i], &relabel_config_table, a, c, err))
			return false;
		if (!is_in_scope(c, scope))
			return yaml_fail(root->items[i], err, "unsupported relabel action: %s",
					 action_names[c->action]);
	}
	return true;
}

bool relabel_parse(struct str yaml, enum relabel_scope scope, struct relabel **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct relabel_config *configs;
	struct yaml_node *root;
	size_t n;

	if (!yaml_parse(yaml, a, &root, err) || !decode_rules(root, scope, a, &configs, &n, err) ||
	    !relabel_new(configs, n, out, err))
		return err_wrap(err, "parsing relabel configuration");
	return true;
}
