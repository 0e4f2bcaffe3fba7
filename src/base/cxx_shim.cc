/* cxx_shim.cc - the only C++ file. Nothing here throws but for want of memory, which ends the
 * process as it does in alloc.c.
 */
#include "base/cxx_shim.h"

#include <charconv>
#include <map>
#include <re2/re2.h>
#include <string>

extern "C" {

size_t shim_float_digits(char *out, double v)
{
	return std::to_chars(out, out + 32, v, std::chars_format::scientific).ptr - out;
}

shim_parsed shim_float_parse(const char *p, size_t n, bool hexadecimal, double *out)
{
	auto format = hexadecimal ? std::chars_format::hex : std::chars_format::general;
	auto result = std::from_chars(p, p + n, *out, format);
	if (result.ptr != p + n)
		return SHIM_NOT_A_NUMBER;
	if (result.ec == std::errc::result_out_of_range)
		return SHIM_OUT_OF_RANGE;
	return result.ec == std::errc() ? SHIM_PARSED : SHIM_NOT_A_NUMBER;
}

struct shim_regex {
	re2::RE2 re;
	std::map<int, std::string> names;

	shim_regex(re2::StringPiece pattern, const re2::RE2::Options &options)
	    : re(pattern, options), names(re.ok() ? re.CapturingGroupNames() : decltype(names)())
	{
	}
};

struct shim_regex *shim_regex_new(const char *p, size_t n, int64_t max_mem_bytes)
{
	re2::RE2::Options options;
	options.set_log_errors(false);
	options.set_max_mem(max_mem_bytes);
	return new shim_regex(re2::StringPiece(p, n), options);
}

void shim_regex_free(struct shim_regex *re)
{
	delete re;
}

shim_regex_error shim_regex_status(const struct shim_regex *re, const char **arg, size_t *arg_n)
{
	*arg = re->re.error_arg().data();
	*arg_n = re->re.error_arg().size();
	return static_cast<enum shim_regex_error>(re->re.error_code());
}

size_t shim_regex_groups(const struct shim_regex *re)
{
	return re->re.NumberOfCapturingGroups();
}

const char *shim_regex_group_name(const struct shim_regex *re, size_t i)
{
	auto found = re->names.find(static_cast<int>(i));
	return found == re->names.end() ? "" : found->second.c_str();
}

bool shim_regex_match(const struct shim_regex *re, const char *p, size_t n, size_t start,
		      int64_t (*offsets)[2], size_t n_groups)
{
	enum { MAX_GROUPS = 64 };
	re2::StringPiece groups[MAX_GROUPS];

	if (n_groups > MAX_GROUPS)
		n_groups = MAX_GROUPS;
	if (!re->re.Match(re2::StringPiece(p, n), start, n, re2::RE2::UNANCHORED, groups, n_groups))
		return false;
	for (size_t i = 0; i < n_groups; i++) {
		bool took_part = groups[i].data() != nullptr;
		offsets[i][0] = took_part ? groups[i].data() - p : -1;
		offsets[i][1] = took_part ? offsets[i][0] + (int64_t)groups[i].size() : -1;
	}
	return true;
}
}
