#include "objstore/azure.h"

#define TEXT(name, member) YAML_FIELD(struct azure_config, name, member, YAML_STR)
#define DELAY(name, member)                                                                        \
	YAML_FIELD_DECODED(struct azure_pipeline_config, name, member, transport_decode_duration)

static const struct yaml_field pipeline_fields[] = {
    YAML_FIELD(struct azure_pipeline_config, "max_tries", max_tries, YAML_I64),
    DELAY("try_timeout", try_timeout_ms),
    DELAY("retry_delay", retry_delay_ms),
    DELAY("max_retry_delay", max_retry_delay_ms),
};
static const struct yaml_table pipeline_table =
    YAML_TABLE("azure.PipelineConfig", struct azure_pipeline_config, pipeline_fields);

static const struct yaml_field reader_fields[] = {
    YAML_FIELD(struct azure_reader_config, "max_retry_requests", max_retry_requests, YAML_I64),
};
static const struct yaml_table reader_table =
    YAML_TABLE("azure.ReaderConfig", struct azure_reader_config, reader_fields);

static const struct yaml_field fields[] = {
    TEXT("az_tenant_id", tenant_id),
    TEXT("client_id", client_id),
    TEXT("client_secret", client_secret),
    TEXT("storage_account", account),
    TEXT("storage_account_key", account_key),
    TEXT("storage_connection_string", connection_string),
    YAML_FIELD(struct azure_config, "storage_create_container", create_container, YAML_BOOL),
    TEXT("container", container),
    TEXT("endpoint", endpoint),
    TEXT("user_assigned_id", user_assigned_id),
    YAML_FIELD(struct azure_config, "max_retries", max_retries, YAML_I64),
    YAML_FIELD_SUB(struct azure_config, "reader_config", reader, &reader_table),
    YAML_FIELD_SUB(struct azure_config, "pipeline_config", pipeline, &pipeline_table),
    YAML_FIELD_SUB(struct azure_config, "http_config", http, &transport_config_table),
    TEXT("msi_resource", msi_resource),
};
static const struct yaml_table table = YAML_TABLE("azure.Config", struct azure_config, fields);

/* What contradicts itself, with Thanos' words; all of it at once, as there. */
static bool check(const struct azure_config *c, struct err *err)
{
	bool has_any = c->tenant_id.n || c->client_id.n || c->client_secret.n;
	bool has_all = c->tenant_id.n && c->client_id.n && c->client_secret.n;
	const struct {
		bool is_wrong;
		const char *said;
	} rules[] = {
	    {c->user_assigned_id.n && c->account_key.n,
	     "user_assigned_id cannot be set when using storage_account_key authentication"},
	    {c->user_assigned_id.n && c->connection_string.n,
	     "user_assigned_id cannot be set when using storage_connection_string authentication"},
	    {c->user_assigned_id.n && c->client_id.n,
	     "user_assigned_id cannot be set when using client_id authentication"},
	    {has_any && !has_all,
	     "az_tenant_id, client_id, and client_secret must be set together"},
	    {c->account_key.n && c->connection_string.n,
	     "storage_account_key and storage_connection_string cannot both be set"},
	    {c->account.n == 0, "storage_account_name is required but not configured"},
	    {c->container.n == 0, "no container specified"},
	    {c->pipeline.max_tries < 0,
	     "The value of max_tries must be greater than or equal to 0 in the config file"},
	    {c->reader.max_retry_requests < 0,
	     "The value of max_retry_requests must be greater than or equal to 0 in the config "
	     "file"},
	};
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].is_wrong)
			buf_printf(&text, "%s%s", text.n ? ", " : "", rules[i].said);
	return text.n == 0 || err_set(err, ERR_INVALID, "%s", buf_cstr(&text));
}

bool azure_config_decode(const struct yaml_node *config, struct arena *a, struct azure_config *out,
			 struct notes *notes, struct err *err)
{
	*out = (struct azure_config){
	    .create_container = true,
	    .endpoint = STR("blob.core.windows.net"),
	};
	if (!yaml_decode(config, &table, a, out, err) || !check(out, err))
		return false;
	if (out->msi_resource.n)
		notes_add(notes, NOTE_WARNING,
			  "The field msi_resource has been deprecated and should no longer be set");
	return true;
}
