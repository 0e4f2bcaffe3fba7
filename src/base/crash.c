/* crash.c - everything the handler does is safe in a signal handler: write(2), no locks, no memory.
 * backtrace() loads its library on first use, so it is called once at installation.
 */
#include "base/crash.h"

#include "base/version.h"

#include <elf.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { N_NOTES = 64, NOTE_BYTES = 512, N_FRAMES = 64, BUILD_ID_BYTES = 20 };

/* A place is taken by `used`; `ready` says that its text is complete. */
static struct note {
	atomic_bool used, ready;
	char text[NOTE_BYTES];
} notes[N_NOTES];

static char build_id[2 * BUILD_ID_BYTES + 1] = "unknown";
static char handler_stack[64 * 1024];

int crash_note_begin(const char *what, const char *text)
{
	for (int i = 0; i < N_NOTES; i++) {
		if (atomic_exchange(&notes[i].used, true))
			continue;
		snprintf(notes[i].text, sizeof(notes[i].text), "%s: %s", what, text);
		atomic_store(&notes[i].ready, true);
		return i;
	}
	return -1;
}

void crash_note_end(int note)
{
	if (note < 0)
		return;
	atomic_store(&notes[note].ready, false);
	atomic_store(&notes[note].used, false);
}

/* --- the report ---------------------------------------------------------------------------------
 */

static void put(const char *text)
{
	ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
	(void)ignored;
}

static const char *signal_name(int number)
{
	switch (number) {
	case SIGSEGV:
		return "segmentation fault";
	case SIGBUS:
		return "bus error";
	case SIGFPE:
		return "arithmetic error";
	case SIGILL:
		return "illegal instruction";
	default:
		return "abort";
	}
}

static void report(int number)
{
	void *frames[N_FRAMES];

	put("\nathanor crashed: ");
	put(signal_name(number));
	put("\nversion ");
	put(version_string());
	put(", revision ");
	put(version_revision());
	put(", build id ");
	put(build_id);
	put("\n");
	backtrace_symbols_fd(frames, backtrace(frames, N_FRAMES), STDERR_FILENO);
	for (int i = 0; i < N_NOTES; i++) {
		if (!atomic_load(&notes[i].ready))
			continue;
		put("active: ");
		put(notes[i].text);
		put("\n");
	}
}

static void handle(int number, siginfo_t *info, void *context)
{
	static atomic_bool reporting;

	(void)info;
	(void)context;
	/* SA_RESETHAND has put the default action back; a second crash in here, or in another
	 * thread, takes it at once. */
	if (!atomic_exchange(&reporting, true))
		report(number);
	raise(number);
}

/* --- installation -------------------------------------------------------------------------------
 */

static void keep_build_id(const uint8_t *id, size_t n)
{
	if (n > BUILD_ID_BYTES)
		n = BUILD_ID_BYTES;
	for (size_t i = 0; i < n; i++)
		snprintf(build_id + 2 * i, 3, "%02x", id[i]);
}

/* The first object is the program: look through its notes. */
static int find_build_id(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		if (ph->p_type != PT_NOTE)
			continue;
		const uint8_t *at = (const uint8_t *)(info->dlpi_addr + ph->p_vaddr);
		const uint8_t *end = at + ph->p_memsz;
		while (at + sizeof(ElfW(Nhdr)) <= end) {
			const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
			const uint8_t *name = at + sizeof(*note);
			const uint8_t *desc = name + ((note->n_namesz + 3) & ~3U);
			if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
			    memcmp(name, "GNU", 4) == 0)
				keep_build_id(desc, note->n_descsz);
			at = desc + ((note->n_descsz + 3) & ~3U);
		}
	}
	return 1;
}

void crash_handler_install(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};
	struct sigaction action = {
	    .sa_sigaction = handle,
	    .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_ONSTACK | SA_NODEFER,
	};
	void *frame;

	signal(SIGPIPE, SIG_IGN);
	dl_iterate_phdr(find_build_id, NULL);
	backtrace(&frame, 1);
	/* Serves this thread only: elsewhere an overflown stack dies without a report. */
	sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaction(fatal[i], &action, NULL);
}

size_t crash_raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	if (limit.rlim_cur < limit.rlim_max) {
		rlim_t before = limit.rlim_cur;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			limit.rlim_cur = before;
	}
	return (size_t)limit.rlim_cur;
}
