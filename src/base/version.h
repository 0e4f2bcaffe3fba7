/* version.h - which build this is. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

const char *version_string(void);   /* "0.1.0" */
const char *version_revision(void); /* the commit it was configured from, or "unknown" */
const char *version_branch(void);
const char *version_compiler(void); /* "gcc 12.2.0" */
const char *version_platform(void); /* "linux/amd64", as Go names it */

#endif
