#include "objstore/aws_credentials.h"

#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/script_server.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define N(steps) (sizeof(steps) / sizeof(*(steps)))
#define JSON_KEY(id, expiry)                                                                       \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"" id                                              \
	"\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","                                            \
	"\"Expiration\":\"" expiry "\"}"

static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_REGION",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_DISABLED",
};

static const char *const noted[] = {"authorization", "x-aws-ec2-metadata-token",
				    "x-aws-ec2-metadata-token-ttl-seconds", NULL};

struct rig {
	struct script_server server;
	struct fake_clock clock;
	struct arena *a;
	char *dir;
};

static int set_up(void **state)
{
	static struct rig rig;

	for (size_t i = 0; i < N(variables); i++)
		unsetenv(variables[i]);
	rig = (struct rig){.a = arena_new(NULL), .dir = temp_dir_new()};
	setenv("HOME", rig.dir, 1);
	script_server_start(&rig.server, noted);
	fake_clock_init(&rig.clock, INT64_C(1793491200000)); /* 2026-11-01 00:00:00 UTC */
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

static struct aws_credentials *open_chain(struct rig *rig, const char *sts_endpoint)
{
	return aws_credentials_new(&(struct aws_credentials_options){
	    .client = rig->server.web.client,
	    .clock = &rig->clock.base,
	    .sts_endpoint = str_of(sts_endpoint),
	});
}

static void expect_key(struct rig *rig, struct aws_credentials *c, const char *want)
{
	struct aws_key key;
	struct err err = ERR_INIT;

	expect_ok(aws_credentials_get(c, NULL, rig->a, &key, &err), err);
	expect_str(str_of(arena_printf(rig->a, "%.*s/%.*s/%.*s", STR_FMT(key.access_key),
				       STR_FMT(key.secret_key), STR_FMT(key.session_token))),
		   want);
}

static char *write_file(struct rig *rig, const char *name, const char *text)
{
	char *path = arena_printf(rig->a, "%s/%s", rig->dir, name);
	struct err err = ERR_INIT;

	*strrchr(path, '/') = '\0';
	expect_ok(fs_mkdirs(path, &err), err);
	path[strlen(path)] = '/';
	expect_ok(fs_write_atomic(path, str_of(text), 0600, &err), err);
	return path;
}

static void the_environment_comes_before_the_file(void **state)
{
	struct rig *rig = *state;
	struct aws_credentials *c = open_chain(rig, "");

	write_file(rig, ".aws/credentials", "[default]\naws_access_key_id=f\n");
	setenv("AWS_ACCESS_KEY_ID", "e", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	expect_key(rig, c, "e/s/");
	aws_credentials_free(c);
}

static void the_file_has_profiles(void **state)
{
	struct rig *rig = *state;
	struct aws_credentials *c = open_chain(rig, ""), *other = open_chain(rig, "");
	const char *path = write_file(rig, "elsewhere",
				      "# keys\n[default]\naws_access_key_id = d\n"
				      "aws_secret_access_key = ds\n\n[other]\r\n"
				      "aws_access_key_id=o\r\naws_secret_access_key=os\r\n"
				      "aws_session_token=ot\r\n");

	setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
	expect_key(rig, c, "d/ds/");
	setenv("AWS_PROFILE", "other", 1);
	expect_key(rig, other, "o/os/ot");
	aws_credentials_free(c);
	aws_credentials_free(other);
}

static void a_web_identity_is_exchanged_at_sts(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200,
	     "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
	     "<AssumeRoleWithWebIdentityResult><Credentials><SessionToken>t</SessionToken>"
	     "<SecretAccessKey>s</SecretAccessKey><Expiration>2026-11-01T01:00:00Z</Expiration>"
	     "<AccessKeyId>web</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>"
	     "</AssumeRoleWithWebIdentityResponse>",
	     NULL, false}};
	struct aws_credentials *c = open_chain(
	    rig, arena_printf(rig->a, "http://%s/sts", script_server_address(&rig->server)));

	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write_file(rig, "token", "jwt+1\n"), 1);
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
	script_server_play(&rig->server, steps, N(steps));
	expect_key(rig, c, "web/s/t");
	expect_key(rig, c, "web/s/t");
	expect_str(str_of(script_server_asked(&rig->server)),
		   "POST /sts <Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
		   "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=athanor&"
		   "WebIdentityToken=jwt%2B1>\n");
	aws_credentials_free(c);
}

static void a_container_has_its_own_endpoint(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200, JSON_KEY("container", "2026-11-01T06:00:00Z"), NULL, false}};
	struct aws_credentials *c = open_chain(rig, "");

	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI",
	       arena_printf(rig->a, "http://%s/creds", script_server_address(&rig->server)), 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let-me-in", 1);
	script_server_play(&rig->server, steps, N(steps));
	expect_key(rig, c, "container/s/t");
	expect_str(str_of(script_server_asked(&rig->server)),
		   "GET /creds authorization=let-me-in\n");
	aws_credentials_free(c);
}

static void an_instance_asks_its_metadata_and_again_before_the_key_expires(void **state)
{
	struct rig *rig = *state;
	static const struct script_step steps[] = {
	    {200, "session", NULL, false},
	    {200, "the-role\n", NULL, false},
	    {200, JSON_KEY("first", "2026-11-01T01:00:00Z"), NULL, false},
	    {200, "session", NULL, false},
	    {200, "the-role", NULL, false},
	    {200, JSON_KEY("second", "2026-11-01T02:00:00Z"), NULL, false},
	};
	struct aws_credentials *c = open_chain(rig, "");

	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", web_rig_url(&rig->server.web), 1);
	script_server_play(&rig->server, steps, N(steps));
	expect_key(rig, c, "first/s/t");
	expect_str(str_of(script_server_asked(&rig->server)),
		   "PUT /latest/api/token x-aws-ec2-metadata-token-ttl-seconds=21600\n"
		   "GET /latest/meta-data/iam/security-credentials/ "
		   "x-aws-ec2-metadata-token=session\n"
		   "GET /latest/meta-data/iam/security-credentials/the-role "
		   "x-aws-ec2-metadata-token=session\n");
	fake_clock_advance(&rig->clock, 54 * 60 * 1000);
	expect_key(rig, c, "first/s/t");
	fake_clock_advance(&rig->clock, 2 * 60 * 1000);
	expect_key(rig, c, "second/s/t");

	/* The service is away now, but the key still holds. */
	fake_clock_advance(&rig->clock, 60 * 60 * 1000);
	expect_key(rig, c, "second/s/t");
	aws_credentials_free(c);
}

static void without_any_the_error_tells_what_was_tried(void **state)
{
	struct rig *rig = *state;
	struct aws_credentials *c = open_chain(rig, "");
	struct aws_key key;
	struct err err = ERR_INIT;

	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	expect_err(aws_credentials_get(c, NULL, rig->a, &key, &err), err, ERR_UNAVAILABLE,
		   "no AWS credentials were found: environment: none; credentials file: none; "
		   "web identity: none; container: none; instance metadata: none");
	aws_credentials_free(c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_environment_comes_before_the_file),
	    TEST(the_file_has_profiles),
	    TEST(a_web_identity_is_exchanged_at_sts),
	    TEST(a_container_has_its_own_endpoint),
	    TEST(an_instance_asks_its_metadata_and_again_before_the_key_expires),
	    TEST(without_any_the_error_tells_what_was_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
