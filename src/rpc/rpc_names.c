#include "rpc/rpc_names.h"

#include <string.h>

const struct rpc_method RPC_METHODS[N_RPC_METHODS] = {
    {RPC_STORE_SERIES, "thanos.Store", "Series", "server_stream"},
    {RPC_STORE_LABEL_NAMES, "thanos.Store", "LabelNames", "unary"},
    {RPC_STORE_LABEL_VALUES, "thanos.Store", "LabelValues", "unary"},
    {RPC_QUERY_QUERY, "thanos.Query", "Query", "server_stream"},
    {RPC_QUERY_QUERY_RANGE, "thanos.Query", "QueryRange", "server_stream"},
    {RPC_INFO_INFO, "thanos.info.Info", "Info", "unary"},
    {RPC_HEALTH_CHECK, "grpc.health.v1.Health", "Check", "unary"},
};

const struct rpc_method *rpc_method_find(const char *path)
{
	for (size_t i = 0; i < N_RPC_METHODS; i++)
		if (RPC_METHODS[i].path == path || strcmp(RPC_METHODS[i].path, path) == 0)
			return &RPC_METHODS[i];
	return NULL;
}
