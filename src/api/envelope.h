/* envelope.h - what stands around the data of every answer of the HTTP API:
 * {"status":"success","data":...,"warnings":[...]}.
 */
#ifndef API_ENVELOPE_H
#define API_ENVELOPE_H

#include "base/notes.h"
#include "codec/json_writer.h"

/* Up to where the one value of `data` is written. */
void envelope_begin(struct json_writer *w);
void envelope_end(struct json_writer *w, const struct notes *notes);

#endif
