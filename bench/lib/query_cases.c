#include "lib/query_cases.h"

#include "base/fs.h"

enum { FILE_MAX_BYTES = 16 << 20, HOUR_MS = 3600000 };

/* Steps every ten seconds up to `n_intervals` of them, of which a case has the last ones. */
static struct query_time last_steps(int64_t n_intervals, int64_t n_steps)
{
	const int64_t interval_ms = 10000;

	return (struct query_time){
	    .start_ms = (n_intervals - n_steps) * interval_ms,
	    .end_ms = n_intervals * interval_ms,
	    .step_ms = interval_ms,
	};
}

static struct query_time two_hours(struct str query, int64_t n_steps)
{
	(void)query, (void)n_steps;
	return (struct query_time){0, 2 * (int64_t)HOUR_MS, 30000};
}

static struct query_time range_time(struct str query, int64_t n_steps)
{
	(void)query;
	return last_steps(18640, n_steps);
}

static struct query_time join_time(struct str query, int64_t n_steps)
{
	(void)query;
	return last_steps(13640, n_steps);
}

/* Long windows at the end of the data, others near its start. */
static struct query_time instant_time(struct str query, int64_t n_steps)
{
	(void)n_steps;
	return query_instant(str_find(query, STR("[6h]")) < query.n ? 6 * HOUR_MS : 50000);
}

static struct query_time no_time(struct str query, int64_t n_steps)
{
	(void)query, (void)n_steps;
	return query_instant(0);
}

static const struct section {
	const char *name;
	const char *data;
	struct query_time (*time)(struct str query, int64_t n_steps);
} sections[] = {
    {"range", "range", range_time},
    {"join", "join", join_time},
    {"nh", "nh", two_hours},
    {"nhcb", "nhcb", two_hours},
    {"info", "info", two_hours},
    {"parse-only", NULL, no_time},
    {"te:BenchmarkRangeQuery", "te", two_hours},
    {"te:BenchmarkNativeHistograms", "nh", two_hours},
    {"te:BenchmarkInstantQuery", "te", instant_time},
};

static const struct section *find_section(struct str name)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (str_is(name, sections[i].name))
			return &sections[i];
	return NULL;
}

static void add_case(struct arena *a, const struct section *section, struct str steps,
		     struct str query, struct query_cases *out)
{
	struct buf name auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	int64_t n_steps = 0;

	str_to_i64(steps, &n_steps);
	buf_printf(&name, "%s/%.*s/%.*s", section->name, STR_FMT(steps), STR_FMT(query));
	struct query_case c = {
	    .name = arena_str(a, buf_str(&name)),
	    .data = section->data,
	    .time = section->time(query, n_steps),
	    .query = arena_str(a, query),
	};
	ARENA_PUSH(a, out, c);
}

static bool read_line(struct str line, struct arena *a, struct query_cases *out)
{
	struct str name, all_steps, steps;

	struct str query = str_split(str_split(line, '\t', &name), '\t', &all_steps);
	const struct section *section = find_section(name);
	if (!section || query.n == 0)
		return false;
	while (all_steps.n) {
		all_steps = str_split(all_steps, ';', &steps);
		add_case(a, section, steps, query, out);
	}
	return true;
}

bool query_cases_read(const char *path, struct arena *a, struct query_cases *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(FILE_MAX_BYTES);
	struct str line;

	if (!fs_read(path, &text, err))
		return err_wrap(err, "reading queries");
	struct str rest = buf_str(&text);
	for (size_t n = 1; rest.n; n++) {
		rest = str_split(rest, '\n', &line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!read_line(line, a, out))
			return err_set(err, ERR_INVALID,
				       "%s:%zu: want section, steps and query, got \"%.*s\"", path,
				       n, STR_FMT(line));
	}
	return true;
}
