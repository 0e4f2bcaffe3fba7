/* passwords.h - checking passwords against bcrypt, which takes 50 ms and more by design.
 *
 * Threads: all functions may be called from any thread; the check belongs on a worker.
 */
#ifndef NET_PASSWORDS_H
#define NET_PASSWORDS_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct passwords;

struct passwords *passwords_new(void);
void passwords_free(struct passwords *p); /* NULL is fine */
CLEANUP_DEFINE(struct passwords, passwords_free)

/* "$2y$10$..." and its like. */
bool passwords_is_bcrypt(struct str hash);

/* `hash` is NULL for users who do not exist: as much time passes before the refusal. What was right
 * once is remembered, so that a client that polls costs one bcrypt. */
bool passwords_match(struct passwords *p, struct str user, const char *hash, const char *password);

#endif
