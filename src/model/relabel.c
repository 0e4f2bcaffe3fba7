/* relabel.c - rules applied to one label set.
 *
 * A set under change is three lists, as in Prometheus' labels.Builder, since the order in which
 * labelmap meets the labels decides who wins when two of them map to one name: first those that
 * were there and are untouched, by name, then the new ones in the order they came.
 */
#include "model/relabel.h"

#include "base/letter_case.h"
#include "base/utf8.h"
#include "codec/bits.h"
#include "codec/digest.h"
#include "model/relabel_internal.h"

#include <inttypes.h>

enum { TEXT_MAX_BYTES = 16 << 20 };

struct label_list {
	struct label *v;
	size_t n, cap;
};

struct changes {
	struct arena *a;
	struct labels base;
	struct label_list added;
	struct str_list deleted;
	struct buf text;     /* scratch for what a rule puts together */
	size_t n_made_bytes; /* of all texts that were put together */
};

/* --- a set under change ---------------------------------------------------------------------- */

static struct label *find_added(const struct changes *c, struct str name)
{
	for (size_t i = 0; i < c->added.n; i++)
		if (str_eq(c->added.v[i].name, name))
			return &c->added.v[i];
	return NULL;
}

static bool is_deleted(const struct changes *c, struct str name)
{
	for (size_t i = 0; i < c->deleted.n; i++)
		if (str_eq(c->deleted.v[i], name))
			return true;
	return false;
}

static struct str get(const struct changes *c, struct str name)
{
	const struct label *added = find_added(c, name);

	if (added)
		return added->value;
	return is_deleted(c, name) ? (struct str){0} : labels_get(c->base, name);
}

static void unset(struct changes *c, struct str name)
{
	struct label *added = find_added(c, name);

	if (added) {
		size_t behind = (size_t)(c->added.v + --c->added.n - added);
		memmove(added, added + 1, behind * sizeof(*added));
	}
	if (!is_deleted(c, name))
		ARENA_PUSH(c->a, &c->deleted, name);
}

/* An empty value is none. */
static void set(struct changes *c, struct str name, struct str value)
{
	struct label *added = find_added(c, name);

	if (value.n == 0)
		unset(c, name);
	else if (added)
		added->value = value;
	else
		ARENA_PUSH(c->a, &c->added, (struct label){name, value});
}

static bool is_untouched(const struct changes *c, struct str name)
{
	return !find_added(c, name) && !is_deleted(c, name);
}

/* All labels as they are now; later changes do not show in it. */
static struct label_list all_labels(const struct changes *c)
{
	struct label_list all = {0};

	for (size_t i = 0; i < c->base.n; i++)
		if (is_untouched(c, c->base.v[i].name))
			ARENA_PUSH(c->a, &all, c->base.v[i]);
	for (size_t i = 0; i < c->added.n; i++)
		ARENA_PUSH(c->a, &all, c->added.v[i]);
	return all;
}

static struct labels result(const struct changes *c)
{
	if (c->added.n == 0 && c->deleted.n == 0)
		return c->base;
	struct label_list all = all_labels(c);
	labels_sort(all.v, all.n);
	return (struct labels){all.v, all.n};
}

/* --- actions --------------------------------------------------------------------------------- */

enum outcome { GOES_ON, DROPPED, TOO_LARGE };

/* The scratch text as one that stays. */
static struct str kept_text(struct changes *c)
{
	c->n_made_bytes += c->text.n;
	return arena_str(c->a, buf_str(&c->text));
}

static bool join_sources(struct changes *c, const struct relabel_rule *rule, struct str *out)
{
	if (rule->n_source_labels == 1) {
		*out = get(c, rule->source_labels[0]);
		return true;
	}
	buf_clear(&c->text);
	for (size_t i = 0; i < rule->n_source_labels; i++) {
		if (i > 0)
			buf_append_str(&c->text, rule->separator);
		buf_append_str(&c->text, get(c, rule->source_labels[i]));
	}
	*out = kept_text(c);
	return !c->text.overflowed;
}

static bool has_variable(struct str template)
{
	return str_find_char(template, '$') < template.n;
}

/* The template with the groups of the match put in; as it is without a $. */
static bool expand(struct changes *c, const struct relabel_rule *rule, struct str template,
		   const struct str *groups, size_t n, struct str *out)
{
	*out = template;
	if (!has_variable(template))
		return true;
	buf_clear(&c->text);
	if (!regex_expand(rule->regex, template, groups, n, &c->text))
		return false;
	*out = kept_text(c);
	return true;
}

static enum outcome replace(struct changes *c, const struct relabel_rule *rule, struct str value)
{
	struct str groups[REGEX_GROUPS_MAX], target, replacement;
	size_t n = regex_n_groups(rule->regex);

	if (rule->takes_all)
		groups[0] = groups[1] = value;
	else if (!regex_find(rule->regex, value, groups, n))
		return GOES_ON;
	if (!expand(c, rule, rule->target_label, groups, n, &target))
		return TOO_LARGE;
	if (target.n == 0 || !utf8_valid(target))
		return GOES_ON;
	if (!expand(c, rule, rule->replacement, groups, n, &replacement))
		return TOO_LARGE;
	set(c, target, replacement);
	return GOES_ON;
}

static enum outcome change_case(struct changes *c, const struct relabel_rule *rule,
				struct str value)
{
	buf_clear(&c->text);
	if (rule->action == RELABEL_LOWERCASE)
		str_to_lower(value, &c->text);
	else
		str_to_upper(value, &c->text);
	set(c, rule->target_label, kept_text(c));
	return c->text.overflowed ? TOO_LARGE : GOES_ON;
}

/* The last eight bytes of the digest, big endian. */
static void hash(struct changes *c, const struct relabel_rule *rule, struct str value)
{
	uint8_t digest[MD5_BYTES];

	md5_of(value, digest);
	uint64_t remainder = load_be64(digest + 8) % rule->modulus;
	set(c, rule->target_label, str_of(arena_printf(c->a, "%" PRIu64, remainder)));
}

static enum outcome map_names(struct changes *c, const struct relabel_rule *rule)
{
	struct label_list all = all_labels(c);

	for (size_t i = 0; i < all.n; i++) {
		if (!regex_match(rule->regex, all.v[i].name))
			continue;
		buf_clear(&c->text);
		if (!regex_replace_all(rule->regex, all.v[i].name, rule->replacement, &c->text))
			return TOO_LARGE;
		if (c->text.n > 0) /* Prometheus would set a label without a name */
			set(c, kept_text(c), all.v[i].value);
	}
	return GOES_ON;
}

static void delete_names(struct changes *c, const struct relabel_rule *rule)
{
	struct label_list all = all_labels(c);
	bool deletes_matches = rule->action == RELABEL_LABELDROP;

	for (size_t i = 0; i < all.n; i++)
		if (regex_match(rule->regex, all.v[i].name) == deletes_matches)
			unset(c, all.v[i].name);
}

static enum outcome keep_if(bool condition)
{
	return condition ? GOES_ON : DROPPED;
}

static enum outcome apply_rule(struct changes *c, const struct relabel_rule *rule)
{
	struct str value;

	if (!join_sources(c, rule, &value))
		return TOO_LARGE;
	switch (rule->action) {
	case RELABEL_REPLACE:
		return replace(c, rule, value);
	case RELABEL_KEEP:
		return keep_if(regex_match(rule->regex, value));
	case RELABEL_DROP:
		return keep_if(!regex_match(rule->regex, value));
	case RELABEL_KEEP_EQUAL:
		return keep_if(str_eq(get(c, rule->target_label), value));
	case RELABEL_DROP_EQUAL:
		return keep_if(!str_eq(get(c, rule->target_label), value));
	case RELABEL_LOWERCASE:
	case RELABEL_UPPERCASE:
		return change_case(c, rule, value);
	case RELABEL_LABELMAP:
		return map_names(c, rule);
	case RELABEL_HASHMOD:
		hash(c, rule, value);
		return GOES_ON;
	case RELABEL_LABELDROP:
	case RELABEL_LABELKEEP:
	case RELABEL_N_ACTIONS:
		break;
	}
	delete_names(c, rule);
	return GOES_ON;
}

bool relabel_apply(const struct relabel *r, struct labels ls, struct arena *a, struct labels *out,
		   struct err *err)
{
	struct changes c = {.a = a, .base = ls, .text = BUF_INIT(TEXT_MAX_BYTES)};
	enum outcome outcome = GOES_ON;

	for (size_t i = 0; r && i < r->n && outcome == GOES_ON; i++) {
		outcome = apply_rule(&c, &r->rules[i]);
		if (c.n_made_bytes > TEXT_MAX_BYTES)
			outcome = TOO_LARGE;
	}
	buf_done(&c.text);
	if (outcome == TOO_LARGE)
		return err_set(err, ERR_LIMIT, "relabelling makes more than %d bytes of text",
			       TEXT_MAX_BYTES);
	*out = outcome == DROPPED ? (struct labels){0} : result(&c);
	return true;
}
