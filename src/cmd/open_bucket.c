#include "cmd/open_bucket.h"

#include "objstore/config.h"

bool open_bucket(struct runtime *rt, struct str yaml, struct loop *loop, struct bucket **out,
		 struct err *err)
{
	struct bucket_context context = {
	    .loop = loop,
	    .clock = &clock_system,
	    .metrics = rt->metrics,
	};
	struct notes notes auto_done(notes_done);

	notes_init(&notes);
	if (!bucket_from_config(yaml, &context, &notes, out, err))
		return err_wrap(err, "create bucket client");
	for (size_t i = 0; i < notes.n; i++)
		log_warn(rt->logger, notes.v[i].text);
	return true;
}
