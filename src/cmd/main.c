#include "base/alloc.h"
#include "base/crash.h"
#include "cmd/command_line.h"
#include "cmd/runtime.h"
#include "cmd/standard_io.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* Thanos' last words are an err field and no message. */
static int fail(struct runtime *rt, const struct command *command, const struct err *err)
{
	if (command->is_tool) {
		failure_tell(err);
		return 1;
	}
	const char *when = runtime_was_run(rt) ? "" : "preparing ";
	char *text auto_free(mem_free) =
	    xasprintf("%s%s command failed: %s", when, rt->command, err->msg);

	log_error(rt->logger, NULL, LOG_STR("err", text));
	return 1;
}

/* Read like all configuration, and not done yet. */
static bool refuse_tracing(const struct global_flags *global, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str text;

	if (!flag_content_load(&global->tracing, a, &text, err))
		return err_wrap(err, "getting tracing config failed");
	return text.n == 0 ||
	       err_set(err, ERR_UNSUPPORTED, "--tracing.config is not supported yet");
}

static bool run(struct runtime *rt, const struct command_line *line, struct err *err)
{
	return global_flags_check(&line->global, err) && refuse_tracing(&line->global, err) &&
	       line->command->run(rt, line->options, err);
}

static int run_command(struct command_line *line)
{
	struct err err = ERR_INIT;
	struct runtime rt;
	int exit_code = 0;

	if (line->command->is_tool && !flags_is_set(line->flags, "log.level"))
		line->global.log_level = LOG_LEVEL_WARN;
	crash_handler_install();
	crash_raise_file_limit();
	if (!runtime_init(&rt, line->command->name, &line->global, line->flags, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit_code = 1;
	} else if (!run(&rt, line, &err)) {
		exit_code = fail(&rt, line->command, &err);
	} else {
		log_info(rt.logger, "exiting");
	}
	runtime_done(&rt);
	return exit_code;
}

/* Pages of arenas are mapped, and given back when they are freed; without this the threshold grows
 * with what is freed, and peaks stay. See docs/decisions/017-allocator.md. */
static void settle_allocator(void)
{
	enum { MAPPED_FROM_BYTES = 128 * 1024 };

	mallopt(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES);
	mallopt(M_TRIM_THRESHOLD, MAPPED_FROM_BYTES);
}

int main(int argc, char **argv)
{
	struct buf said auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct command_line line;

	settle_allocator();
	command_line_parse(&line, commands_all(), argc, (const char *const *)argv,
			   command_line_width(STDERR_FILENO), &said);
	fputs(buf_cstr(&said), line.for_program ? stdout : stderr);
	int exit_code = line.command ? run_command(&line) : line.exit_code;
	command_line_done(&line);
	return exit_code;
}
