#include "model/owner.h"

#include "json/get.h"

#include "base/banned.h"

#define AT_METADATA SW_AT_KEY(NULL, "metadata")

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
    if (r < 0)
        return r;
    *ret = owner;
    return 0;
}
