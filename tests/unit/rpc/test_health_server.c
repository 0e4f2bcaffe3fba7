#include "rpc/health_server.h"

#include "rpc/rpc_names.h"
#include "tests/lib/expect.h"
#include "tests/lib/rpc_rig.h"

static bool check(struct grpc_channel *channel, struct str request, struct buf *response,
		  struct err *err)
{
	return grpc_call_unary(channel, NULL, RPC_HEALTH_CHECK, request, NULL, response, err);
}

static void a_process_serves_once_it_is_said_to(void **state)
{
	struct rpc_rig rig;
	struct health_server *health = health_server_new();
	struct buf response = BUF_INIT(100);
	struct err err = ERR_INIT;
	(void)state;
	rpc_rig_init(&rig, NULL);
	health_server_register(health, rig.server);
	struct grpc_channel_options options = {.loops = rig.loops};
	struct grpc_channel *channel = grpc_channel_new(rpc_rig_listen(&rig), &options);

	expect_ok(check(channel, STR(""), &response, &err), err);
	expect_str(buf_str(&response), "\x08\x02"); /* NOT_SERVING */
	health_server_set(health, true);
	expect_ok(check(channel, STR("\x0a\x00"), &response, &err), err);
	expect_str(buf_str(&response), "\x08\x01"); /* SERVING */
	expect_err(check(channel, STR("\x0a\x01x"), &response, &err), err, ERR_NOT_FOUND,
		   "unknown service");
	expect_err(check(channel, STR("\x0a\x7f"), &response, &err), err, ERR_INTERNAL,
		   "not a message of this type");

	grpc_channel_free(channel);
	rpc_rig_done(&rig);
	health_server_free(health);
	buf_done(&response);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_process_serves_once_it_is_said_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
