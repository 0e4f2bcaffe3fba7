#include "cache/health.h"

#include "cache/server_list.h"

void health_failed(const struct health *h, struct cache_server *s, const struct err *why)
{
	if (cache_server_falls_ill(s))
		log_warn(h->logger, "remote cache fails; its keys are misses meanwhile",
			 LOG_STR("type", h->kind), LOG_STR("name", h->name),
			 LOG_STR("server", cache_server_address(s)), LOG_ERR(why));
}

void health_succeeded(const struct health *h, struct cache_server *s)
{
	if (cache_server_recovers(s))
		log_info(h->logger, "remote cache answers again", LOG_STR("type", h->kind),
			 LOG_STR("name", h->name), LOG_STR("server", cache_server_address(s)));
}
