/* err_table.h - what a failure is called in HTTP and in the API's JSON; net/grpc_status.h has what
 * it is called in gRPC.
 */
#ifndef BASE_ERR_TABLE_H
#define BASE_ERR_TABLE_H

#include "base/err.h"

int err_http_status(enum err_code code);
const char *err_api_type(enum err_code code); /* "bad_data", "execution", ... */
const char *err_name(enum err_code code);     /* "invalid", for logs and tests */

/* What a peer's HTTP answer means for us. */
enum err_code err_of_http_status(int status);

#endif
