#include "api/status_api.h"

#include "base/flags.h"
#include "base/fs.h"
#include "base/time_text.h"
#include "base/version.h"

#include <stdlib.h>
#include <unistd.h>

const struct http_route STATUS_API_ROUTES[4] = {
    {HTTP_OPTIONS, "/*path", status_api_options, "options", 0},
    {HTTP_GET, "/status/flags", status_api_flags, "status_flags", 0},
    {HTTP_GET, "/status/runtimeinfo", status_api_runtime, "status_runtime", 0},
    {HTTP_GET, "/status/buildinfo", status_api_build, "status_build", 0},
};

static void put_pair(struct json_writer *w, const char *key, const char *value)
{
	json_key(w, key);
	json_put_cstr(w, value ? value : "");
}

void status_api_options(struct http_request *r, struct http_response *response, void *arg)
{
	const struct status_api *api = arg;
	struct api_answer answer auto_done(api_answer_done);
	(void)r;

	api_answer_init(&answer, response, &api->api);
}

void status_api_flags(struct http_request *r, struct http_response *response, void *arg)
{
	const struct status_api *api = arg;
	struct api_answer answer auto_done(api_answer_done);
	(void)r;

	api_answer_init(&answer, response, &api->api);
	struct json_writer *w = api_data(&answer);
	json_begin_object(w);
	for (size_t i = 0; i < api->n_flags; i++)
		put_pair(w, api->flags[i].name, api->flags[i].value);
	json_end_object(w);
	api_end(&answer);
}

static size_t count_threads(void)
{
	struct fs_names names = {0};
	struct err err;
	size_t n = fs_list("/proc/self/task", &names, &err) ? names.n : 0;

	fs_names_done(&names);
	return n;
}

void status_api_runtime(struct http_request *r, struct http_response *response, void *arg)
{
	const struct status_api *api = arg;
	struct api_answer answer auto_done(api_answer_done);
	char cwd[4096];
	(void)r;

	api_answer_init(&answer, response, &api->api);
	struct json_writer *w = api_data(&answer);
	json_begin_object(w);
	put_pair(w, "startTime", time_str_ms(api->started_ms));
	put_pair(w, "CWD",
		 getcwd(cwd, sizeof(cwd)) ? cwd : "<error retrieving current working directory>");
	/* Go's words for what has threads here, and no garbage to collect. */
	json_key(w, "goroutineCount");
	json_put_u64(w, count_threads());
	json_key(w, "GOMAXPROCS");
	json_put_i64(w, sysconf(_SC_NPROCESSORS_ONLN));
	put_pair(w, "GOGC", getenv("GOGC"));
	put_pair(w, "GODEBUG", getenv("GODEBUG"));
	json_key(w, "GOMEMLIMIT");
	json_put_i64(w, INT64_MAX);
	json_end_object(w);
	api_end(&answer);
}

void status_api_build(struct http_request *r, struct http_response *response, void *arg)
{
	const struct status_api *api = arg;
	struct api_answer answer auto_done(api_answer_done);
	(void)r;

	api_answer_init(&answer, response, &api->api);
	struct json_writer *w = api_data(&answer);
	json_begin_object(w);
	put_pair(w, "version", version_string());
	put_pair(w, "revision", "");
	put_pair(w, "branch", "");
	put_pair(w, "buildUser", "");
	put_pair(w, "buildDate", "");
	put_pair(w, "goVersion", "");
	json_end_object(w);
	api_end(&answer);
}
