#include "tests/lib/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void be_the_child(void (*fn)(void), int pipe_fd)
{
	struct rlimit no_core = {0, 0};
	static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

	setrlimit(RLIMIT_CORE, &no_core);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL); /* cmocka's and the sanitizers' handlers go on */
	dup2(pipe_fd, STDERR_FILENO);
	fn();
	_exit(0);
}

struct child_end child_run(void (*fn)(void), struct buf *said)
{
	int fds[2], status;
	char piece[4096];
	ssize_t n;

	if (pipe(fds) != 0)
		abort();
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		be_the_child(fn, fds[1]);
	close(fds[1]);
	while ((n = read(fds[0], piece, sizeof(piece))) > 0)
		buf_append(said, piece, (size_t)n);
	close(fds[0]);
	waitpid(child, &status, 0);
	return (struct child_end){
	    .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	    .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
	};
}
