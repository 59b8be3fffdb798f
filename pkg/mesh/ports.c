#include "mesh/ports.h"

#include "base/banned.h"

static const struct sw_port *by_number(const struct sw_service *service, uint16_t number)
{
    for (size_t i = 0; i < service->n_ports; i++) {
        if (service->ports[i].tcp && service->ports[i].number == number)
            return &service->ports[i];
    }
    return NULL;
}

static const struct sw_port *by_name(const struct sw_service *service, struct sw_str name)
{
    for (size_t i = 0; i < service->n_ports; i++) {
        if (service->ports[i].tcp && sw_str_eq(service->ports[i].name, name))
            return &service->ports[i];
    }
    return NULL;
}

static bool is_usable(const struct sw_port *port)
{
    return port->tcp && port->name.len;
}

struct sw_ports sw_ports_compare(const struct sw_service *local, const struct sw_service *remote)
{
    struct sw_ports ports = {0};

    for (size_t i = 0; i < local->n_ports; i++) {
        const struct sw_port *port = &local->ports[i], *there;

        if (!is_usable(port))
            continue;
        if (by_number(remote, port->number)) {
            ports.n_same++;
            continue;
        }
        there = by_name(remote, port->name);
        if (there && !ports.mismatch) {
            ports.mismatch = port;
            ports.there = there;
        } else if (!there && !ports.absent) {
            ports.absent = port;
        }
    }
    return ports;
}

static int add(struct sw_port_keys *keys, struct sw_str key, struct sw_arena *arena,
               struct sw_err *reterr)
{
    struct sw_str *items;
    size_t at = 0;

    while (at < keys->n && sw_str_cmp(keys->items[at], key) < 0)
        at++;
    if (at < keys->n && sw_str_eq(keys->items[at], key))
        return 0;
    items = sw_arena_push(arena, keys->items, keys->n, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    memmove(&items[at + 1], &items[at], (keys->n - at) * sizeof(*items));
    items[at] = key;
    keys->items = items;
    keys->n++;
    return 0;
}

int sw_ports_add_keys(const struct sw_service *service, struct sw_arena *arena,
                      struct sw_port_keys *keys, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < service->n_ports; i++) {
        const struct sw_port *port = &service->ports[i];

        if (!is_usable(port))
            continue;
        r = add(keys, port->name, arena, reterr);
        if (r == 0 && port->target_name.len)
            r = add(keys, port->target_name, arena, reterr);
    }
    return r;
}
