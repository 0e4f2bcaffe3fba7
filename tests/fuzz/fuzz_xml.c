/* Answers of object stores: whatever comes, elements end in the order in which they began, and
 * their paths are as deep as allowed. */
#include "base/assert.h"
#include "codec/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t n_elements;
	bool root_has_ended;
};

static bool see(void *arg, const char *path, struct str text, struct err *err)
{
	struct seen *seen = arg;
	size_t depth = 1;

	assert(!seen->root_has_ended);
	assert(text.n <= XML_MAX_TEXT_BYTES);
	for (const char *p = path; *p; p++)
		depth += *p == '/';
	assert(depth <= XML_MAX_DEPTH);
	seen->root_has_ended = depth == 1;
	return ++seen->n_elements < 1000 || err_set(err, ERR_LIMIT, "enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {0};
	struct err err = ERR_INIT;

	bool ok = xml_walk(str_from(data, size), see, &seen, &err);
	assert(ok == (err.code == ERR_OK));
	assert(!ok || seen.root_has_ended);
	return 0;
}
