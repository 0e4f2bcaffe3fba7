/* limit_error.h - a limit that a request passes is told with what asked for so much. */
#ifndef STORE_LIMIT_ERROR_H
#define STORE_LIMIT_ERROR_H

#include "base/err.h"
#include "model/matcher.h"

/* Puts the matchers, shortened when there are many, before an ERR_LIMIT; leaves others alone. */
void limit_error_name(struct err *err, struct matchers matchers);

#endif
