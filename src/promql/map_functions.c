#include "promql/map_functions.h"

#include <math.h>

static double sign(double v)
{
	return v < 0 ? -1 : v > 0 ? 1 : v;
}

static double degrees(double v)
{
	return v * 180 / 3.14159265358979323846;
}

static double radians(double v)
{
	return v * 3.14159265358979323846 / 180;
}

/* --- dates, UTC ------------------------------------------------------------------------------- */

enum { DAY_S = 86400 };
static const int64_t DAYS_BEFORE_1970 = 106751990353932; /* since the year -292277022399 */

struct date {
	int64_t year;
	int month; /* 1 to 12 */
	int day;   /* from 1 */
	int day_of_year;
	int weekday; /* 0 is Sunday */
	int hour;
	int minute;
};

/* Seconds since 1970, towards zero; what does not fit is the smallest number, as on amd64 in Go. */
static int64_t whole_seconds(double v)
{
	return v >= -0x1p63 && v < 0x1p63 ? (int64_t)v : INT64_MIN;
}

static int64_t div_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The calendar repeats after 400 years of 146,097 days; years begin in March here, so that the leap
 * day is the last of its year. */
static struct date date_of(double v)
{
	/* Go counts, without a sign, from long before 1970: what lies before that wraps around. */
	uint64_t t = (uint64_t)whole_seconds(v) + (uint64_t)DAYS_BEFORE_1970 * DAY_S;
	int64_t days = (int64_t)(t / DAY_S) - DAYS_BEFORE_1970;
	int64_t second = (int64_t)(t % DAY_S);
	int64_t since_march_0 = days + 719468;
	int64_t era = div_floor(since_march_0, 146097);
	int64_t day = since_march_0 - era * 146097;
	int64_t year_of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	struct date d = {
	    .month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9),
	    .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
	    .weekday = (int)(((days + 4) % 7 + 7) % 7),
	    .hour = (int)(second / 3600),
	    .minute = (int)(second % 3600 / 60),
	};

	d.year = year_of_era + era * 400 + (d.month <= 2);
	int in_march = is_leap(d.year) ? 61 : 60; /* day of the year of March 1st */
	d.day_of_year = (int)(d.month > 2 ? day_of_year + in_march : day_of_year - 305);
	return d;
}

static int days_of_month(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static double year(double v)
{
	return (double)date_of(v).year;
}

static double month(double v)
{
	return date_of(v).month;
}

static double days_in_month(double v)
{
	struct date d = date_of(v);
	return days_of_month(d.year, d.month);
}

static double day_of_month(double v)
{
	return date_of(v).day;
}

static double day_of_week(double v)
{
	return date_of(v).weekday;
}

static double day_of_year(double v)
{
	return date_of(v).day_of_year;
}

static double hour(double v)
{
	return date_of(v).hour;
}

static double minute(double v)
{
	return date_of(v).minute;
}

map_fn *map_function(enum function_id id)
{
	static map_fn *const functions[FUNCTION_N] = {
	    [FUNCTION_ABS] = fabs,
	    [FUNCTION_ACOS] = acos,
	    [FUNCTION_ACOSH] = acosh,
	    [FUNCTION_ASIN] = asin,
	    [FUNCTION_ASINH] = asinh,
	    [FUNCTION_ATAN] = atan,
	    [FUNCTION_ATANH] = atanh,
	    [FUNCTION_CEIL] = ceil,
	    [FUNCTION_COS] = cos,
	    [FUNCTION_COSH] = cosh,
	    [FUNCTION_DAYS_IN_MONTH] = days_in_month,
	    [FUNCTION_DAY_OF_MONTH] = day_of_month,
	    [FUNCTION_DAY_OF_WEEK] = day_of_week,
	    [FUNCTION_DAY_OF_YEAR] = day_of_year,
	    [FUNCTION_DEG] = degrees,
	    [FUNCTION_EXP] = exp,
	    [FUNCTION_FLOOR] = floor,
	    [FUNCTION_HOUR] = hour,
	    [FUNCTION_LN] = log,
	    [FUNCTION_LOG10] = log10,
	    [FUNCTION_LOG2] = log2,
	    [FUNCTION_MINUTE] = minute,
	    [FUNCTION_MONTH] = month,
	    [FUNCTION_RAD] = radians,
	    [FUNCTION_SGN] = sign,
	    [FUNCTION_SIN] = sin,
	    [FUNCTION_SINH] = sinh,
	    [FUNCTION_SQRT] = sqrt,
	    [FUNCTION_TAN] = tan,
	    [FUNCTION_TANH] = tanh,
	    [FUNCTION_YEAR] = year,
	};
	return functions[id];
}
