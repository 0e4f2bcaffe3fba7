/* info_message.h - infopb.InfoResponse, between its bytes and a struct store_info.
 *
 * Format: info.proto.
 */
#ifndef PROTO_INFO_MESSAGE_H
#define PROTO_INFO_MESSAGE_H

#include "model/store_api.h"

/* Lives in `a`; nothing points into `message`. */
bool info_decode(struct str message, struct arena *a, struct store_info *out, struct err *err);

/* Appended to *out, scratch memory comes from `a`. */
void info_encode(const struct store_info *info, struct arena *a, struct buf *out);

#endif
