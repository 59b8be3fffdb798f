#include "failover/service_rule.h"

#include "failover/expose.h"

#include "base/banned.h"

#define AT_METADATA SW_AT_KEY(NULL, "metadata")
#define AT_LABELS   SW_AT_KEY(AT_METADATA, "labels")

/* What the rule works on. */
struct work {
    const struct sw_index *index;
    const struct sw_service *service;
    struct sw_outcome *outcome;
    bool has_labels; /* metadata.labels stands in the object or was added */
};

static int add_label(struct work *work, const char *key, struct sw_str value,
                     struct sw_err *reterr)
{
    int r;

    if (!work->has_labels) {
        r = sw_outcome_change(work->outcome, SW_PATCH_ADD, AT_LABELS, json_object(), reterr);
        if (r < 0)
            return r;
        work->has_labels = true;
    }
    return sw_outcome_change(work->outcome, SW_PATCH_ADD, SW_AT_KEY(AT_LABELS, key),
                             json_stringn(value.data, value.len), reterr);
}

/* Makes a label of ours say `value`; an unset value takes it away. */
static int record(struct work *work, const char *key, struct sw_str value, struct sw_err *reterr)
{
    const struct sw_str *now = sw_labels_get(&work->service->meta.labels, sw_str_from(key));
    const struct sw_at *at = SW_AT_KEY(AT_LABELS, key);

    if (!value.data)
        return now ? sw_outcome_change(work->outcome, SW_PATCH_REMOVE, at, NULL, reterr) : 0;
    if (!now)
        return add_label(work, key, value, reterr);
    if (sw_str_eq(*now, value))
        return 0;
    return sw_outcome_change(work->outcome, SW_PATCH_REPLACE, at,
                             json_stringn(value.data, value.len), reterr);
}

/* A name that is no label value would make the API server refuse the user's own Service. */
static int record_name(struct work *work, const char *key, struct sw_str name,
                       struct sw_err *reterr)
{
    int r;

    if (sw_str_is_label_value(name))
        return record(work, key, name, reterr);
    r = sw_outcome_find(work->outcome, &work->outcome->warnings, SW_LABEL_VALUE,
                        SW_AT_KEY(AT_LABELS, key), reterr, "\"%.*s\" cannot be a label value",
                        SW_STR_ARG(name));
    if (r < 0)
        return r;
    return record(work, key, (struct sw_str){NULL, 0}, reterr);
}

static bool is_known(struct sw_str value)
{
    return sw_str_is(value, SW_FAILOVER_ENABLE) || sw_str_is(value, SW_FAILOVER_DISABLE);
}

/* Who writes failover: disabled means to opt out, and is exposed all the same. */
static int warn_own_failover(struct work *work, struct sw_str value, struct sw_err *reterr)
{
    if (is_known(value))
        return 0;
    return sw_outcome_find(work->outcome, &work->outcome->warnings, SW_FAILOVER_LABEL,
                           SW_AT_KEY(AT_LABELS, SW_LABEL_FAILOVER), reterr, "\"%.*s\" is %s",
                           SW_STR_ARG(value), sw_reason_sentence(SW_FAILOVER_LABEL));
}

/* The namespace's own label, and nothing else, opts its Services in or out. */
static int inherit_failover(struct work *work, struct sw_err *reterr)
{
    const struct sw_meta *meta = &work->service->meta;
    const struct sw_str *own = sw_labels_get(&meta->labels, SW_STR(SW_LABEL_FAILOVER));
    struct sw_str value;

    if (own)
        return warn_own_failover(work, *own, reterr);
    value = sw_expose_failover_label(sw_index_local(work->index), work->service);
    if (!value.data)
        return 0;
    if (is_known(value))
        return add_label(work, SW_LABEL_FAILOVER, value, reterr);
    return sw_outcome_find(work->outcome, &work->outcome->warnings, SW_NAMESPACE_LABEL,
                           SW_AT_KEY(AT_LABELS, SW_LABEL_FAILOVER), reterr,
                           "namespace %.*s has failover=%.*s, neither enable nor disable: not set",
                           SW_STR_ARG(meta->namespace_), SW_STR_ARG(value));
}

static int warn_unnamed_ports(struct work *work, struct sw_err *reterr)
{
    const struct sw_service *service = work->service;
    const struct sw_at *at = SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "ports");

    for (size_t i = 0; i < service->n_ports; i++) {
        int r;

        if (!service->ports[i].tcp || service->ports[i].name.len)
            continue;
        r = sw_outcome_find(work->outcome, &work->outcome->warnings, SW_UNNAMED_PORT,
                            SW_AT_INDEX(at, i), reterr, "port %u will not fail over: %s",
                            service->ports[i].number, sw_reason_sentence(SW_UNNAMED_PORT));
        if (r < 0)
            return r;
    }
    return 0;
}

static int warn_not_exposed(struct work *work, enum sw_reason reason, struct sw_err *reterr)
{
    /* What comes before SW_STUB is the user's own choice; the stub itself is ours. */
    if (reason <= SW_STUB)
        return 0;
    return sw_outcome_find(work->outcome, &work->outcome->warnings, reason,
                           SW_AT_KEY(NULL, "spec"), reterr, "will not fail over: %s",
                           sw_reason_sentence(reason));
}

static int judge(struct work *work, struct sw_err *reterr)
{
    const struct sw_view *local = sw_index_local(work->index);
    struct sw_exposure exposure = sw_expose(work->index, local, work->service);
    bool exposed = exposure.reason == SW_EXPOSED;
    int r = exposure.workspace ? inherit_failover(work, reterr) : 0;

    if (r < 0)
        return r;
    if (!exposed) {
        r = record(work, SW_LABEL_WORKSPACE, (struct sw_str){NULL, 0}, reterr);
        if (r < 0)
            return r;
        r = record(work, SW_LABEL_CLUSTER, (struct sw_str){NULL, 0}, reterr);
        return r < 0 ? r : warn_not_exposed(work, exposure.reason, reterr);
    }
    r = record_name(work, SW_LABEL_WORKSPACE, exposure.workspace->meta.name, reterr);
    if (r < 0)
        return r;
    r = record_name(work, SW_LABEL_CLUSTER, local->source.cluster, reterr);
    return r < 0 ? r : warn_unnamed_ports(work, reterr);
}

int sw_service_rule(const struct sw_index *index, const json_t *object, struct sw_outcome *outcome,
                    struct sw_err *reterr)
{
    struct sw_err unreadable = {0};
    struct sw_service service;
    struct work work = {.index = index, .service = &service, .outcome = outcome};
    int r = sw_service_read(object, outcome->arena, &service, &unreadable);

    if (r == SW_ETYPE)
        return sw_outcome_find(outcome, &outcome->warnings, SW_UNREADABLE, NULL, reterr,
                               "left as it is: %s", unreadable.message);
    if (r < 0)
        return sw_err_set(reterr, r, "%s", unreadable.message);
    if (service.meta.deleting)
        return 0;
    work.has_labels =
        json_is_object(json_object_get(json_object_get(object, "metadata"), "labels"));
    return judge(&work, reterr);
}
