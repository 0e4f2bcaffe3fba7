#include "objstore/config.h"

#include "base/alloc.h"
#include "codec/yaml.h"
#include "objstore/azure.h"
#include "objstore/filesystem.h"
#include "objstore/gcs.h"
#include "objstore/metered.h"
#include "objstore/prefixed.h"
#include "objstore/s3.h"
#include "objstore/swift.h"

#include <strings.h>

struct bucket_config {
	struct str type;
	struct yaml_node *config;
	struct str prefix;
	struct hedging_config hedging;
};

static const struct yaml_field bucket_fields[] = {
    YAML_FIELD(struct bucket_config, "type", type, YAML_STR),
    YAML_FIELD(struct bucket_config, "config", config, YAML_NODE),
    YAML_FIELD(struct bucket_config, "prefix", prefix, YAML_STR),
    YAML_FIELD_SUB(struct bucket_config, "hedging_config", hedging, &hedging_config_table),
};
static const struct yaml_table bucket_table =
    YAML_TABLE("client.BucketConfig", struct bucket_config, bucket_fields);

typedef bool store_open_fn(const struct bucket_config *whole, const struct bucket_context *context,
			   struct arena *a, struct notes *notes, struct bucket **out,
			   struct err *err);

/* --- FILESYSTEM ---------------------------------------------------------------------------- */

struct filesystem_config {
	struct str directory;
};

static const struct yaml_field filesystem_fields[] = {
    YAML_FIELD(struct filesystem_config, "directory", directory, YAML_STR),
};
static const struct yaml_table filesystem_table =
    YAML_TABLE("filesystem.Config", struct filesystem_config, filesystem_fields,
	       .unknown = YAML_UNKNOWN_IGNORED);

static bool open_filesystem(const struct bucket_config *whole, const struct bucket_context *context,
			    struct arena *a, struct notes *notes, struct bucket **out,
			    struct err *err)
{
	struct filesystem_config c = {0};
	const struct yaml_node *config = whole->config, *unknown = NULL;

	(void)context;
	if (config)
		unknown = yaml_unknown_key(config, &filesystem_table);
	if (config && !yaml_decode(config, &filesystem_table, a, &c, err))
		return false;
	if (unknown)
		notes_add(notes, NOTE_WARNING,
			  "object store configuration: line %u: FILESYSTEM does not know %.*s",
			  unknown->line, STR_FMT(unknown->text));
	if (c.directory.n == 0)
		return err_set(err, ERR_INVALID, "missing directory for filesystem bucket");
	*out = filesystem_bucket_new(arena_cstr(a, c.directory), err);
	return *out != NULL;
}

/* --- S3 ------------------------------------------------------------------------------------ */

static bool open_s3(const struct bucket_config *whole, const struct bucket_context *context,
		    struct arena *a, struct notes *notes, struct bucket **out, struct err *err)
{
	struct s3_config c;

	(void)notes;
	if (!s3_config_decode(whole->config, a, &c, err))
		return false;
	c.http.hedging = whole->hedging;
	*out = s3_bucket_new(&c, context->loop, context->clock, err);
	return *out != NULL;
}

/* --- GCS ----------------------------------------------------------------------------------- */

static bool open_gcs(const struct bucket_config *whole, const struct bucket_context *context,
		     struct arena *a, struct notes *notes, struct bucket **out, struct err *err)
{
	struct gcs_config c;

	if (!gcs_config_decode(whole->config, a, &c, notes, err))
		return false;
	c.http.hedging = whole->hedging;
	*out = gcs_bucket_new(&c, context->loop, context->clock, err);
	return *out != NULL;
}

/* --- Azure --------------------------------------------------------------------------------- */

static bool open_azure(const struct bucket_config *whole, const struct bucket_context *context,
		       struct arena *a, struct notes *notes, struct bucket **out, struct err *err)
{
	struct azure_config c;

	if (!azure_config_decode(whole->config, a, &c, notes, err))
		return false;
	c.http.hedging = whole->hedging;
	*out = azure_bucket_new(&c, context->loop, context->clock, err);
	return *out != NULL;
}

/* --- Swift --------------------------------------------------------------------------------- */

static bool open_swift(const struct bucket_config *whole, const struct bucket_context *context,
		       struct arena *a, struct notes *notes, struct bucket **out, struct err *err)
{
	struct swift_config c;

	(void)notes;
	if (!swift_config_decode(whole->config, a, &c, err))
		return false;
	c.http.hedging = whole->hedging;
	*out = swift_bucket_new(&c, context->loop, context->clock, err);
	return *out != NULL;
}

/* --- all types ----------------------------------------------------------------------------- */

struct store_type {
	const char *name;
	store_open_fn *open; /* NULL: this build cannot */
};

static const struct store_type store_types[] = {
    {"FILESYSTEM", open_filesystem},
    {"S3", open_s3},
    {"GCS", open_gcs},
    {"AZURE", open_azure},
    {"SWIFT", open_swift},
    {"COS", NULL},
    {"ALIYUNOSS", NULL},
    {"BOS", NULL},
    {"OCI", NULL},
    {"OBS", NULL},
};

static const struct store_type *find_type(struct str name)
{
	for (size_t i = 0; i < sizeof(store_types) / sizeof(*store_types); i++) {
		const struct store_type *t = &store_types[i];
		if (strlen(t->name) == name.n && strncasecmp(t->name, name.p, name.n) == 0)
			return t;
	}
	return NULL;
}

static bool open_store(const struct bucket_config *c, const struct bucket_context *context,
		       struct arena *a, struct notes *notes, struct bucket **out, struct err *err)
{
	const struct store_type *type = find_type(c->type);

	if (!type && c->type.n == 0)
		return err_set(err, ERR_INVALID, "no type of bucket given");
	if (!type)
		return err_set(err, ERR_INVALID, "bucket with type %.*s is not supported",
			       STR_FMT(c->type));
	if (!type->open)
		return err_set(err, ERR_UNSUPPORTED,
			       "bucket with type %s is not supported by this build", type->name);
	return type->open(c, context, a, notes, out, err) ||
	       err_wrap(err, "create %s client", type->name);
}

static void register_hedging(struct hedging_config *c, struct metrics *m)
{
	if (!c->enabled)
		return;
	c->hedges = metrics_counter(m, "athanor_objstore_hedged_requests_total",
				    "Total number of requests that were made once more because "
				    "no answer had come.");
	c->wins = metrics_counter(m, "athanor_objstore_hedged_request_wins_total",
				  "Total number of those that were answered first.");
}

static bool make_bucket(struct str yaml, const struct bucket_context *context, struct notes *notes,
			struct bucket **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct bucket *bucket auto_free(bucket_close) = NULL;
	struct bucket_config c = {0};
	struct yaml_node *root;

	if (!yaml_parse(yaml, a, &root, err) || !yaml_decode(root, &bucket_table, a, &c, err))
		return err_wrap(err, "parsing config YAML file");
	register_hedging(&c.hedging, context->metrics);
	if (!open_store(&c, context, a, notes, &bucket, err))
		return false;

	struct bucket *prefixed;
	if (!prefixed_bucket_new(bucket, c.prefix, &prefixed, err))
		return false;
	bucket = prefixed;
	if (context->metrics)
		bucket = metered_bucket_new(bucket, context->clock, context->metrics);
	*out = take(bucket);
	return true;
}

bool bucket_from_config(struct str yaml, const struct bucket_context *context, struct notes *notes,
			struct bucket **out, struct err *err)
{
	return make_bucket(yaml, context, notes, out, err) ||
	       err_wrap(err, "object store configuration");
}
