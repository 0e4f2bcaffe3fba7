/* map_functions.h - functions of single values: abs(), ln(), hour().
 */
#ifndef PROMQL_MAP_FUNCTIONS_H
#define PROMQL_MAP_FUNCTIONS_H

#include "promql/functions.h"

typedef double map_fn(double v);

/* NULL when `id` is none of these functions (round() and clamp() have parameters). */
map_fn *map_function(enum function_id id);

#endif
