#include "block/meta_cache.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <stdlib.h>

void meta_cache_init(struct meta_cache *c, const char *data_dir, struct logger *logger)
{
	c->dir = data_dir ? xasprintf("%s/meta-syncer", data_dir) : NULL;
	c->logger = logger;
}

void meta_cache_done(struct meta_cache *c)
{
	free(c->dir);
}

static char *dir_of(const struct meta_cache *c, struct ulid id)
{
	return xasprintf("%s/%s", c->dir, ulid_str(id));
}

void meta_cache_forget(const struct meta_cache *c, struct ulid id)
{
	struct err err = ERR_INIT;

	if (!c->dir)
		return;
	char *dir auto_free(mem_free) = dir_of(c, id);
	if (!fs_remove_tree(dir, &err))
		log_warn(c->logger, "removing a cached meta.json failed", LOG_ERR(&err));
}

bool meta_cache_get(const struct meta_cache *c, struct ulid id, struct arena *a, struct meta *out)
{
	struct err err = ERR_INIT;

	if (!c->dir)
		return false;
	char *dir auto_free(mem_free) = dir_of(c, id);
	if (meta_read_file(dir, a, out, &err))
		return true;
	if (err.code != ERR_NOT_FOUND) {
		log_warn(c->logger, "a cached meta.json cannot be read and is removed",
			 LOG_ERR(&err));
		meta_cache_forget(c, id);
	}
	return false;
}

void meta_cache_put(const struct meta_cache *c, struct ulid id, const struct meta *m)
{
	struct err err = ERR_INIT;

	if (!c->dir)
		return;
	char *dir auto_free(mem_free) = dir_of(c, id);
	char *path auto_free(mem_free) = xasprintf("%s/" META_FILENAME, dir);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	meta_write(m, &text);
	if (!fs_mkdirs(dir, &err) || !fs_write_whole(path, buf_str(&text), 0644, &err))
		log_warn(c->logger, "caching a meta.json failed", LOG_ERR(&err));
}

void meta_cache_clean(const struct meta_cache *c, bool (*is_known)(void *arg, struct ulid id),
		      void *arg)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	struct err err = ERR_INIT;
	struct ulid id;

	if (!c->dir || !fs_list(c->dir, &names, &err))
		return;
	for (size_t i = 0; i < names.n; i++)
		if (ulid_parse(str_of(names.v[i]), &id) && !is_known(arg, id))
			meta_cache_forget(c, id);
}
