/* query_time_flags.h - the flags that say when a query is evaluated. */
#ifndef CMD_QUERY_TIME_FLAGS_H
#define CMD_QUERY_TIME_FLAGS_H

#include "base/flags.h"
#include "tools/query_times.h"

/* Of a struct query_times. */
extern const struct flag_spec QUERY_TIME_FLAGS[4];

#endif
