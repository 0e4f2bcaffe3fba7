#include "tests/lib/script_server.h"

#include "tests/lib/expect.h"

static void note(struct script_server *s, const struct http_request *r)
{
	buf_printf(&s->asked, "%.*s %.*s%s%.*s", STR_FMT(r->method_name), STR_FMT(r->path),
		   r->query.n ? "?" : "", STR_FMT(r->query));
	for (const char *const *name = s->noted_headers; name && *name; name++) {
		struct str value = http_header_value(&r->headers, *name);
		if (value.n)
			buf_printf(&s->asked, " %s=%.*s", *name, STR_FMT(value));
	}
	if (r->body.n)
		buf_printf(&s->asked, " <%.*s>", STR_FMT(r->body));
	buf_putc(&s->asked, '\n');
}

static void set_headers(struct http_response *response, const char *lines, struct arena *a)
{
	char *rest = arena_cstr(a, str_of(lines)), *line;

	while ((line = strtok_r(rest, "\n", &rest))) {
		char *colon = strstr(line, ": ");
		*colon = '\0';
		http_response_set_header(response, line, colon + 2);
	}
}

static void serve(struct http_request *r, struct http_response *response, void *arg)
{
	struct script_server *s = arg;
	struct script_step step = {.status = 599, .body = "the script is over"};
	struct err gone;

	pthread_mutex_lock(&s->mu);
	note(s, r);
	if (s->next < s->n_steps)
		step = s->steps[s->next++];
	pthread_mutex_unlock(&s->mu);
	http_response_set_status(response, step.status);
	if (step.headers)
		set_headers(response, step.headers, r->arena);
	if (step.body)
		http_response_write(response, step.body, strlen(step.body), &gone);
	if (step.is_cut)
		http_response_abort(response);
}

static const struct http_route routes[] = {{0, "/*path", serve, NULL, 0}};

void script_server_start(struct script_server *s, const char *const *noted)
{
	*s = (struct script_server){.asked = BUF_INIT(BUF_TEXT_MAX), .noted_headers = noted};
	pthread_mutex_init(&s->mu, NULL);
	web_rig_init(&s->web);
	http_router_add(s->web.router,
			&(struct http_route_group){.routes = routes, .n_routes = 1, .arg = s});
	web_rig_start(&s->web);
}

void script_server_stop(struct script_server *s)
{
	web_rig_stop(&s->web);
	buf_done(&s->asked);
	pthread_mutex_destroy(&s->mu);
}

void script_server_play(struct script_server *s, const struct script_step *steps, size_t n)
{
	pthread_mutex_lock(&s->mu);
	s->steps = steps;
	s->n_steps = n;
	s->next = 0;
	pthread_mutex_unlock(&s->mu);
}

const char *script_server_asked(struct script_server *s)
{
	pthread_mutex_lock(&s->mu);
	const char *text = arena_cstr(s->web.arena, buf_str(&s->asked));
	buf_clear(&s->asked);
	pthread_mutex_unlock(&s->mu);
	return text;
}

const char *script_server_address(struct script_server *s)
{
	return strstr(web_rig_url(&s->web), "//") + 2;
}
