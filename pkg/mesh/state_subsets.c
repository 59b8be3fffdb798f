#include "mesh/state_cluster.h"

#include <stdlib.h>

#include "base/banned.h"

/* By this label a canary is told from the rest, with a subset or without. */
#define ALWAYS_A_KEY "version"

/* The rules of all clusters that have subsets for one host; never without one. */
struct host {
    struct sw_record record;
    struct sw_item_rule *rules;
};

static bool host_is(const struct sw_record *record, const void *key)
{
    const struct sw_host *host = &((const struct host *)record)->rules->host;
    const struct sw_plan_key *wanted = key;

    return sw_str_eq(host->name, wanted->name) && sw_str_eq(host->namespace_, wanted->namespace_);
}

static struct host *find(const struct sw_state *state, struct sw_str namespace_, struct sw_str name)
{
    return (struct host *)sw_hash_find(&state->hosts, sw_hash_of(namespace_, name), host_is,
                                       &(struct sw_plan_key){namespace_, name});
}

int sw_state_add_subsets(struct sw_state *state, struct sw_item_rule *rule, struct sw_err *reterr)
{
    struct host *host;

    if (rule->rule.n_subsets == 0)
        return 0;
    if (rule->host.kind == SW_HOST_WILDCARD) {
        rule->next_of_host = state->wild_rules;
        state->wild_rules = rule;
    }
    if (rule->host.kind != SW_HOST_SERVICE)
        return 0;
    host = find(state, rule->host.namespace_, rule->host.name);
    if (host) {
        rule->next_of_host = host->rules;
        host->rules = rule;
        return 0;
    }
    host = calloc(1, sizeof(*host));
    if (!host)
        return sw_err_nomem(reterr);
    host->rules = rule;
    if (sw_hash_insert(&state->hosts, &host->record,
                       sw_hash_of(rule->host.namespace_, rule->host.name), reterr) < 0) {
        free(host);
        return SW_ENOMEM;
    }
    return 0;
}

/* Takes a rule off a list that it may not be in. */
static void take_off(struct sw_item_rule **link, const struct sw_item_rule *rule)
{
    while (*link && *link != rule)
        link = &(*link)->next_of_host;
    if (*link)
        *link = rule->next_of_host;
}

void sw_state_remove_subsets(struct sw_state *state, const struct sw_item_rule *rule)
{
    struct host *host = NULL;

    take_off(&state->wild_rules, rule);
    if (rule->host.kind == SW_HOST_SERVICE)
        host = find(state, rule->host.namespace_, rule->host.name);
    if (!host)
        return;
    if (host->rules == rule && !rule->next_of_host) {
        sw_hash_remove(&state->hosts, &host->record);
        free(host);
        return;
    }
    take_off(&host->rules, rule);
}

static int add_key(struct sw_strings *keys, struct sw_str key, struct sw_arena *arena,
                   struct sw_err *reterr)
{
    struct sw_str *items;

    if (sw_strings_have(keys, key))
        return 0;
    items = sw_arena_push(arena, (struct sw_str *)keys->items, keys->n, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    items[keys->n++] = key;
    keys->items = items;
    return 0;
}

static int add_keys_of(const struct sw_mesh_rule *rule, struct sw_strings *keys,
                       struct sw_arena *arena, struct sw_err *reterr)
{
    for (size_t i = 0; i < rule->n_subsets; i++) {
        const struct sw_labels *labels = &rule->subsets[i].labels;

        for (size_t j = 0; j < labels->n; j++) {
            int r = add_key(keys, labels->pairs[j].key, arena, reterr);

            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int by_str(const void *a, const void *b)
{
    return sw_str_cmp(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

int sw_state_subset_keys(const struct sw_state *state, struct sw_str namespace_,
                         struct sw_str service, struct sw_arena *arena, struct sw_strings *ret,
                         struct sw_err *reterr)
{
    const struct host *host = find(state, namespace_, service);
    struct sw_strings keys = {NULL, 0};
    int r = add_key(&keys, SW_STR(ALWAYS_A_KEY), arena, reterr);

    for (const struct sw_item_rule *rule = host ? host->rules : NULL; r == 0 && rule;
         rule = rule->next_of_host)
        r = add_keys_of(&rule->rule, &keys, arena, reterr);
    for (const struct sw_item_rule *rule = state->wild_rules; r == 0 && rule;
         rule = rule->next_of_host) {
        if (sw_host_covers(&rule->host, namespace_, service))
            r = add_keys_of(&rule->rule, &keys, arena, reterr);
    }
    if (r < 0)
        return r;
    qsort((struct sw_str *)keys.items, keys.n, sizeof(*keys.items), by_str);
    *ret = keys;
    return 0;
}
