#include "mesh/share.h"

#include <stdlib.h>

#include "base/banned.h"

const char *sw_share_state_word(enum sw_share_state state)
{
    static const char *const words[] = {
#define STATE_ROW(name, word) [name] = (word),
        SW_SHARE_STATE_MAP(STATE_ROW)
#undef STATE_ROW
    };

    return words[state];
}

enum sw_share_state sw_share_state_of(struct sw_str word)
{
    unsigned int i = 0;

    while (i < SW_SHARE_N_STATES && !sw_str_is(word, sw_share_state_word((enum sw_share_state)i)))
        i++;
    return (enum sw_share_state)i;
}

static int copy(struct sw_str from, struct sw_arena *arena, struct sw_str *ret,
                struct sw_err *reterr)
{
    struct sw_str copied = sw_arena_copy(arena, from);

    if (!copied.data)
        return sw_err_nomem(reterr);
    *ret = copied;
    return 0;
}

static int copy_example(const struct sw_share_reason *from, struct sw_share_reason *to,
                        struct sw_arena *arena, struct sw_err *reterr)
{
    int r = copy(from->example, arena, &to->example, reterr);

    return r < 0 ? r : copy(from->message, arena, &to->message, reterr);
}

static int add_reason(struct sw_share *share, const struct sw_share_reason *reason,
                      struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_share_reason *reasons =
        sw_arena_push(arena, share->reasons, share->n_reasons, sizeof(*reasons));
    struct sw_share_reason *added;
    int r;

    if (!reasons)
        return sw_err_nomem(reterr);
    share->reasons = reasons;
    added = &reasons[share->n_reasons];
    added->state = reason->state;
    added->n = reason->n;
    r = copy(reason->word, arena, &added->word, reterr);
    if (r == 0)
        r = copy_example(reason, added, arena, reterr);
    if (r == 0)
        share->n_reasons++;
    return r;
}

/* Keeps why; what it is the reason of is counted elsewhere. */
static int keep_reason(struct sw_share *share, const struct sw_share_reason *reason,
                       struct sw_arena *arena, struct sw_err *reterr)
{
    size_t i = 0;

    while (i < share->n_reasons && (share->reasons[i].state != reason->state ||
                                    !sw_str_eq(share->reasons[i].word, reason->word)))
        i++;
    if (i == share->n_reasons)
        return add_reason(share, reason, arena, reterr);
    share->reasons[i].n += reason->n;
    if (sw_str_cmp(reason->example, share->reasons[i].example) >= 0)
        return 0;
    return copy_example(reason, &share->reasons[i], arena, reterr);
}

int sw_share_note(struct sw_share *share, const struct sw_share_reason *reason,
                  struct sw_arena *arena, struct sw_err *reterr)
{
    int r = keep_reason(share, reason, arena, reterr);

    if (r == 0)
        share->n[reason->state] += reason->n;
    return r;
}

int sw_share_add(struct sw_share *share, const struct sw_share *from, struct sw_arena *arena,
                 struct sw_err *reterr)
{
    int r = 0;

    share->n_exposed += from->n_exposed;
    share->n_emitted += from->n_emitted;
    share->n_entries += from->n_entries;
    for (size_t i = 0; i < SW_SHARE_N_STATES; i++) /* reasons may be fewer: some were let go */
        share->n[i] += from->n[i];
    for (size_t i = 0; r == 0 && i < from->n_reasons; i++)
        r = keep_reason(share, &from->reasons[i], arena, reterr);
    return r;
}

static int by_weight(const void *a, const void *b)
{
    const struct sw_share_reason *x = a, *y = b;

    if (x->state != y->state)
        return (int)x->state - (int)y->state;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return sw_str_cmp(x->word, y->word);
}

void sw_share_settle(struct sw_share *share)
{
    if (share->n_reasons)
        qsort(share->reasons, share->n_reasons, sizeof(*share->reasons), by_weight);
    if (share->n_reasons > SW_SHARE_MAX_REASONS)
        share->n_reasons = SW_SHARE_MAX_REASONS;
}
