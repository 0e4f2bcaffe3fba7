#include "base/err_table.h"

#include "base/assert.h"

#include <stddef.h>

/* API types and HTTP statuses are those of Thanos' /api/v1: execution 422, timeout and canceled
 * 503, internal 500. */
static const struct row {
	const char *name;
	int http;
	const char *api;
} table[ERR_N_CODES] = {
    [ERR_OK] = {"ok", 200, ""},
    [ERR_INVALID] = {"invalid", 400, "bad_data"},
    [ERR_NOT_FOUND] = {"not found", 404, "not_found"},
    [ERR_CORRUPT] = {"corrupt", 500, "internal"},
    [ERR_UNAVAILABLE] = {"unavailable", 503, "unavailable"},
    [ERR_TIMEOUT] = {"timeout", 503, "timeout"},
    [ERR_CANCELED] = {"canceled", 503, "canceled"},
    [ERR_LIMIT] = {"limit", 422, "execution"},
    [ERR_EXISTS] = {"exists", 409, "bad_data"},
    [ERR_ABORTED] = {"aborted", 422, "execution"},
    [ERR_UNSUPPORTED] = {"unsupported", 501, "bad_data"},
    [ERR_EXECUTION] = {"execution", 422, "execution"},
    [ERR_INTERNAL] = {"internal", 500, "internal"},
};

static const struct row *row_of(enum err_code code)
{
	assert(code < ERR_N_CODES);
	return &table[code];
}

int err_http_status(enum err_code code)
{
	return row_of(code)->http;
}

const char *err_api_type(enum err_code code)
{
	return row_of(code)->api;
}

const char *err_name(enum err_code code)
{
	return row_of(code)->name;
}

enum err_code err_of_http_status(int status)
{
	if (status >= 200 && status < 300)
		return ERR_OK;
	switch (status) {
	case 404:
	case 410:
		return ERR_NOT_FOUND;
	case 408:
	case 504:
		return ERR_TIMEOUT;
	case 409:
	case 412:
		return ERR_EXISTS;
	case 413:
	case 429:
		return ERR_LIMIT;
	case 422:
		return ERR_EXECUTION;
	case 405:
	case 501:
		return ERR_UNSUPPORTED;
	case 502:
	case 503:
		return ERR_UNAVAILABLE;
	default:
		return status >= 400 && status < 500 ? ERR_INVALID : ERR_INTERNAL;
	}
}
