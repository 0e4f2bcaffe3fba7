/* same_file.h - two files that must hold the same bytes. */
#ifndef TESTS_LIB_SAME_FILE_H
#define TESTS_LIB_SAME_FILE_H

/* Fails the test, telling the first byte that differs. */
void expect_same_file(const char *got_path, const char *want_path);

#endif
