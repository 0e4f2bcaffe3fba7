#include "rpc/rpc_metrics.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/metric.h"
#include "rpc/rpc_names.h"

#include <stdlib.h>

/* The families of a side. */
static const struct {
	const char *started, *started_help;
	const char *handled, *handled_help;
	const char *received, *received_help;
	const char *sent, *sent_help;
	const char *seconds, *seconds_help;
	size_t n_buckets;
} sides[] = {
    [RPC_SERVER] = {"grpc_server_started_total", "Total number of RPCs started on the server.",
		    "grpc_server_handled_total",
		    "Total number of RPCs completed on the server, regardless of success or "
		    "failure.",
		    "grpc_server_msg_received_total",
		    "Total number of RPC stream messages received on the server.",
		    "grpc_server_msg_sent_total",
		    "Total number of gRPC stream messages sent by the server.",
		    "grpc_server_handling_seconds",
		    "Histogram of response latency (seconds) of gRPC that had been "
		    "application-level handled by the server.",
		    14},
    [RPC_CLIENT] = {"grpc_client_started_total", "Total number of RPCs started on the client.",
		    "grpc_client_handled_total",
		    "Total number of RPCs completed by the client, regardless of success or "
		    "failure.",
		    "grpc_client_msg_received_total",
		    "Total number of RPC stream messages received by the client.",
		    "grpc_client_msg_sent_total",
		    "Total number of gRPC stream messages sent by the client.",
		    "grpc_client_handling_seconds",
		    "Histogram of response latency (seconds) of the gRPC until it is finished by "
		    "the application.",
		    17},
};

/* The server has the first 14 of them. */
static const double buckets[] = {0.001, 0.01, 0.1, 0.3, 0.6, 1,   3,   6,  9,
				 20,    30,   60,  90,  120, 240, 360, 720};

struct method_metrics {
	struct counter *started;
	struct counter *received;
	struct counter *sent;
	struct counter *handled[GRPC_N_CODES];
	struct histogram_metric *seconds;
};

struct rpc_metrics {
	struct method_metrics methods[N_RPC_METHODS];
};

struct families {
	struct family *started, *received, *sent, *handled, *seconds;
};

static struct families families_of(struct metrics *m, enum rpc_side side)
{
	return (struct families){
	    .started = metrics_counters(m, sides[side].started, sides[side].started_help,
					"grpc_method", "grpc_service", "grpc_type"),
	    .received = metrics_counters(m, sides[side].received, sides[side].received_help,
					 "grpc_method", "grpc_service", "grpc_type"),
	    .sent = metrics_counters(m, sides[side].sent, sides[side].sent_help, "grpc_method",
				     "grpc_service", "grpc_type"),
	    .handled = metrics_counters(m, sides[side].handled, sides[side].handled_help,
					"grpc_code", "grpc_method", "grpc_service", "grpc_type"),
	    .seconds = metrics_histograms(m, sides[side].seconds, sides[side].seconds_help, buckets,
					  sides[side].n_buckets, "grpc_method", "grpc_service",
					  "grpc_type"),
	};
}

struct rpc_metrics *rpc_metrics_new(struct metrics *metrics, enum rpc_side side)
{
	struct rpc_metrics *m = NEW(struct rpc_metrics);
	struct families f = families_of(metrics, side);

	for (size_t i = 0; i < N_RPC_METHODS; i++) {
		struct method_metrics *to = &m->methods[i];
		const char *const values[] = {"", RPC_METHODS[i].method, RPC_METHODS[i].service,
					      RPC_METHODS[i].type};
		to->started = counter_of(f.started, values + 1, 3);
		to->received = counter_of(f.received, values + 1, 3);
		to->sent = counter_of(f.sent, values + 1, 3);
		to->seconds = histogram_metric_of(f.seconds, values + 1, 3);
		for (int code = 0; code < GRPC_N_CODES; code++)
			to->handled[code] =
			    counter_at(f.handled, grpc_code_name((enum grpc_code)code), values[1],
				       values[2], values[3]);
	}
	return m;
}

void rpc_metrics_free(struct rpc_metrics *m)
{
	free(m);
}

/* NULL for a method that is not ours, which nobody counts. */
static struct method_metrics *find(struct rpc_metrics *m, const char *path)
{
	const struct rpc_method *method = rpc_method_find(path);
	return method ? &m->methods[method - RPC_METHODS] : NULL;
}

static void on_started(void *arg, const char *method)
{
	struct method_metrics *m = find(arg, method);
	if (m)
		counter_inc(m->started);
}

static void on_received(void *arg, const char *method)
{
	struct method_metrics *m = find(arg, method);
	if (m)
		counter_inc(m->received);
}

static void on_sent(void *arg, const char *method)
{
	struct method_metrics *m = find(arg, method);
	if (m)
		counter_inc(m->sent);
}

static void on_handled(void *arg, const char *method, enum grpc_code code, double seconds)
{
	struct method_metrics *m = find(arg, method);
	assert(code < GRPC_N_CODES);
	if (!m)
		return;
	counter_inc(m->handled[code]);
	histogram_metric_observe(m->seconds, seconds);
}

struct grpc_observer rpc_metrics_server_observer(struct rpc_metrics *m)
{
	return (struct grpc_observer){
	    .arg = m,
	    .started = on_started,
	    .handled = on_handled,
	    .message_received = on_received,
	    .message_sent = on_sent,
	};
}

struct grpc_client_observer rpc_metrics_client_observer(struct rpc_metrics *m)
{
	return (struct grpc_client_observer){
	    .arg = m,
	    .started = on_started,
	    .handled = on_handled,
	    .message_received = on_received,
	    .message_sent = on_sent,
	};
}
