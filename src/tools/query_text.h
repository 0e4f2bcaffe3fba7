/* query_text.h - the answer of a query as a table for people and as CSV for programs.
 *
 * The table of a vector has a column per label and the value; that of a matrix has the times too,
 * and a series' labels on its first line only. A scalar and a string stand alone.
 *
 * CSV (RFC 4180, lines ended by \n) always has the columns `time` (RFC 3339, UTC, milliseconds),
 * `value` (as in the API's JSON) and one per label name, ascending; one line per sample in the
 * answer's order. A label that a series does not have is empty.
 */
#ifndef TOOLS_QUERY_TEXT_H
#define TOOLS_QUERY_TEXT_H

#include "tools/query_answer.h"

void query_table_write(const struct query_answer *answer, struct buf *out);
void query_csv_write(const struct query_answer *answer, struct buf *out);

#endif
