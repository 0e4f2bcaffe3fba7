#include "tests/lib/fake_prometheus.h"

#include "codec/crc32c.h"
#include "codec/varint.h"
#include "proto/remote_read.h"
#include "tests/lib/expect.h"

static void note_request(struct fake_prometheus *f, const struct http_request *r)
{
	struct str query;

	if (!http_percent_decode(r->query, HTTP_PLUS_IS_SPACE, r->arena, &query))
		query = r->query;
	buf_printf(&f->asked, "%.*s %.*s%s%.*s\n", STR_FMT(r->method_name), STR_FMT(r->path),
		   query.n ? "?" : "", STR_FMT(query));
	buf_clear(&f->body);
	buf_append_str(&f->body, r->body);
}

static void serve(struct http_request *r, struct http_response *response, void *arg)
{
	struct fake_prometheus *f = arg;
	struct fake_answer answer = {0};

	pthread_mutex_lock(&f->mu);
	note_request(f, r);
	for (size_t i = 0; i < f->n_answers; i++)
		if (str_is(r->path, f->answers[i].path))
			answer = f->answers[i];
	pthread_mutex_unlock(&f->mu);
	if (!answer.path) {
		http_response_error(response, 404, "404 page not found");
		return;
	}
	if (answer.is_snappy)
		http_response_set_header(response, "Content-Encoding", "snappy");
	http_response_send(response, answer.status, answer.content_type, answer.body);
}

static const struct http_route routes[] = {{0, "/*path", serve, NULL, 0}};

void fake_prometheus_start(struct fake_prometheus *f)
{
	struct err err = ERR_INIT;

	*f = (struct fake_prometheus){.asked = BUF_INIT(BUF_TEXT_MAX),
				      .body = BUF_INIT(BUF_TEXT_MAX)};
	pthread_mutex_init(&f->mu, NULL);
	f->arena = arena_new(NULL);
	web_rig_init(&f->web);
	http_router_add(f->web.router,
			&(struct http_route_group){.routes = routes, .n_routes = 1, .arg = f});
	web_rig_start(&f->web);
	f->client = prom_client_new(f->web.client, web_rig_url(&f->web), &err);
	if (!f->client)
		fail_msg("%s", err.msg);
}

void fake_prometheus_stop(struct fake_prometheus *f)
{
	prom_client_free(f->client);
	web_rig_stop(&f->web);
	buf_done(&f->asked);
	buf_done(&f->body);
	arena_free(f->arena);
	pthread_mutex_destroy(&f->mu);
}

void fake_prometheus_answer(struct fake_prometheus *f, struct fake_answer answer)
{
	size_t i = 0;

	pthread_mutex_lock(&f->mu);
	while (i < f->n_answers && strcmp(f->answers[i].path, answer.path) != 0)
		i++;
	assert_true(i < FAKE_PROMETHEUS_ANSWERS_MAX);
	f->answers[i] = answer;
	f->n_answers = i < f->n_answers ? f->n_answers : i + 1;
	pthread_mutex_unlock(&f->mu);
}

void fake_prometheus_json(struct fake_prometheus *f, const char *path, const char *body)
{
	fake_prometheus_answer(
	    f, (struct fake_answer){path, 200, "application/json", str_of(body), false});
}

void fake_prometheus_defaults(struct fake_prometheus *f)
{
	fake_prometheus_json(f, "/api/v1/status/flags",
			     "{\"status\":\"success\",\"data\":{"
			     "\"storage.tsdb.min-block-duration\":\"2h\","
			     "\"storage.tsdb.max-block-duration\":\"2h\"}}");
	fake_prometheus_json(f, "/api/v1/status/buildinfo",
			     "{\"status\":\"success\",\"data\":{\"version\":\"2.42.0\"}}");
	fake_prometheus_json(f, "/api/v1/status/config",
			     "{\"status\":\"success\",\"data\":{\"yaml\":\"global:\\n  "
			     "external_labels:\\n    replica: a\\n    cluster: eu\\n\"}}");
	fake_prometheus_json(f, "/metrics",
			     "# TYPE prometheus_tsdb_lowest_timestamp_seconds gauge\n"
			     "prometheus_tsdb_lowest_timestamp_seconds 1000\n");
}

const char *fake_prometheus_asked(struct fake_prometheus *f)
{
	pthread_mutex_lock(&f->mu);
	const char *text = arena_cstr(f->arena, buf_str(&f->asked));
	buf_clear(&f->asked);
	pthread_mutex_unlock(&f->mu);
	return text;
}

struct str fake_prometheus_body(struct fake_prometheus *f)
{
	pthread_mutex_lock(&f->mu);
	struct str body = arena_str(f->arena, buf_str(&f->body));
	pthread_mutex_unlock(&f->mu);
	return body;
}

void fake_frame(struct buf *out, const struct series *series, size_t n)
{
	struct pb_writer w auto_done(pb_writer_done);
	uint8_t length[VARINT_MAX_BYTES];

	pb_writer_init(&w, 64 << 20, NULL);
	chunked_read_encode(&w, series, n, 0);
	struct str message = pb_written(&w);
	buf_append(out, length, uvarint_put(length, message.n));
	uint32_t crc = __builtin_bswap32(crc32c(0, message.p, message.n));
	buf_append(out, &crc, sizeof(crc));
	buf_append_str(out, message);
}
