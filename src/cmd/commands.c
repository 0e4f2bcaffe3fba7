#include "cmd/commands.h"

struct command_list commands_all(void)
{
	static const struct command *const all[] = {
#define COMMAND_ENTRY_(name) &command_##name,
	    COMMANDS(COMMAND_ENTRY_)
#undef COMMAND_ENTRY_
	};
	return (struct command_list){all, sizeof(all) / sizeof(all[0])};
}
