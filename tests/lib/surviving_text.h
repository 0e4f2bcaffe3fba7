/* surviving_text.h - which queries read as themselves again after they were printed.
 */
#ifndef TESTS_LIB_SURVIVING_TEXT_H
#define TESTS_LIB_SURVIVING_TEXT_H

#include "promql/ast.h"

/* Not those in which Prometheus' printer loses something: lengths of time below a millisecond,
 * times far away, and Inf ^ x, which is printed as +Inf ^ x, and that is +(Inf ^ x). */
bool text_survives(const struct expr *e);

#endif
