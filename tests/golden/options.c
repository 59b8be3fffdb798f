#include "golden/options.h"

#include "json/get.h"

static const char *const members[] = {
    "about",     "clusters", "config",  "live",        "local",
    "operation", "path",     "retried", "subResource", "unsynced",
};

static bool is_member(const char *key)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(members[i], key) == 0)
            return true;
    }
    return false;
}

static int check_members(const json_t *document, struct sw_err *reterr)
{
    const char *key;
    json_t *value;

    if (!json_is_object(document))
        return sw_get_fail(document, NULL, NULL, "an object", reterr);
    json_object_foreach ((json_t *)document, key, value) {
        if (!is_member(key))
            return sw_err_set(reterr, SW_ETYPE, "%s: no such option", key);
    }
    return 0;
}

static int read_strings(const json_t *document, struct golden_options *ret, struct sw_err *reterr)
{
    const struct {
        const char *key;
        struct sw_str *text;
    } strings[] = {
        {"about", &ret->about},         {"path", &ret->path},
        {"operation", &ret->operation}, {"subResource", &ret->sub_resource},
        {"local", &ret->local},         {"config", &ret->config},
    };

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        int r = sw_get_str(document, strings[i].key, NULL, strings[i].text, reterr);

        if (r < 0)
            return r;
    }
    if (ret->about.len == 0)
        return sw_err_set(reterr, SW_ETYPE, "about: say which sentence of the design this guards");
    return 0;
}

/* Two clusters after the seed's guide, each with the whole scene. */
static json_t *usual_clusters(void)
{
    return json_pack("{s:[ssss],s:[ssss]}", "cluster-1", "mesh", "bookinfo", "eastwest", "tsb",
                     "cluster-2", "mesh", "bookinfo", "eastwest", "tsb");
}

static int read_clusters(const json_t *document, struct golden_options *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "clusters");
    json_t *folders;
    const char *name;
    int r = sw_get_object(document, "clusters", NULL, &ret->clusters, reterr);

    if (r == 0)
        ret->clusters = usual_clusters();
    if (r >= 0 && !ret->clusters)
        return sw_err_nomem(reterr);
    if (r <= 0)
        return r;
    json_object_foreach (ret->clusters, name, folders) {
        r = sw_get_strings(ret->clusters, name, at, &folders, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

int golden_options_read(const json_t *document, struct golden_options *ret, struct sw_err *reterr)
{
    struct golden_options options = {0};
    int r = check_members(document, reterr);

    if (r == 0)
        r = read_strings(document, &options, reterr);
    if (r == 0)
        r = read_clusters(document, &options, reterr);
    if (r >= 0)
        r = sw_get_bool(document, "retried", NULL, &options.retried, reterr);
    if (r >= 0)
        r = sw_get_strings(document, "unsynced", NULL, &options.unsynced, reterr);
    if (r >= 0)
        r = sw_get_strings(document, "live", NULL, &options.live, reterr);
    if (r < 0)
        return r;
    *ret = options;
    return 0;
}

bool golden_options_lists(const json_t *names, struct sw_str name)
{
    json_t *item;
    size_t i;

    json_array_foreach (names, i, item) {
        if (sw_str_is(name, json_string_value(item)))
            return true;
    }
    return false;
}
