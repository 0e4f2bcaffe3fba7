#include "base/time_text.h"

#include "base/duration.h"
#include "base/float_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- days since 1970 and dates, by the proleptic Gregorian calendar -----------------------------
 */

struct date {
	int64_t year;
	unsigned month, day; /* from 1 */
};

/* Years begin in March here, so that the leap day is the last one; an era has 400 years. */
static int64_t days_of(struct date d)
{
	int64_t y = d.year - (d.month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static struct date date_of(int64_t days)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned m = (unsigned)(5 * day_of_year + 2) / 153; /* from March */
	unsigned month = m < 10 ? m + 3 : m - 9;
	return (struct date){
	    .year = year_of_era + era * 400 + (month <= 2),
	    .month = month,
	    .day = (unsigned)(day_of_year - (153 * m + 2) / 5 + 1),
	};
}

static unsigned days_in_month(int64_t year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

/* --- writing ------------------------------------------------------------------------------------
 */

#define S_PER_DAY   INT64_C(86400)
#define YEAR_0_S    (-INT64_C(62167219200)) /* 0000-01-01T00:00:00Z */
#define YEAR_9999_S INT64_C(253402300799)   /* 9999-12-31T23:59:59Z */

static struct time_text text_of(int64_t s, unsigned ns)
{
	struct time_text out;
	int64_t days = (s >= 0 ? s : s - (S_PER_DAY - 1)) / S_PER_DAY;
	unsigned second = (unsigned)(s - days * S_PER_DAY);
	struct date d = date_of(days);
	char decimals[16] = "";

	if (ns) {
		int n = snprintf(decimals, sizeof(decimals), ".%09u", ns);
		while (decimals[n - 1] == '0')
			decimals[--n] = '\0';
	}
	snprintf(out.s, sizeof(out.s), "%04d-%02u-%02uT%02u:%02u:%02u%sZ", (int)d.year, d.month,
		 d.day, second / 3600, second / 60 % 60, second % 60, decimals);
	return out;
}

static struct time_text text_within(int64_t s, unsigned ns)
{
	if (s < YEAR_0_S)
		return text_of(YEAR_0_S, 0);
	if (s > YEAR_9999_S)
		return text_of(YEAR_9999_S, 999999999);
	return text_of(s, ns);
}

struct time_text time_text_ns(int64_t ns)
{
	int64_t s = ns / NS_PER_S, rest = ns % NS_PER_S;
	return rest < 0 ? text_within(s - 1, (unsigned)(rest + NS_PER_S))
			: text_within(s, (unsigned)rest);
}

struct time_text time_text_ms(int64_t ms)
{
	int64_t s = ms / MS_PER_S, rest = ms % MS_PER_S;
	if (rest < 0) {
		s--;
		rest += MS_PER_S;
	}
	return text_within(s, (unsigned)(rest * NS_PER_MS));
}

struct time_text time_text_local_s(int64_t s)
{
	time_t when = s;
	struct tm local = {0};
	int64_t zone_s = localtime_r(&when, &local) ? local.tm_gmtoff : 0;
	struct time_text out = text_within(s + zone_s, 0);
	char *end = out.s + strlen(out.s) - 1;
	int minutes = abs((int)zone_s) / 60;

	if (zone_s != 0) /* a moment that cannot be told in any zone has none */
		snprintf(end, sizeof(out.s) - (size_t)(end - out.s), "%c%02d:%02d",
			 zone_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
	return out;
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* `n` digits off the front of *s. */
static bool take_number(struct str *s, unsigned n, unsigned *out)
{
	unsigned value = 0;

	if (s->n < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		value = value * 10 + (unsigned)(s->p[i] - '0');
	}
	*s = str_skip(*s, n);
	*out = value;
	return true;
}

static bool take_char(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

static bool take_date(struct str *s, int64_t *days)
{
	unsigned year, month, day;

	if (!take_number(s, 4, &year) || !take_char(s, '-') || !take_number(s, 2, &month) ||
	    !take_char(s, '-') || !take_number(s, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*days = days_of((struct date){year, month, day});
	return true;
}

static bool take_clock(struct str *s, int64_t *ms)
{
	unsigned hour, minute, second, decimals = 0;

	if (!take_number(s, 2, &hour) || !take_char(s, ':') || !take_number(s, 2, &minute) ||
	    !take_char(s, ':') || !take_number(s, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	if (s->n && (s->p[0] == '.' || s->p[0] == ',')) {
		unsigned digit, n = 0;
		*s = str_skip(*s, 1);
		for (; take_number(s, 1, &digit); n++)
			if (n < 3)
				decimals = decimals * 10 + digit;
		if (n == 0)
			return false;
		for (; n < 3; n++)
			decimals *= 10;
	}
	*ms = hour * MS_PER_H + minute * MS_PER_MIN + second * MS_PER_S + decimals;
	return true;
}

static bool take_zone(struct str *s, int64_t *offset_ms)
{
	unsigned hour, minute;

	*offset_ms = 0;
	if (take_char(s, 'Z'))
		return true;
	bool west = take_char(s, '-');
	if (!west && !take_char(s, '+'))
		return false;
	if (!take_number(s, 2, &hour) || !take_char(s, ':') || !take_number(s, 2, &minute) ||
	    hour > 24 || minute > 59)
		return false;
	*offset_ms = (hour * MS_PER_H + minute * MS_PER_MIN) * (west ? -1 : 1);
	return true;
}

bool time_parse(struct str text, int64_t *ms, struct err *err)
{
	struct str s = text;
	int64_t days, clock_ms, offset_ms;

	if (!take_date(&s, &days) || !take_char(&s, 'T') || !take_clock(&s, &clock_ms) ||
	    !take_zone(&s, &offset_ms) || s.n != 0)
		return err_set(err, ERR_INVALID,
			       "parsing time \"%.*s\" as \"2006-01-02T15:04:05Z07:00\": cannot "
			       "parse \"%.*s\"",
			       STR_FMT(text), STR_FMT(s));
	*ms = days * MS_PER_DAY + clock_ms - offset_ms;
	return true;
}

bool time_or_seconds_parse(struct str s, int64_t *ms, struct err *err)
{
	double seconds;

	if (!float_parse(s, &seconds) || !(seconds * 1000 >= -0x1p63 && seconds * 1000 < 0x1p63))
		return time_parse(s, ms, err);
	double whole = trunc(seconds);
	*ms = (int64_t)whole * 1000 + (int64_t)round((seconds - whole) * 1000);
	return true;
}

bool time_or_duration_parse(struct str s, struct time_or_duration *out, struct err *err)
{
	int64_t ms;

	if (time_parse(s, &ms, err)) {
		*out = (struct time_or_duration){.relative = false, .ms = ms};
		return true;
	}
	bool negative = s.n && s.p[0] == '-';
	if (!model_duration_parse(str_skip(s, negative), &ms, err))
		return false;
	*out = (struct time_or_duration){.relative = true, .ms = negative ? -ms : ms};
	return true;
}

int64_t time_or_duration_at(struct time_or_duration t, int64_t now_ms)
{
	int64_t at;
	if (!t.relative)
		return t.ms;
	if (__builtin_add_overflow(now_ms, t.ms, &at))
		return t.ms < 0 ? INT64_MIN : INT64_MAX;
	return at;
}
