#include "promql/name_text.h"

#include "base/quote.h"

#include <stdio.h>

static struct name_text text_behind(const char *prefix, struct str name)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct name_text text;

	/* No more than could be shown. */
	quote_append(&quoted, str_from(name.p, name.n < sizeof(text.s) ? name.n : sizeof(text.s)));
	snprintf(text.s, sizeof(text.s), "%s%s", prefix, buf_cstr(&quoted));
	return text;
}

struct name_text quoted_name(struct str name)
{
	return text_behind("", name);
}

struct name_text for_metric_name(struct str name)
{
	return name.n ? text_behind(" for metric name ", name) : (struct name_text){""};
}
