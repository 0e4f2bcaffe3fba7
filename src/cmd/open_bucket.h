/* open_bucket.h - the bucket that a command was configured with. */
#ifndef CMD_OPEN_BUCKET_H
#define CMD_OPEN_BUCKET_H

#include "cmd/runtime.h"
#include "model/bucket.h"

/* Metered, its warnings logged. `yaml` may hold secrets and appears in no message. */
bool open_bucket(struct runtime *rt, struct str yaml, struct bucket **out, struct err *err);

#endif
