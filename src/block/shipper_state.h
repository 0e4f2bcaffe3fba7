/* shipper_state.h - the file that tells which blocks of a TSDB are in the bucket:
 * `<tsdb>/thanos.shipper.json`.
 *
 * Prometheus reads it too (storage.tsdb.delay-compact-file.path). It only saves asking the bucket:
 * without it, or when it is corrupt, everything is asked again.
 */
#ifndef BLOCK_SHIPPER_STATE_H
#define BLOCK_SHIPPER_STATE_H

#include "base/vec.h"
#include "model/ulid.h"

#include "base/err.h"

#define SHIPPER_STATE_FILENAME "thanos.shipper.json"

struct shipper_state {
	VEC(struct ulid) uploaded; /* in the order of upload */
};

void shipper_state_done(struct shipper_state *state);
bool shipper_state_has(const struct shipper_state *state, struct ulid id);

/* Into an empty state. ERR_NOT_FOUND, ERR_CORRUPT, or ERR_UNSUPPORTED for a version other than 1.
 */
bool shipper_state_read(const char *path, struct shipper_state *out, struct err *err);
bool shipper_state_write(const char *path, const struct shipper_state *state, struct err *err);

#endif
