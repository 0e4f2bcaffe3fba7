/* rpc_names.h - the gRPC methods we serve and call, and the metadata beside them. */
#ifndef RPC_RPC_NAMES_H
#define RPC_RPC_NAMES_H

#include <stdint.h>

#define RPC_STORE_SERIES       "/thanos.Store/Series"
#define RPC_STORE_LABEL_NAMES  "/thanos.Store/LabelNames"
#define RPC_STORE_LABEL_VALUES "/thanos.Store/LabelValues"
#define RPC_QUERY_QUERY        "/thanos.Query/Query"
#define RPC_QUERY_QUERY_RANGE  "/thanos.Query/QueryRange"
#define RPC_INFO_INFO          "/thanos.info.Info/Info"
#define RPC_HEALTH_CHECK       "/grpc.health.v1.Health/Check"

struct rpc_method {
	const char *path;    /* one of the above */
	const char *service; /* "thanos.Store" */
	const char *method;  /* "Series" */
	const char *type;    /* "unary" or "server_stream" */
};

enum { N_RPC_METHODS = 7 };
extern const struct rpc_method RPC_METHODS[N_RPC_METHODS];
/* NULL for a method that is not ours. */
const struct rpc_method *rpc_method_find(const char *path);

/* The tenant of a request. */
#define RPC_TENANT_KEY     "thanos-tenant"
#define RPC_TENANT_DEFAULT "default-tenant"

#define RPC_MESSAGE_MAX_BYTES ((size_t)INT32_MAX)

#endif
