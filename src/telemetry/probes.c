#include "telemetry/probes.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "net/http_server.h"

#include <stdatomic.h>
#include <stdlib.h>

struct probes {
	char *component;
	struct logger *logger; /* may be NULL */
	struct family *status; /* may be NULL */
	_Atomic bool healthy, ready;
};

static void show(struct probes *p, const char *check, bool good)
{
	if (p->status)
		gauge_set(gauge_at(p->status, check, p->component), good);
}

struct probes *probes_new(const char *component, struct metrics *metrics, struct logger *logger)
{
	struct probes *p = NEW(struct probes);

	p->component = xstrdup(component);
	p->logger = logger;
	if (metrics)
		p->status = metrics_gauges(metrics, "thanos_status",
					   "Represents status (0 indicates failure, 1 indicates "
					   "success) of the component.",
					   "check", "component");
	show(p, "healthy", false);
	show(p, "ready", false);
	return p;
}

void probes_free(struct probes *p)
{
	if (!p)
		return;
	free(p->component);
	free(p);
}

/* --- changes ---------------------------------------------------------------------------------- */

void probes_set_healthy(struct probes *p)
{
	show(p, "healthy", true);
	if (!atomic_exchange(&p->healthy, true))
		log_info(p->logger, "changing probe status", LOG_STR("status", "healthy"));
}

void probes_set_not_healthy(struct probes *p, const struct err *why)
{
	show(p, "healthy", false);
	if (atomic_exchange(&p->healthy, false))
		log_info(p->logger, "changing probe status", LOG_STR("status", "not-healthy"),
			 LOG_STR("reason", why->msg));
}

void probes_set_ready(struct probes *p)
{
	show(p, "ready", true);
	if (!atomic_exchange(&p->ready, true))
		log_info(p->logger, "changing probe status", LOG_STR("status", "ready"));
}

void probes_set_not_ready(struct probes *p, const struct err *why)
{
	show(p, "ready", false);
	if (atomic_exchange(&p->ready, false))
		log_warn(p->logger, "changing probe status", LOG_STR("status", "not-ready"),
			 LOG_STR("reason", why->msg));
}

bool probes_is_healthy(const struct probes *p)
{
	return p->healthy;
}

bool probes_is_ready(const struct probes *p)
{
	return p->ready;
}

/* --- routes ----------------------------------------------------------------------------------- */

static void answer(struct http_response *response, bool good)
{
	if (good)
		http_response_send(response, 200, "text/plain; charset=utf-8", STR("OK"));
	else
		http_response_error(response, 503, "NOT OK");
}

static void answer_healthy(struct http_request *request, struct http_response *response, void *arg)
{
	(void)request;
	answer(response, probes_is_healthy(arg));
}

static void answer_ready(struct http_request *request, struct http_response *response, void *arg)
{
	(void)request;
	answer(response, probes_is_ready(arg));
}

static const struct http_route routes[] = {
    {0, "/-/healthy", answer_healthy, NULL, 0},
    {0, "/-/ready", answer_ready, NULL, 0},
};

void probes_add_routes(struct probes *p, struct http_router *router)
{
	http_router_add(router, &(struct http_route_group){
				    .routes = routes,
				    .n_routes = sizeof(routes) / sizeof(*routes),
				    .arg = p,
				});
}
