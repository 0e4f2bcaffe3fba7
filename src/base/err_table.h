/* err_table.h - what a failure is called on each of our surfaces. */
#ifndef BASE_ERR_TABLE_H
#define BASE_ERR_TABLE_H

#include "base/err.h"

enum grpc_status { /* github.com/grpc/grpc/blob/master/doc/statuscodes.md */
		   GRPC_OK = 0,
		   GRPC_CANCELED = 1,
		   GRPC_UNKNOWN = 2,
		   GRPC_INVALID_ARGUMENT = 3,
		   GRPC_DEADLINE_EXCEEDED = 4,
		   GRPC_NOT_FOUND = 5,
		   GRPC_ALREADY_EXISTS = 6,
		   GRPC_PERMISSION_DENIED = 7,
		   GRPC_RESOURCE_EXHAUSTED = 8,
		   GRPC_FAILED_PRECONDITION = 9,
		   GRPC_ABORTED = 10,
		   GRPC_OUT_OF_RANGE = 11,
		   GRPC_UNIMPLEMENTED = 12,
		   GRPC_INTERNAL = 13,
		   GRPC_UNAVAILABLE = 14,
		   GRPC_DATA_LOSS = 15,
		   GRPC_UNAUTHENTICATED = 16,
};

int err_http_status(enum err_code code);
const char *err_api_type(enum err_code code); /* "bad_data", "execution", ... */
enum grpc_status err_grpc_status(enum err_code code);
const char *err_name(enum err_code code); /* "invalid", for logs and tests */

/* What a peer's answer means for us; codes outside of the lists are ERR_INTERNAL. */
enum err_code err_of_grpc_status(int status);
enum err_code err_of_http_status(int status);
const char *grpc_status_name(int status); /* "InvalidArgument", as Go prints it */

#endif
