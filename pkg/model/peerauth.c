#include "model/peerauth.h"

#include "json/get.h"

#include "base/banned.h"

#define AT_SPEC SW_AT_KEY(NULL, "spec")

static int read_mode(const json_t *mtls, const struct sw_at *at, enum sw_mtls_mode *ret,
                     struct sw_err *reterr)
{
    static const char *const names[] = {
        [SW_MTLS_UNSET] = "UNSET",
        [SW_MTLS_DISABLE] = "DISABLE",
        [SW_MTLS_PERMISSIVE] = "PERMISSIVE",
        [SW_MTLS_STRICT] = "STRICT",
    };
    struct sw_str mode = SW_STR("UNSET");
    int r = sw_get_str(mtls, "mode", at, &mode, reterr);

    if (r < 0)
        return r;
    for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (sw_str_is(mode, names[i])) {
            *ret = (enum sw_mtls_mode)i;
            return 0;
        }
    }
    return sw_get_fail(json_object_get(mtls, "mode"), "mode", at,
                       "UNSET, DISABLE, PERMISSIVE or STRICT", reterr);
}

int sw_peerauth_read(const json_t *object, struct sw_arena *arena, struct sw_peerauth *ret,
                     struct sw_err *reterr)
{
    json_t *spec = NULL, *selector = NULL, *mtls = NULL;
    struct sw_peerauth auth = {0};
    int r = sw_meta_read(object, arena, &auth.meta, reterr);

    if (r == 0)
        r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r >= 0)
        r = sw_get_object(spec, "selector", AT_SPEC, &selector, reterr);
    if (r >= 0)
        r = sw_labels_read(selector, "matchLabels", SW_AT_KEY(AT_SPEC, "selector"), arena,
                           &auth.selector, reterr);
    if (r >= 0)
        r = sw_get_object(spec, "mtls", AT_SPEC, &mtls, reterr);
    if (r >= 0)
        r = read_mode(mtls, SW_AT_KEY(AT_SPEC, "mtls"), &auth.mode, reterr);
    if (r < 0)
        return r;
    *ret = auth;
    return 0;
}
