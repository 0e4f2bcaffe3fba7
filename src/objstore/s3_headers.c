/* s3_headers.c - what goes with every object that is written, or even read: encryption and the
 * user's metadata.
 */
#include "base/fs.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/json_writer.h"
#include "objstore/s3_internal.h"

enum { SSE_C_KEY_BYTES = 32 };

static void add_put_header(struct s3_bucket *b, const char *name, struct str value)
{
	ARENA_PUSH(b->a, &b->put_headers,
		   (struct http_header){str_of(name), arena_str(b->a, value)});
}

static struct str base64_text(struct arena *a, struct str bytes)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	base64_encode(&text, bytes, BASE64_STANDARD);
	return arena_str(a, buf_str(&text));
}

/* {"name":"value"}, in base 64. */
static struct str kms_context(const struct s3_sse_config *sse, struct arena *a)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	struct json_writer w;

	json_writer_init(&w, &text, JSON_ESCAPE_HTML);
	json_begin_object(&w);
	for (size_t i = 0; i < sse->n_kms_context; i++) {
		json_key_str(&w, sse->kms_context[i].name);
		json_put_str(&w, sse->kms_context[i].value);
	}
	json_end_object(&w);
	return base64_text(a, buf_str(&text));
}

/* The key travels with every request that touches an object. */
static bool add_customer_key(struct s3_bucket *b, struct err *err)
{
	struct buf key auto_done(buf_done) = BUF_INIT(4096);
	const char *path = b->config.sse.encryption_key.p;
	uint8_t md5[MD5_BYTES];

	if (!fs_read(path, &key, err))
		return false;
	if (key.n != SSE_C_KEY_BYTES)
		return err_set(err, ERR_INVALID, "encryption key %s: %zu bytes, want %d", path,
			       key.n, SSE_C_KEY_BYTES);
	md5_of(buf_str(&key), md5);
	const struct http_header headers[] = {
	    HTTP_HEADER("x-amz-server-side-encryption-customer-algorithm", "AES256"),
	    {STR("x-amz-server-side-encryption-customer-key"), base64_text(b->a, buf_str(&key))},
	    {STR("x-amz-server-side-encryption-customer-key-md5"),
	     base64_text(b->a, str_from(md5, sizeof(md5)))},
	};
	for (size_t i = 0; i < 3; i++)
		ARENA_PUSH(b->a, &b->object_headers, headers[i]);
	return true;
}

static bool add_encryption(struct s3_bucket *b, struct err *err)
{
	const struct s3_sse_config *sse = &b->config.sse;

	if (str_eq(sse->type, STR("SSE-S3")))
		add_put_header(b, "x-amz-server-side-encryption", STR("AES256"));
	if (str_eq(sse->type, STR("SSE-KMS"))) {
		add_put_header(b, "x-amz-server-side-encryption", STR("aws:kms"));
		add_put_header(b, "x-amz-server-side-encryption-aws-kms-key-id", sse->kms_key_id);
		add_put_header(b, "x-amz-server-side-encryption-context", kms_context(sse, b->a));
	}
	return !str_eq(sse->type, STR("SSE-C")) || add_customer_key(b, err);
}

/* Metadata of the user's, but for headers that S3 knows itself. */
static void add_metadata(struct s3_bucket *b)
{
	static const char *const own[] = {"x-amz-storage-class", "x-amz-acl",    "x-amz-tagging",
					  "cache-control",       "content-type", NULL};

	for (size_t i = 0; i < b->config.n_user_metadata; i++) {
		struct yaml_pair *pair = &b->config.user_metadata[i];
		char *name = arena_cstr(b->a, pair->name);
		for (char *p = name; *p; p++)
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
		bool is_own = str_starts(str_of(name), STR("x-amz-meta-"));
		for (size_t k = 0; own[k]; k++)
			is_own = is_own || strcmp(name, own[k]) == 0;
		add_put_header(b, is_own ? name : arena_printf(b->a, "x-amz-meta-%s", name),
			       pair->value);
	}
}

bool s3_make_headers(struct s3_bucket *b, struct err *err)
{
	add_metadata(b);
	return add_encryption(b, err);
}
