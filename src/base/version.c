#include "base/version.h"

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

const char *version_string(void)
{
	return ATHANOR_VERSION;
}

const char *version_revision(void)
{
	return ATHANOR_REVISION;
}

const char *version_branch(void)
{
	return ATHANOR_BRANCH;
}

const char *version_compiler(void)
{
#if defined(__clang__)
	return "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(
	    __clang_patchlevel__);
#else
	return "gcc " TEXT(__GNUC__) "." TEXT(__GNUC_MINOR__) "." TEXT(__GNUC_PATCHLEVEL__);
#endif
}

const char *version_platform(void)
{
#if defined(__x86_64__)
	return "linux/amd64";
#elif defined(__aarch64__)
	return "linux/arm64";
#else
	return "linux/unknown";
#endif
}
