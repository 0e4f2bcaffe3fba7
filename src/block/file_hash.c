#include "block/file_hash.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "codec/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024 };

bool block_hash_parse(struct str name, enum block_hash *out, struct err *err)
{
	if (name.n == 0)
		*out = BLOCK_HASH_NONE;
	else if (str_is(name, "SHA256"))
		*out = BLOCK_HASH_SHA256;
	else
		return err_set(err, ERR_INVALID, "hash function \"%.*s\": want SHA256 or none",
			       STR_FMT(name));
	return true;
}

struct str block_hash_name(enum block_hash hash)
{
	return hash == BLOCK_HASH_SHA256 ? STR("SHA256") : STR("");
}

static bool digest_fd(int fd, const char *path, EVP_MD_CTX *digest, struct err *err)
{
	char *piece auto_free(mem_free) = xmalloc(READ_BYTES);

	for (;;) {
		ssize_t n = read(fd, piece, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, errno, "hash %s: read", path);
		if (n == 0)
			return true;
		EVP_DigestUpdate(digest, piece, (size_t)n);
	}
}

bool block_hash_file(enum block_hash hash, const char *path, struct arena *a, struct str *out,
		     struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(2 * EVP_MAX_MD_SIZE);
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n;

	assert(hash == BLOCK_HASH_SHA256);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, errno, "hash %s: open", path);

	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	bool ok = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
	if (!ok)
		err_set(err, ERR_INTERNAL, "hash %s: no SHA256 in this OpenSSL", path);
	ok = ok && digest_fd(fd, path, digest, err);
	close(fd);
	if (ok) {
		EVP_DigestFinal_ex(digest, bytes, &n);
		hex_encode(&text, str_from(bytes, n));
		*out = arena_str(a, buf_str(&text));
	}
	EVP_MD_CTX_free(digest);
	return ok;
}
