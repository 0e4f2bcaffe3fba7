#include "telemetry/request_log_config.h"

#include "codec/yaml.h"

/* --- the document ----------------------------------------------------------------------------- */

struct decision {
	bool log_start, log_end;
};

struct options {
	struct str level;
	struct decision decision;
};

struct http_part {
	struct options options;
	struct request_log_path *config;
	size_t n_config;
};

struct grpc_part {
	struct options options;
	struct request_log_method *config;
	size_t n_config;
};

struct document {
	struct http_part http;
	struct grpc_part grpc;
	struct options options;
};

static const struct yaml_field decision_fields[] = {
    YAML_FIELD(struct decision, "log_start", log_start, YAML_BOOL),
    YAML_FIELD(struct decision, "log_end", log_end, YAML_BOOL),
};
static const struct yaml_table decision_table =
    YAML_TABLE("logging.DecisionConfig", struct decision, decision_fields);

static const struct yaml_field options_fields[] = {
    YAML_FIELD(struct options, "level", level, YAML_STR),
    YAML_FIELD_SUB(struct options, "decision", decision, &decision_table),
};
static const struct yaml_table options_table =
    YAML_TABLE("logging.OptionsConfig", struct options, options_fields);

static const struct yaml_field path_fields[] = {
    YAML_FIELD(struct request_log_path, "path", path, YAML_STR),
    YAML_FIELD(struct request_log_path, "port", port, YAML_U64),
};
static const struct yaml_table path_table =
    YAML_TABLE("logging.HTTPProtocolConfig", struct request_log_path, path_fields);

static const struct yaml_field method_fields[] = {
    YAML_FIELD(struct request_log_method, "service", service, YAML_STR),
    YAML_FIELD(struct request_log_method, "method", method, YAML_STR),
};
static const struct yaml_table method_table =
    YAML_TABLE("logging.GRPCProtocolConfig", struct request_log_method, method_fields);

static const struct yaml_field http_fields[] = {
    YAML_FIELD_SUB(struct http_part, "options", options, &options_table),
    YAML_FIELD_LIST_OF(struct http_part, "config", config, n_config, &path_table),
};
static const struct yaml_table http_table =
    YAML_TABLE("logging.HTTPProtocolConfigs", struct http_part, http_fields);

static const struct yaml_field grpc_fields[] = {
    YAML_FIELD_SUB(struct grpc_part, "options", options, &options_table),
    YAML_FIELD_LIST_OF(struct grpc_part, "config", config, n_config, &method_table),
};
static const struct yaml_table grpc_table =
    YAML_TABLE("logging.GRPCProtocolConfigs", struct grpc_part, grpc_fields);

static const struct yaml_field document_fields[] = {
    YAML_FIELD_SUB(struct document, "http", http, &http_table),
    YAML_FIELD_SUB(struct document, "grpc", grpc, &grpc_table),
    YAML_FIELD_SUB(struct document, "options", options, &options_table),
};
static const struct yaml_table document_table =
    YAML_TABLE("logging.RequestConfig", struct document, document_fields);

/* --- what it means ---------------------------------------------------------------------------- */

static bool is_given(const struct options *o)
{
	return o->level.n > 0 || o->decision.log_start || o->decision.log_end;
}

static bool check_has_level(const struct options *o, struct err *err)
{
	if (is_given(o) && o->level.n == 0)
		return err_set(err, ERR_INVALID, "level field is empty");
	return true;
}

static bool choose(const struct options *common, const struct options *own, struct options *out,
		   struct err *err)
{
	if (!check_has_level(common, err) || !check_has_level(own, err))
		return false;
	*out = (struct options){.level = STR("ERROR")};
	if (is_given(common))
		*out = *common;
	if (is_given(own))
		*out = *own;
	return true;
}

static bool parse_level(struct str name, enum log_level *out, struct err *err)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {
	    {"INFO", LOG_LEVEL_INFO},
	    {"DEBUG", LOG_LEVEL_DEBUG},
	    {"ERROR", LOG_LEVEL_ERROR},
	    {"WARNING", LOG_LEVEL_WARN},
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		if (str_is(name, levels[i].name)) {
			*out = levels[i].level;
			return true;
		}
	}
	return err_set(err, ERR_INVALID,
		       "the format of level is invalid. Expected INFO/DEBUG/ERROR/WARNING, got "
		       "this %.*s",
		       STR_FMT(name));
}

static bool parse_decision(const struct decision *d, enum request_log_decision *out,
			   const char *why_not, struct err *err)
{
	if (d->log_start && !d->log_end)
		return err_set(err, ERR_INVALID, "%s", why_not);
	*out = d->log_start ? REQUEST_LOG_BOTH : d->log_end ? REQUEST_LOG_END : REQUEST_LOG_NOTHING;
	return true;
}

static bool set_http(const struct document *d, struct request_log_config *out, struct err *err)
{
	struct options chosen;

	out->http.paths = d->http.config;
	out->http.n_paths = d->http.n_config;
	return choose(&d->options, &d->http.options, &chosen, err) &&
	       parse_level(chosen.level, &out->http.level, err) &&
	       parse_decision(&chosen.decision, &out->http.decision,
			      "log start call is not supported", err);
}

/* The level decides nothing here, and need not even exist where nothing is logged. */
static bool set_grpc(const struct document *d, struct request_log_config *out, struct err *err)
{
	struct options chosen;
	enum log_level unused;

	out->grpc.methods = d->grpc.config;
	out->grpc.n_methods = d->grpc.n_config;
	if (!choose(&d->options, &d->grpc.options, &chosen, err))
		return false;
	if (!chosen.decision.log_start && !chosen.decision.log_end)
		return true;
	return parse_level(chosen.level, &unused, err) &&
	       parse_decision(&chosen.decision, &out->grpc.decision,
			      "log decision combination is not supported", err);
}

bool request_log_config_parse(struct str yaml, enum request_log_scope scope, struct arena *arena,
			      struct request_log_config *out, struct err *err)
{
	struct document d = {0};
	struct yaml_node *root;

	*out = (struct request_log_config){0};
	if (yaml.n == 0)
		return true;
	return yaml_parse(yaml, arena, &root, err) &&
	       yaml_decode(root, &document_table, arena, &d, err) &&
	       (scope == REQUEST_LOG_GRPC_ONLY || set_http(&d, out, err)) && set_grpc(&d, out, err);
}

/* --- decisions -------------------------------------------------------------------------------- */

static bool port_of(struct str host, uint64_t *port)
{
	struct str bracketed = str_skip(host, str_find_char(host, ']'));
	struct str rest = bracketed.n > 0 ? bracketed : host;

	return str_to_u64(str_skip(rest, str_find_char(rest, ':') + 1), port);
}

enum request_log_decision request_log_of_path(const struct request_log_config *config,
					      struct str path, struct str host)
{
	uint64_t port;

	if (config->http.n_paths == 0)
		return config->http.decision;
	if (!port_of(host, &port))
		return REQUEST_LOG_NOTHING;
	for (size_t i = 0; i < config->http.n_paths; i++)
		if (str_eq(config->http.paths[i].path, path) && config->http.paths[i].port == port)
			return config->http.decision;
	return REQUEST_LOG_NOTHING;
}

enum request_log_decision request_log_of_method(const struct request_log_config *config,
						struct str method)
{
	struct str service, name = str_split(str_skip(method, 1), '/', &service);

	if (config->grpc.n_methods == 0)
		return config->grpc.decision;
	for (size_t i = 0; i < config->grpc.n_methods; i++)
		if (str_eq(config->grpc.methods[i].service, service) &&
		    str_eq(config->grpc.methods[i].method, name))
			return config->grpc.decision;
	return REQUEST_LOG_NOTHING;
}
