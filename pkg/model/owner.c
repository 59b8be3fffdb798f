#include "model/owner.h"

#include "json/get.h"

#include "base/banned.h"

#define AT_METADATA SW_AT_KEY(NULL, "metadata")

static int read_managers(const json_t *metadata, struct sw_owner *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_METADATA, "managedFields");
    json_t *list = NULL, *item, *fields;
    size_t i;
    int r = sw_get_objects(metadata, "managedFields", AT_METADATA, &list, reterr);

    json_array_foreach(list, i, item) {
        const struct sw_at *here = SW_AT_INDEX(at, i);
        struct sw_str manager = {NULL, 0};

        fields = NULL;
        r = sw_get_str(item, "manager", here, &manager, reterr);
        if (r >= 0)
            r = sw_get_object(item, "fieldsV1", here, &fields, reterr);
        if (r < 0)
            return r;
        if (sw_str_is(manager, SW_FIELD_MANAGER))
            ret->managed = true;
        else if (json_object_get(fields, "f:spec"))
            ret->shared_spec = true;
    }
    return r < 0 ? r : 0;
}

int sw_owner_read(const json_t *object, struct sw_arena *arena, struct sw_owner *ret,
                  struct sw_err *reterr)
{
    struct sw_owner owner = {0};
    json_t *metadata = NULL;
    int r = sw_get_object(object, "metadata", NULL, &metadata, reterr);

    if (r >= 0)
        r = sw_model_copy_str(metadata, "uid", AT_METADATA, arena, &owner.uid, reterr);
    if (r >= 0)
        r = sw_model_copy_str(metadata, "resourceVersion", AT_METADATA, arena, &owner.version,
                              reterr);
    if (r >= 0)
        r = read_managers(metadata, &owner, reterr);
    if (r < 0)
        return r;
    *ret = owner;
    return 0;
}
