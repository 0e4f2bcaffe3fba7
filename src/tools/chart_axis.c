#include "tools/chart_axis.h"

#include "base/duration.h"
#include "base/time_text.h"

#include <math.h>

/* --- values ----------------------------------------------------------------------------------- */

static double nice_step(double at_least)
{
	double power = pow(10, floor(log10(at_least)));
	double lead = at_least / power;

	/* A little room, as 0.2 / 0.1 may be more than 2. */
	if (lead <= 1 + 1e-9)
		return power;
	return (lead <= 2 + 1e-9 ? 2 : lead <= 5 + 1e-9 ? 5 : 10) * power;
}

static const struct {
	double factor;
	const char *suffix;
} UNITS[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};

/* All labels of an axis have the same unit and as many decimals. */
static const char *value_label(double v, double step, double largest, struct arena *a)
{
	const char *suffix = "";

	if (largest >= 1e15 || largest < 1e-4)
		return arena_printf(a, "%g", v);
	if (largest >= 1e4) {
		size_t i = 0;
		while (i < 3 && largest < UNITS[i].factor)
			i++;
		v /= UNITS[i].factor;
		step /= UNITS[i].factor;
		suffix = v == 0 ? "" : UNITS[i].suffix;
	}
	int decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
	if (decimals > 6)
		return arena_printf(a, "%g%s", v, suffix);
	return v == 0 ? "0" : arena_printf(a, "%.*f%s", decimals, v, suffix);
}

/* Zero belongs to the picture when the values are not further from it than from each other. */
static void widen(double *min, double *max)
{
	if (*min == *max) {
		double room = *min == 0 ? 1 : fabs(*min) * 0.1;
		*min -= room;
		*max += room;
	}
	if (*min > 0 && *min <= *max - *min)
		*min = 0;
	if (*max < 0 && -*max <= *max - *min)
		*max = 0;
}

struct chart_axis chart_value_axis(double min, double max, size_t n_ticks, struct arena *a)
{
	struct chart_axis axis = {0};

	/* The span of the largest doubles has none. */
	min = fmax(min, -1e300);
	max = fmin(max, 1e300);
	widen(&min, &max);
	double step = nice_step((max - min) / (double)(n_ticks > 2 ? n_ticks - 1 : 1));
	double first = floor(min / step + 1e-9), last = ceil(max / step - 1e-9);
	double largest = fmax(fabs(first), fabs(last)) * step;
	/* Values so close together that a double cannot tell the ticks apart. */
	if (!(first + 1 > first) || last <= first) {
		axis.min = min;
		axis.max = max > min ? max : nextafter(min, INFINITY);
		return axis;
	}
	axis.min = fmin(first * step, min);
	axis.max = fmax(last * step, max);
	for (double i = first; i <= last; i++)
		ARENA_PUSH(a, &axis.ticks,
			   (struct chart_tick){i * step, value_label(i * step, step, largest, a)});
	return axis;
}

/* --- times ------------------------------------------------------------------------------------ */

#define S(n) ((n)*MS_PER_S)
#define M(n) ((n)*MS_PER_MIN)
#define H(n) ((n)*MS_PER_H)
#define D(n) ((n)*MS_PER_DAY)

static const int64_t TIME_STEPS_MS[] = {
    1,     2,     5,      10,     20,     50,      100,     200,      500,   S(1),
    S(2),  S(5),  S(10),  S(15),  S(30),  M(1),    M(2),    M(5),     M(10), M(15),
    M(30), H(1),  H(2),   H(3),   H(6),   H(12),   D(1),    D(2),     D(5),  D(10),
    D(30), D(90), D(180), D(365), D(730), D(1825), D(3650), D(36500),
};
enum { N_TIME_STEPS = sizeof(TIME_STEPS_MS) / sizeof(TIME_STEPS_MS[0]) };

/* "2026-11-23T01:30:00Z" has what each step needs. */
static const char *time_label(int64_t t_ms, int64_t step_ms, struct arena *a)
{
	struct time_text text = time_text_ms(t_ms);
	bool is_midnight = ((t_ms % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY == 0;

	if (step_ms >= D(30))
		return arena_printf(a, "%.10s", text.s);
	if (step_ms >= D(1) || is_midnight)
		return arena_printf(a, "%.5s", text.s + 5);
	if (step_ms >= M(1))
		return arena_printf(a, "%.5s", text.s + 11);
	if (step_ms >= S(1))
		return arena_printf(a, "%.8s", text.s + 11);
	return arena_printf(a, "%.8s.%03d", text.s + 11, (int)(((t_ms % 1000) + 1000) % 1000));
}

static size_t label_width(int64_t step_ms)
{
	return step_ms >= D(30) ? 10 : step_ms >= M(1) ? 5 : step_ms >= S(1) ? 8 : 12;
}

static int64_t time_step(int64_t span_ms, size_t columns)
{
	for (size_t i = 0; i < N_TIME_STEPS; i++)
		if (span_ms / TIME_STEPS_MS[i] <=
		    (int64_t)(columns / (label_width(TIME_STEPS_MS[i]) + 3)))
			return TIME_STEPS_MS[i];
	return TIME_STEPS_MS[N_TIME_STEPS - 1];
}

struct chart_axis chart_time_axis(int64_t min_ms, int64_t max_ms, size_t columns, struct arena *a)
{
	struct chart_axis axis = {.min = (double)min_ms, .max = (double)max_ms};
	int64_t step_ms = time_step(max_ms - min_ms, columns);
	int64_t t_ms = min_ms - min_ms % step_ms;

	for (t_ms += t_ms < min_ms ? step_ms : 0; t_ms <= max_ms; t_ms += step_ms)
		ARENA_PUSH(a, &axis.ticks,
			   (struct chart_tick){(double)t_ms, time_label(t_ms, step_ms, a)});
	return axis;
}
