/* open_bucket.h - the bucket that a command was configured with. */
#ifndef CMD_OPEN_BUCKET_H
#define CMD_OPEN_BUCKET_H

#include "cmd/runtime.h"
#include "model/bucket.h"
#include "net/loop.h"

/* Metered, its warnings logged; on `loop` where it is behind HTTP. `yaml` may hold secrets and
 * appears in no message. */
bool open_bucket(struct runtime *rt, struct str yaml, struct loop *loop, struct bucket **out,
		 struct err *err);

#endif
