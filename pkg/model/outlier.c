#include "model/outlier.h"

#include "json/get.h"
#include "model/meta.h"

#include "base/banned.h"

static const struct {
    const char *member;
    enum sw_outlier_shape shape;
} fields[SW_OUTLIER_N_FIELDS] = {
#define SW_OUTLIER_ROW(name, member, shape) {member, shape},
    SW_OUTLIER_MAP(SW_OUTLIER_ROW)
#undef SW_OUTLIER_ROW
};

/* Takes one "<digits>[.<digits>]<unit>" off the front; false if it is not that. *worth is set once
 * a digit other than 0 stands before a unit of at least a millisecond. */
static bool cut_duration_term(struct sw_str *rest, bool *worth)
{
    static const struct sw_str units[] = {SW_STR("ms"), SW_STR("h"), SW_STR("m"), SW_STR("s")};
    size_t n = 0, digits = 0, dots = 0;

    for (; n < rest->len; n++) {
        char c = rest->data[n];

        if (c == '.' && digits && !dots)
            dots++;
        else if (c >= '0' && c <= '9')
            digits++;
        else
            break;
        *worth |= c >= '1' && c <= '9';
    }
    if (!digits || rest->data[n - 1] == '.')
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct sw_str tail = sw_str_slice(*rest, n, rest->len);

        if (sw_str_has_prefix(tail, units[i])) {
            *rest = sw_str_slice(tail, units[i].len, tail.len);
            return true;
        }
    }
    return false;
}

/* A Go duration of at least 1ms with whole milliseconds or larger units, which is what Istio's
 * validator takes (pkg/config/validation/agent ValidateDuration). Sub-millisecond fractions are
 * left to istiod to refuse. */
static bool is_duration(struct sw_str text)
{
    bool worth = false;

    if (text.len == 0)
        return false;
    while (text.len) {
        if (!cut_duration_term(&text, &worth))
            return false;
    }
    return worth;
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
                           "a duration of at least 1ms, such as \"10s\"", reterr);
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
