/* version.h - which build this is. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

const char *version_string(void); /* "0.1.0" */

#endif
