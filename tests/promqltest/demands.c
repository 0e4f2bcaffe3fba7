#include "tests/promqltest/demands.h"

#include "base/regex.h"

static bool fits(const struct demand *d, const char *text)
{
	struct err err = ERR_INIT;

	if (d->match == DEMAND_ANYTHING)
		return true;
	if (d->match == DEMAND_TEXT)
		return str_is(d->text, text);
	struct regex *re auto_free(regex_free) = regex_new(d->text, REGEX_SEARCH, &err);
	return re && regex_match(re, str_of(text));
}

/* What stores have to say is a warning too. */
static enum demand_kind kind_of(const struct note *note)
{
	return note->kind == NOTE_PROMQL_INFO ? DEMAND_INFO : DEMAND_WARN;
}

/* Where any notes of a kind are expected, there must not be others. */
static bool check_note(const struct eval *e, const struct note *note, struct err *err)
{
	if (!eval_demands(e, kind_of(note)))
		return true;
	for (size_t i = 0; i < e->demands.n; i++)
		if (e->demands.v[i].kind == kind_of(note) && fits(&e->demands.v[i], note->text))
			return true;
	return err_set(err, ERR_EXECUTION, "unexpected annotation");
}

static bool check_none(enum demand_kind kind, const struct notes *notes, struct err *err)
{
	for (size_t i = 0; i < notes->n; i++)
		if (kind_of(&notes->v[i]) == kind)
			return err_set(err, ERR_EXECUTION, "unexpected annotation");
	return true;
}

static bool check_some(const struct demand *d, const struct notes *notes, struct err *err)
{
	for (size_t i = 0; i < notes->n; i++)
		if (kind_of(&notes->v[i]) == d->kind && fits(d, notes->v[i].text))
			return true;
	return err_set(err, ERR_EXECUTION, "missing annotation%s%.*s", d->text.n ? ": " : "",
		       STR_FMT(d->text));
}

static bool check_demand(const struct demand *d, const struct notes *notes, struct err *err)
{
	switch (d->kind) {
	case DEMAND_WARN:
	case DEMAND_INFO:
		return check_some(d, notes, err);
	case DEMAND_NO_WARN:
		return check_none(DEMAND_WARN, notes, err);
	case DEMAND_NO_INFO:
		return check_none(DEMAND_INFO, notes, err);
	case DEMAND_FAIL:
	case DEMAND_N:
		break;
	}
	return true;
}

bool demands_check_notes(const struct eval *e, const struct notes *notes, struct err *err)
{
	for (size_t i = 0; i < notes->n; i++)
		if (!check_note(e, &notes->v[i], err))
			return false;
	for (size_t i = 0; i < e->demands.n; i++)
		if (!check_demand(&e->demands.v[i], notes, err))
			return false;
	return true;
}

bool demands_check_failure(const struct eval *e, const struct err *got, struct err *err)
{
	if (!eval_demands(e, DEMAND_FAIL) || got->code == ERR_UNSUPPORTED)
		return err_set(err, ERR_EXECUTION, "failed");
	for (size_t i = 0; i < e->demands.n; i++)
		if (e->demands.v[i].kind == DEMAND_FAIL && !fits(&e->demands.v[i], got->msg))
			return err_set(err, ERR_EXECUTION, "failed in another way");
	return true;
}
