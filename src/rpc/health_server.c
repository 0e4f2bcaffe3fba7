#include "rpc/health_server.h"

#include "base/alloc.h"
#include "net/grpc_server.h"
#include "proto/health.pb-c.h"
#include "proto/message.h"
#include "rpc/rpc_names.h"

#include <stdatomic.h>
#include <stdlib.h>

struct health_server {
	atomic_bool is_serving;
};

struct health_server *health_server_new(void)
{
	return NEW(struct health_server);
}

void health_server_free(struct health_server *health)
{
	free(health);
}

void health_server_set(struct health_server *health, bool is_serving)
{
	atomic_store(&health->is_serving, is_serving);
}

static bool serve_check(struct grpc_call *call, void *arg, struct err *err)
{
	struct health_server *health = arg;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	Grpc__Health__V1__HealthCheckResponse response =
	    GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
	char bytes[16]; /* one field of two bytes */

	const Grpc__Health__V1__HealthCheckRequest *request = message_unpack(
	    &grpc__health__v1__health_check_request__descriptor, grpc_call_request(call), a, err);
	if (!request)
		return false;
	if (request->service[0] != '\0')
		return err_set(err, ERR_NOT_FOUND, "unknown service");

	response.status =
	    atomic_load(&health->is_serving)
		? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
		: GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING;
	size_t n = protobuf_c_message_pack(&response.base, (uint8_t *)bytes);
	return grpc_call_send(call, str_from(bytes, n), err);
}

void health_server_register(struct health_server *health, struct grpc_server *grpc)
{
	grpc_server_handle(grpc, RPC_HEALTH_CHECK, serve_check, health);
}
