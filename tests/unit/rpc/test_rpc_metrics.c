#include "rpc/rpc_metrics.h"

#include "base/metric.h"
#include "rpc/health_server.h"
#include "rpc/rpc_names.h"
#include "tests/lib/expect.h"
#include "tests/lib/rpc_rig.h"

/* The value of one child, by the text of its labels: "OK,Check,grpc.health.v1.Health,unary". */
static double value_of(struct metrics *m, const char *name, const char *labels)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metric_snapshots all = metrics_gather(m, a);

	for (size_t i = 0; i < all.n; i++) {
		const struct metric_snapshot *s = &all.v[i];
		if (!str_is(s->name, name))
			continue;
		for (size_t k = 0; k < s->n_points; k++) {
			struct buf text = BUF_INIT(1000);
			for (size_t l = 0; l < s->n_labels; l++)
				buf_printf(&text, "%s%.*s", l ? "," : "",
					   STR_FMT(s->points[k].label_values[l]));
			bool found = strcmp(buf_cstr(&text), labels) == 0;
			buf_done(&text);
			if (found && s->type == METRIC_HISTOGRAM)
				return (double)s->points[k].buckets[s->n_bounds];
			if (found)
				return s->points[k].value;
		}
	}
	fail_msg("there is no %s with %s", name, labels);
	return -1;
}

#define CHECK "Check,grpc.health.v1.Health,unary"

static void every_method_and_code_has_a_counter_from_the_start(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct rpc_metrics *server auto_free(rpc_metrics_free) = rpc_metrics_new(m, RPC_SERVER);
	(void)state;

	assert_non_null(server);
	assert_true(value_of(m, "grpc_server_started_total", "Series,thanos.Store,server_stream") ==
		    0);
	assert_true(value_of(m, "grpc_server_msg_received_total", CHECK) == 0);
	assert_true(value_of(m, "grpc_server_msg_sent_total", "LabelValues,thanos.Store,unary") ==
		    0);
	assert_true(value_of(m, "grpc_server_handled_total",
			     "DeadlineExceeded,Info,thanos.info.Info,unary") == 0);
	assert_true(value_of(m, "grpc_server_handling_seconds", CHECK) == 0);
}

static void calls_are_counted_on_both_sides(void **state)
{
	struct rpc_rig rig;
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct rpc_metrics *server = rpc_metrics_new(m, RPC_SERVER);
	struct rpc_metrics *client = rpc_metrics_new(m, RPC_CLIENT);
	struct health_server *health = health_server_new();
	struct buf response = BUF_INIT(100);
	struct err err = ERR_INIT;
	(void)state;
	rpc_rig_init(
	    &rig, &(struct grpc_server_options){.observer = rpc_metrics_server_observer(server)});
	health_server_register(health, rig.server);
	struct grpc_channel_options options = {.loops = rig.loops,
					       .observer = rpc_metrics_client_observer(client)};
	struct grpc_channel *channel = grpc_channel_new(rpc_rig_listen(&rig), &options);

	for (int i = 0; i < 3; i++)
		expect_ok(grpc_call_unary(channel, NULL, RPC_HEALTH_CHECK, STR(""), NULL, &response,
					  &err),
			  err);
	assert_false(grpc_call_unary(channel, NULL, RPC_HEALTH_CHECK, STR("\x0a\x01x"), NULL,
				     &response, &err));
	assert_false(grpc_call_unary(channel, NULL, "/unknown.Service/Method", STR(""), NULL,
				     &response, &err));
	grpc_channel_free(channel);
	rpc_rig_done(&rig);

	assert_true(value_of(m, "grpc_server_started_total", CHECK) == 4);
	assert_true(value_of(m, "grpc_server_handled_total", "OK," CHECK) == 3);
	assert_true(value_of(m, "grpc_server_handled_total", "NotFound," CHECK) == 1);
	assert_true(value_of(m, "grpc_server_msg_received_total", CHECK) == 4);
	assert_true(value_of(m, "grpc_server_msg_sent_total", CHECK) == 3);
	assert_true(value_of(m, "grpc_server_handling_seconds", CHECK) == 4);
	assert_true(value_of(m, "grpc_client_started_total", CHECK) == 4);
	assert_true(value_of(m, "grpc_client_handled_total", "OK," CHECK) == 3);
	assert_true(value_of(m, "grpc_client_handled_total", "NotFound," CHECK) == 1);
	assert_true(value_of(m, "grpc_client_handling_seconds", CHECK) == 4);

	health_server_free(health);
	rpc_metrics_free(server);
	rpc_metrics_free(client);
	buf_done(&response);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_method_and_code_has_a_counter_from_the_start),
	    cmocka_unit_test(calls_are_counted_on_both_sides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
