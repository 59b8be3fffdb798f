#include "certs/memory.h"

#include "base/banned.h"

static bool is_in_all(const struct sw_cert_state *state, const char *id)
{
    for (size_t i = 0; i < state->n_bundles; i++) {
        if (sw_cert_list_find(state->bundles[i], id) == state->bundles[i]->n)
            return false;
    }
    return true;
}

/* `found` is NULL where there is nothing. Returns for how long, or -1. */
static int64_t note(struct sw_cert_since *since, const struct sw_cert *found, int64_t now_ms)
{
    if (!found) {
        *since = (struct sw_cert_since){0};
        return -1;
    }
    if (strcmp(since->id, found->id) != 0) {
        memcpy(since->id, found->id, sizeof(since->id));
        since->since_ms = now_ms;
    }
    return now_ms - since->since_ms;
}

void sw_cert_memory_note(struct sw_cert_memory *memory, int64_t now_ms, struct sw_cert_state *state)
{
    const struct sw_cert_list *cas = state->cas;
    const struct sw_cert *signer = state->signer < cas->n ? &cas->items[state->signer] : NULL;
    const struct sw_cert *served = state->leaf.set ? &cas->items[state->leaf.ca] : NULL;

    if (signer && !is_in_all(state, signer->id))
        signer = NULL;
    state->trusted_ms = note(&memory->trusted, signer, now_ms);
    state->served_ms = note(&memory->served, served, now_ms);
}
