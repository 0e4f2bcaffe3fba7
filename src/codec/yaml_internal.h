/* yaml_internal.h - what the pieces of yaml.h share. */
#ifndef CODEC_YAML_INTERNAL_H
#define CODEC_YAML_INTERNAL_H

#include "codec/yaml.h"

/* cannot unmarshal !!str `abc` into int. Always returns false. */
bool yaml_fail_type(const struct yaml_node *node, const char *go_type, struct err *err);

#endif
