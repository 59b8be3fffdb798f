#include "failover/host.h"

#include "base/banned.h"

#define SERVICE_SUFFIX ".svc.cluster.local"

/* `suffix` is what follows the `*`. */
static struct sw_host read_wildcard(struct sw_str suffix)
{
    struct sw_host host = {.kind = SW_HOST_WILDCARD};
    struct sw_str inner;
    size_t dot;

    if (!sw_str_has_suffix(suffix, SW_STR(SERVICE_SUFFIX))) {
        /* A part of the suffix, or nothing: every Service. Something else: none. */
        host.any_name = true;
        if (!sw_str_has_suffix(SW_STR(SERVICE_SUFFIX), suffix))
            host.kind = SW_HOST_FOREIGN;
        return host;
    }
    inner = sw_str_slice(suffix, 0, suffix.len - (sizeof(SERVICE_SUFFIX) - 1));
    dot = sw_str_find(inner, '.');
    host.any_name = dot == inner.len;
    host.name = host.any_name ? (struct sw_str){NULL, 0} : sw_str_slice(inner, 0, dot);
    host.namespace_ = host.any_name ? inner : sw_str_slice(inner, dot + 1, inner.len);
    if (sw_str_find(host.namespace_, '.') < host.namespace_.len)
        host.kind = SW_HOST_FOREIGN;
    return host;
}

/* A name without dots means what is in the rule's own namespace, be it `*-v2`; but `*` is full. */
static struct sw_host read_short(struct sw_str text, struct sw_str rule_namespace)
{
    bool wildcard = text.data[0] == '*';

    return (struct sw_host){
        .kind = wildcard ? SW_HOST_WILDCARD : SW_HOST_SERVICE,
        .name = wildcard ? sw_str_slice(text, 1, text.len) : text,
        .namespace_ = rule_namespace,
    };
}

struct sw_host sw_host_read(struct sw_str text, struct sw_str rule_namespace)
{
    struct sw_host host = {.kind = SW_HOST_FOREIGN};
    struct sw_str rest = text;

    if (text.len == 0)
        return host;
    if (!sw_str_is(text, "*") && sw_str_find(text, '.') == text.len)
        return read_short(text, rule_namespace);
    if (text.data[0] == '*')
        return read_wildcard(sw_str_slice(text, 1, text.len));
    host.name = sw_str_cut(&rest, '.');
    host.namespace_ = sw_str_cut(&rest, '.');
    if (sw_str_is(rest, &SERVICE_SUFFIX[1]))
        host.kind = SW_HOST_SERVICE;
    else if (!rest.data || sw_str_is(rest, "svc") || sw_str_is(rest, "svc.cluster.local."))
        host.kind = SW_HOST_UNEXPANDED;
    return host;
}

bool sw_host_covers(const struct sw_host *host, struct sw_str namespace_, struct sw_str name)
{
    switch (host->kind) {
    case SW_HOST_SERVICE:
    case SW_HOST_UNEXPANDED:
        return sw_str_eq(host->namespace_, namespace_) && sw_str_eq(host->name, name);
    case SW_HOST_WILDCARD:
        if (host->any_name)
            return sw_str_has_suffix(namespace_, host->namespace_);
        return sw_str_eq(host->namespace_, namespace_) && sw_str_has_suffix(name, host->name);
    case SW_HOST_FOREIGN:
    default:
        return false;
    }
}
