/* Authentication at Azure; what the client does with a good store is in the acceptance suite. */
#include "objstore/azure.h"

#include "base/fs.h"
#include "codec/base64.h"
#include "objstore/azure_auth.h"
#include "tests/lib/expect.h"
#include "tests/lib/script_server.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define N(steps) (sizeof(steps) / sizeof(*(steps)))
#define EMULATOR_KEY                                                                               \
	"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

static const char *const variables[] = {
    "AZURE_TENANT_ID",      "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",  "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST", "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",    "IDENTITY_HEADER",
};
static const char *const noted[] = {"authorization", "metadata", "x-identity-header", NULL};

struct rig {
	struct script_server server;
	struct arena *a;
	char *dir;
};

static int set_up(void **state)
{
	static struct rig rig;

	for (size_t i = 0; i < N(variables); i++)
		unsetenv(variables[i]);
	rig = (struct rig){.a = arena_new(NULL), .dir = temp_dir_new()};
	script_server_start(&rig.server, noted);
	setenv("AZURE_AUTHORITY_HOST", web_rig_url(&rig.server.web), 1);
	setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", web_rig_url(&rig.server.web), 1);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	script_server_stop(&rig->server);
	arena_free(rig->a);
	temp_dir_remove(rig->dir);
	return 0;
}

/* --- SharedKey: signatures made by an HMAC of another language over the documented text --------
 */

static void expect_signature(struct store_request *r, const char *account, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf key auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	expect_ok(base64_decode(STR(EMULATOR_KEY), BASE64_STANDARD, &key, &err), err);
	store_request_add(r, "x-ms-version", STR("2021-08-06"));
	store_request_add(r, "x-ms-date", STR("Sun, 20 Sep 2009 20:36:40 GMT"));
	expect_str(azure_shared_key(str_of(account), buf_str(&key), r, a), want);
}

static void a_put_is_signed_with_its_length_type_and_headers(void **state)
{
	struct store_request r = {
	    .method = "PUT", .path = STR("/devstoreaccount1/c/a%20b"), .body = STR("hello world")};
	(void)state;

	store_request_add(&r, "content-type", STR("text/plain; charset=UTF-8"));
	store_request_add(&r, "x-ms-blob-type", STR("BlockBlob"));
	expect_signature(&r, "devstoreaccount1",
			 "SharedKey devstoreaccount1:8icNJQIZAd838abrQRHEiAPtKMFkpbvaBBTCTnHgNWk=");
}

static void parameters_are_signed_decoded_and_in_order(void **state)
{
	struct store_request r = {.method = "GET",
				  .path = STR("/c"),
				  .query = STR("restype=container&prefix=a%2Fb&comp=list")};
	(void)state;

	store_request_add(&r, "range", STR("bytes=0-9"));
	expect_signature(&r, "acc", "SharedKey acc:f7hgCrKfje4GvmqSSu7TfB7KcJnzosSUksclN0er+iU=");
}

/* --- tokens ----------------------------------------------------------------------------------- */

static struct bucket *open_bucket(struct rig *rig, const char *more)
{
	struct yaml_node *root;
	struct azure_config config;
	struct err err = ERR_INIT;
	const char *yaml = arena_printf(
	    rig->a, "storage_account: acc\ncontainer: c\nstorage_create_container: false\n%s",
	    more);

	expect_ok(yaml_parse(str_of(yaml), rig->a, &root, &err), err);
	expect_ok(azure_config_decode(root, rig->a, &config, NULL, &err), err);
	/* Tokens do not care for the way in which the address was given. */
	config.connection_string =
	    str_of(arena_printf(rig->a, "BlobEndpoint=%s", web_rig_url(&rig->server.web)));
	struct bucket *b =
	    azure_bucket_new(&config, loops_get(rig->server.web.loops, 0), &clock_system, &err);
	if (!b)
		fail_msg("%s", err.msg);
	return b;
}

static void expect_removal(struct rig *rig, const char *more, const char *asked_for_token)
{
	static const struct script_step steps[] = {
	    {200, "{\"access_token\":\"t\",\"expires_in\":\"3599\"}", NULL, false},
	    {202, NULL, NULL, false},
	};
	struct bucket *b = open_bucket(rig, more);
	struct err err = ERR_INIT;

	script_server_play(&rig->server, steps, N(steps));
	expect_ok(bucket_remove(b, NULL, STR("x"), &err), err);
	expect_str(
	    str_of(script_server_asked(&rig->server)),
	    arena_printf(rig->a, "%s\nDELETE /c/x authorization=Bearer t\n", asked_for_token));
	bucket_close(b);
}

#define SCOPE "scope=https%3A%2F%2Fstorage.azure.com%2F.default>"

static void a_client_secret_is_exchanged(void **state)
{
	expect_removal(*state, "az_tenant_id: t\nclient_id: i\nclient_secret: s\n",
		       "POST /t/oauth2/v2.0/token <grant_type=client_credentials&client_id=i&"
		       "client_secret=s&" SCOPE);
}

static void a_federated_token_is_exchanged(void **state)
{
	struct rig *rig = *state;
	char *path = arena_printf(rig->a, "%s/token", rig->dir);
	struct err err = ERR_INIT;

	expect_ok(fs_write_atomic(path, STR("jwt\n"), 0600, &err), err);
	setenv("AZURE_FEDERATED_TOKEN_FILE", path, 1);
	setenv("AZURE_TENANT_ID", "tenant", 1);
	setenv("AZURE_CLIENT_ID", "client", 1);
	expect_removal(rig, "",
		       "POST /tenant/oauth2/v2.0/token <grant_type=client_credentials&"
		       "client_id=client&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
		       "client-assertion-type%3Ajwt-bearer&client_assertion=jwt&" SCOPE);
}

static void a_machine_asks_its_identity_endpoint(void **state)
{
	struct rig *rig = *state;

	expect_removal(rig, "user_assigned_id: u\n",
		       "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource="
		       "https%3A%2F%2Fstorage.azure.com%2F&client_id=u metadata=true");
	setenv("IDENTITY_ENDPOINT", arena_printf(rig->a, "%s/msi", web_rig_url(&rig->server.web)),
	       1);
	setenv("IDENTITY_HEADER", "h", 1);
	expect_removal(rig, "",
		       "GET /msi?api-version=2019-08-01&resource="
		       "https%3A%2F%2Fstorage.azure.com%2F x-identity-header=h");
}

static void what_cannot_be_meant_is_refused(void **state)
{
	static const struct {
		const char *yaml, *said;
	} cases[] = {
	    {"{container: c}", "storage_account_name is required"},
	    {"{storage_account: a}", "no container specified"},
	    {"{storage_account: a, container: c, az_tenant_id: t}", "must be set together"},
	    {"{storage_account: a, container: c, storage_account_key: k, "
	     "storage_connection_string: s}",
	     "cannot both be set"},
	    {"{storage_account: a, container: c, user_assigned_id: u, storage_account_key: k}",
	     "user_assigned_id cannot be set when using storage_account_key"},
	    {"{storage_account: a, container: c, pipeline_config: {max_tries: -1}}",
	     "max_tries must be"},
	    {"{storage_account: a, container: c, nosuch: 1}", "field nosuch not found"},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < N(cases); i++) {
		struct err err = ERR_INIT;
		struct yaml_node *root;
		struct azure_config c;
		expect_ok(yaml_parse(str_of(cases[i].yaml), rig->a, &root, &err), err);
		if (azure_config_decode(root, rig->a, &c, NULL, &err) ||
		    !strstr(err.msg, cases[i].said))
			fail_msg("%s: \"%s\", want \"%s\"", cases[i].yaml, err.msg, cases[i].said);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_put_is_signed_with_its_length_type_and_headers),
	    TEST(parameters_are_signed_decoded_and_in_order),
	    TEST(a_client_secret_is_exchanged),
	    TEST(a_federated_token_is_exchanged),
	    TEST(a_machine_asks_its_identity_endpoint),
	    TEST(what_cannot_be_meant_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
