#include "mesh/withdrawals.h"

#include <stdlib.h>

#include "base/banned.h"

struct sw_withdrawal {
    char *text; /* owned; gateway and host, one behind the other */
    size_t gateway_len;
    size_t len;
    uint64_t since_ms;
    bool asked; /* since the last sweep */
};

void sw_withdrawals_release(struct sw_withdrawals *withdrawals)
{
    if (!withdrawals)
        return;
    for (size_t i = 0; i < withdrawals->n; i++)
        free(withdrawals->items[i].text);
    free(withdrawals->items);
    *withdrawals = (struct sw_withdrawals){0};
}

static bool is_for(const struct sw_withdrawal *item, struct sw_str gateway, struct sw_str host)
{
    struct sw_str text = {item->text, item->len};

    return sw_str_eq(sw_str_slice(text, 0, item->gateway_len), gateway) &&
           sw_str_eq(sw_str_slice(text, item->gateway_len, item->len), host);
}

static bool reserve(struct sw_withdrawals *withdrawals)
{
    size_t cap = withdrawals->cap ? withdrawals->cap * 2 : 8;
    struct sw_withdrawal *items;

    if (withdrawals->n < withdrawals->cap)
        return true;
    items = realloc(withdrawals->items, cap * sizeof(*items));
    if (!items)
        return false;
    withdrawals->items = items;
    withdrawals->cap = cap;
    return true;
}

static int add(struct sw_withdrawals *withdrawals, struct sw_str gateway, struct sw_str host,
               uint64_t now_ms, struct sw_err *reterr)
{
    struct sw_withdrawal item = {
        .gateway_len = gateway.len,
        .len = gateway.len + host.len,
        .since_ms = now_ms,
        .asked = true,
    };

    if (!reserve(withdrawals))
        return sw_err_nomem(reterr);
    item.text = malloc(item.len + 1);
    if (!item.text)
        return sw_err_nomem(reterr);
    if (gateway.len)
        memcpy(item.text, gateway.data, gateway.len);
    if (host.len)
        memcpy(item.text + gateway.len, host.data, host.len);
    withdrawals->items[withdrawals->n++] = item;
    return 0;
}

int sw_withdrawals_since(struct sw_withdrawals *withdrawals, struct sw_str gateway,
                         struct sw_str host, uint64_t now_ms, uint64_t *ret_ms,
                         struct sw_err *reterr)
{
    int r;

    for (size_t i = 0; i < withdrawals->n; i++) {
        if (is_for(&withdrawals->items[i], gateway, host)) {
            withdrawals->items[i].asked = true;
            *ret_ms = withdrawals->items[i].since_ms;
            return 0;
        }
    }
    r = add(withdrawals, gateway, host, now_ms, reterr);
    if (r == 0)
        *ret_ms = now_ms;
    return r;
}

void sw_withdrawals_sweep(struct sw_withdrawals *withdrawals)
{
    size_t kept = 0;

    for (size_t i = 0; i < withdrawals->n; i++) {
        struct sw_withdrawal *item = &withdrawals->items[i];

        if (!item->asked) {
            free(item->text);
            continue;
        }
        item->asked = false;
        withdrawals->items[kept++] = *item;
    }
    withdrawals->n = kept;
}
