/* assert.h - assertions stay on in release; the expensive ones are assert_slow().
 *
 * An assertion states what is already true if the program is right. It never looks at input:
 * bytes from disk, network or users are ERR_CORRUPT or ERR_INVALID.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#include <assert.h>

#ifdef NDEBUG
#error "assertions stay on: build without NDEBUG"
#endif

#ifdef ATHANOR_SLOW_ASSERTS
#define assert_slow(cond) assert(cond)
#else
#define assert_slow(cond) ((void)0)
#endif

#endif
