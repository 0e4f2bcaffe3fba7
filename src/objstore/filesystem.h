/* filesystem.h - a directory as a bucket: an object is a file, its name the path below.
 *
 * As Thanos' FILESYSTEM, so that both can use the same directory: parent directories appear on
 * upload, empty ones disappear on removal, modification times are the files'. An upload is written
 * to `<directory>/.athanor-tmp/`, synced and renamed (or linked, for PUT_IF_ABSENT) to its name;
 * that folder is no part of the bucket.
 *
 * Threads: any number of threads and processes may use one directory.
 */
#ifndef OBJSTORE_FILESYSTEM_H
#define OBJSTORE_FILESYSTEM_H

#include "model/bucket.h"

/* The directory is made when an object is. Fails with ERR_INVALID on an empty path. */
struct bucket *filesystem_bucket_new(const char *directory, struct err *err);

#endif
