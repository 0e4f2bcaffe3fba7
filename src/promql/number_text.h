/* number_text.h - numbers inside messages, as Go's %g and %v print them.
 */
#ifndef PROMQL_NUMBER_TEXT_H
#define PROMQL_NUMBER_TEXT_H

#include "base/float_text.h"

struct number_text {
	char s[FLOAT_TEXT_MAX + 1];
};

static inline struct number_text go_float(double v)
{
	struct number_text text;
	text.s[float_format(text.s, v, FLOAT_G)] = '\0';
	return text;
}

#endif
