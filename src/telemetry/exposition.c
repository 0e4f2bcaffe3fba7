#include "telemetry/exposition.h"

#include "base/float_text.h"

#include <inttypes.h>
#include <math.h>

/* --- negotiation --------------------------------------------------------------------------------
 */

static const char *const content_types[] = {
    [EXPOSITION_TEXT] = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
    [EXPOSITION_OPENMETRICS_0_0_1] =
	"application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores",
    [EXPOSITION_OPENMETRICS_1_0_0] =
	"application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
};

const char *exposition_content_type(enum exposition_format format)
{
	return content_types[format];
}

struct accepted {
	bool known;
	enum exposition_format format;
	double quality;
};

/* One media range: type/subtype; parameter=value; ... */
static struct accepted parse_accepted(struct str text)
{
	struct accepted out = {.quality = 1};
	struct str type, version = {0};

	for (struct str left = str_split(text, ';', &type), parameter; left.p;) {
		left = str_split(left, ';', &parameter);
		struct str name, value = str_split(parameter, '=', &name);
		value = str_trim(value, " \t\"");
		if (str_is(str_trim(name, " \t"), "q") && !float_parse(value, &out.quality))
			out.quality = 0;
		if (str_is(str_trim(name, " \t"), "version"))
			version = value;
	}
	type = str_trim(type, " \t");
	if (str_is(type, "text/plain") && (version.n == 0 || str_is(version, "0.0.4"))) {
		out.known = true;
		out.format = EXPOSITION_TEXT;
	} else if (str_is(type, "application/openmetrics-text") &&
		   (version.n == 0 || str_is(version, "0.0.1") || str_is(version, "1.0.0"))) {
		out.known = true;
		out.format = str_is(version, "1.0.0") ? EXPOSITION_OPENMETRICS_1_0_0
						      : EXPOSITION_OPENMETRICS_0_0_1;
	}
	return out;
}

enum exposition_format exposition_negotiate(struct str accept)
{
	struct accepted best = {.format = EXPOSITION_TEXT, .quality = 0};
	struct str range;

	for (struct str left = accept; left.n;) {
		left = str_split(left, ',', &range);
		struct accepted a = parse_accepted(range);
		if (a.known && a.quality > best.quality)
			best = a;
	}
	return best.format;
}

/* --- values -------------------------------------------------------------------------------------
 */

static void append_value(struct buf *out, double v)
{
	char *to = buf_reserve(out, FLOAT_TEXT_MAX);
	if (to)
		buf_grown(out, float_metric(to, v));
}

static void append_openmetrics_value(struct buf *out, double v)
{
	char *to = buf_reserve(out, FLOAT_TEXT_MAX);
	if (to)
		buf_grown(out, float_openmetrics(to, v));
}

static void append_number(struct buf *out, enum exposition_format format, double v)
{
	if (format == EXPOSITION_TEXT)
		append_value(out, v);
	else
		append_openmetrics_value(out, v);
}

enum escape_quotes { ESCAPE_QUOTES, KEEP_QUOTES };

static void append_escaped(struct buf *out, struct str s, enum escape_quotes quotes)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			buf_puts(out, "\\n");
		else if (s.p[i] == '\\' || (s.p[i] == '"' && quotes == ESCAPE_QUOTES))
			buf_append(out, (char[]){'\\', s.p[i]}, 2);
		else
			buf_putc(out, s.p[i]);
	}
}

/* --- samples ------------------------------------------------------------------------------------
 */

struct writer {
	struct buf *out;
	enum exposition_format format;
	const struct metric_snapshot *family;
};

/* {a="1",le="0.5"}, or nothing. */
static void append_labels(const struct writer *w, const struct metric_point *p, const double *le)
{
	const struct metric_snapshot *f = w->family;
	const char *before = "{";

	for (size_t i = 0; i < f->n_labels; i++) {
		buf_printf(w->out, "%s%.*s=\"", before, STR_FMT(f->label_names[i]));
		append_escaped(w->out, p->label_values[i], ESCAPE_QUOTES);
		buf_putc(w->out, '"');
		before = ",";
	}
	if (le) {
		buf_printf(w->out, "%sle=\"", before);
		append_number(w->out, w->format, *le);
		buf_putc(w->out, '"');
	}
	if (f->n_labels || le)
		buf_putc(w->out, '}');
}

static void append_histogram(const struct writer *w, const struct metric_point *p)
{
	const struct metric_snapshot *f = w->family;
	uint64_t count = p->buckets[f->n_bounds];

	for (size_t i = 0; i <= f->n_bounds; i++) {
		double le = i < f->n_bounds ? f->bounds[i] : INFINITY;
		buf_printf(w->out, "%.*s_bucket", STR_FMT(f->name));
		append_labels(w, p, &le);
		buf_printf(w->out, " %" PRIu64 "\n", p->buckets[i]);
	}
	buf_printf(w->out, "%.*s_sum", STR_FMT(f->name));
	append_labels(w, p, NULL);
	buf_putc(w->out, ' ');
	append_number(w->out, w->format, p->value);
	buf_printf(w->out, "\n%.*s_count", STR_FMT(f->name));
	append_labels(w, p, NULL);
	buf_printf(w->out, " %" PRIu64 "\n", count);
}

static bool needs_total(const struct writer *w)
{
	return w->format != EXPOSITION_TEXT && w->family->type == METRIC_COUNTER &&
	       !str_ends(w->family->name, STR("_total"));
}

static void append_point(const struct writer *w, const struct metric_point *p)
{
	if (w->family->type == METRIC_HISTOGRAM) {
		append_histogram(w, p);
		return;
	}
	buf_printf(w->out, "%.*s%s", STR_FMT(w->family->name), needs_total(w) ? "_total" : "");
	append_labels(w, p, NULL);
	buf_putc(w->out, ' ');
	append_number(w->out, w->format, p->value);
	buf_putc(w->out, '\n');
}

/* --- families -----------------------------------------------------------------------------------
 */

static const char *type_name(const struct writer *w)
{
	switch (w->family->type) {
	case METRIC_COUNTER:
		return "counter";
	case METRIC_GAUGE:
		return "gauge";
	case METRIC_HISTOGRAM:
		return "histogram";
	case METRIC_UNTYPED:
		break;
	}
	return w->format == EXPOSITION_TEXT ? "untyped" : "unknown";
}

static void append_family(const struct writer *w)
{
	bool text = w->format == EXPOSITION_TEXT;
	struct str name = w->family->name;

	/* OpenMetrics names a family of counters without the _total of its samples. */
	if (!text && w->family->type == METRIC_COUNTER && str_ends(name, STR("_total")))
		name.n -= sizeof("_total") - 1;
	if (w->family->help.n) {
		buf_printf(w->out, "# HELP %.*s ", STR_FMT(name));
		append_escaped(w->out, w->family->help, text ? KEEP_QUOTES : ESCAPE_QUOTES);
		buf_putc(w->out, '\n');
	}
	buf_printf(w->out, "# TYPE %.*s %s\n", STR_FMT(name), type_name(w));
	for (size_t i = 0; i < w->family->n_points; i++)
		append_point(w, &w->family->points[i]);
}

bool exposition_write(struct metrics *m, enum exposition_format format, struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metric_snapshots all = metrics_gather(m, a);

	for (size_t i = 0; i < all.n; i++)
		append_family(&(struct writer){out, format, &all.v[i]});
	if (format != EXPOSITION_TEXT)
		buf_puts(out, "# EOF\n");
	return !out->overflowed;
}
