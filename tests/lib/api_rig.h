/* api_rig.h - a querier over two stores in memory, asked over HTTP.
 *
 * Store "a:10901" has {__name__="up", job="x" and "z", replica="a"}, store "b:10901" the same of
 * "y" and "z" with replica="b". Each series has a sample every 10 s from 0 to 100 s, whose value is
 * its number: at 50 s it is 5. It is 100 s after 1970.
 */
#ifndef TESTS_LIB_API_RIG_H
#define TESTS_LIB_API_RIG_H

#include "querier/querier.h"
#include "tests/lib/fake_store.h"
#include "tests/lib/web_rig.h"

struct api_rig {
	struct web_rig web;
	struct pool *fan_out;
	struct fake_clock clock;
	struct fake_store stores[2];
	struct series series[2][2];
	struct querier_options options; /* to be changed between init and start */
	struct querier *querier;
};

void api_rig_init(struct api_rig *rig);
void api_rig_start(struct api_rig *rig);
void api_rig_stop(struct api_rig *rig);

/* The body of GET <path>, which must have this status. */
const char *api_rig_get(struct api_rig *rig, int status, const char *path);

#endif
