#include "failover/scope.h"

#include "base/banned.h"

const struct sw_workspace *sw_scope_owner(const struct sw_index *index, struct sw_str cluster,
                                          struct sw_str namespace_)
{
    const struct sw_view *config = sw_index_config(index);

    size_t rank = sw_claims_find(&config->claims, cluster, namespace_);

    return rank == SW_CLAIMS_NOBODY ? NULL : config->workspaces[rank];
}

const struct sw_workspace *sw_scope_named(const struct sw_index *index,
                                          const struct sw_hierarchy *hierarchy)
{
    const struct sw_view *config = sw_index_config(index);

    for (size_t i = 0; i < config->n_workspaces; i++) {
        if (sw_workspace_is_named(config->workspaces[i], hierarchy))
            return config->workspaces[i];
    }
    return NULL;
}

const struct sw_setting *sw_scope_next_setting(const struct sw_index *index,
                                               const struct sw_workspace *workspace, size_t *at)
{
    const struct sw_view *config = sw_index_config(index);

    while (*at < config->n_settings) {
        const struct sw_setting *setting = config->settings[(*at)++];

        if (sw_workspace_is_named(workspace, &setting->hierarchy))
            return setting;
    }
    return NULL;
}
