/* grpc_metadata.c - gRPC's PROTOCOL-HTTP2.md, "Requests": Custom-Metadata, Timeout,
 * Message-Encoding. */
#include "net/grpc_metadata.h"

#include "codec/base64.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_binary(struct str key)
{
	return str_ends(key, STR("-bin"));
}

static bool key_char_ok(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool grpc_metadata_is_reserved(struct str key)
{
	static const struct str own[] = {
	    STR("content-type"), STR("te"),         STR("user-agent"),
	    STR("connection"),   STR("keep-alive"), STR("transfer-encoding"),
	    STR("upgrade"),      STR("host"),       STR("proxy-connection"),
	};

	if (key.n == 0 || key.p[0] == ':' || str_starts(key, STR("grpc-")))
		return true;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (str_eq(key, own[i]))
			return true;
	}
	return false;
}

bool grpc_metadata_check(const struct grpc_pair *pair, struct err *err)
{
	for (size_t i = 0; i < pair->key.n; i++) {
		if (!key_char_ok(pair->key.p[i]))
			return err_set(err, ERR_INVALID,
				       "metadata key \"%.*s\": not of [0-9a-z_.-]",
				       STR_FMT(pair->key));
	}
	if (grpc_metadata_is_reserved(pair->key))
		return err_set(err, ERR_INVALID, "metadata key \"%.*s\" is reserved",
			       STR_FMT(pair->key));
	if (is_binary(pair->key))
		return true;
	for (size_t i = 0; i < pair->value.n; i++) {
		unsigned char c = (unsigned char)pair->value.p[i];
		if (c < 0x20 || c > 0x7e)
			return err_set(err, ERR_INVALID,
				       "metadata \"%.*s\": byte 0x%02x needs a -bin key",
				       STR_FMT(pair->key), c);
	}
	return true;
}

struct str grpc_metadata_text(const struct grpc_pair *pair, struct arena *a)
{
	if (!is_binary(pair->key))
		return pair->value;

	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	base64_encode(&text, pair->value, BASE64_RAW);
	return arena_str(a, buf_str(&text));
}

bool grpc_metadata_read(struct str name, struct str text, struct arena *a, struct grpc_pair *out,
			struct err *err)
{
	*out = (struct grpc_pair){.key = arena_str(a, name)};
	if (!is_binary(name)) {
		out->value = arena_str(a, text);
		return true;
	}

	struct buf bytes auto_done(buf_done) = BUF_INIT(text.n);
	if (!base64_decode(text, BASE64_STANDARD, &bytes, err))
		return err_wrap(err, "metadata \"%.*s\"", STR_FMT(name));
	out->value = arena_str(a, buf_str(&bytes));
	return true;
}

/* Ascending, so that the first one whose number fits into 8 digits is the most exact. */
static const struct {
	char letter;
	int64_t ns;
} units[] = {
    {'n', 1},          {'u', 1000},        {'m', 1000000},
    {'S', 1000000000}, {'M', 60000000000}, {'H', 3600000000000},
};
enum { N_UNITS = sizeof(units) / sizeof(units[0]), TIMEOUT_MAX_DIGITS = 8 };

void grpc_timeout_write(int64_t timeout_ns, char out[GRPC_TIMEOUT_TEXT_MAX])
{
	int64_t left_ns = timeout_ns > 0 ? timeout_ns : 1;

	for (size_t i = 0; i < N_UNITS; i++) {
		int64_t n = left_ns / units[i].ns + (left_ns % units[i].ns != 0);
		if (n <= 99999999) {
			snprintf(out, GRPC_TIMEOUT_TEXT_MAX, "%" PRId64 "%c", n, units[i].letter);
			return;
		}
	}
	snprintf(out, GRPC_TIMEOUT_TEXT_MAX, "99999999H"); /* not reached: 2^63 ns are 292 years */
}

bool grpc_timeout_read(struct str text, int64_t *timeout_ns)
{
	if (text.n < 2 || text.n > TIMEOUT_MAX_DIGITS + 1)
		return false;

	int64_t n = 0;
	for (size_t i = 0; i + 1 < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = n * 10 + (text.p[i] - '0');
	}
	for (size_t i = 0; i < N_UNITS; i++) {
		if (units[i].letter != text.p[text.n - 1])
			continue;
		if (__builtin_mul_overflow(n, units[i].ns, timeout_ns))
			*timeout_ns = INT64_MAX;
		return true;
	}
	return false;
}

static const char *const compressions[] = {
    [GRPC_COMPRESSION_NONE] = "identity",
    [GRPC_COMPRESSION_SNAPPY] = "snappy",
};

const char *grpc_compression_name(enum grpc_compression compression)
{
	return compressions[compression];
}

bool grpc_compression_parse(struct str name, enum grpc_compression *out)
{
	for (size_t i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++) {
		if (str_is(name, compressions[i])) {
			*out = (enum grpc_compression)i;
			return true;
		}
	}
	return false;
}
