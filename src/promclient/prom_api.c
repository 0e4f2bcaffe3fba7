#include "promclient/prom_api.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/duration.h"
#include "base/float_text.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "net/http_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SMALL_ANSWER_MAX_BYTES = 32 << 20, /* flags, configuration, /metrics */
	SERIES_ANSWER_MAX_BYTES = 1 << 30, /* lists of series and labels */
};

struct prom_client {
	struct http_client *http;
	char *url; /* without a slash at its end */
};

struct prom_client *prom_client_new(struct http_client *http, const char *url, struct err *err)
{
	struct str s = str_of(url);

	if (!str_starts(s, STR("http://")) && !str_starts(s, STR("https://"))) {
		err_set(err, ERR_INVALID,
			"Prometheus URL \"%s\" starts with neither http:// nor https://", url);
		return NULL;
	}
	while (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	struct prom_client *c = NEW(struct prom_client);
	c->http = http;
	c->url = str_dup(s);
	return c;
}

void prom_client_free(struct prom_client *c)
{
	if (!c)
		return;
	free(c->url);
	free(c);
}

const char *prom_client_url(const struct prom_client *c)
{
	return c->url;
}

struct http_client *prom_client_http(const struct prom_client *c)
{
	return c->http;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* GET <url><path>?<query>. ERR_NOT_FOUND for a 404; other statuses have Prometheus' own text. */
static bool get(struct prom_client *c, struct ctx *ctx, const char *path, const struct buf *query,
		struct buf *body, struct err *err)
{
	char *url =
	    xasprintf("%s%s%s%.*s", c->url, path, query->n ? "?" : "", STR_FMT(buf_str(query)));
	struct http_call_request request = {.url = url};

	bool ok = http_fetch(c->http, ctx, &request, NULL, body, err);
	free(url);
	return ok || err_wrap(err, "ask Prometheus at %s%s", c->url, path);
}

static const struct buf NO_QUERY = BUF_INIT(0);

/* The same for an answer that is small JSON: its `data`. */
static bool get_data(struct prom_client *c, struct ctx *ctx, const char *path, struct arena *a,
		     const struct json **data, struct err *err)
{
	struct buf body auto_done(buf_done) = BUF_INIT(SMALL_ANSWER_MAX_BYTES);
	const struct json *root;

	if (!get(c, ctx, path, &NO_QUERY, &body, err))
		return false;
	if (!json_parse(arena_str(a, buf_str(&body)), a, &root, err) ||
	    !json_require(root, "data", data, err))
		return err_wrap(err, "answer of Prometheus at %s%s", c->url, path);
	return true;
}

static bool flag_duration(const struct json *flags, const char *name, int64_t *out_ms,
			  struct err *err)
{
	struct str text = {0};

	if (!json_to_str(json_get(flags, name), &text, err))
		return false;
	return text.n == 0 || model_duration_parse(text, out_ms, err) ||
	       err_wrap(err, "flag %s of Prometheus", name);
}

bool prom_get_flags(struct prom_client *c, struct ctx *ctx, struct arena *a, struct prom_flags *out,
		    bool *known, struct err *err)
{
	const struct json *flags;
	struct str delay_file = {0};
	struct prom_flags got = {0};

	if (!get_data(c, ctx, "/api/v1/status/flags", a, &flags, err)) {
		*known = false;
		return err->code == ERR_NOT_FOUND;
	}
	if (!flag_duration(flags, "storage.tsdb.min-block-duration", &got.min_block_ms, err) ||
	    !flag_duration(flags, "storage.tsdb.max-block-duration", &got.max_block_ms, err) ||
	    !json_to_str(json_get(flags, "storage.tsdb.delay-compact-file.path"), &delay_file, err))
		return false;
	got.delay_compact_file = arena_cstr(a, delay_file);
	*out = got;
	*known = true;
	return true;
}

bool prom_get_version(struct prom_client *c, struct ctx *ctx, struct arena *a, const char **out,
		      struct err *err)
{
	const struct json *info;
	struct str version = STR("0");

	if (!get_data(c, ctx, "/api/v1/status/buildinfo", a, &info, err)) {
		/* Before 2.14 it does not know the question: 404, or 405. */
		if (err->code != ERR_NOT_FOUND && err->code != ERR_UNSUPPORTED)
			return false;
	} else if (!json_to_str(json_get(info, "version"), &version, err)) {
		return false;
	}
	*out = arena_cstr(a, version);
	return true;
}

static bool external_labels(const struct yaml_node *config, struct arena *a, struct labels *out,
			    struct err *err)
{
	const struct yaml_node *global = yaml_get(config, "global");
	const struct yaml_node *map = global ? yaml_get(global, "external_labels") : NULL;

	if (yaml_is_null(map)) {
		*out = (struct labels){0};
		return true;
	}
	if (map->kind != YAML_MAP)
		return yaml_fail(map, err, "external_labels is not a map");
	struct label *v = ARENA_ARRAY(a, struct label, map->n);
	for (size_t i = 0; i < map->n; i++)
		if (!yaml_to_str(map->entries[i].key, &v[i].name, err) ||
		    !yaml_to_str(map->entries[i].value, &v[i].value, err))
			return false;
	if (!labels_sort(v, map->n))
		return yaml_fail(map, err, "external_labels has a name twice");
	*out = labels_copy(a, (struct labels){v, map->n});
	return true;
}

bool prom_get_external_labels(struct prom_client *c, struct ctx *ctx, struct arena *a,
			      struct labels *out, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	const struct json *data;
	struct str text = {0};
	struct yaml_node *config;

	if (!get_data(c, ctx, "/api/v1/status/config", scratch, &data, err))
		return false;
	if (!json_to_str(json_get(data, "yaml"), &text, err) ||
	    !yaml_parse(text, scratch, &config, err) || !external_labels(config, a, out, err))
		return err_wrap(err, "configuration of Prometheus at %s", c->url);
	return true;
}

/* Of what 64 bits of milliseconds can say. */
#define LARGEST_SECONDS ((double)(INT64_MAX / 1000))

bool prom_get_lowest_time(struct prom_client *c, struct ctx *ctx, int64_t *out_t_ms,
			  struct err *err)
{
	struct buf body auto_done(buf_done) = BUF_INIT(SMALL_ANSWER_MAX_BYTES);
	struct str line, rest, name = STR("prometheus_tsdb_lowest_timestamp_seconds ");
	double seconds;

	if (!get(c, ctx, "/metrics", &NO_QUERY, &body, err))
		return false;
	for (rest = buf_str(&body); rest.n > 0;) {
		rest = str_split(rest, '\n', &line);
		if (!str_starts(line, name))
			continue;
		if (!float_parse(str_trim(str_skip(line, name.n), " \r"), &seconds) ||
		    !(seconds > -LARGEST_SECONDS))
			return err_set(err, ERR_CORRUPT, "metrics of Prometheus at %s: \"%.*s\"",
				       c->url, STR_FMT(line));
		/* An empty head says the largest time there is. */
		*out_t_ms = seconds >= LARGEST_SECONDS ? INT64_MIN : (int64_t)(seconds * 1000);
		return true;
	}
	return err_set(
	    err, ERR_NOT_FOUND,
	    "metrics of Prometheus at %s have no prometheus_tsdb_lowest_timestamp_seconds", c->url);
}

/* --- series and labels ------------------------------------------------------------------------ */

static void put_param(struct buf *query, const char *name, struct str value)
{
	if (query->n > 0)
		buf_putc(query, '&');
	http_percent_encode(str_of(name), query);
	buf_putc(query, '=');
	http_percent_encode(value, query);
}

static void put_time(struct buf *query, const char *name, int64_t t_ms)
{
	/* 0001-01-01 and 9999-12-31: what lies outside means "everything". */
	if (t_ms < INT64_C(-62135596800000) || t_ms > INT64_C(253402300799999))
		return;
	char text[FLOAT_TEXT_MAX];
	put_param(query, name, str_from(text, float_json_seconds(text, t_ms)));
}

static void put_matchers(struct buf *query, struct matchers ms)
{
	struct buf selector auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (ms.n == 0)
		return;
	buf_putc(&selector, '{');
	for (size_t i = 0; i < ms.n; i++) {
		if (i > 0)
			buf_putc(&selector, ',');
		matcher_format(&selector, ms.v[i]);
	}
	buf_putc(&selector, '}');
	put_param(query, "match[]", buf_str(&selector));
}

static void put_find(struct buf *query, const struct prom_find *find)
{
	char text[32];

	put_matchers(query, find->matchers);
	put_time(query, "start", find->range.min_t_ms);
	put_time(query, "end", find->range.max_t_ms);
	if (find->limit > 0) {
		snprintf(text, sizeof(text), "%" PRId64, find->limit);
		put_param(query, "limit", str_of(text));
	}
}

/* Reads the value of `data`. */
typedef void read_data_fn(struct json_reader *r, struct arena *a, void *out);

static bool read_answer(struct json_reader *r, struct arena *a, read_data_fn *read, void *out,
			struct err *err)
{
	struct str key, status = {0}, why = {0};

	json_read_object(r);
	while (json_next_key(r, &key)) {
		if (str_is(key, "data") && json_peek(r) != JSON_NULL)
			read(r, a, out);
		else if (str_is(key, "status"))
			json_read_str(r, &status);
		else if (str_is(key, "error"))
			json_read_str(r, &why);
		else
			json_skip(r);
	}
	if (!json_reader_end(r, err))
		return false;
	return str_is(status, "success") || err_set(err, ERR_UNAVAILABLE, "status \"%.*s\": %.*s",
						    STR_FMT(status), STR_FMT(why));
}

static bool find_data(struct prom_client *c, struct ctx *ctx, const char *path,
		      const struct prom_find *find, struct arena *a, read_data_fn *read, void *out,
		      struct err *err)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf body auto_done(buf_done);
	struct json_reader *r __attribute__((cleanup(mem_freep))) = NEW(struct json_reader);

	buf_init(&body, SERIES_ANSWER_MAX_BYTES, arena_tracker(a));
	put_find(&query, find);
	if (!get(c, ctx, path, &query, &body, err))
		return false;
	json_reader_init(r, buf_str(&body), a);
	return read_answer(r, a, read, out, err) ||
	       err_wrap(err, "answer of Prometheus at %s%s", c->url, path);
}

static void read_label_sets(struct json_reader *r, struct arena *a, void *arg)
{
	struct label_sets *sets = arg;

	json_read_array(r);
	while (json_next_item(r)) {
		struct {
			struct label *v;
			size_t n, cap;
		} pairs = {0};
		struct label pair = {0};
		json_read_object(r);
		while (json_next_key(r, &pair.name))
			if (json_read_str(r, &pair.value) && pair.value.n > 0)
				ARENA_PUSH(a, &pairs, pair);
		if (!labels_sort(pairs.v, pairs.n))
			json_reader_fail(r, ERR_CORRUPT, "a label occurs twice");
		ARENA_PUSH(a, sets, labels_copy(a, (struct labels){pairs.v, pairs.n}));
	}
}

static void read_strings(struct json_reader *r, struct arena *a, void *arg)
{
	struct str_list *list = arg;
	struct str s;

	json_read_array(r);
	while (json_next_item(r))
		if (json_read_str(r, &s))
			ARENA_PUSH(a, list, arena_str(a, s));
}

bool prom_find_series(struct prom_client *c, struct ctx *ctx, const struct prom_find *find,
		      struct arena *a, struct label_sets *out, struct err *err)
{
	return find_data(c, ctx, "/api/v1/series", find, a, read_label_sets, out, err);
}

bool prom_find_label_names(struct prom_client *c, struct ctx *ctx, const struct prom_find *find,
			   struct arena *a, struct str_list *out, struct err *err)
{
	return find_data(c, ctx, "/api/v1/labels", find, a, read_strings, out, err);
}

bool prom_find_label_values(struct prom_client *c, struct ctx *ctx, struct str label,
			    const struct prom_find *find, struct arena *a, struct str_list *out,
			    struct err *err)
{
	struct buf path auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_puts(&path, "/api/v1/label/");
	http_percent_encode(label, &path);
	buf_puts(&path, "/values");
	return find_data(c, ctx, buf_cstr(&path), find, a, read_strings, out, err);
}
