/* expect.h - checks that print got and want. */
#ifndef TESTS_LIB_EXPECT_H
#define TESTS_LIB_EXPECT_H

#include "base/err.h"
#include "base/str.h"
#include "tests/lib/cmocka.h"

/* A call that must succeed; prints the error's message otherwise. */
#define expect_ok(call, err)                                                                       \
	do {                                                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, (err).msg);                                      \
	} while (0)

/* A call that must fail with this code, and with this text in its message. */
#define expect_err(call, err, want_code, want_text)                                                \
	do {                                                                                       \
		if (call)                                                                          \
			fail_msg("%s succeeded, want the error \"%s\"", #call, want_text);         \
		if ((err).code != (want_code) || !strstr((err).msg, want_text))                    \
			fail_msg("got error %d \"%s\", want %d with \"%s\"", (err).code,           \
				 (err).msg, want_code, want_text);                                 \
	} while (0)

#define expect_str(got, want)                                                                      \
	do {                                                                                       \
		struct str got_ = (got), want_ = str_of(want);                                     \
		if (!str_eq(got_, want_))                                                          \
			fail_msg("got  \"%.*s\"\n        want \"%.*s\"", STR_FMT(got_),            \
				 STR_FMT(want_));                                                  \
	} while (0)

#endif
