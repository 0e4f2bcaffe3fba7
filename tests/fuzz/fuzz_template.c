/* fuzz_template.c - any text is refused with a message or executed in bounded time and memory,
 * twice with the same result.
 */
#include "template/template.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 4096, OUTPUT_MAX = 1 << 16 };

#define TEXT(literal)                                                                              \
	{                                                                                          \
		.kind = TEMPLATE_STRING, .str = { literal, sizeof(literal) - 1 }                   \
	}
#define NAME(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static const struct template_field labels[] = {{NAME("a"), false, TEXT("1")}};
static const struct template_value files[] = {TEXT("p"), TEXT("q")};
static const struct template_field fields[] = {
    {NAME("ULID"), false, TEXT("01A")},
    {NAME("N"), false, {.kind = TEMPLATE_INT, .i64 = 5}},
    {NAME("U"), false, {.kind = TEMPLATE_UINT, .u64 = 5}},
    {NAME("F"), false, {.kind = TEMPLATE_FLOAT, .f64 = 1.5}},
    {NAME("Ok"), false, {.kind = TEMPLATE_BOOL, .is_true = true}},
    {NAME("Labels"), false, {.kind = TEMPLATE_MAP, .fields = {labels, 1}}},
    {NAME("Files"), false, {.kind = TEMPLATE_LIST, .list = {files, 2}}},
};
static const struct template_value value = {
    .kind = TEMPLATE_STRUCT,
    .type_name = "Meta",
    .fields = {fields, sizeof(fields) / sizeof(fields[0])},
};

static bool execute(struct str text, struct buf *out, struct err *err)
{
	struct template *t auto_free(template_free) = template_parse(text, err);

	return t && template_execute(t, &value, out, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once auto_done(buf_done) = BUF_INIT(OUTPUT_MAX);
	struct buf again auto_done(buf_done) = BUF_INIT(OUTPUT_MAX);
	struct err err = ERR_INIT, same = ERR_INIT;
	struct str text = str_from(data, size);

	if (size > TEXT_MAX)
		return 0;
	bool ok = execute(text, &once, &err);
	if (ok != execute(text, &again, &same) || !str_eq(buf_str(&once), buf_str(&again)))
		abort();
	if (!ok && (err.msg[0] == '\0' || strcmp(err.msg, same.msg) != 0))
		abort();
	return 0;
}
