#include "mesh/group.h"

#include <stdlib.h>

#include "base/banned.h"

/* A group in the making: at first one for each class of pods. */
struct making {
    struct sw_mesh_group group; /* strings and labels borrow from the class */
    bool located;               /* locality was known of one pod at least */
};

static int by_class(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct sw_group_pod *)a)->class;
    uintptr_t y = (uintptr_t)((const struct sw_group_pod *)b)->class;

    return (x > y) - (x < y);
}

static int cmp_labels(const struct sw_labels *a, const struct sw_labels *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int order = sw_str_cmp(a->pairs[i].key, b->pairs[i].key);

        if (!order)
            order = sw_str_cmp(a->pairs[i].value, b->pairs[i].value);
        if (order)
            return order;
    }
    return (a->n > b->n) - (a->n < b->n);
}

static int cmp_group(const struct sw_mesh_group *a, const struct sw_mesh_group *b)
{
    int order = sw_str_cmp(a->service_account, b->service_account);

    return order ? order : cmp_labels(&a->labels, &b->labels);
}

static int by_group(const void *a, const void *b)
{
    return cmp_group(&((const struct making *)a)->group, &((const struct making *)b)->group);
}

struct sw_str sw_group_common(struct sw_str a, struct sw_str b)
{
    size_t i = 0, end = 0;

    for (; i < a.len && i < b.len && a.data[i] == b.data[i]; i++) {
        if (a.data[i] == '/')
            end = i;
    }
    if ((i == a.len || a.data[i] == '/') && (i == b.len || b.data[i] == '/'))
        end = i;
    return sw_str_slice(a, 0, end);
}

static void locate(struct making *making, struct sw_str locality)
{
    if (!locality.data)
        return;
    making->group.locality =
        making->located ? sw_group_common(making->group.locality, locality) : locality;
    making->located = true;
}

/* The labels of these keys that the class has, sorted as the keys are. */
static int pick_labels(const struct sw_pod_class *class, const struct sw_strings *keys,
                       struct sw_arena *arena, struct sw_labels *ret, struct sw_err *reterr)
{
    struct sw_label *pairs = sw_arena_alloc(arena, keys->n * sizeof(*pairs));
    size_t n = 0;

    if (!pairs)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < keys->n; i++) {
        const struct sw_str *value = sw_labels_get(&class->labels, keys->items[i]);

        if (value)
            pairs[n++] = (struct sw_label){keys->items[i], *value};
    }
    *ret = (struct sw_labels){n ? pairs : NULL, n};
    return 0;
}

/* Makes one group of each class, in `all`, which has room for them. Returns how many, or fails. */
static int begin_groups(const struct sw_group_pod *pods, size_t n, const struct sw_strings *keys,
                        struct sw_arena *arena, struct making *all, struct sw_err *reterr)
{
    int n_all = 0;

    for (size_t i = 0; i < n; i++) {
        if (!pods[i].class->sidecar)
            continue;
        if (i == 0 || pods[i].class != pods[i - 1].class) {
            struct making *next = &all[n_all++];
            int r = pick_labels(pods[i].class, keys, arena, &next->group.labels, reterr);

            if (r < 0)
                return r;
            next->group.service_account = pods[i].class->account;
        }
        all[n_all - 1].group.n_ready++;
        locate(&all[n_all - 1], pods[i].locality);
    }
    return n_all;
}

/* Makes one of those that are alike; they stand side by side. Returns how many are left. */
static size_t merge(struct making *all, size_t n)
{
    size_t n_merged = 0;

    for (size_t i = 0; i < n; i++) {
        struct making *last = n_merged ? &all[n_merged - 1] : NULL;

        if (!last || by_group(last, &all[i]) != 0) {
            all[n_merged++] = all[i];
            continue;
        }
        last->group.n_ready += all[i].group.n_ready;
        if (all[i].located)
            locate(last, all[i].group.locality.data ? all[i].group.locality : SW_STR(""));
    }
    return n_merged;
}

static int copy_str(struct sw_str *s, struct sw_arena *arena, struct sw_err *reterr)
{
    if (s->len == 0) {
        *s = (struct sw_str){NULL, 0};
        return 0;
    }
    *s = sw_arena_copy(arena, *s);
    return s->data ? 0 : sw_err_nomem(reterr);
}

static int copy_labels(const struct sw_labels *from, struct sw_arena *arena, struct sw_labels *ret,
                       struct sw_err *reterr)
{
    struct sw_label *pairs = sw_arena_alloc(arena, from->n * sizeof(*pairs));

    if (!pairs)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < from->n; i++) {
        pairs[i].key = sw_arena_copy(arena, from->pairs[i].key);
        pairs[i].value = sw_arena_copy(arena, from->pairs[i].value);
        if (!pairs[i].key.data || !pairs[i].value.data)
            return sw_err_nomem(reterr);
    }
    *ret = (struct sw_labels){from->n ? pairs : NULL, from->n};
    return 0;
}

int sw_group_copy(const struct sw_mesh_group *groups, size_t n, struct sw_arena *arena,
                  const struct sw_mesh_group **ret, struct sw_err *reterr)
{
    struct sw_mesh_group *copies = sw_arena_alloc(arena, n * sizeof(*copies));
    int r = copies ? 0 : sw_err_nomem(reterr);

    for (size_t i = 0; r == 0 && i < n; i++) {
        copies[i] = groups[i];
        r = copy_str(&copies[i].service_account, arena, reterr);
        if (r == 0)
            r = copy_str(&copies[i].locality, arena, reterr);
        if (r == 0)
            r = copy_labels(&groups[i].labels, arena, &copies[i].labels, reterr);
    }
    if (r == 0)
        *ret = copies;
    return r;
}

int sw_group_build(struct sw_group_pod *pods, size_t n, const struct sw_strings *keys,
                   struct sw_arena *arena, struct sw_group_list *ret, struct sw_err *reterr)
{
    struct sw_group_list list = {0};
    struct sw_mesh_group *groups;
    size_t n_classes = 0;
    struct making *all;
    int n_all;

    if (n > 0)
        qsort(pods, n, sizeof(*pods), by_class);
    for (size_t i = 0; i < n; i++) {
        list.n_plain += !pods[i].class->sidecar;
        n_classes += i == 0 || pods[i].class != pods[i - 1].class;
    }
    all = sw_arena_zalloc(arena, n_classes * sizeof(*all));
    if (!all)
        return sw_err_nomem(reterr);
    n_all = begin_groups(pods, n, keys, arena, all, reterr);
    if (n_all < 0)
        return n_all;
    if (n_all > 0)
        qsort(all, (size_t)n_all, sizeof(*all), by_group);
    list.n = merge(all, (size_t)n_all);
    groups = sw_arena_alloc(arena, list.n * sizeof(*groups));
    if (!groups)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < list.n; i++)
        groups[i] = all[i].group;
    list.groups = groups;
    *ret = list;
    return 0;
}

bool sw_group_eq(const struct sw_mesh_group *a, size_t n_a, const struct sw_mesh_group *b,
                 size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++) {
        if (cmp_group(&a[i], &b[i]) != 0 || a[i].n_ready != b[i].n_ready ||
            !sw_str_eq(a[i].locality, b[i].locality))
            return false;
    }
    return true;
}
