#include "net/http_message.h"

#include "base/buf.h"

#include <stdio.h>
#include <time.h>

/* --- methods and statuses --------------------------------------------------------------------- */

static const struct {
	enum http_method method;
	const char *name, *label;
} methods[] = {
    {HTTP_GET, "GET", "get"},          {HTTP_HEAD, "HEAD", "head"},
    {HTTP_POST, "POST", "post"},       {HTTP_PUT, "PUT", "put"},
    {HTTP_DELETE, "DELETE", "delete"}, {HTTP_OPTIONS, "OPTIONS", "options"},
    {HTTP_PATCH, "PATCH", "patch"},    {HTTP_OTHER, "OTHER", "unknown"},
};

static const struct {
	int status;
	const char *text;
} statuses[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Requested Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Entity"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum http_method http_method_of(struct str name)
{
	for (size_t i = 0; i < COUNT(methods); i++) {
		if (str_is(name, methods[i].name))
			return methods[i].method;
	}
	return HTTP_OTHER;
}

const char *http_method_name(enum http_method method)
{
	return methods[__builtin_ctz(method)].name;
}

const char *http_method_label(enum http_method method)
{
	return methods[__builtin_ctz(method)].label;
}

const char *http_status_text(int status)
{
	for (size_t i = 0; i < COUNT(statuses); i++) {
		if (statuses[i].status == status)
			return statuses[i].text;
	}
	return "";
}

/* --- headers ---------------------------------------------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool http_name_eq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	}
	return true;
}

const struct http_header *http_header_find(const struct http_headers *headers, const char *name)
{
	for (size_t i = 0; i < headers->n; i++) {
		if (http_name_eq(headers->v[i].name, str_of(name)))
			return &headers->v[i];
	}
	return NULL;
}

struct str http_header_value(const struct http_headers *headers, const char *name)
{
	const struct http_header *h = http_header_find(headers, name);
	return h ? h->value : (struct str){0};
}

bool http_is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool alphanumeric = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
		if (!alphanumeric && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return s.n > 0;
}

/* "q=0", "q=0.000" among the parameters behind a list's word. */
static bool is_refused(struct str parameters)
{
	struct str one;

	while (parameters.p) {
		parameters = str_split(parameters, ';', &one);
		one = str_trim(one, " \t");
		if (one.n >= 3 && lower(one.p[0]) == 'q' && one.p[1] == '=')
			return str_trim(str_skip(one, 2), "0.").n == 0;
	}
	return false;
}

bool http_list_has(struct str list, const char *word)
{
	struct str item, name;

	while (list.p) {
		list = str_split(list, ',', &item);
		struct str parameters = str_split(item, ';', &name);
		if (http_name_eq(str_trim(name, " \t"), str_of(word)))
			return !is_refused(parameters);
	}
	return false;
}

bool http_media_type_is(struct str content_type, const char *type)
{
	struct str name;

	str_split(content_type, ';', &name);
	return http_name_eq(str_trim(name, " \t"), str_of(type));
}

/* --- parameters ------------------------------------------------------------------------------- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool http_percent_decode(struct str s, enum http_plus plus, struct arena *a, struct str *out)
{
	bool plain = str_find_char(s, '%') == s.n;

	if (plain && (plus == HTTP_PLUS_IS_PLUS || str_find_char(s, '+') == s.n)) {
		*out = s;
		return true;
	}
	char *decoded = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '+' && plus == HTTP_PLUS_IS_SPACE)
			c = ' ';
		if (c == '%') {
			int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		decoded[n++] = c;
	}
	decoded[n] = '\0';
	*out = str_from(decoded, n);
	return true;
}

bool http_params_parse(struct http_params *params, struct str text, struct arena *a,
		       struct err *err)
{
	struct str pair, name, value;
	bool ok = true;

	while (text.n) {
		text = str_split(text, '&', &pair);
		if (!pair.n)
			continue;
		if (str_find_char(pair, ';') != pair.n) {
			if (ok)
				err_set(err, ERR_INVALID, "invalid semicolon separator in query");
			ok = false;
			continue;
		}
		if (params->n == HTTP_MAX_PARAMS)
			return err_set(err, ERR_LIMIT, "more than %d parameters", HTTP_MAX_PARAMS);
		value = str_split(pair, '=', &name);
		if (http_percent_decode(name, HTTP_PLUS_IS_SPACE, a, &name) &&
		    http_percent_decode(value, HTTP_PLUS_IS_SPACE, a, &value)) {
			ARENA_PUSH(a, params, (struct http_param){name, value});
			continue;
		}
		if (ok)
			err_set(err, ERR_INVALID, "invalid URL escape in \"%.*s\"", STR_FMT(pair));
		ok = false;
	}
	return ok;
}

struct str http_params_get(const struct http_params *params, const char *name)
{
	for (size_t i = 0; i < params->n; i++) {
		if (str_is(params->v[i].name, name))
			return params->v[i].value;
	}
	return (struct str){0};
}

void http_percent_encode(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if ((c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' ||
		    c == '.' || c == '_' || c == '~')
			buf_putc(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned char)c);
	}
}

/* --- dates ------------------------------------------------------------------------------------ */

void http_date(int64_t seconds, char out[HTTP_DATE_BYTES])
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	snprintf(out, HTTP_DATE_BYTES, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday],
		 tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		 tm.tm_sec);
}
