#include "base/byte_size.h"

#include <stdio.h>

/* Thousandfold units are to the base of two, with or without the i. "kB" is not among them. */
static const char letters[] = "\0KMGTPE";

static bool unit_size(struct str unit, double *out)
{
	double size = 1;

	for (size_t i = 0; i < sizeof(letters) - 1; i++, size *= 1024) {
		char with_i[4] = {letters[i], 'i', 'B', '\0'};
		char without[3] = {letters[i], 'B', '\0'};
		bool is_bytes = i == 0 && str_is(unit, "B");
		if (is_bytes || (i > 0 && (str_is(unit, with_i) || str_is(unit, without)))) {
			*out = size;
			return true;
		}
	}
	return false;
}

static bool invalid(struct err *err, struct str text)
{
	return err_set(err, ERR_INVALID, "units: invalid %.*s", STR_FMT(text));
}

static size_t take_digits(struct str *s, double *value, double *scale)
{
	size_t n = 0;

	for (; s->n && s->p[0] >= '0' && s->p[0] <= '9'; *s = str_skip(*s, 1), n++) {
		*value = *value * 10 + (s->p[0] - '0');
		*scale *= 10;
	}
	return n;
}

bool byte_size_parse(struct str text, int64_t *bytes, struct err *err)
{
	struct str s = text;
	double sum = 0;

	if (str_is(s, "0")) {
		*bytes = 0;
		return true;
	}
	if (s.n == 0)
		return invalid(err, text);
	while (s.n) {
		double whole = 0, fraction = 0, scale = 1, ignored = 1, size;
		size_t n_digits = take_digits(&s, &whole, &ignored);
		if (s.n && s.p[0] == '.') {
			s = str_skip(s, 1);
			n_digits += take_digits(&s, &fraction, &scale);
		}
		if (n_digits == 0)
			return invalid(err, text);
		size_t n_unit = 0;
		while (n_unit < s.n && s.p[n_unit] != '.' &&
		       !(s.p[n_unit] >= '0' && s.p[n_unit] <= '9'))
			n_unit++;
		struct str unit = str_from(s.p, n_unit);
		if (!unit_size(unit, &size))
			return err_set(err, ERR_INVALID, "units: unknown unit %.*s in %.*s",
				       STR_FMT(unit), STR_FMT(text));
		s = str_skip(s, n_unit);
		sum += (whole + fraction / scale) * size;
	}
	if (!(sum < 0x1p63))
		return err_set(err, ERR_INVALID, "units: overflow parsing unit");
	*bytes = (int64_t)sum;
	return true;
}

struct byte_size_text byte_size_text(int64_t bytes)
{
	struct byte_size_text out;
	uint64_t u = bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes;
	size_t n = 0;

	if (bytes == 0) {
		strcpy(out.s, "0B");
		return out;
	}
	if (bytes < 0)
		out.s[n++] = '-';
	for (int i = 6; i >= 0; i--) {
		unsigned part = (unsigned)(u >> (10 * i)) & 1023;
		char unit[4] = {letters[i], 'i', 'B', '\0'};
		if (part)
			n += (size_t)snprintf(out.s + n, sizeof(out.s) - n, "%u%s", part,
					      i ? unit : "B");
	}
	return out;
}
