/* temp_dir.h - a directory for the length of a test. */
#ifndef TESTS_LIB_TEMP_DIR_H
#define TESTS_LIB_TEMP_DIR_H

/* A new directory; the path is the caller's, to end with temp_dir_remove(). */
char *temp_dir_new(void);
/* With all that is in it; frees the path. */
void temp_dir_remove(char *path);

#endif
