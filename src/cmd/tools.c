/* tools.c - the groups of commands below `athanor tools`. */
#include "cmd/commands.h"

const struct command command_tools = {
    .name = "tools",
    .help = "Tools utility commands",
};

const struct command command_tools_promql = {
    .name = "tools promql",
    .help = "Look at a PromQL query without asking it.",
};
