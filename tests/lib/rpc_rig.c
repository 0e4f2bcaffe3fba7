#include "tests/lib/rpc_rig.h"

#include "tests/lib/expect.h"

void rpc_rig_init(struct rpc_rig *rig, const struct grpc_server_options *options)
{
	struct err err = ERR_INIT;
	struct grpc_server_options server_options = {0};

	if (options)
		server_options = *options;
	rig->loops = loops_start(2, &err);
	if (!rig->loops)
		fail_msg("%s", err.msg);
	rig->pool = pool_new(&(struct pool_options){.name = "rpc", .max_threads = 8});
	server_options.pool = rig->pool;
	rig->server = grpc_server_new(&server_options);
}

const char *rpc_rig_listen(struct rpc_rig *rig)
{
	struct err err = ERR_INIT;
	expect_ok(grpc_server_listen(rig->server, rig->loops, "127.0.0.1:0", NULL, &err), err);
	return grpc_server_address(rig->server);
}

void rpc_rig_done(struct rpc_rig *rig)
{
	grpc_server_free(rig->server);
	pool_free(rig->pool);
	loops_stop(rig->loops);
}
