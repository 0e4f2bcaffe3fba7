/* start.c - how long from exec until a component is ready, and what does it hold when idle?
 *
 *	bench_start HOST:PORT COMMAND [ARGUMENT...]
 *
 * Starts the command, asks http://HOST:PORT/-/ready until the answer is 200, lets it idle for some
 * seconds, and ends it with SIGTERM.
 */
#include "bench/measure.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { ASK_EVERY_US = 1000, GIVE_UP_S = 60, IDLE_S = 3 };

static bool parse_address(const char *text, struct sockaddr_in *to)
{
	char host[64];
	unsigned port;

	if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2)
		return false;
	*to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	return inet_pton(AF_INET, host, &to->sin_addr) == 1;
}

static bool is_ready(const struct sockaddr_in *to)
{
	static const char request[] = "GET /-/ready HTTP/1.1\r\nHost: bench\r\n"
				      "Connection: close\r\n\r\n";
	char answer[32] = "";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 &&
		  send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0 &&
		  recv(fd, answer, sizeof(answer) - 1, 0) > 0;

	close(fd);
	return ok && strncmp(answer + strcspn(answer, " "), " 200", 4) == 0;
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

static int ended(pid_t pid)
{
	int status;

	return waitpid(pid, &status, WNOHANG) == pid;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to;
	struct rusage used;
	int status;

	if (argc < 3 || !parse_address(argv[1], &to)) {
		fprintf(stderr, "usage: %s HOST:PORT COMMAND [ARGUMENT...]\n", argv[0]);
		return 2;
	}
	double began = now_s();
	pid_t pid = start(argv + 2);
	while (!is_ready(&to)) {
		if (ended(pid) || now_s() - began > GIVE_UP_S) {
			fprintf(stderr, "%s: not ready after %.1f s\n", argv[2], now_s() - began);
			kill(pid, SIGKILL);
			return 1;
		}
		usleep(ASK_EVERY_US);
	}
	printf("ready %.4f s\n", now_s() - began);
	double cpu_s = process_cpu_s(pid);
	sleep(IDLE_S);
	printf("start_cpu %.3f s\n", cpu_s);
	printf("idle_cpu %.4f cores\n", (process_cpu_s(pid) - cpu_s) / IDLE_S);
	printf("idle_rss %.1f MB\n", process_memory_mb(pid, "VmRSS"));
	printf("idle_anonymous_rss %.1f MB\n", process_memory_mb(pid, "RssAnon"));
	began = now_s();
	kill(pid, SIGTERM);
	wait4(pid, &status, 0, &used);
	printf("stop %.3f s\n", now_s() - began);
	return 0;
}
