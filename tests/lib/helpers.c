/* helpers.c - keeps the helper library from being empty until it has more. */
#include "tests/lib/expect.h"
