/* natural_order.h - text with numbers in it in the order people expect: a2 before a10. */
#ifndef BASE_NATURAL_ORDER_H
#define BASE_NATURAL_ORDER_H

#include "base/str.h"

/* For texts that are not equal. */
bool natural_less(struct str a, struct str b);

#endif
