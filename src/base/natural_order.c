#include "base/natural_order.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The longest run of only digits, or of none, at the beginning. */
static struct str head(struct str s)
{
	size_t n = 1;

	while (n < s.n && is_digit(s.p[n]) == is_digit(s.p[0]))
		n++;
	return str_from(s.p, n);
}

bool natural_less(struct str a, struct str b)
{
	while (a.n && b.n) {
		struct str ha = head(a), hb = head(b);
		int64_t na, nb;
		a = str_skip(a, ha.n);
		b = str_skip(b, hb.n);
		bool are_numbers = is_digit(ha.p[0]) && is_digit(hb.p[0]) && str_to_i64(ha, &na) &&
				   str_to_i64(hb, &nb);
		if (are_numbers && na != nb)
			return na < nb;
		if (!are_numbers && !str_eq(ha, hb))
			return str_cmp(ha, hb) < 0;
		if (a.n == 0)
			return true; /* also 01 before 1: one of the two has to come first */
	}
	return false;
}
