/* cxx_shim.h - the little of C++ that we use: RE2, and the shortest digits of a double.
 *
 * Only base/regex.c and base/float_text.c include this.
 */
#ifndef BASE_CXX_SHIM_H
#define BASE_CXX_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- std::to_chars and std::from_chars ---------------------------------------------------------
 */

/* d.ddde+XX, the shortest that reads back as `v`; at most 32 bytes, no NUL. Finite numbers only. */
size_t shim_float_digits(char *out, double v);

enum shim_parsed { SHIM_PARSED, SHIM_NOT_A_NUMBER, SHIM_OUT_OF_RANGE };
/* All of the n bytes, decimal or hexadecimal without its 0x. */
enum shim_parsed shim_float_parse(const char *p, size_t n, bool hexadecimal, double *out);

/* --- RE2 ----------------------------------------------------------------------------------------
 */

struct shim_regex;

enum shim_regex_error { /* RE2::ErrorCode */
			SHIM_REGEX_OK,
			SHIM_REGEX_INTERNAL,
			SHIM_REGEX_BAD_ESCAPE,
			SHIM_REGEX_BAD_CHAR_CLASS,
			SHIM_REGEX_BAD_CHAR_RANGE,
			SHIM_REGEX_MISSING_BRACKET,
			SHIM_REGEX_MISSING_PAREN,
			SHIM_REGEX_UNEXPECTED_PAREN,
			SHIM_REGEX_TRAILING_BACKSLASH,
			SHIM_REGEX_REPEAT_ARGUMENT,
			SHIM_REGEX_REPEAT_SIZE,
			SHIM_REGEX_REPEAT_OP,
			SHIM_REGEX_BAD_PERL_OP,
			SHIM_REGEX_BAD_UTF8,
			SHIM_REGEX_BAD_NAMED_CAPTURE,
			SHIM_REGEX_TOO_LARGE,
			SHIM_REGEX_N_ERRORS,
};

/* Never NULL; check the error first. `error_arg` is borrowed. */
struct shim_regex *shim_regex_new(const char *p, size_t n, int64_t max_mem_bytes);
void shim_regex_free(struct shim_regex *re);
enum shim_regex_error shim_regex_status(const struct shim_regex *re, const char **arg,
					size_t *arg_n);
size_t shim_regex_groups(const struct shim_regex *re); /* without the whole match */
/* "" where group i has no name; borrowed. */
const char *shim_regex_group_name(const struct shim_regex *re, size_t i);

/* `offsets` gets begin and end of n_groups groups, -1 where one took no part; from `start` on. */
bool shim_regex_match(const struct shim_regex *re, const char *p, size_t n, size_t start,
		      int64_t (*offsets)[2], size_t n_groups);

#ifdef __cplusplus
}
#endif

#endif
