#include "ui/page.h"

#include "base/assert.h"
#include "base/buf.h"
#include "codec/base64.h"

#include <openssl/sha.h>
#include <pthread.h>

/* The file as it is, between two symbols. */
__asm__(".section .rodata\n"
	".balign 16\n"
	"ui_index_html: .incbin \"" UI_DIR "/index.html\"\n"
	"ui_index_html_end:\n"
	".previous\n");

extern const char ui_index_html[], ui_index_html_end[];

struct str ui_page(void)
{
	return str_from(ui_index_html, (size_t)(ui_index_html_end - ui_index_html));
}

/* What stands between <tag> and </tag>. */
static struct str inline_text(struct str page, struct str open, struct str close)
{
	size_t from = str_find(page, open);
	assert(from < page.n);
	struct str text = str_skip(page, from + open.n);
	text.n = str_find(text, close);
	return text;
}

static void put_hash(struct buf *out, struct str text)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)text.p, text.n, hash);
	buf_puts(out, "'sha256-");
	base64_encode(out, str_from(hash, sizeof(hash)), BASE64_STANDARD);
	buf_puts(out, "'");
}

static const char *policy;

static void make_policy(void)
{
	struct str page = ui_page();
	struct buf out = BUF_INIT(BUF_TEXT_MAX);

	buf_puts(&out, "default-src 'none'; connect-src 'self'; frame-ancestors 'none'; "
		       "base-uri 'none'; form-action 'none'; script-src ");
	put_hash(&out, inline_text(page, STR("<script>"), STR("</script>")));
	buf_puts(&out, "; style-src ");
	put_hash(&out, inline_text(page, STR("<style>"), STR("</style>")));
	policy = buf_steal(&out);
}

const char *ui_page_policy(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_policy);
	return policy;
}
