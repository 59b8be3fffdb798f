#include "webhook/deadline.h"

#include "base/banned.h"

#define NS_PER_S UINT64_C(1000000000)

/* Over what any API server waits (30 s). */
#define MOST_S 3600

uint64_t sw_deadline_patience_ns(struct sw_str query)
{
    const struct sw_str name = SW_STR("timeout=");
    uint64_t seconds = 0;

    while (query.len) {
        struct sw_str field = sw_str_cut(&query, '&');

        if (!sw_str_has_prefix(field, name) || !sw_str_has_suffix(field, SW_STR("s")))
            continue;
        field = sw_str_slice(field, name.len, field.len - 1);
        if (sw_str_to_u64(field, MOST_S, &seconds) && seconds > 0)
            return seconds * NS_PER_S;
    }
    return SW_DEADLINE_DEFAULT_NS;
}

bool sw_deadline_is_past(uint64_t patience_ns, uint64_t waited_ns, uint64_t age_ns)
{
    return waited_ns >= patience_ns / 2 || age_ns >= patience_ns;
}
