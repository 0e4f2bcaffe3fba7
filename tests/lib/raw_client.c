#include "tests/lib/raw_client.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int raw_connect(const char *address)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	const char *port = strrchr(address, ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_non_null(port);
	sa.sin_port = htons((uint16_t)atoi(port + 1));
	inet_pton(AF_INET, "127.0.0.1", &sa.sin_addr);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		fail_msg("connect to %s: %s", address, strerror(errno));
	return fd;
}

void raw_send(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			fail_msg("send: %s", strerror(errno));
		bytes = str_skip(bytes, (size_t)n);
	}
}

void raw_shut_write(int fd)
{
	shutdown(fd, SHUT_WR);
}

void raw_close(int fd)
{
	close(fd);
}

void raw_abort(int fd)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

size_t raw_read_some(int fd, char *out, size_t n)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, PATIENCE_MS) != 1)
		fail_msg("the server said nothing for %d ms", PATIENCE_MS);
	ssize_t got = recv(fd, out, n, 0);
	return got > 0 ? (size_t)got : 0;
}

static bool read_more(int fd, struct buf *out)
{
	char part[65536];
	size_t n = raw_read_some(fd, part, sizeof(part));

	assert_true(buf_append(out, part, n));
	return n > 0;
}

void raw_read_until(int fd, struct buf *out, size_t from, const char *text)
{
	for (;;) {
		struct str seen = str_skip(buf_str(out), from);
		if (str_find(seen, str_of(text)) < seen.n)
			return;
		if (!read_more(fd, out))
			fail_msg("the server closed before \"%s\", after:\n%s", text,
				 buf_cstr(out));
	}
}

void raw_read_all(int fd, struct buf *out)
{
	while (read_more(fd, out))
		;
}

void raw_exchange(const char *address, struct str bytes, struct buf *out)
{
	int fd = raw_connect(address);

	raw_send(fd, bytes);
	raw_read_all(fd, out);
	raw_close(fd);
}
