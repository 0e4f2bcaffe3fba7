/* commands.h - the subcommands: a table of names, help, flags and functions.
 *
 * To add one: write cmd/<name>.c with a `const struct command command_<name>`, and its line in
 * COMMANDS below.
 */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "base/flags.h"

struct runtime;

/* One table of flags, and where its values lie in the command's options. */
struct command_flags {
	const struct flag_spec *specs;
	size_t n;
	size_t offset;
};

#define COMMAND_FLAGS(table, options, field)                                                       \
	{                                                                                          \
		.specs = (table), .n = sizeof(table) / sizeof(*(table)),                           \
		.offset = offsetof(options, field)                                                 \
	}

struct command {
	const char *name; /* "sidecar", "tools bucket ls": words one space apart */
	const char *help;
	const struct command_flags *flags; /* of a group: those that its members have too */
	size_t n_flags;
	size_t options_bytes;
	const char *words_help; /* "<file>", in the usage; NULL: it takes no words */
	size_t n_words_min, n_words_max;
	/* NULL for a group, such as "tools". Builds what the command needs, runs it by
	 * runtime_run(), and takes it down again. */
	bool (*run)(struct runtime *rt, const void *options, struct err *err);
	/* It does one thing for a person and ends: its failure is one plain line instead of a log
	 * line, and unless --log.level is given only warnings are logged. */
	bool is_tool;
};

#define COMMANDS(X)                                                                                \
	X(sidecar)                                                                                 \
	X(store)                                                                                   \
	X(compact)                                                                                 \
	X(query)                                                                                   \
	X(tools)                                                                                   \
	X(tools_bucket)                                                                            \
	X(tools_bucket_verify)                                                                     \
	X(tools_bucket_ls)                                                                         \
	X(tools_bucket_inspect)                                                                    \
	X(tools_bucket_replicate)                                                                  \
	X(tools_bucket_downsample)                                                                 \
	X(tools_bucket_cleanup)                                                                    \
	X(tools_bucket_mark)                                                                       \
	X(tools_bucket_retention)                                                                  \
	X(tools_bucket_upload_blocks)                                                              \
	X(tools_query)                                                                             \
	X(tools_promql)                                                                            \
	X(tools_promql_format)                                                                     \
	X(tools_promql_parse)                                                                      \
	X(tools_promql_explain)

#define COMMAND_DECLARE_(name) extern const struct command command_##name;
COMMANDS(COMMAND_DECLARE_)
#undef COMMAND_DECLARE_

struct command_list {
	const struct command *const *v;
	size_t n;
};

struct command_list commands_all(void);

#endif
