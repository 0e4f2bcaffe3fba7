#include "cmd/viewer_flags.h"

const struct flag_spec VIEWER_FLAGS[6] = {
    {.name = "web.disable",
     FLAG_BOOL(struct viewer_flags, is_disabled),
     .help = "Disable Block Viewer UI. There is none yet."},
    {.name = "web.external-prefix",
     FLAG_STRING(struct viewer_flags, external_prefix),
     .default_text = "",
     .help = "Static prefix for all HTML links and redirect URLs in the bucket web UI interface. "
	     "There is none yet."},
    {.name = "web.prefix-header",
     FLAG_STRING(struct viewer_flags, prefix_header),
     .default_text = "",
     .help = "Name of HTTP request header used for dynamic prefixing of UI links and redirects. "
	     "There are none yet."},
    {.name = "web.disable-cors",
     FLAG_BOOL(struct viewer_flags, disable_cors),
     .help = "Whether to disable CORS headers to be set by Thanos. None are set yet."},
    {.name = "bucket-web-label",
     FLAG_STRING(struct viewer_flags, label),
     .default_text = "",
     .help = "External block label to use as group title in the bucket web UI. There is none yet."},
    {.name = "disable-admin-operations",
     FLAG_BOOL(struct viewer_flags, disable_admin_operations),
     .help = "Disable UI/API admin operations like marking blocks for deletion and no compaction. "
	     "There are none yet."},
};

void viewer_flags_warn(const struct viewer_flags *f, struct logger *logger)
{
	if (!f->is_disabled && (*f->external_prefix || *f->prefix_header || *f->label))
		log_warn(logger,
			 "there is no block viewer yet: --web.external-prefix, --web.prefix-header "
			 "and --bucket-web-label change nothing");
}
