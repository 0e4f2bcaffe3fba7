#include "tests/lib/same_file.h"

#include "base/fs.h"
#include "tests/lib/expect.h"

void expect_same_file(const char *got_path, const char *want_path)
{
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 24),
		       want auto_done(buf_done) = BUF_INIT(1 << 24);
	struct err err = ERR_INIT;

	expect_ok(fs_read(got_path, &got, &err), err);
	expect_ok(fs_read(want_path, &want, &err), err);
	for (size_t i = 0; i < got.n && i < want.n; i++)
		if (got.p[i] != want.p[i])
			fail_msg("%s differs from %s at byte %zu", got_path, want_path, i);
	assert_int_equal(got.n, want.n);
}
