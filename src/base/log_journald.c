/* log_journald.c - the journal's socket (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
#include "base/log_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int log_open_journal(struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX,
				   .sun_path = "/run/systemd/journal/socket"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	err_set_errno(err, errno,
		      "journald log format requested but systemd journal is not available");
	if (fd >= 0)
		close(fd);
	return -1;
}

static void send_fd(int socket_fd, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	sendmsg(socket_fd, &message, MSG_NOSIGNAL);
}

static void send_as_file(int socket_fd, struct str datagram)
{
	int fd = memfd_create("log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return;
	if (write(fd, datagram.p, datagram.n) == (ssize_t)datagram.n &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		send_fd(socket_fd, fd);
	close(fd);
}

void log_send_journal(int fd, struct str datagram)
{
	if (send(fd, datagram.p, datagram.n, MSG_NOSIGNAL) < 0 &&
	    (errno == EMSGSIZE || errno == ENOBUFS))
		send_as_file(fd, datagram);
}
