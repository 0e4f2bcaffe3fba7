/* csv.h - fields of comma- and tab-separated values (RFC 4180), quoted where Go's encoding/csv
 * quotes.
 */
#ifndef TOOLS_CSV_H
#define TOOLS_CSV_H

#include "base/buf.h"

void csv_put_field(struct buf *out, struct str text, char separator);

/* Fields with separators between them, and a line feed. */
void csv_put_line(struct buf *out, const struct str *fields, size_t n, char separator);

#endif
