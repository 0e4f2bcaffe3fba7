/* flags_value.c - the types of flags: a table of how each one reads and prints its value. */
#include "base/byte_size.h"
#include "base/duration.h"
#include "base/flags_internal.h"
#include "base/float_text.h"
#include "base/quote.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>

typedef bool set_fn(const struct flag_entry *e, const char *text, struct arena *a, struct err *err);
typedef const char *text_fn(const struct flag_entry *e, struct arena *a);

static bool bad_number(const char *function, const char *text, const char *why, struct err *err)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(sizeof(err->msg));
	quote_append(&quoted, str_of(text));
	return err_set(err, ERR_INVALID, "strconv.%s: parsing %s: %s", function, buf_cstr(&quoted),
		       why);
}

/* --- one of each ---------------------------------------------------------------------------------
 */

static bool set_string(const struct flag_entry *e, const char *text, struct arena *a,
		       struct err *err)
{
	(void)err;
	*(const char **)e->value = arena_cstr(a, str_of(text));
	return true;
}

static const char *string_text(const struct flag_entry *e, struct arena *a)
{
	(void)a;
	return *(const char **)e->value;
}

/* kingpin reads whole numbers as floating point numbers and cuts them: 1e3 is one. */
static bool set_int(const struct flag_entry *e, const char *text, struct arena *a, struct err *err)
{
	double v;

	(void)a;
	if (str_to_i64(str_of(text), e->value))
		return true;
	if (!float_parse(str_of(text), &v))
		return bad_number("ParseFloat", text, "invalid syntax", err);
	if (!(fabs(v) < 0x1p63))
		return bad_number("ParseFloat", text, "value out of range", err);
	*(int64_t *)e->value = (int64_t)v;
	return true;
}

static const char *int_text(const struct flag_entry *e, struct arena *a)
{
	return arena_printf(a, "%" PRId64, *(int64_t *)e->value);
}

static bool set_uint(const struct flag_entry *e, const char *text, struct arena *a, struct err *err)
{
	(void)a;
	if (str_to_u64(str_of(text), e->value))
		return true;
	bool digits = *text && strspn(text, "0123456789") == strlen(text);
	return bad_number("ParseUint", text, digits ? "value out of range" : "invalid syntax", err);
}

static const char *uint_text(const struct flag_entry *e, struct arena *a)
{
	return arena_printf(a, "%" PRIu64, *(uint64_t *)e->value);
}

static bool set_float(const struct flag_entry *e, const char *text, struct arena *a,
		      struct err *err)
{
	(void)a;
	return float_parse(str_of(text), e->value) ||
	       bad_number("ParseFloat", text, "invalid syntax", err);
}

static const char *float_value_text(const struct flag_entry *e, struct arena *a)
{
	char text[FLOAT_TEXT_MAX];
	size_t n = float_format(text, *(double *)e->value, FLOAT_G);
	return arena_cstr(a, str_from(text, n));
}

static bool set_bool(const struct flag_entry *e, const char *text, struct arena *a, struct err *err)
{
	(void)a;
	*(bool *)e->value = strcmp(text, "true") == 0;
	if (*(bool *)e->value || strcmp(text, "false") == 0)
		return true;
	return bad_number("ParseBool", text, "invalid syntax", err);
}

static const char *bool_text(const struct flag_entry *e, struct arena *a)
{
	(void)a;
	return *(bool *)e->value ? "true" : "false";
}

/* Whole milliseconds; what is shorter than one but not nothing is one. */
static bool set_duration(const struct flag_entry *e, const char *text, struct arena *a,
			 struct err *err)
{
	int64_t ns;

	(void)a;
	if (!duration_parse_long(str_of(text), &ns, err))
		return false;
	*(int64_t *)e->value = ns / NS_PER_MS ? ns / NS_PER_MS : (ns > 0) - (ns < 0);
	return true;
}

static const char *duration_value_text(const struct flag_entry *e, struct arena *a)
{
	return arena_cstr(a, str_of(duration_str(*(int64_t *)e->value * NS_PER_MS)));
}

static bool set_model_duration(const struct flag_entry *e, const char *text, struct arena *a,
			       struct err *err)
{
	(void)a;
	return model_duration_parse(str_of(text), e->value, err);
}

static const char *model_duration_value_text(const struct flag_entry *e, struct arena *a)
{
	return arena_cstr(a, str_of(model_duration_str(*(int64_t *)e->value)));
}

static bool set_time(const struct flag_entry *e, const char *text, struct arena *a, struct err *err)
{
	(void)a;
	return time_or_duration_parse(str_of(text), e->value, err);
}

/* Go prints a moment as 2006-01-02 15:04:05.999 +0000 UTC. */
static const char *time_value_text(const struct flag_entry *e, struct arena *a)
{
	const struct time_or_duration *t = e->value;

	if (t->relative)
		return arena_cstr(a, str_of(model_duration_str(t->ms)));
	struct time_text text = time_text_ms(t->ms);
	struct str date, clock = str_split(str_of(text.s), 'T', &date);
	return arena_printf(a, "%.*s %.*s +0000 UTC", STR_FMT(date), (int)clock.n - 1, clock.p);
}

static bool set_bytes(const struct flag_entry *e, const char *text, struct arena *a,
		      struct err *err)
{
	(void)a;
	return byte_size_parse(str_of(text), e->value, err);
}

static const char *bytes_text(const struct flag_entry *e, struct arena *a)
{
	return arena_cstr(a, str_of(byte_size_str(*(int64_t *)e->value)));
}

/* --- choices -------------------------------------------------------------------------------------
 */

static bool find_choice(const struct flag_spec *spec, const char *text, int *out, struct err *err)
{
	struct buf all auto_done(buf_done) = BUF_INIT(sizeof(err->msg));

	for (int i = 0; spec->choices[i]; i++) {
		if (strcmp(spec->choices[i], text) == 0) {
			*out = i;
			return true;
		}
		buf_printf(&all, "%s%s", i ? "," : "", spec->choices[i]);
	}
	return err_set(err, ERR_INVALID, "enum value must be one of %s, got '%s'", buf_cstr(&all),
		       text);
}

static bool set_enum(const struct flag_entry *e, const char *text, struct arena *a, struct err *err)
{
	(void)a;
	return find_choice(e->spec, text, e->value, err);
}

static const char *enum_text(const struct flag_entry *e, struct arena *a)
{
	(void)a;
	return e->spec->choices[*(int *)e->value];
}

/* --- many of each --------------------------------------------------------------------------------
 */

static bool add_string(const struct flag_entry *e, const char *text, struct arena *a,
		       struct err *err)
{
	struct flag_list *list = e->value;

	(void)err;
	ARENA_PUSH(a, list, arena_cstr(a, str_of(text)));
	return true;
}

static bool add_enum(const struct flag_entry *e, const char *text, struct arena *a, struct err *err)
{
	int ignored;
	return find_choice(e->spec, text, &ignored, err) && add_string(e, text, a, err);
}

static const char *list_text(const struct flag_entry *e, struct arena *a)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	const struct flag_list *list = e->value;

	for (size_t i = 0; i < list->n; i++)
		buf_printf(&out, "%s%s", i ? "," : "", list->v[i]);
	return arena_cstr(a, buf_str(&out));
}

enum { PAIR_MAX_BYTES = 64 * 1024 };

static bool add_pair(const struct flag_entry *e, const char *text, struct arena *a, struct err *err)
{
	struct buf value auto_done(buf_done) = BUF_INIT(PAIR_MAX_BYTES);
	struct flag_pairs *pairs = e->value;
	struct str name;

	struct str quoted = str_split(str_of(text), '=', &name);
	if (!quoted.p)
		return err_set(err, ERR_INVALID, "unrecognized label %s", text);
	if (name.n == 0 || !utf8_valid(name))
		return err_set(err, ERR_INVALID, "unsupported format for label %.*s",
			       STR_FMT(name));
	if (!unquote_append(&value, quoted, UNQUOTE_GO, err))
		return err_wrap(err, "unquote label value");
	ARENA_PUSH(a, pairs, (struct flag_pair){arena_str(a, name), arena_str(a, buf_str(&value))});
	return true;
}

static const char *pairs_text(const struct flag_entry *e, struct arena *a)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	const struct flag_pairs *pairs = e->value;

	for (size_t i = 0; i < pairs->n; i++) {
		buf_printf(&out, "%s%.*s=", i ? "," : "", STR_FMT(pairs->v[i].name));
		quote_append(&out, pairs->v[i].value);
	}
	return arena_cstr(a, buf_str(&out));
}

/* --- the table -----------------------------------------------------------------------------------
 */

static bool set_content(const struct flag_entry *e, const char *text, struct arena *a,
			struct err *err)
{
	struct flag_content *c = e->value;

	(void)err;
	*(e->part == FLAG_PART_PATH ? &c->path : &c->text) = arena_cstr(a, str_of(text));
	return true;
}

static const struct {
	set_fn *set;
	text_fn *text;
	size_t size_bytes;
} types[] = {
    [FLAG_TYPE_STRING] = {set_string, string_text, sizeof(const char *)},
    [FLAG_TYPE_STRINGS] = {add_string, list_text, sizeof(struct flag_list)},
    [FLAG_TYPE_INT] = {set_int, int_text, sizeof(int64_t)},
    [FLAG_TYPE_UINT] = {set_uint, uint_text, sizeof(uint64_t)},
    [FLAG_TYPE_FLOAT] = {set_float, float_value_text, sizeof(double)},
    [FLAG_TYPE_BOOL] = {set_bool, bool_text, sizeof(bool)},
    [FLAG_TYPE_DURATION] = {set_duration, duration_value_text, sizeof(int64_t)},
    [FLAG_TYPE_MODEL_DURATION] = {set_model_duration, model_duration_value_text, sizeof(int64_t)},
    [FLAG_TYPE_TIME] = {set_time, time_value_text, sizeof(struct time_or_duration)},
    [FLAG_TYPE_BYTES] = {set_bytes, bytes_text, sizeof(int64_t)},
    [FLAG_TYPE_ENUM] = {set_enum, enum_text, sizeof(int)},
    [FLAG_TYPE_ENUMS] = {add_enum, list_text, sizeof(struct flag_list)},
    [FLAG_TYPE_PAIRS] = {add_pair, pairs_text, sizeof(struct flag_pairs)},
    [FLAG_TYPE_CONTENT] = {set_content, NULL, sizeof(struct flag_content)},
};

static void clear(const struct flag_entry *e)
{
	if (e->part == FLAG_PART_TEXT)
		return; /* its path part came first and cleared both */
	memset(e->value, 0, types[e->spec->type].size_bytes);
	if (e->spec->type == FLAG_TYPE_STRING)
		*(const char **)e->value = "";
	if (e->spec->type == FLAG_TYPE_CONTENT)
		*(struct flag_content *)e->value = (struct flag_content){
		    .name = e->spec->name,
		    .expand_env = !(e->spec->attrs & FLAG_NO_ENV),
		    .required = (e->spec->attrs & FLAG_REQUIRED) != 0,
		};
}

bool flag_value_assign(const struct flag_entry *e, struct arena *a, struct err *err)
{
	set_fn *set = types[e->spec->type].set;

	clear(e);
	for (size_t i = 0; i < e->given.n; i++)
		if (!set(e, e->given.v[i], a, err))
			return false;
	if (e->given.n == 0 && e->spec->default_text && e->part == FLAG_PART_WHOLE)
		return set(e, e->spec->default_text, a, err);
	return true;
}

const char *flag_value_text(const struct flag_entry *e, struct arena *a)
{
	return types[e->spec->type].text(e, a);
}
