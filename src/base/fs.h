/* fs.h - files and directories, with errors that name the path. */
#ifndef BASE_FS_H
#define BASE_FS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Append the whole file to `out`, whose maximum is the limit (ERR_LIMIT beyond it). */
bool fs_read(const char *path, struct buf *out, struct err *err);

/* Replace the file: written beside it, synced, renamed over it, so that a crash leaves the old or
 * the new contents. `mode` as for open(2): 0644. */
bool fs_write_atomic(const char *path, struct str bytes, unsigned mode, struct err *err);

/* The same without syncing: a crash leaves the old or the new contents, or a file that is broken.
 * For what can be had again, and is checked when it is read. */
bool fs_write_whole(const char *path, struct str bytes, unsigned mode, struct err *err);

/* With all parents, mode 0777 less umask. Not an error when it is there. */
bool fs_mkdirs(const char *path, struct err *err);
/* All below it and itself; a symbolic link is removed, never followed. Not an error when absent. */
bool fs_remove_tree(const char *path, struct err *err);
bool fs_remove(const char *path, struct err *err); /* one file; ERR_NOT_FOUND when absent */
bool fs_rename(const char *from, const char *to, struct err *err);
bool fs_link(const char *from, const char *to, struct err *err); /* a hard link */
/* Make names created in the directory survive a crash. */
bool fs_sync_dir(const char *path, struct err *err);

/* The shortest path that says the same, as Go's filepath.Clean: no "." and "..", no slash twice or
 * at the end. The caller's to free(). */
char *fs_clean_path(const char *path);

enum fs_kind { FS_FILE, FS_DIRECTORY, FS_OTHER };

struct fs_info {
	enum fs_kind kind; /* of what a symbolic link points to */
	int64_t size_bytes;
	int64_t modified_ms;
};

/* ERR_NOT_FOUND when absent. */
bool fs_stat(const char *path, struct fs_info *out, struct err *err);
bool fs_exists(const char *path); /* false also when it cannot be told */

/* Names without "." and "..", ascending by bytes. */
struct fs_names {
	char **v;
	size_t n, cap;
};
bool fs_list(const char *path, struct fs_names *out, struct err *err);
void fs_names_done(struct fs_names *names);

#endif
