/* passwords.c - what was right is remembered as a keyed digest of user, hash and password, in a
 * ring of some dozens. Wrong ones are not: each guess costs its time.
 */
#include "net/passwords.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/lock.h"
#include "base/rand.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>

enum { N_REMEMBERED = 64, BCRYPT_BYTES = 60 };

struct passwords {
	unsigned char key[32];
	struct mutex mu;
	unsigned char digests[N_REMEMBERED][SHA256_DIGEST_LENGTH]; /* guarded by mu */
	size_t n;                                                  /* guarded by mu */
};

struct passwords *passwords_new(void)
{
	struct passwords *p = NEW(struct passwords);

	rand_bytes(p->key, sizeof(p->key));
	mutex_init(&p->mu, RANK_LEAF);
	return p;
}

void passwords_free(struct passwords *p)
{
	if (!p)
		return;
	mutex_done(&p->mu);
	OPENSSL_cleanse(p, sizeof(*p));
	free(p);
}

bool passwords_is_bcrypt(struct str hash)
{
	return hash.n == BCRYPT_BYTES && hash.p[0] == '$' && hash.p[1] == '2' &&
	       (hash.p[2] == 'a' || hash.p[2] == 'b' || hash.p[2] == 'y') && hash.p[3] == '$';
}

static void digest_of(const struct passwords *p, struct str user, const char *hash,
		      const char *password, unsigned char out[SHA256_DIGEST_LENGTH])
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_append(&text, p->key, sizeof(p->key));
	buf_printf(&text, "%zu:%.*s:%s:%s", user.n, STR_FMT(user), hash, password);
	SHA256((const unsigned char *)text.p, text.n, out);
	OPENSSL_cleanse(text.p, text.n);
}

static bool is_remembered(struct passwords *p, const unsigned char *digest)
{
	bool found = false;

	MUTEX_HOLD(&p->mu);
	for (size_t i = 0; i < N_REMEMBERED && i < p->n; i++)
		found |= CRYPTO_memcmp(p->digests[i], digest, SHA256_DIGEST_LENGTH) == 0;
	return found;
}

static void remember(struct passwords *p, const unsigned char *digest)
{
	MUTEX_HOLD(&p->mu);
	memcpy(p->digests[p->n++ % N_REMEMBERED], digest, SHA256_DIGEST_LENGTH);
}

static bool bcrypt_matches(const char *password, const char *hash)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data)); /* 32 KiB: too much for the stack */
	const char *made = crypt_r(password, hash, data);

	bool same =
	    made && strlen(made) == strlen(hash) && CRYPTO_memcmp(made, hash, strlen(hash)) == 0;
	OPENSSL_cleanse(data, sizeof(*data));
	free(data);
	return same;
}

bool passwords_match(struct passwords *p, struct str user, const char *hash, const char *password)
{
	static const char only_a_salt[] = "$2y$10$nobodynobodynobodynobOO"; /* is no hash of any */
	unsigned char digest[SHA256_DIGEST_LENGTH];

	digest_of(p, user, hash ? hash : only_a_salt, password, digest);
	if (is_remembered(p, digest))
		return true;
	if (!bcrypt_matches(password, hash ? hash : only_a_salt))
		return false;
	remember(p, digest);
	return true;
}
