#include "json/copy.h"

#include "base/cleanup.h"

#include "base/banned.h"

static size_t size_of(const json_t *container)
{
    return json_is_object(container) ? json_object_size(container) : json_array_size(container);
}

json_t *sw_json_copy(const json_t *container)
{
    json_auto_t *copy = NULL;

    if (!json_is_object(container) && !json_is_array(container))
        return NULL;
    copy = json_copy((json_t *)container); /* it changes no more than how many hold the values */
    return size_of(copy) == size_of(container) ? SW_TAKE(copy) : NULL;
}
