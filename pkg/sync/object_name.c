#include "sync/object_name.h"

#include "sync/shallow.h"

#include "base/banned.h"

enum name_slot { NAME, NAMESPACE, N_NAME_SLOTS };

static const struct sw_scan_want metadata_wants[] = {
    {"name", NAME, NULL},
    {"namespace", NAMESPACE, NULL},
    {NULL, 0, NULL},
};

static const struct sw_scan_want name_wants[] = {
    {"metadata", -1, metadata_wants},
    {NULL, 0, NULL},
};

/* The text of a string slice, which has no escapes: names have none. */
static struct sw_str unquote(const struct sw_scan_slice *slice)
{
    if (slice->type != SW_SCAN_STRING)
        return (struct sw_str){NULL, 0};
    return sw_str_slice(slice->text, 1, slice->text.len - 1);
}

int sw_object_name_read(struct sw_str text, struct sw_str *ret_namespace, struct sw_str *ret_name,
                        struct sw_err *reterr)
{
    struct sw_scan_slice slices[N_NAME_SLOTS];
    int r = sw_shallow_scan(text, name_wants, slices, N_NAME_SLOTS, reterr);

    if (r < 0)
        return r;
    if (unquote(&slices[NAME]).len == 0)
        return sw_err_set(reterr, SW_ETYPE, "metadata.name: expected a name");
    *ret_namespace = unquote(&slices[NAMESPACE]);
    *ret_name = unquote(&slices[NAME]);
    return 0;
}
