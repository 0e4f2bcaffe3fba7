#include "cmd/query_time_flags.h"

const struct flag_spec QUERY_TIME_FLAGS[4] = {
    {.name = "time",
     FLAG_STRING(struct query_times, time),
     .default_text = "",
     .help = "When to evaluate an instant query: RFC 3339, seconds since 1970, or a span from "
	     "now on such as -1h. Defaults to now.",
     .placeholder = "TIME"},
    {.name = "start",
     FLAG_STRING(struct query_times, start),
     .default_text = "",
     .help = "Evaluate the query from this time on, to --end, every --step.",
     .placeholder = "TIME"},
    {.name = "end",
     FLAG_STRING(struct query_times, end),
     .default_text = "",
     .help = "The last time to evaluate the query at. Defaults to now.",
     .placeholder = "TIME"},
    {.name = "step",
     FLAG_MODEL_DURATION(struct query_times, step_ms),
     .help = "The time between two evaluations. Defaults to a 250th of the range, and to 1s at "
	     "least.",
     .placeholder = "STEP"},
};
