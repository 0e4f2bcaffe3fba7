#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_message(struct err *err, const char *fmt, va_list args)
{
	/* An argument may point into err->msg itself. */
	char msg[sizeof(err->msg)];
	vsnprintf(msg, sizeof(msg), fmt, args);
	memcpy(err->msg, msg, sizeof(msg));
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	assert(code != ERR_OK && code < ERR_N_CODES);

	va_list args;
	va_start(args, fmt);
	set_message(err, fmt, args);
	va_end(args);
	err->code = code;
	return false;
}

static enum err_code code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return ERR_NOT_FOUND;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	case EEXIST:
		return ERR_EXISTS;
	default:
		return ERR_INTERNAL;
	}
}

bool err_set_errno(struct err *err, int errnum, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	set_message(err, fmt, args);
	va_end(args);
	err->code = code_of_errno(errnum);

	size_t used = strlen(err->msg);
	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", strerror(errnum));
	return false;
}

bool err_wrap(struct err *err, const char *fmt, ...)
{
	assert(err->code != ERR_OK);

	char msg[sizeof(err->msg)];
	va_list args;
	va_start(args, fmt);
	vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);

	size_t used = strlen(msg);
	snprintf(msg + used, sizeof(msg) - used, ": %s", err->msg);
	memcpy(err->msg, msg, sizeof(msg));
	return false;
}
