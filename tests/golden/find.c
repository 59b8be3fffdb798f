#include "golden/find.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add(struct golden_names *names, const char *name, struct sw_arena *arena,
               struct sw_err *reterr)
{
    const char **items = sw_arena_push(arena, names->items, names->n, sizeof(*items));

    if (!items || !name)
        return sw_err_nomem(reterr);
    items[names->n++] = name;
    names->items = items;
    return 0;
}

int golden_list(const char *folder, struct sw_arena *arena, struct golden_names *ret,
                size_t *ret_files, struct sw_err *reterr)
{
    struct golden_names names = {0};
    struct dirent *entry;
    size_t files = 0;
    DIR *dir = opendir(folder);
    int r = 0;

    if (!dir)
        return sw_err_set(reterr, SW_EIO, "%s: %s", folder, strerror(errno));
    while (r == 0 && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        files += entry->d_type != DT_DIR;
        r = add(&names, sw_arena_printf(arena, "%s", entry->d_name), arena, reterr);
    }
    closedir(dir);
    if (r < 0)
        return r;
    if (names.n)
        qsort(names.items, names.n, sizeof(*names.items), by_text);
    *ret = names;
    *ret_files = files;
    return 0;
}

/* Lists the cases in `folder`/`group`, or that folder itself if it is one. */
static int find_in(const char *folder, const char *group, struct sw_arena *arena,
                   struct golden_names *all, struct sw_err *reterr)
{
    const char *path = sw_arena_printf(arena, "%s/%s", folder, group);
    struct golden_names names;
    size_t files;
    int r = path ? golden_list(path, arena, &names, &files, reterr) : sw_err_nomem(reterr);

    if (r < 0)
        return r;
    if (names.n == 0)
        return sw_err_set(reterr, SW_EIO, "%s: neither a case nor a group of them", path);
    if (files)
        return add(all, group, arena, reterr);
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        const char *inner = sw_arena_printf(arena, "%s/%s", group, names.items[i]);

        r = inner ? find_in(folder, inner, arena, all, reterr) : sw_err_nomem(reterr);
    }
    return r;
}

int golden_find(const char *folder, struct sw_arena *arena, struct golden_names *ret,
                struct sw_err *reterr)
{
    struct golden_names groups, all = {0};
    size_t files;
    int r = golden_list(folder, arena, &groups, &files, reterr);

    for (size_t i = 0; r == 0 && i < groups.n; i++)
        r = find_in(folder, groups.items[i], arena, &all, reterr);
    if (r < 0)
        return r;
    *ret = all;
    return 0;
}

bool golden_is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}
