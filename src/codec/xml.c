#include "codec/xml.h"

#include "base/buf.h"

#include <expat.h>
#include <limits.h>

struct walk {
	XML_Parser parser;
	xml_element_fn *element;
	void *arg;
	struct buf path;
	struct buf text; /* of all open elements, one behind the other */
	size_t text_at[XML_MAX_DEPTH];
	size_t depth;
	struct err *err;
	bool failed;
};

static void stop(struct walk *w)
{
	w->failed = true;
	XML_StopParser(w->parser, XML_FALSE);
}

static void refuse(struct walk *w, const char *what)
{
	err_set(w->err, ERR_CORRUPT, "XML: line %lu: %s", XML_GetCurrentLineNumber(w->parser),
		what);
	stop(w);
}

static void start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct walk *w = arg;
	const char *local = strrchr(name, ':');

	(void)attributes;
	if (w->depth == XML_MAX_DEPTH) {
		refuse(w, "elements are nested too deeply");
		return;
	}
	w->text_at[w->depth++] = w->text.n;
	if (w->path.n)
		buf_putc(&w->path, '/');
	buf_puts(&w->path, local && local[1] ? local + 1 : name);
}

static void text(void *arg, const XML_Char *s, int n)
{
	struct walk *w = arg;

	if (!buf_append(&w->text, s, (size_t)n))
		refuse(w, "too much text in one element");
}

static void end(void *arg, const XML_Char *name)
{
	struct walk *w = arg;
	size_t from = w->text_at[--w->depth];

	(void)name;
	struct str own = str_from(w->text.p ? w->text.p + from : NULL, w->text.n - from);
	if (!w->element(w->arg, buf_cstr(&w->path), own, w->err)) {
		stop(w);
		return;
	}
	w->text.n = from;
	const char *slash = memrchr(w->path.p, '/', w->path.n);
	w->path.n = slash ? (size_t)(slash - w->path.p) : 0;
}

static void doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
		    const XML_Char *public_id, int has_subset)
{
	(void)name, (void)system_id, (void)public_id, (void)has_subset;
	refuse(arg, "a document type");
}

bool xml_walk(struct str document, xml_element_fn *element, void *arg, struct err *err)
{
	struct walk w = {
	    .parser = XML_ParserCreate(NULL),
	    .element = element,
	    .arg = arg,
	    .path = BUF_INIT(BUF_TEXT_MAX),
	    .text = BUF_INIT(XML_MAX_TEXT_BYTES),
	    .err = err,
	};

	XML_SetUserData(w.parser, &w);
	XML_SetElementHandler(w.parser, start, end);
	XML_SetCharacterDataHandler(w.parser, text);
	XML_SetStartDoctypeDeclHandler(w.parser, doctype);
	enum XML_Status status = document.n > INT_MAX
				     ? XML_STATUS_ERROR
				     : XML_Parse(w.parser, document.p, (int)document.n, XML_TRUE);
	if (status != XML_STATUS_OK && !w.failed)
		refuse(&w, XML_ErrorString(XML_GetErrorCode(w.parser)));
	XML_ParserFree(w.parser);
	buf_done(&w.path);
	buf_done(&w.text);
	return !w.failed;
}
