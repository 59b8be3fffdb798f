#include "golden/plan_options.h"

#include <stddef.h>
#include <string.h>

#define MEMBER(name, kind)                                                                         \
    {                                                                                              \
#name, offsetof(struct golden_plan_options, name), kind                                    \
    }

/* -1 stands for either boolean, -2 for anything. */
static const struct {
    const char *name;
    size_t offset;
    int type;
} members[] = {
    MEMBER(about, JSON_STRING),
    MEMBER(clusters, JSON_OBJECT),
    MEMBER(config, JSON_STRING),
    MEMBER(networks, JSON_OBJECT),
    MEMBER(names, JSON_OBJECT),
    MEMBER(unresolved, -1),
    MEMBER(unseen, JSON_ARRAY),
    MEMBER(unreadable, JSON_OBJECT),
    MEMBER(ttl, JSON_INTEGER),
    MEMBER(native, -2),
    MEMBER(fleet, -1),
    MEMBER(lost, -1),
    MEMBER(rounds, JSON_INTEGER),
};

static bool has_type(const json_t *value, int type)
{
    if (type == -1)
        return json_is_boolean(value);
    return type == -2 || (int)json_typeof(value) == type;
}

static int read_member(const char *key, json_t *value, struct golden_plan_options *ret,
                       struct sw_err *reterr)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(key, members[i].name) != 0)
            continue;
        if (!has_type(value, members[i].type))
            return sw_err_set(reterr, SW_ETYPE, "case.yaml: %s: of another type", key);
        *(json_t **)((char *)ret + members[i].offset) = value;
        return 0;
    }
    return sw_err_set(reterr, SW_ETYPE, "case.yaml: %s: no such option", key);
}

int golden_plan_options_read(const json_t *document, struct golden_plan_options *ret,
                             struct sw_err *reterr)
{
    struct golden_plan_options options = {0};
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)document, key, value) {
        int r = read_member(key, value, &options, reterr);

        if (r < 0)
            return r;
    }
    if (json_string_length(options.about) == 0)
        return sw_err_set(reterr, SW_ETYPE,
                          "case.yaml: about: say which sentence of the design this guards");
    *ret = options;
    return 0;
}
