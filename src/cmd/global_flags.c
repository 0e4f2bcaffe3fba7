#include "cmd/global_flags.h"

static const struct flag_spec specs[] = {
    {.name = "help",
     .short_name = 'h',
     FLAG_BOOL(struct global_flags, help),
     .help = "Show context-sensitive help (also try --help-long and --help-man)."},
    {.name = "help-long",
     FLAG_BOOL(struct global_flags, help_long),
     .help = "Generate long help.",
     .attrs = FLAG_HIDDEN},
    {.name = "help-man",
     FLAG_BOOL(struct global_flags, help_man),
     .help = "Generate a man page.",
     .attrs = FLAG_HIDDEN},
    {.name = "version",
     FLAG_BOOL(struct global_flags, version),
     .help = "Show application version."},
    {.name = "debug.name",
     FLAG_STRING(struct global_flags, debug_name),
     .help = "Name to add as prefix to log lines.",
     .attrs = FLAG_HIDDEN},
    {.name = "log.level",
     FLAG_ENUM(struct global_flags, log_level),
     .choices = FLAG_CHOICES("error", "warn", "info", "debug"),
     .default_text = "info",
     .help = "Log filtering level."},
    {.name = "log.format",
     FLAG_ENUM(struct global_flags, log_format),
     .choices = FLAG_CHOICES("logfmt", "json", "journald"),
     .default_text = "logfmt",
     .help = "Log format to use. Possible options: logfmt, json or journald."},
    {.name = "tracing.config",
     FLAG_CONTENT(struct global_flags, tracing),
     .help = "YAML file with tracing configuration. See format details: "
	     "https://thanos.io/tip/thanos/tracing.md/#configuration "},
    {.name = "enable-auto-gomemlimit",
     FLAG_BOOL(struct global_flags, auto_gomemlimit),
     .help = "Enable go runtime to automatically limit memory consumption."},
    {.name = "auto-gomemlimit.ratio",
     FLAG_FLOAT(struct global_flags, gomemlimit_ratio),
     .default_text = "0.9",
     .help = "The ratio of reserved GOMEMLIMIT memory to the detected maximum container or system "
	     "memory."},
};

struct flag_group global_flags_group(struct global_flags *values)
{
	return (struct flag_group)FLAG_GROUP(specs, values);
}

bool global_flags_check(const struct global_flags *g, struct err *err)
{
	if (g->gomemlimit_ratio > 0 && g->gomemlimit_ratio <= 1)
		return true;
	return err_set(
	    err, ERR_INVALID,
	    "--auto-gomemlimit.ratio must be greater than 0 and less than or equal to 1.");
}
