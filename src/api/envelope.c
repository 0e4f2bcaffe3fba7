#include "api/envelope.h"

void envelope_begin(struct json_writer *w)
{
	json_begin_object(w);
	json_key(w, "status");
	json_put_cstr(w, "success");
	json_key(w, "data");
}

static void put_warnings(struct json_writer *w, const struct notes *notes)
{
	if (notes->n == 0)
		return;
	json_key(w, "warnings");
	json_begin_array(w);
	for (size_t i = 0; i < notes->n; i++)
		json_put_cstr(w, notes->v[i].text);
	json_end_array(w);
}

void envelope_end(struct json_writer *w, const struct notes *notes)
{
	put_warnings(w, notes);
	json_end_object(w);
}
