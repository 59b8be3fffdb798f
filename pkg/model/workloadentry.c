#include "model/workloadentry.h"

#include "json/get.h"

#include <stdlib.h>

#include "base/banned.h"

#define MAX_PORT 65535

static int by_name(const void *a, const void *b)
{
    return sw_str_cmp(((const struct sw_entry_port *)a)->name,
                      ((const struct sw_entry_port *)b)->name);
}

static int read_ports(const json_t *spec, const struct sw_at *at, struct sw_arena *arena,
                      struct sw_workloadentry *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "ports");
    struct sw_entry_port *ports;
    json_t *map = NULL, *value;
    const char *name;
    size_t n = 0;
    int r = sw_get_object(spec, "ports", at, &map, reterr);

    if (r <= 0)
        return r;
    if (json_object_size(map) > SW_WORKLOADENTRY_MAX_PORTS)
        return sw_err_set(reterr, SW_ETYPE, "spec.ports: expected at most %d, found %zu",
                          SW_WORKLOADENTRY_MAX_PORTS, json_object_size(map));
    ports = sw_arena_zalloc(arena, json_object_size(map) * sizeof(*ports));
    if (!ports)
        return sw_err_nomem(reterr);
    json_object_foreach(map, name, value) {
        int64_t number = 0;

        r = sw_get_int(map, name, here, (struct sw_int_range){0, MAX_PORT}, &number, reterr);
        if (r < 0)
            return r;
        ports[n].name = sw_arena_copy(arena, sw_str_from(name));
        if (!ports[n].name.data)
            return sw_err_nomem(reterr);
        ports[n++].number = (uint16_t)number;
    }
    qsort(ports, n, sizeof(*ports), by_name);
    ret->ports = ports;
    ret->n_ports = n;
    return 0;
}

static int read_strings(const json_t *spec, const struct sw_at *at, struct sw_arena *arena,
                        struct sw_workloadentry *ret, struct sw_err *reterr)
{
    const struct {
        const char *key;
        struct sw_str *into;
    } members[] = {
        {"address", &ret->address},
        {"network", &ret->network},
        {"locality", &ret->locality},
        {"serviceAccount", &ret->account},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(members) / sizeof(members[0]); i++)
        r = sw_model_copy_str(spec, members[i].key, at, arena, members[i].into, reterr);
    return r;
}

int sw_workloadentry_read(const json_t *object, struct sw_arena *arena,
                          struct sw_workloadentry *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "spec");
    struct sw_workloadentry entry = {0};
    json_t *spec = NULL;
    int64_t weight = 0;
    int r = sw_meta_read(object, arena, &entry.meta, reterr);

    if (r == 0)
        r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r >= 0)
        r = read_strings(spec, at, arena, &entry, reterr);
    if (r >= 0)
        r = sw_get_int(spec, "weight", at, (struct sw_int_range){0, UINT32_MAX}, &weight, reterr);
    if (r >= 0)
        r = sw_labels_read(spec, "labels", at, arena, &entry.labels, reterr);
    if (r >= 0)
        r = read_ports(spec, at, arena, &entry, reterr);
    if (r < 0)
        return r;
    entry.weight = (uint32_t)weight;
    *ret = entry;
    return 0;
}
