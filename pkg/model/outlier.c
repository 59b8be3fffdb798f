#include "model/outlier.h"

#include "json/get.h"
#include "model/duration.h"
#include "model/meta.h"

#include "base/banned.h"

#define NS_PER_MS 1000000

static const struct {
    const char *member;
    enum sw_outlier_shape shape;
} fields[SW_OUTLIER_N_FIELDS] = {
#define SW_OUTLIER_ROW(name, member, shape) {member, shape},
    SW_OUTLIER_MAP(SW_OUTLIER_ROW)
#undef SW_OUTLIER_ROW
};

/* What Istio's validator takes (pkg/config/validation/agent ValidateDuration). With anything else
 * in a setting, istiod would refuse every DestinationRule that it goes into. */
static bool is_duration(struct sw_str text)
{
    int64_t ns;

    return sw_duration_parse(text, &ns) && ns >= NS_PER_MS && ns % NS_PER_MS == 0;
}

static int read_duration(const json_t *object, const char *member, const struct sw_at *at,
                         struct sw_arena *arena, struct sw_outlier_value *ret,
                         struct sw_err *reterr)
{
    int r = sw_model_copy_str(object, member, at, arena, &ret->text, reterr);

    if (r < 0)
        return r;
    ret->set = ret->text.data != NULL;
    if (ret->set && !is_duration(ret->text))
        return sw_get_fail(json_object_get(object, member), member, at,
                           "a duration of at least 1ms, in whole ms, such as \"10s\"", reterr);
    return 0;
}

static int read_field(const json_t *object, size_t i, const struct sw_at *at,
                      struct sw_arena *arena, struct sw_outlier_value *ret, struct sw_err *reterr)
{
    const char *member = fields[i].member;
    bool flag = false;
    int r;

    switch (fields[i].shape) {
    case SW_OUTLIER_DURATION:
        return read_duration(object, member, at, arena, ret, reterr);
    case SW_OUTLIER_FLAG:
        r = sw_get_bool(object, member, at, &flag, reterr);
        ret->number = flag;
        break;
    case SW_OUTLIER_PERCENT:
        r = sw_get_int(object, member, at, (struct sw_int_range){0, 100}, &ret->number, reterr);
        break;
    case SW_OUTLIER_COUNT:
    default:
        r = sw_get_int(object, member, at, (struct sw_int_range){0, UINT32_MAX}, &ret->number,
                       reterr);
        break;
    }
    ret->set = r == 1;
    return r < 0 ? r : 0;
}

int sw_outlier_read(const json_t *object, const struct sw_at *at, struct sw_arena *arena,
                    struct sw_outlier *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "outlierDetection");
    struct sw_outlier outlier = {0};
    json_t *found = NULL;
    int r = sw_get_object(object, "outlierDetection", at, &found, reterr);

    if (r < 0)
        return r;
    outlier.present = r == 1;
    for (size_t i = 0; found && i < SW_OUTLIER_N_FIELDS; i++) {
        r = read_field(found, i, here, arena, &outlier.fields[i], reterr);
        if (r < 0)
            return r;
    }
    *ret = outlier;
    return 0;
}

struct sw_outlier sw_outlier_overlay(const struct sw_outlier *base, const struct sw_outlier *over)
{
    struct sw_outlier result = *base;

    result.present |= over->present;
    for (size_t i = 0; i < SW_OUTLIER_N_FIELDS; i++) {
        if (over->fields[i].set)
            result.fields[i] = over->fields[i];
    }
    return result;
}

static json_t *field_json(size_t i, const struct sw_outlier_value *value)
{
    switch (fields[i].shape) {
    case SW_OUTLIER_DURATION:
        return json_stringn(value->text.data, value->text.len);
    case SW_OUTLIER_FLAG:
        return json_boolean(value->number);
    case SW_OUTLIER_PERCENT:
    case SW_OUTLIER_COUNT:
    default:
        return json_integer(value->number);
    }
}

json_t *sw_outlier_json(const struct sw_outlier *outlier)
{
    json_t *object = json_object();

    for (size_t i = 0; object && i < SW_OUTLIER_N_FIELDS; i++) {
        const struct sw_outlier_value *value = &outlier->fields[i];

        if (value->set && json_object_set_new(object, fields[i].member, field_json(i, value)) < 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}
