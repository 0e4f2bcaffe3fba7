/* xml.h - XML answers of object stores, walked element by element, by libexpat.
 *
 * Namespaces are ignored. Document types are refused, and with them entities that could grow.
 */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "base/err.h"
#include "base/str.h"

enum { XML_MAX_DEPTH = 32, XML_MAX_TEXT_BYTES = 1 << 20 };

/* An element has ended: its path from the root, "ListBucketResult/Contents/Key", and the text
 * directly in it, decoded. Both are borrowed during the call. False stops, with *err set. */
typedef bool xml_element_fn(void *arg, const char *path, struct str text, struct err *err);

/* ERR_CORRUPT, with the line, when it is no well-formed document. */
bool xml_walk(struct str document, xml_element_fn *element, void *arg, struct err *err);

#endif
