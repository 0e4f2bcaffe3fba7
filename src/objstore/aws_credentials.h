/* aws_credentials.h - with whose key requests to AWS are signed: one from the configuration, or the
 * first that the environment has, as the AWS SDKs look for it.
 *
 * The chain: AWS_ACCESS_KEY_ID and its family; the shared credentials file; a web identity token
 * (AWS_WEB_IDENTITY_TOKEN_FILE, exchanged at STS); a container's credentials
 * (AWS_CONTAINER_CREDENTIALS_*_URI); the instance metadata service, version 2
 * (AWS_EC2_METADATA_SERVICE_ENDPOINT names another one than 169.254.169.254). What expires is
 * fetched again in time, as access_token.h has it.
 *
 * Threads: any; one at a time fetches.
 */
#ifndef OBJSTORE_AWS_CREDENTIALS_H
#define OBJSTORE_AWS_CREDENTIALS_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "net/http_client.h"

struct aws_key {
	struct str access_key, secret_key, session_token; /* the last may be empty */
};

struct aws_credentials;

struct aws_credentials_options {
	struct aws_key key;         /* of the configuration; empty: the chain */
	struct str sts_endpoint;    /* URL; empty: AWS' own */
	struct str region;          /* for STS; may be empty */
	struct http_client *client; /* borrowed; for the chain */
	struct clock *clock;
};

struct aws_credentials *aws_credentials_new(const struct aws_credentials_options *options);
void aws_credentials_free(struct aws_credentials *c); /* NULL is fine */
CLEANUP_DEFINE(struct aws_credentials, aws_credentials_free)

/* In memory of `a`. An error says which sources were tried, and never a secret. */
bool aws_credentials_get(struct aws_credentials *c, struct ctx *ctx, struct arena *a,
			 struct aws_key *out, struct err *err);

#endif
