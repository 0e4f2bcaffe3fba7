/* ast_json.h - a parsed query as JSON, in the shape of Prometheus' /api/v1/parse_query. */
#ifndef API_AST_JSON_H
#define API_AST_JSON_H

#include "codec/json_writer.h"
#include "promql/ast.h"

void expr_json(struct json_writer *w, const struct expr *e);

#endif
