#include "cli/status_advice.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "failover/advice.h"

#include "base/banned.h"

/* A reason of a later version is none that there is advice for. */
static bool find_reason(struct sw_str word, enum sw_reason *ret)
{
#define REASON(name, its_word, sentence) name,
    static const enum sw_reason all[] = {SW_REASON_MAP(REASON)};
#undef REASON

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (sw_str_is(word, sw_reason_word(all[i]))) {
            *ret = all[i];
            return true;
        }
    }
    return false;
}

int sw_status_advise(struct sw_status_row *row, struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_advice_about about = {row->namespace_, row->name, row->remote, row->message};
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    enum sw_reason reason;

    sw_buf_init(&buf, SW_ADVICE_MAX_BYTES);
    if (row->state == SW_STATUS_EMITTED || !find_reason(row->reason, &reason) ||
        !sw_advice_of(reason))
        return 0;
    if (row->about.len) {
        about.name = row->about;
        about.namespace_ = sw_str_cut(&about.name, '/');
    }
    sw_advice_write(reason, &about, &buf);
    if (sw_buf_status(&buf, reterr) < 0)
        return buf.failure;
    row->advice = sw_arena_copy(arena, sw_buf_str(&buf)).data;
    return row->advice ? 0 : sw_err_nomem(reterr);
}
