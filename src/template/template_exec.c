/* template_exec.c - a tree executed over data. */
#include "template/template_internal.h"

/* More than anybody's data needs, and seconds at most. */
enum { STEPS_MAX = 1000000 };

struct variable {
	struct str name;
	struct template_value value;
};

struct execution {
	const struct template *t;
	struct arena *a;
	struct buf *out;
	struct {
		struct variable *v;
		size_t n, cap;
	} variables;
	size_t n_steps;
	struct err *err;
};

enum flow { FLOW_GOES_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_FAILED };

static bool evaluate(struct execution *e, const struct template_value *dot,
		     const struct pipeline *p, struct template_value *out);

/* --- operands -------------------------------------------------------------------------------- */

/* As Go's, an error in a chain of fields is told where its second part begins. */
static const char *place_of(const struct operand *o)
{
	struct str first = o->kind == OPERAND_DOT ? str_skip(o->text, 1) : o->text;
	size_t n = str_find_char(first, '.');

	return n < first.n ? first.p + n : o->text.p;
}

static struct variable *find_variable(struct execution *e, struct str name)
{
	for (size_t i = e->variables.n; i-- > 0;)
		if (str_eq(e->variables.v[i].name, name))
			return &e->variables.v[i];
	return NULL;
}

static bool take_field(struct execution *e, const struct operand *o, struct str name,
		       struct template_value *v)
{
	static const struct template_value missing = {.kind = TEMPLATE_MISSING};

	if (v->kind == TEMPLATE_MISSING)
		return true;
	if (v->kind == TEMPLATE_STRUCT || v->kind == TEMPLATE_MAP) {
		const struct template_value *found = template_field_of(v, name);
		if (found || v->kind == TEMPLATE_MAP) {
			*v = found ? *found : missing;
			return true;
		}
	}
	return template_fail_at(e->t, place_of(o), e->err,
				"<%.*s>: can't evaluate field %.*s in type %s", STR_FMT(o->text),
				STR_FMT(name), template_type_name(v));
}

static bool evaluate_operand(struct execution *e, const struct template_value *dot,
			     const struct operand *o, struct template_value *out)
{
	switch (o->kind) {
	case OPERAND_DOT:
		*out = *dot;
		break;
	case OPERAND_VARIABLE:
		*out = find_variable(e, o->name)->value;
		break;
	case OPERAND_LITERAL:
		*out = o->literal;
		break;
	case OPERAND_PIPELINE:
		if (!evaluate(e, dot, o->pipeline, out))
			return false;
		break;
	case OPERAND_FUNCTION:
		break;
	}
	for (size_t i = 0; i < o->fields.n; i++)
		if (!take_field(e, o, o->fields.v[i], out))
			return false;
	return true;
}

/* --- commands -------------------------------------------------------------------------------- */

/* index .Files 0, as it is written. */
static struct str text_of(const struct command_args *c)
{
	const struct operand *last = &c->v[c->n - 1];

	return str_from(c->v[0].text.p, (size_t)(last->text.p + last->text.n - c->v[0].text.p));
}

static bool fail_command(struct execution *e, const struct command_args *c, const char *what)
{
	return template_fail_at(e->t, c->v[0].text.p, e->err, "<%.*s>: %s", STR_FMT(text_of(c)),
				what);
}

static bool evaluate_argument(struct execution *e, const struct template_value *dot,
			      const struct operand *o, struct template_value *out)
{
	if (o->kind != OPERAND_FUNCTION)
		return evaluate_operand(e, dot, o, out);

	/* A function without arguments of its own. */
	struct command_args alone = {(struct operand *)o, 1, 1};
	struct pipeline p = {.commands = {&alone, 1, 1}};
	return evaluate(e, dot, &p, out);
}

/* The first argument that decides, or the last one; the others are not evaluated. */
static bool evaluate_logic(struct execution *e, const struct template_value *dot,
			   const struct command_args *c, const struct template_value *final,
			   struct template_value *out)
{
	bool decides = c->v[0].function->name[0] == 'o'; /* or, and not and */

	for (size_t i = 1; i < c->n; i++) {
		if (!evaluate_argument(e, dot, &c->v[i], out))
			return false;
		if (template_is_true(out) == decides)
			return true;
	}
	if (final)
		*out = *final;
	return true;
}

static bool call(struct execution *e, const struct template_value *dot,
		 const struct command_args *c, const struct template_value *final,
		 struct template_value *out)
{
	const struct template_function *f = c->v[0].function;
	size_t n = c->n - 1 + (final != NULL);
	struct template_value *args = ARENA_ARRAY(e->a, struct template_value, n);
	struct err why = ERR_INIT;

	if (n < f->n_min || n > f->n_max)
		return template_fail_at(e->t, c->v[0].text.p, e->err,
					"<%s>: wrong number of args for %s: want %s%zu got %zu",
					f->name, f->name, f->n_max > f->n_min ? "at least " : "",
					f->n_min, n);
	if (!f->fn)
		return evaluate_logic(e, dot, c, final, out);
	for (size_t i = 1; i < c->n; i++)
		if (!evaluate_argument(e, dot, &c->v[i], &args[i - 1]))
			return false;
	if (final)
		args[n - 1] = *final;
	if (f->fn(&(struct call){e->a, args, n}, out, &why))
		return true;
	fail_command(e, c, arena_printf(e->a, "error calling %s: %s", f->name, why.msg));
	e->err->code = why.code;
	return false;
}

static bool refuse_arguments(struct execution *e, const struct operand *o)
{
	if (o->fields.n > 0)
		return template_fail_at(
		    e->t, place_of(o), e->err,
		    "<%.*s>: %.*s has arguments but cannot be invoked as function",
		    STR_FMT(o->text), STR_FMT(o->fields.v[o->fields.n - 1]));
	return template_fail_at(e->t, o->text.p, e->err,
				"<%.*s>: can't give argument to non-function %.*s",
				STR_FMT(o->text), STR_FMT(o->text));
}

static bool evaluate_command(struct execution *e, const struct template_value *dot,
			     const struct command_args *c, const struct template_value *final,
			     struct template_value *out)
{
	const struct operand *first = &c->v[0];

	if (first->kind == OPERAND_FUNCTION)
		return call(e, dot, c, final, out);
	if (c->n > 1 || final)
		return refuse_arguments(e, first);
	if (first->kind == OPERAND_LITERAL && first->literal.kind == TEMPLATE_NIL)
		return fail_command(e, c, "nil is not a command");
	return evaluate_operand(e, dot, first, out);
}

/* --- pipelines ------------------------------------------------------------------------------- */

static void set_variable(struct execution *e, const struct pipeline *p, struct str name,
			 struct template_value value)
{
	if (p->is_assignment)
		find_variable(e, name)->value = value;
	else
		ARENA_PUSH(e->a, &e->variables, (struct variable){name, value});
}

/* The value of the last command, each of which gets the one before as its last argument. */
static bool evaluate(struct execution *e, const struct template_value *dot,
		     const struct pipeline *p, struct template_value *out)
{
	struct template_value value = {0}, before;

	if (++e->n_steps > STEPS_MAX)
		return err_set(e->err, ERR_LIMIT, "template: more than %d steps", STEPS_MAX);
	for (size_t i = 0; i < p->commands.n; i++) {
		before = value;
		if (!evaluate_command(e, dot, &p->commands.v[i], i > 0 ? &before : NULL, &value))
			return false;
	}
	*out = value;
	return true;
}

/* --- nodes ----------------------------------------------------------------------------------- */

static enum flow execute_list(struct execution *e, const struct template_value *dot,
			      const struct node_list *list);

static enum flow execute_branch(struct execution *e, const struct template_value *dot,
				const struct node *n)
{
	struct template_value value;

	if (!evaluate(e, dot, n->pipeline, &value))
		return FLOW_FAILED;
	if (n->pipeline->n_variables > 0)
		set_variable(e, n->pipeline, n->pipeline->variables[0], value);
	if (!template_is_true(&value))
		return execute_list(e, dot, &n->otherwise);
	return execute_list(e, n->kind == NODE_WITH ? &value : dot, &n->body);
}

/* With one variable it is the element. */
static enum flow execute_round(struct execution *e, const struct node *n, struct template_value key,
			       const struct template_value *element)
{
	const struct pipeline *p = n->pipeline;
	size_t n_variables = e->variables.n;

	if (++e->n_steps > STEPS_MAX) {
		err_set(e->err, ERR_LIMIT, "template: more than %d steps", STEPS_MAX);
		return FLOW_FAILED;
	}
	if (p->n_variables == 2)
		set_variable(e, p, p->variables[0], key);
	if (p->n_variables > 0)
		set_variable(e, p, p->variables[p->n_variables - 1], *element);
	enum flow flow = execute_list(e, element, &n->body);
	e->variables.n = n_variables;
	return flow;
}

static size_t length_of(const struct template_value *v)
{
	if (v->kind == TEMPLATE_LIST)
		return v->list.n;
	if (v->kind == TEMPLATE_MAP)
		return v->fields.n;
	return v->kind == TEMPLATE_INT && v->i64 > 0 ? (size_t)v->i64 : 0;
}

static bool can_be_ranged(const struct template_value *v)
{
	return v->kind == TEMPLATE_LIST || v->kind == TEMPLATE_MAP || v->kind == TEMPLATE_INT ||
	       v->kind == TEMPLATE_MISSING;
}

static enum flow execute_rounds(struct execution *e, const struct node *n,
				const struct template_value *over)
{
	for (size_t i = 0; i < length_of(over); i++) {
		struct template_value key = template_int((int64_t)i), element = key;
		if (over->kind == TEMPLATE_LIST)
			element = over->list.v[i];
		if (over->kind == TEMPLATE_MAP) {
			key = template_string(over->fields.v[i].name);
			element = over->fields.v[i].value;
		}
		enum flow flow = execute_round(e, n, key, &element);
		if (flow == FLOW_FAILED)
			return flow;
		if (flow == FLOW_BREAK)
			break;
	}
	return FLOW_GOES_ON;
}

static enum flow execute_range(struct execution *e, const struct template_value *dot,
			       const struct node *n)
{
	struct template_value over;

	if (!evaluate(e, dot, n->pipeline, &over))
		return FLOW_FAILED;
	if (!can_be_ranged(&over)) {
		const struct command_args *c = &n->pipeline->commands.v[0];
		struct buf text auto_done(buf_done) = BUF_INIT(256);
		template_print(&over, &text);
		fail_command(
		    e, c,
		    arena_printf(e->a, "range can't iterate over %.*s", STR_FMT(buf_str(&text))));
		return FLOW_FAILED;
	}
	return length_of(&over) == 0 ? execute_list(e, dot, &n->otherwise)
				     : execute_rounds(e, n, &over);
}

static enum flow execute_action(struct execution *e, const struct template_value *dot,
				const struct node *n)
{
	struct template_value value;

	if (!evaluate(e, dot, n->pipeline, &value))
		return FLOW_FAILED;
	if (n->pipeline->n_variables > 0)
		set_variable(e, n->pipeline, n->pipeline->variables[0], value);
	else
		template_print(&value, e->out);
	return FLOW_GOES_ON;
}

static enum flow execute_node(struct execution *e, const struct template_value *dot,
			      const struct node *n)
{
	size_t n_variables = e->variables.n;
	enum flow flow = FLOW_GOES_ON;

	switch (n->kind) {
	case NODE_TEXT:
		buf_append_str(e->out, n->text);
		break;
	case NODE_ACTION:
		return execute_action(e, dot, n); /* what it declares stays */
	case NODE_IF:
	case NODE_WITH:
		flow = execute_branch(e, dot, n);
		break;
	case NODE_RANGE:
		flow = execute_range(e, dot, n);
		break;
	case NODE_BREAK:
		return FLOW_BREAK;
	case NODE_CONTINUE:
		return FLOW_CONTINUE;
	}
	e->variables.n = n_variables;
	return flow;
}

static enum flow execute_list(struct execution *e, const struct template_value *dot,
			      const struct node_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		enum flow flow = execute_node(e, dot, &list->v[i]);
		if (flow != FLOW_GOES_ON)
			return flow;
		if (e->out->overflowed) {
			err_set(e->err, ERR_LIMIT, "template: the output is too large");
			return FLOW_FAILED;
		}
	}
	return FLOW_GOES_ON;
}

bool template_execute(const struct template *t, const struct template_value *data, struct buf *out,
		      struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct execution e = {.t = t, .a = a, .out = out, .err = err};

	ARENA_PUSH(a, &e.variables, (struct variable){STR("$"), *data});
	return execute_list(&e, data, &t->nodes) != FLOW_FAILED;
}
