#include "base/fs.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void close_dirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* --- reading and writing -----------------------------------------------------------------------
 */

bool fs_read(const char *path, struct buf *out, struct err *err)
{
	int fd auto_done(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, errno, "open %s", path);

	/* The size may lie (/proc) or change: read until the end. */
	for (;;) {
		enum { PIECE_BYTES = 65536 };
		size_t left = out->overflowed ? 0 : out->max - out->n;
		size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
		char past_the_limit;
		char *to = piece ? buf_reserve(out, piece) : &past_the_limit;
		ssize_t n = read(fd, to, piece ? piece : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, errno, "read %s", path);
		if (n == 0)
			return true;
		if (piece == 0)
			return err_set(err, ERR_LIMIT, "read %s: more than the %zu bytes allowed",
				       path, out->max);
		buf_grown(out, (size_t)n);
	}
}

enum durability { FILE_UNSYNCED, FILE_SYNCED };

static bool write_new(const char *path, struct str bytes, unsigned mode, enum durability durability,
		      struct err *err)
{
	int fd auto_done(close_fd) = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return err_set_errno(err, errno, "create %s", path);
	if (!fd_write_all(fd, bytes.p, bytes.n))
		return err_set_errno(err, errno, "write %s", path);
	if (durability == FILE_SYNCED && fsync(fd) != 0)
		return err_set_errno(err, errno, "sync %s", path);
	return true;
}

static bool replace(const char *path, struct str bytes, unsigned mode, enum durability durability,
		    struct err *err)
{
	char *tmp auto_free(mem_free) = xasprintf("%s.tmp", path);

	if (write_new(tmp, bytes, mode, durability, err) && fs_rename(tmp, path, err))
		return true;
	unlink(tmp);
	return false;
}

bool fs_write_whole(const char *path, struct str bytes, unsigned mode, struct err *err)
{
	return replace(path, bytes, mode, FILE_UNSYNCED, err);
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

bool fs_write_atomic(const char *path, struct str bytes, unsigned mode, struct err *err)
{
	char *dir auto_free(mem_free) = parent_of(path);

	return replace(path, bytes, mode, FILE_SYNCED, err) && fs_sync_dir(dir, err);
}

bool fs_sync_dir(const char *path, struct err *err)
{
	int fd auto_done(close_fd) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, errno, "open %s", path);
	/* Some file systems do not sync directories, and say so by EINVAL. */
	if (fsync(fd) != 0 && errno != EINVAL)
		return err_set_errno(err, errno, "sync %s", path);
	return true;
}

/* --- names --------------------------------------------------------------------------------------
 */

static bool is_directory(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool mkdir_one(const char *path, struct err *err)
{
	if (mkdir(path, 0777) == 0)
		return true;
	int errnum = errno;
	if (errnum == EEXIST && is_directory(path))
		return true;
	if (errnum == EEXIST && errno == ENOENT)
		errnum = ENOENT; /* another removed it between the two calls */
	return err_set_errno(err, errnum, "create directory %s", path);
}

bool fs_mkdirs(const char *path, struct err *err)
{
	char *copy auto_free(mem_free) = xstrdup(path);

	for (char *at = copy + 1; *copy && *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (!mkdir_one(copy, err))
			return false;
		*at = '/';
	}
	return mkdir_one(path, err);
}

static bool remove_at(int dir_fd, const char *name, const char *shown, struct err *err);

/* Takes `fd`. */
static bool remove_entries(int fd, const char *shown, struct err *err)
{
	DIR *dir auto_done(close_dirp) = fdopendir(fd);
	if (!dir) {
		close(fd);
		return err_set_errno(err, errno, "list %s", shown);
	}
	for (struct dirent *e; (e = readdir(dir));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (!remove_at(dirfd(dir), e->d_name, shown, err))
			return false;
	}
	return true;
}

/* Descends by file descriptors, so that a path component exchanged for a link meanwhile leads
 * nowhere else. */
static bool remove_at(int dir_fd, const char *name, const char *shown, struct err *err)
{
	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return err_set_errno(err, errno, "remove %s below %s", name, shown);

	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ||
		       err_set_errno(err, errno, "remove %s below %s", name, shown);
	if (!remove_entries(fd, shown, err))
		return false;
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		return err_set_errno(err, errno, "remove %s below %s", name, shown);
	return true;
}

bool fs_remove_tree(const char *path, struct err *err)
{
	return remove_at(AT_FDCWD, path, path, err);
}

bool fs_remove(const char *path, struct err *err)
{
	return unlink(path) == 0 || err_set_errno(err, errno, "remove %s", path);
}

bool fs_rename(const char *from, const char *to, struct err *err)
{
	return rename(from, to) == 0 || err_set_errno(err, errno, "rename %s to %s", from, to);
}

bool fs_link(const char *from, const char *to, struct err *err)
{
	return link(from, to) == 0 || err_set_errno(err, errno, "link %s to %s", from, to);
}

/* --- looking ------------------------------------------------------------------------------------
 */

bool fs_stat(const char *path, struct fs_info *out, struct err *err)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return err_set_errno(err, errno, "stat %s", path);
	*out = (struct fs_info){
	    .kind = S_ISREG(st.st_mode)   ? FS_FILE
		    : S_ISDIR(st.st_mode) ? FS_DIRECTORY
					  : FS_OTHER,
	    .size_bytes = st.st_size,
	    .modified_ms = st.st_mtim.tv_sec * INT64_C(1000) + st.st_mtim.tv_nsec / 1000000,
	};
	return true;
}

bool fs_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void push_name(struct fs_names *names, const char *name)
{
	if (names->n == names->cap) {
		names->cap = names->cap ? names->cap * 2 : 16;
		names->v = xreallocarray(names->v, names->cap, sizeof(*names->v));
	}
	names->v[names->n++] = xstrdup(name);
}

bool fs_list(const char *path, struct fs_names *out, struct err *err)
{
	DIR *dir auto_done(close_dirp) = opendir(path);
	if (!dir)
		return err_set_errno(err, errno, "list %s", path);

	struct fs_names names = {0};
	errno = 0;
	for (struct dirent *e; (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			push_name(&names, e->d_name);
	if (errno != 0) {
		err_set_errno(err, errno, "list %s", path);
		fs_names_done(&names);
		return false;
	}
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), name_cmp);
	*out = names;
	return true;
}

void fs_names_done(struct fs_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	*names = (struct fs_names){0};
}

/* Without the last part of `out`, unless there is none to take away. */
static bool drop_last_part(struct buf *out, size_t root)
{
	size_t n = out->n;

	while (n > root && out->p[n - 1] != '/')
		n--;
	if (out->n == root || str_is(str_skip(buf_str(out), n), ".."))
		return false;
	out->n = n > root ? n - 1 : root;
	return true;
}

char *fs_clean_path(const char *path)
{
	struct buf out = BUF_INIT(BUF_TEXT_MAX);
	size_t root = path[0] == '/';
	struct str part, rest = str_of(path);

	buf_append(&out, "/", root);
	while (rest.n > 0) {
		rest = str_split(rest, '/', &part);
		if (part.n == 0 || str_is(part, "."))
			continue;
		if (str_is(part, "..") && (drop_last_part(&out, root) || root))
			continue;
		if (out.n > root)
			buf_putc(&out, '/');
		buf_append_str(&out, part);
	}
	if (out.n == 0)
		buf_putc(&out, '.');
	return buf_steal(&out);
}
