/* label_list.h - the answer to a label request, put in order. */
#ifndef STORE_LABEL_LIST_H
#define STORE_LABEL_LIST_H

#include "model/store_api.h"

/* Ascending and each once; of names, those that the request wants dropped are left out; the first
 * `limit` of what remains. In place. */
void label_list_settle(struct str_list *list, const struct label_request *req);

/* Whether the request wants to see nothing of this label. */
bool label_is_dropped(struct str name, const struct label_request *req);

#endif
