#include "cache/health.h"

void health_failed(struct health *h, const struct err *why)
{
	if (!atomic_exchange(&h->is_ill, true))
		log_warn(h->logger, "remote cache fails; its keys are misses meanwhile",
			 LOG_STR("type", h->kind), LOG_STR("name", h->name), LOG_ERR(why));
}

void health_succeeded(struct health *h)
{
	/* Looked at before it is changed: the healthy case writes nothing that others read. */
	if (atomic_load(&h->is_ill) && atomic_exchange(&h->is_ill, false))
		log_info(h->logger, "remote cache answers again", LOG_STR("type", h->kind),
			 LOG_STR("name", h->name));
}
