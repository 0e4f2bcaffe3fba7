/* float_text.h - doubles as text, byte for byte as Go's strconv prints them: always the shortest
 * digits that read back as the same number.
 *
 * The format functions write at most FLOAT_TEXT_MAX bytes, no NUL, and return how many.
 */
#ifndef BASE_FLOAT_TEXT_H
#define BASE_FLOAT_TEXT_H

#include "base/buf.h"
#include "base/str.h"

enum { FLOAT_TEXT_MAX = 400 }; /* 'f' of the smallest number has 327 bytes */

enum float_style {
	FLOAT_F, /* 'f', -1: 0.000001, 123456789 */
	FLOAT_E, /* 'e', -1: 1e-06, 1.23456789e+08 */
	FLOAT_G, /* 'g', -1: as 'e' for exponents below -4 and from 6 on, else as 'f': 0.001, 1e+06
		  */
};

size_t float_format(char *out, double v, enum float_style style);

/* A sample value in Prometheus' JSON answers, without the quotes around it: 'f', but 'e' below 1e-6
 * and from 1e21 on. */
size_t float_json(char *out, double v);

/* Milliseconds as JSON seconds, with three decimals or none: 1435781430.781, -0.500, 12. */
size_t float_json_seconds(char *out, int64_t t_ms);

/* A value of the text exposition: 'g', with +Inf, -Inf and NaN. */
size_t float_metric(char *out, double v);

/* As OpenMetrics wants it, so that it looks like a floating point number: 1.0 instead of 1. */
size_t float_openmetrics(char *out, double v);

/* strconv.ParseFloat: decimal and hexadecimal, underscores between digits, inf, infinity and nan in
 * any case. False on anything else, and on numbers too large for a double. */
bool float_parse(struct str s, double *out);

#endif
