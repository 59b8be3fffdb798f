#include "mesh/name.h"

#include "mesh/digest.h"

#include "base/banned.h"

#define PREFIX     "k-"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

/* Hex digits that keep apart the long names of one beginning in a namespace. */
#define SHORT_HASH_LEN 8

struct sw_str sw_mesh_name(struct sw_arena *arena, struct sw_str service, struct sw_str suffix)
{
    char hex[SHORT_HASH_LEN];
    struct sw_sha256 hash;
    struct sw_digest digest;
    struct sw_str cut;

    if (!suffix.len && PREFIX_LEN + service.len <= SW_DNS_LABEL_MAX)
        return sw_str_from(sw_arena_printf(arena, PREFIX "%.*s", SW_STR_ARG(service)));
    if (!suffix.len) {
        sw_sha256_init(&hash);
        sw_sha256_add_str(&hash, service);
        digest = sw_sha256_digest(&hash);
        sw_digest_hex(&digest, hex, sizeof(hex));
        suffix = (struct sw_str){hex, sizeof(hex)};
    }
    cut = sw_str_slice(service, 0, SW_DNS_LABEL_MAX - PREFIX_LEN - 1 - suffix.len);
    while (cut.len && cut.data[cut.len - 1] == '-')
        cut.len--;
    return sw_str_from(
        sw_arena_printf(arena, PREFIX "%.*s-%.*s", SW_STR_ARG(cut), SW_STR_ARG(suffix)));
}

struct sw_str sw_mesh_host(struct sw_arena *arena, struct sw_str namespace_, struct sw_str name)
{
    return sw_str_from(sw_arena_printf(arena, "%.*s.%.*s.svc.cluster.local", SW_STR_ARG(name),
                                       SW_STR_ARG(namespace_)));
}

struct sw_str sw_mesh_path(struct sw_arena *arena, struct sw_str namespace_, struct sw_str name)
{
    return sw_str_from(
        sw_arena_printf(arena, "%.*s/%.*s", SW_STR_ARG(namespace_), SW_STR_ARG(name)));
}
