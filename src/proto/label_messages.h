/* label_messages.h - storepb's LabelNames and LabelValues: requests and responses.
 *
 * Format: Thanos' pkg/store/storepb/rpc.proto.
 */
#ifndef PROTO_LABEL_MESSAGES_H
#define PROTO_LABEL_MESSAGES_H

#include "codec/pb_wire.h"
#include "model/store_api.h"

/* The two methods' messages differ by their field numbers. */
enum label_method {
	LABEL_NAMES,
	LABEL_VALUES,
};

/* As series_request_decode(). */
bool label_request_decode(enum label_method method, struct str message, struct arena *a,
			  struct label_request *out, struct err *err);
void label_request_release(struct label_request *req);

struct label_response {
	struct str_list values; /* the names, or the values of one name */
	struct str_list warnings;
	struct str hints; /* a google.protobuf.Any, or empty */
};

/* Strings are slices of `message`; arrays live in `a`. */
bool label_response_decode(struct str message, struct arena *a, struct label_response *out,
			   struct err *err);

/* These clear `w` first; the message is pb_written(w). */
void label_request_encode(enum label_method method, struct pb_writer *w,
			  const struct label_request *req);
void label_response_encode(struct pb_writer *w, const struct label_response *response);

#endif
