#include "objstore/filesystem.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file_writer.h"
#include "base/fs.h"
#include "base/rand.h"
#include "objstore/object_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TMP_DIR ".athanor-tmp" /* at the root, while there are unfinished uploads, which it holds  \
				*/

enum {
	COPY_BYTES = 64 * 1024, /* the second copy of a piece finds it in the cache */
	COMMIT_TRIES = 16,      /* against others removing the directory again and again */
	STALE_UPLOAD_MS =
	    24 * 3600 * 1000 /* after this long an unfinished upload belongs to nobody */
};

struct filesystem {
	struct bucket base; /* first, so that the two pointers convert */
	char *root;
	char *name;
};

struct object_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct filesystem *fs;
	enum bucket_put_mode mode;
	int fd;
	char *tmp_path;
	char *object; /* its name in the bucket */
};

static char *path_of(const struct filesystem *fs, struct str name)
{
	return xasprintf("%s%s%.*s", fs->root, name.n ? "/" : "", STR_FMT(name));
}

/* Unfinished uploads are no objects. */
static bool is_internal(struct str name)
{
	struct str first;
	str_split(name, '/', &first);
	return str_is(first, TMP_DIR);
}

static bool check_name(struct str name, struct err *err)
{
	if (!object_name_check(name, err))
		return false;
	if (is_internal(name))
		return err_set(err, ERR_INVALID, "object name \"%.*s\": " TMP_DIR " is reserved",
			       STR_FMT(name));
	return true;
}

static struct object_attrs attrs_of(const struct stat *st)
{
	return (struct object_attrs){
	    .size_bytes = st->st_size,
	    .modified_ms = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000,
	};
}

/* --- listing ------------------------------------------------------------------------------- */

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool dir_is_empty(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return errno == ENOENT; /* not, when we only may not look into it */

	struct dirent *d;
	do
		d = readdir(dir);
	while (d && is_dot(d->d_name));
	closedir(dir);
	return d == NULL;
}

struct walk {
	const struct filesystem *fs;
	struct ctx *ctx;
	enum bucket_list_mode mode;
	bucket_list_fn *fn;
	void *arg;
};

static bool walk_dir(const struct walk *w, struct str dir, struct err *err);

static bool walk_entry(const struct walk *w, struct str name, struct err *err)
{
	char *path auto_free(mem_free) = path_of(w->fs, name);
	struct stat st;

	if (!ctx_check(w->ctx, err))
		return false;
	if (stat(path, &st) < 0)
		return errno == ENOENT || err_set_errno(err, errno, "stat %s", path);

	bool is_dir = S_ISDIR(st.st_mode);
	if (is_dir && w->mode == LIST_RECURSIVE)
		return walk_dir(w, name, err);
	if (is_dir && dir_is_empty(path))
		return true;

	char *shown auto_free(mem_free) = xasprintf("%.*s%s", STR_FMT(name), is_dir ? "/" : "");
	struct bucket_entry e = {.name = str_of(shown), .has_attrs = !is_dir};
	if (!is_dir)
		e.attrs = attrs_of(&st);
	return w->fn(&e, w->arg, err);
}

static bool walk_dir(const struct walk *w, struct str dir, struct err *err)
{
	char *path auto_free(mem_free) = path_of(w->fs, dir);
	struct fs_names names auto_done(fs_names_done) = {0};

	if (!fs_list(path, &names, err))
		return err->code == ERR_NOT_FOUND; /* it went away */
	for (size_t i = 0; i < names.n; i++) {
		char *name auto_free(mem_free) =
		    xasprintf("%.*s%s%s", STR_FMT(dir), dir.n ? "/" : "", names.v[i]);
		if (!is_internal(str_of(name)) && !walk_entry(w, str_of(name), err))
			return false;
	}
	return true;
}

static bool bucket_fs_list(struct bucket *b, struct ctx *ctx, struct str prefix,
			   enum bucket_list_mode mode, bucket_list_fn *fn, void *arg,
			   struct err *err)
{
	struct walk w = {
	    .fs = (struct filesystem *)b, .ctx = ctx, .mode = mode, .fn = fn, .arg = arg};
	struct str dir;

	if (!ctx_check(ctx, err) || !object_prefix_check(prefix, &dir, err))
		return false;
	char *path auto_free(mem_free) = path_of(w.fs, dir);
	struct fs_info info;
	if (!fs_stat(path, &info, err))
		return err->code == ERR_NOT_FOUND;
	return info.kind != FS_DIRECTORY || walk_dir(&w, dir, err);
}

/* --- reading ------------------------------------------------------------------------------- */

static int open_object(const struct filesystem *fs, struct str name, struct stat *st,
		       struct err *err)
{
	char *path auto_free(mem_free) = path_of(fs, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		err_set(err, ERR_NOT_FOUND, "object %s: no such file", path);
		return -1;
	}
	if (fd < 0 || fstat(fd, st) < 0) {
		err_set_errno(err, errno, "open %s", path);
	} else if (!S_ISREG(st->st_mode)) {
		err_set(err, ERR_NOT_FOUND, "object %s: not a regular file", path);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool read_range(int fd, struct str name, int64_t offset, int64_t length, struct ctx *ctx,
		       struct byte_sink *sink, struct err *err)
{
	size_t cap = length < COPY_BYTES ? (size_t)length : COPY_BYTES;
	char *piece auto_free(mem_free) = xmalloc(cap);

	while (length > 0) {
		size_t want = (uint64_t)length < cap ? (size_t)length : cap;
		ssize_t n = pread(fd, piece, want, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, errno, "read object %.*s at %lld", STR_FMT(name),
					     (long long)offset);
		if (n == 0)
			return true;
		if (!ctx_check(ctx, err) || !sink->write(sink, piece, (size_t)n, err))
			return false;
		offset += n;
		length -= n;
	}
	return true;
}

static bool bucket_fs_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
			  int64_t length, struct byte_sink *sink, struct err *err)
{
	struct stat st;

	if (!ctx_check(ctx, err) || !check_name(name, err) ||
	    !object_range_check(name, offset, length, err))
		return false;
	int fd = open_object((struct filesystem *)b, name, &st, err);
	if (fd < 0)
		return false;

	int64_t left = offset < st.st_size ? st.st_size - offset : 0;
	bool ok = read_range(fd, name, offset, length < left ? length : left, ctx, sink, err);
	close(fd);
	return ok;
}

static bool bucket_fs_attrs(struct bucket *b, struct ctx *ctx, struct str name,
			    struct object_attrs *out, struct err *err)
{
	if (!ctx_check(ctx, err) || !check_name(name, err))
		return false;

	char *path auto_free(mem_free) = path_of((struct filesystem *)b, name);
	struct stat st;
	int why = stat(path, &st) < 0 ? errno : 0;
	if (why == 0 && S_ISREG(st.st_mode)) {
		*out = attrs_of(&st);
		return true;
	}
	if (why && why != ENOENT && why != ENOTDIR)
		return err_set_errno(err, why, "stat %s", path);
	return err_set(err, ERR_NOT_FOUND, "object %s: no such file", path);
}

/* --- writing ------------------------------------------------------------------------------- */

static bool make_parents(const char *path, struct err *err)
{
	char *dir auto_free(mem_free) = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	return fs_mkdirs(dir, err);
}

/* A rename survives a crash when the directory it happened in was synced. */
static bool sync_parents(const struct filesystem *fs, const char *path, struct err *err)
{
	char *dir auto_free(mem_free) = xstrdup(path);

	while (strlen(dir) > strlen(fs->root)) {
		*strrchr(dir, '/') = '\0';
		int fd = open(dir[0] ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int why = fd < 0 || fsync(fd) < 0 ? errno : 0;
		if (fd >= 0)
			close(fd);
		/* Some file systems sync no directories; another's removal may be faster. */
		if (why && why != EINVAL && why != ENOENT)
			return err_set_errno(err, why, "sync directory %s", dir);
	}
	return true;
}

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	struct object_writer *w = (struct object_writer *)base;

	return fd_write_all(w->fd, p, n) ||
	       err_set_errno(err, errno, "write %s for object %s", w->tmp_path, w->object);
}

/* Once it is empty. */
static void remove_tmp_dir(const struct filesystem *fs)
{
	char *dir auto_free(mem_free) = xasprintf("%s/" TMP_DIR, fs->root);

	rmdir(dir);
}

static void writer_abort(struct bucket_writer *base)
{
	struct object_writer *w = (struct object_writer *)base;

	if (w->fd >= 0)
		close(w->fd);
	if (w->tmp_path) {
		unlink(w->tmp_path);
		remove_tmp_dir(w->fs);
	}
	free(w->tmp_path);
	free(w->object);
	free(w);
}

/* Give the finished file its name. A directory may vanish between being made and being used, when
 * its last object is removed by another. */
static bool publish(struct object_writer *w, const char *path, struct err *err)
{
	bool link_only = w->mode == PUT_IF_ABSENT;

	for (int i = 0; i < COMMIT_TRIES; i++) {
		if (make_parents(path, err) && (link_only ? fs_link(w->tmp_path, path, err)
							  : fs_rename(w->tmp_path, path, err)))
			return true;
		if (err->code != ERR_NOT_FOUND)
			break;
	}
	if (err->code == ERR_EXISTS && link_only)
		return err_set(err, ERR_EXISTS, "object %s: is in the bucket already", w->object);
	return err_wrap(err, "put object %s", w->object);
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct object_writer *w = (struct object_writer *)base;
	char *path auto_free(mem_free) = path_of(w->fs, str_of(w->object));

	bool ok = fsync(w->fd) == 0 || err_set_errno(err, errno, "sync %s", w->tmp_path);
	ok = ok && publish(w, path, err) && sync_parents(w->fs, path, err);
	writer_abort(base);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {
    .write = writer_write,
    .commit = writer_commit,
    .abort = writer_abort,
};

/* A file of its own below TMP_DIR. Its mode is that of the object: Thanos' choice, less the umask.
 */
static bool open_tmp(struct object_writer *w, struct err *err)
{
	uint64_t random;

	rand_bytes(&random, sizeof(random));
	char *path auto_free(mem_free) =
	    xasprintf("%s/" TMP_DIR "/%016llx", w->fs->root, (unsigned long long)random);
	for (int i = 0; i < COMMIT_TRIES; i++) {
		if (make_parents(path, err)) {
			w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
			if (w->fd >= 0) {
				w->tmp_path = take(path);
				return true;
			}
			err_set_errno(err, errno, "create %s", path);
		}
		if (err->code != ERR_NOT_FOUND) /* the last upload of another may have ended */
			break;
	}
	return false;
}

static struct bucket_writer *bucket_fs_put(struct bucket *b, struct ctx *ctx, struct str name,
					   enum bucket_put_mode mode, struct err *err)
{
	if (!ctx_check(ctx, err) || !check_name(name, err))
		return NULL;

	struct object_writer *w = NEW(struct object_writer);
	*w = (struct object_writer){
	    .base.ops = &writer_ops,
	    .fs = (struct filesystem *)b,
	    .mode = mode,
	    .fd = -1,
	    .object = str_dup(name),
	};
	if (open_tmp(w, err))
		return &w->base;
	writer_abort(&w->base);
	return NULL;
}

/* --- removing ------------------------------------------------------------------------------ */

static void remove_empty_parents(const struct filesystem *fs, char *path)
{
	while (strlen(path) > strlen(fs->root)) {
		*strrchr(path, '/') = '\0';
		if (strlen(path) <= strlen(fs->root) || rmdir(path) < 0)
			return;
	}
}

static bool bucket_fs_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	struct filesystem *fs = (struct filesystem *)b;
	bool is_marker;

	if (!ctx_check(ctx, err) || !object_removal_check(name, &is_marker, err))
		return false;
	if (is_marker || is_internal(name))
		return err_set(err, ERR_NOT_FOUND, "remove object %.*s: not an object",
			       STR_FMT(name));

	char *path auto_free(mem_free) = path_of(fs, name);
	if (unlink(path) == 0) {
		remove_empty_parents(fs, path);
		return true;
	}
	if (errno == ENOENT || errno == ENOTDIR || errno == EISDIR)
		return err_set(err, ERR_NOT_FOUND, "remove object %s: no such file", path);
	return err_set_errno(err, errno, "remove %s", path);
}

static const char *bucket_fs_name(struct bucket *b)
{
	return ((struct filesystem *)b)->name;
}

static void bucket_fs_close(struct bucket *b)
{
	struct filesystem *fs = (struct filesystem *)b;

	free(fs->root);
	free(fs->name);
	free(fs);
}

static const struct bucket_ops fs_ops = {
    .list = bucket_fs_list,
    .get = bucket_fs_get,
    .attrs = bucket_fs_attrs,
    .put = bucket_fs_put,
    .remove = bucket_fs_remove,
    .name = bucket_fs_name,
    .close = bucket_fs_close,
};

/* Uploads of processes that died. Others may be at work in the same directory, hence the age. */
static void remove_stale_uploads(const struct filesystem *fs)
{
	char *dir auto_free(mem_free) = xasprintf("%s/" TMP_DIR, fs->root);
	struct fs_names names auto_done(fs_names_done) = {0};
	struct err ignored = ERR_INIT;
	struct fs_info info;

	if (!fs_list(dir, &names, &ignored))
		return;
	for (size_t i = 0; i < names.n; i++) {
		char *path auto_free(mem_free) = xasprintf("%s/%s", dir, names.v[i]);
		if (fs_stat(path, &info, &ignored) &&
		    info.modified_ms < clock_wall_ms(&clock_system) - STALE_UPLOAD_MS)
			fs_remove(path, &ignored);
	}
	remove_tmp_dir(fs);
}

/* Absolute, as the working directory may change, and without a '/' at its end. */
static char *absolute(const char *directory)
{
	char *here auto_free(mem_free) = directory[0] == '/' ? NULL : getcwd(NULL, 0);
	char *path = here ? xasprintf("%s/%s", here, directory) : xstrdup(directory);

	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return path;
}

struct bucket *filesystem_bucket_new(const char *directory, struct err *err)
{
	if (directory[0] == '\0') {
		err_set(err, ERR_INVALID, "filesystem bucket: no directory configured");
		return NULL;
	}
	struct filesystem *fs = NEW(struct filesystem);
	fs->base.ops = &fs_ops;
	fs->root = absolute(directory);
	fs->name = xasprintf("fs: %s", fs->root);
	remove_stale_uploads(fs);
	return &fs->base;
}
