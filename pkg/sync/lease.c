#include "sync/lease.h"

#include "base/banned.h"

/* Jitter of those who wait for another's Lease: client-go's JitterFactor, in tenths. */
#define JITTER_TENTHS 12

/* Longer than any Lease is held (a day), so that what it says cannot overflow a time. */
#define MAX_HELD_S 86400

static const struct sw_lease_times default_times = {
    .duration_ms = SW_LEASE_DURATION_MS,
    .renew_deadline_ms = SW_LEASE_RENEW_DEADLINE_MS,
    .retry_ms = SW_LEASE_RETRY_MS,
};

static bool are_sound(const struct sw_lease_times *times)
{
    return times->retry_ms > 0 && times->renew_deadline_ms > times->retry_ms * JITTER_TENTHS / 10 &&
           times->duration_ms > times->renew_deadline_ms && times->duration_ms % 1000 == 0 &&
           times->duration_ms <= (int64_t)MAX_HELD_S * 1000;
}

int sw_lease_init(struct sw_lease *lease, struct sw_str identity,
                  const struct sw_lease_times *times, uint64_t seed, struct sw_err *reterr)
{
    const struct sw_lease_times *chosen = times && times->duration_ms ? times : &default_times;

    if (identity.len == 0 || identity.len >= SW_LEASE_HOLDER_SIZE)
        return sw_err_set(reterr, SW_ELIMIT, "an identity of %zu bytes: expected 1 to %d",
                          identity.len, SW_LEASE_HOLDER_SIZE - 1);
    if (!are_sound(chosen))
        return sw_err_set(reterr, SW_ETYPE,
                          "lease times: expected whole seconds of duration (found %lld ms), more "
                          "than the renew deadline (found %lld ms), more than 1.2 times the retry "
                          "period (found %lld ms)",
                          (long long)chosen->duration_ms, (long long)chosen->renew_deadline_ms,
                          (long long)chosen->retry_ms);
    *lease = (struct sw_lease){.times = *chosen, .due_ms = INT64_MIN, .until_ms = INT64_MIN};
    sw_backoff_init(&lease->jitter, seed);
    memcpy(lease->identity, identity.data, identity.len);
    return 0;
}

int64_t sw_lease_until(const struct sw_lease *lease)
{
    return lease->until_ms;
}

bool sw_lease_leads(const struct sw_lease *lease, int64_t now_ms)
{
    return now_ms < lease->until_ms;
}

static bool is_ours(const struct sw_lease *lease)
{
    return strcmp(lease->seen.holder, lease->identity) == 0;
}

static void rest(struct sw_lease *lease, int64_t due_ms)
{
    lease->phase = SW_LEASE_RESTING;
    lease->due_ms = due_ms;
    if (lease->resigned && due_ms > lease->resign_ms)
        lease->due_ms = lease->resign_ms;
}

/* Until the next request: who leads is regular, and comes sooner where it does not know how things
 * are; others spread. */
static int64_t pause(struct sw_lease *lease, int64_t now_ms)
{
    const int64_t retry_ms = lease->times.retry_ms;

    if (lease->resigned)
        return retry_ms / 4;
    if (sw_lease_leads(lease, now_ms))
        return lease->fresh ? retry_ms : retry_ms / 2;
    return retry_ms +
           (int64_t)sw_backoff_random(&lease->jitter, (uint64_t)retry_ms * JITTER_TENTHS / 10);
}

static bool can_be_taken(const struct sw_lease *lease, int64_t now_ms)
{
    const struct sw_lease_record *seen = &lease->seen;
    int64_t held_ms = lease->times.duration_ms;

    if (!seen->holder[0])
        return true;
    if (seen->duration_s > 0)
        held_ms = (seen->duration_s < MAX_HELD_S ? seen->duration_s : MAX_HELD_S) * 1000;
    return now_ms - lease->changed_ms >= held_ms;
}

/* A takeover, or a first write: acquired now. */
static void write_taking(const struct sw_lease *lease, struct sw_lease_write *ret)
{
    ret->holder = lease->identity;
    ret->duration_s = lease->times.duration_ms / 1000;
}

static enum sw_lease_action choose(struct sw_lease *lease, int64_t now_ms,
                                   struct sw_lease_write *ret)
{
    const struct sw_lease_record *seen = &lease->seen;

    *ret = (struct sw_lease_write){0};
    if (lease->missing) {
        write_taking(lease, ret);
        return SW_LEASE_CREATE;
    }
    if (!lease->fresh)
        return SW_LEASE_READ;
    ret->version = seen->version;
    ret->transitions = seen->transitions;
    if (is_ours(lease)) {
        write_taking(lease, ret);
        ret->acquired = seen->acquired[0] ? seen->acquired : NULL;
        return SW_LEASE_UPDATE;
    }
    if (!can_be_taken(lease, now_ms))
        return SW_LEASE_READ;
    write_taking(lease, ret);
    ret->transitions++;
    return SW_LEASE_UPDATE;
}

/* What is left to do for one who goes: to hand back what is ours, as far as that can be known. */
static enum sw_lease_action choose_goodbye(struct sw_lease *lease, int64_t now_ms,
                                           struct sw_lease_write *ret)
{
    if (now_ms >= lease->resign_ms || lease->missing)
        return SW_LEASE_DONE;
    if (!lease->fresh)
        return lease->doubt ? SW_LEASE_READ : SW_LEASE_DONE;
    if (!is_ours(lease))
        return SW_LEASE_DONE;
    *ret = (struct sw_lease_write){
        .holder = "",
        .version = lease->seen.version,
        .duration_s = 1,
        .transitions = lease->seen.transitions,
    };
    return SW_LEASE_UPDATE;
}

static enum sw_lease_action ask(struct sw_lease *lease, int64_t now_ms, struct sw_lease_write *ret)
{
    lease->asked =
        lease->resigned ? choose_goodbye(lease, now_ms, ret) : choose(lease, now_ms, ret);
    if (lease->asked == SW_LEASE_DONE) {
        lease->phase = SW_LEASE_OVER;
        return SW_LEASE_DONE;
    }
    if (lease->asked != SW_LEASE_READ)
        lease->doubt = true;
    lease->phase = SW_LEASE_ASKING;
    lease->sent_ms = now_ms;
    /* Half of the deadline, as client-go's users have it, so that there is time for another. */
    lease->due_ms = now_ms + lease->times.renew_deadline_ms / 2;
    if (lease->resigned && lease->due_ms > lease->resign_ms)
        lease->due_ms = lease->resign_ms;
    return lease->asked;
}

/* Who leads, or goes, has no more time to lose. */
static enum sw_lease_action abort_request(struct sw_lease *lease, int64_t now_ms)
{
    const bool hurried = lease->resigned || sw_lease_leads(lease, now_ms);

    if (lease->asked != SW_LEASE_READ) {
        lease->fresh = false;
        lease->missing = false;
    }
    rest(lease, hurried ? now_ms : now_ms + pause(lease, now_ms));
    return SW_LEASE_ABORT;
}

enum sw_lease_action sw_lease_next(struct sw_lease *lease, int64_t now_ms, int64_t *ret_wake_ms,
                                   struct sw_lease_write *ret_write)
{
    if (lease->until_ms <= now_ms)
        lease->until_ms = INT64_MIN;
    if (lease->phase == SW_LEASE_OVER)
        return SW_LEASE_DONE;
    if (lease->phase == SW_LEASE_BROKEN ||
        (lease->phase == SW_LEASE_ASKING && now_ms >= lease->due_ms))
        return abort_request(lease, now_ms);
    if (lease->phase == SW_LEASE_RESTING && now_ms >= lease->due_ms)
        return ask(lease, now_ms, ret_write);
    *ret_wake_ms = lease->due_ms;
    if (sw_lease_leads(lease, now_ms) && lease->until_ms < lease->due_ms)
        *ret_wake_ms = lease->until_ms;
    return SW_LEASE_WAIT;
}

/* The version is not among what is compared: what others note in a Lease's metadata renews
 * nothing. */
static bool is_same(const struct sw_lease_record *a, const struct sw_lease_record *b)
{
    return strcmp(a->holder, b->holder) == 0 && strcmp(a->acquired, b->acquired) == 0 &&
           strcmp(a->renewed, b->renewed) == 0 && a->duration_s == b->duration_s &&
           a->transitions == b->transitions;
}

static void note(struct sw_lease *lease, int64_t now_ms, const struct sw_lease_record *record)
{
    if (!lease->has_seen || !is_same(&lease->seen, record))
        lease->changed_ms = now_ms;
    lease->seen = *record;
    lease->has_seen = true;
    lease->fresh = true;
    lease->missing = false;
    lease->doubt = false;
}

void sw_lease_found(struct sw_lease *lease, int64_t now_ms, const struct sw_lease_record *record)
{
    const bool written = lease->asked != SW_LEASE_READ;

    note(lease, now_ms, record);
    if (!is_ours(lease))
        lease->until_ms = INT64_MIN; /* somebody took it by hand */
    else if (written && !lease->resigned)
        lease->until_ms = lease->sent_ms + lease->times.renew_deadline_ms;
    if (lease->resigned)
        rest(lease, now_ms);
    else if (!written && (is_ours(lease) || can_be_taken(lease, now_ms)))
        rest(lease, now_ms);
    else
        rest(lease, now_ms + pause(lease, now_ms));
}

void sw_lease_missing(struct sw_lease *lease, int64_t now_ms)
{
    const bool written = lease->asked != SW_LEASE_READ;

    /* Whoever comes first makes a new one, and may lead at once. */
    lease->until_ms = INT64_MIN;
    lease->missing = true;
    lease->has_seen = false;
    lease->fresh = false;
    lease->doubt = false;
    rest(lease, written && !lease->resigned ? now_ms + pause(lease, now_ms) : now_ms);
}

void sw_lease_conflict(struct sw_lease *lease, int64_t now_ms)
{
    lease->fresh = false;
    lease->missing = false;
    rest(lease, now_ms + pause(lease, now_ms));
}

void sw_lease_failed(struct sw_lease *lease, int64_t now_ms, int64_t retry_after_ms)
{
    /* Who stays away for longer than a Lease is held has no part in it: a proxy that says to come
     * back in a day must not leave all without a leader for that day. */
    const int64_t least_ms =
        retry_after_ms < lease->times.duration_ms ? retry_after_ms : lease->times.duration_ms;
    int64_t wait_ms;

    if (lease->asked != SW_LEASE_READ) {
        lease->fresh = false;
        lease->missing = false;
    }
    wait_ms = pause(lease, now_ms);
    rest(lease, now_ms + (wait_ms > least_ms ? wait_ms : least_ms));
}

void sw_lease_resign(struct sw_lease *lease, int64_t now_ms)
{
    if (lease->resigned)
        return;
    lease->resigned = true;
    lease->until_ms = INT64_MIN;
    lease->resign_ms = now_ms + SW_LEASE_RELEASE_MS;
    if (lease->phase == SW_LEASE_ASKING)
        lease->phase = SW_LEASE_BROKEN;
    else if (lease->phase == SW_LEASE_RESTING)
        lease->due_ms = now_ms;
}
