/* template.h - Go's text/template: text with {{actions}} over data.
 *
 * There are pipelines, fields, variables, if, range, with, break, continue, comments, trim markers,
 * and of the functions and, or, not, eq, ne, lt, le, gt, ge, len, index, print, println and printf.
 * What is missing is refused by name: define, template, block, methods, the other functions.
 * Errors have Go's form: template: :1:5: executing "" at <.Foo>: ...
 *
 * Threads: a parsed template never changes.
 */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include "base/err.h"
#include "template/value.h"

struct template;

/* `text` is copied. NULL with ERR_INVALID, or ERR_UNSUPPORTED for what is not there yet. */
struct template *template_parse(struct str text, struct err *err);
void template_free(struct template *t); /* NULL is fine */
CLEANUP_DEFINE(struct template, template_free)

/* What was written before a failure stays. ERR_LIMIT when `out` is full or it takes too long. */
bool template_execute(const struct template *t, const struct template_value *data, struct buf *out,
		      struct err *err);

#endif
