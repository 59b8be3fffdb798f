#include "certs/holding.h"

#include "certs/inspect.h"

#include "base/banned.h"

static int read_signer(const struct sw_cert_texts *texts, struct sw_cert_holding *ret)
{
    struct sw_err *error = &ret->signer_error;
    int r;

    r = sw_cert_list_read(texts->ca_cert, &ret->cas, error);
    if (r < 0)
        ret->cas.n = ret->cas.n_unread = 0;
    else
        r = sw_cert_list_find_key(&ret->cas, texts->ca_key, &ret->signer, error);
    if (r < 0)
        ret->signer = ret->cas.n;
    return r;
}

static int read_leaf(const struct sw_cert_texts *texts, struct sw_cert_names names,
                     struct sw_cert_holding *ret)
{
    const struct sw_cert_serving serving = {
        .cert = texts->cert,
        .key = texts->key,
        .cas = &ret->cas,
        .names = names.items,
        .n_names = names.n,
    };
    struct sw_cert_leaf leaf;
    int r = sw_cert_inspect(&serving, &leaf, &ret->leaf_error);

    if (r < 0)
        return r;
    ret->leaf = (struct sw_cert_served){true, leaf.not_before_s, leaf.not_after_s, leaf.ca};
    memcpy(ret->leaf_id, leaf.id, sizeof(ret->leaf_id));
    return 0;
}

int sw_cert_holding_read(const struct sw_cert_texts *texts, struct sw_cert_names names,
                         struct sw_cert_holding *ret, struct sw_err *reterr)
{
    ret->signer_error = ret->leaf_error = (struct sw_err){0};
    ret->leaf = (struct sw_cert_served){0};
    ret->leaf_id[0] = '\0';
    if (read_signer(texts, ret) == SW_ENOMEM || read_leaf(texts, names, ret) == SW_ENOMEM)
        return sw_err_nomem(reterr);
    return 0;
}

void sw_cert_holding_tell(const struct sw_cert_holding *holding, struct sw_cert_state *ret)
{
    ret->cas = &holding->cas;
    ret->signer = holding->signer;
    ret->leaf = holding->leaf;
}
