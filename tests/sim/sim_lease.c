/*
 * Three candidates for one Lease, over a network that delays, loses and reorders, with clocks that
 * neither agree nor run equally fast.
 *
 *   sim_lease [--seed N] [--seeds N] [--minutes N]
 *
 * Runs --seeds of them (default 300) from --seed (default 1) on, each for --minutes (default 10) of
 * trouble. A seed decides all that happens, so one that fails fails again: it is printed with what
 * was found.
 *
 * What must hold:
 *   - at no moment do two lead: not when a renewal arrives long after it was given up, not when a
 *     process stops for a while, not when somebody else writes to the Lease's metadata;
 *   - a minute sees a bounded number of requests of each, whatever the server says;
 *   - once nothing goes wrong any more, somebody leads within TAKEOVER_MS, and goes on to;
 *   - who resigns then is done at once, and another leads within HANDOVER_MS.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"
#include "random.h"
#include "sync/lease.h"

#define N_CANDIDATES 3
#define N_PACKETS    64

#define TICK_MS      10

/* A clock runs up to a tenth too slow or too fast: real ones, a thousandth of that. */
#define MIN_RATE 900
#define MAX_RATE 1100

/* Longest wait between two looks at a Lease, by the slowest clock, and an answer's way. */
#define HANDOVER_MS (SW_LEASE_RETRY_MS * 22 / 10 * 1000 / MIN_RATE + 500)

/* The last of the old answers, a request given up, the Lease's duration, and a look. */
#define TAKEOVER_MS                                                                                \
    ((SW_LEASE_DURATION_MS + SW_LEASE_RENEW_DEADLINE_MS) * 1000 / MIN_RATE + 2 * HANDOVER_MS +     \
     MAX_RETRY_S * 1000)

#define MAX_RETRY_S 10

/* Two a second: far more than a leader's renewals, far less than a loop without a rest. */
#define MAX_REQUESTS_A_MINUTE 120

struct candidate {
    struct sw_lease lease;
    unsigned int number; /* of its identity: another after each start */
    int64_t offset_ms;   /* of its monotonic clock */
    int64_t rate;        /* of it, in thousandths */
    int64_t stopped_until_ms;
    uint64_t token;      /* of the request under way; 0 for none */
    uint64_t n_requests; /* in this minute */
};

enum fate { ARRIVES, LOST_ON_THE_WAY, LOST_ON_THE_WAY_BACK, REFUSED };

struct packet {
    bool used, arrived;
    unsigned int from;
    uint64_t token;
    enum fate fate;
    int64_t arrives_ms, answered_ms;
    enum sw_lease_action action;
    struct sw_lease_record write; /* its version: the condition */
    /* The answer. */
    enum { FOUND, MISSING, CONFLICT, FAILED } answer;
    struct sw_lease_record found;
    int64_t retry_after_ms;
};

struct run {
    uint64_t seed;
    struct sim_random random;
    int64_t now_ms;
    bool trouble;
    struct candidate candidates[N_CANDIDATES];
    struct packet packets[N_PACKETS];
    struct sw_lease_record record;
    bool exists;
    uint64_t version, last_token;
    unsigned int last_number;
    uint64_t n_led_ms, n_takeovers;
    bool failed;
};

static void found(struct run *run, const char *what)
{
    if (!run->failed)
        fprintf(stderr, "sim_lease: %s, at %jd ms; again with: sim_lease --seed %ju --seeds 1\n",
                what, (intmax_t)run->now_ms, (uintmax_t)run->seed);
    run->failed = true;
}

static int64_t local_ms(const struct run *run, const struct candidate *candidate)
{
    return candidate->offset_ms + run->now_ms * candidate->rate / 1000;
}

static bool leads(const struct run *run, unsigned int i)
{
    const struct candidate *candidate = &run->candidates[i];

    return sw_lease_leads(&candidate->lease, local_ms(run, candidate));
}

/* The one that leads, or N_CANDIDATES. */
static unsigned int leader(const struct run *run)
{
    for (unsigned int i = 0; i < N_CANDIDATES; i++)
        if (leads(run, i))
            return i;
    return N_CANDIDATES;
}

static void start(struct run *run, unsigned int i)
{
    struct candidate *candidate = &run->candidates[i];
    char identity[32];

    *candidate = (struct candidate){
        .number = ++run->last_number,
        .offset_ms = (int64_t)sim_below(&run->random, 1000000000),
        .rate = MIN_RATE + (int64_t)sim_below(&run->random, MAX_RATE - MIN_RATE + 1),
    };
    snprintf(identity, sizeof(identity), "spillway-%u", candidate->number);
    if (sw_lease_init(&candidate->lease, sw_str_from(identity), NULL, sim_next(&run->random),
                      NULL) < 0)
        abort();
}

/* One way, in ms: mostly quick, at times as long as a Lease and longer. */
static int64_t delay(struct run *run)
{
    if (run->trouble && sim_chance(&run->random, 50))
        return sim_below(&run->random, 30000);
    if (run->trouble && sim_chance(&run->random, 200))
        return sim_below(&run->random, 3000);
    return 1 + sim_below(&run->random, 40);
}

static enum fate choose_fate(struct run *run)
{
    if (!run->trouble || !sim_chance(&run->random, 250))
        return ARRIVES;
    return LOST_ON_THE_WAY + sim_below(&run->random, 3);
}

static struct packet *free_packet(struct run *run)
{
    for (unsigned int i = 0; i < N_PACKETS; i++)
        if (!run->packets[i].used)
            return &run->packets[i];
    abort();
}

static void send_packet(struct run *run, unsigned int i, enum sw_lease_action action,
                        const struct sw_lease_write *write)
{
    struct candidate *candidate = &run->candidates[i];
    struct packet *packet = free_packet(run);
    struct sw_lease_record *record = &packet->write;

    *packet = (struct packet){.used = true, .from = i, .action = action};
    packet->token = candidate->token = ++run->last_token;
    packet->fate = choose_fate(run);
    packet->arrives_ms = run->now_ms + delay(run);
    if (action != SW_LEASE_READ) {
        snprintf(record->holder, sizeof(record->holder), "%s", write->holder);
        snprintf(record->renewed, sizeof(record->renewed), "%jd",
                 (intmax_t)local_ms(run, candidate));
        snprintf(record->acquired, sizeof(record->acquired), "%s",
                 write->acquired ? write->acquired : record->renewed);
        snprintf(record->version, sizeof(record->version), "%s",
                 write->version ? write->version : "");
        record->duration_s = write->duration_s;
        record->transitions = write->transitions;
    }
    if (++candidate->n_requests > MAX_REQUESTS_A_MINUTE)
        found(run, "too many requests in a minute");
}

static void store(struct run *run, const struct sw_lease_record *record)
{
    run->n_takeovers += strcmp(run->record.holder, record->holder) != 0;
    run->record = *record;
    run->exists = true;
    run->version++;
    snprintf(run->record.version, sizeof(run->record.version), "%ju", (uintmax_t)run->version);
}

/* What an API server does with it. */
static void serve(struct run *run, struct packet *packet)
{
    packet->answer = FOUND;
    if (packet->fate == REFUSED) {
        packet->answer = FAILED;
        packet->retry_after_ms = (int64_t)sim_below(&run->random, MAX_RETRY_S + 1) * 1000;
    } else if (packet->action == SW_LEASE_CREATE && run->exists) {
        packet->answer = CONFLICT;
    } else if (packet->action != SW_LEASE_CREATE && !run->exists) {
        packet->answer = MISSING;
    } else if (packet->action == SW_LEASE_UPDATE &&
               strcmp(packet->write.version, run->record.version) != 0) {
        packet->answer = CONFLICT;
    } else if (packet->action != SW_LEASE_READ) {
        store(run, &packet->write);
    }
    packet->found = run->record;
    packet->arrived = true;
    packet->answered_ms = run->now_ms + delay(run);
}

static void deliver(struct run *run, struct packet *packet)
{
    struct candidate *candidate = &run->candidates[packet->from];
    const int64_t now_ms = local_ms(run, candidate);

    if (candidate->stopped_until_ms > run->now_ms)
        return;
    packet->used = false;
    if (candidate->token != packet->token)
        return;
    candidate->token = 0;
    if (packet->answer == FOUND)
        sw_lease_found(&candidate->lease, now_ms, &packet->found);
    else if (packet->answer == MISSING)
        sw_lease_missing(&candidate->lease, now_ms);
    else if (packet->answer == CONFLICT)
        sw_lease_conflict(&candidate->lease, now_ms);
    else
        sw_lease_failed(&candidate->lease, now_ms, packet->retry_after_ms);
}

static void move_packets(struct run *run)
{
    for (unsigned int i = 0; i < N_PACKETS; i++) {
        struct packet *packet = &run->packets[i];

        if (!packet->used)
            continue;
        if (!packet->arrived && run->now_ms >= packet->arrives_ms) {
            if (packet->fate == LOST_ON_THE_WAY)
                packet->used = false;
            else
                serve(run, packet);
        } else if (packet->arrived && run->now_ms >= packet->answered_ms) {
            if (packet->fate == LOST_ON_THE_WAY_BACK)
                packet->used = false;
            else
                deliver(run, packet);
        }
    }
}

/* True when it has resigned and is done. */
static bool step(struct run *run, unsigned int i)
{
    struct candidate *candidate = &run->candidates[i];
    int64_t now_ms = local_ms(run, candidate), wake_ms = now_ms + 1;
    struct sw_lease_write write;

    if (candidate->stopped_until_ms > run->now_ms)
        return false;
    for (;;) {
        enum sw_lease_action action = sw_lease_next(&candidate->lease, now_ms, &wake_ms, &write);

        if (action == SW_LEASE_DONE)
            return true;
        if (action == SW_LEASE_WAIT) {
            if (wake_ms <= now_ms)
                found(run, "it is to be woken at once, and again");
            return false;
        }
        if (action == SW_LEASE_ABORT)
            candidate->token = 0;
        else
            send_packet(run, i, action, &write);
    }
}

/* What befalls one candidate; in a minute, each of it once or so. */
static void befall(struct run *run, unsigned int i)
{
    struct candidate *candidate = &run->candidates[i];

    if (sim_below(&run->random, 60000 / TICK_MS) == 0)
        candidate->stopped_until_ms = run->now_ms + sim_below(&run->random, 40000);
    if (sim_below(&run->random, 60000 / TICK_MS) == 0)
        sw_lease_resign(&candidate->lease, local_ms(run, candidate));
    if (sim_below(&run->random, 120000 / TICK_MS) == 0)
        start(run, i); /* it crashed */
    if (sim_below(&run->random, 20000 / TICK_MS) == 0 && run->exists)
        store(run, &run->record); /* somebody annotates the Lease */
}

static void tick(struct run *run)
{
    unsigned int n_leaders = 0;

    move_packets(run);
    for (unsigned int i = 0; i < N_CANDIDATES; i++) {
        if (run->now_ms % 60000 == 0)
            run->candidates[i].n_requests = 0;
        if (run->trouble)
            befall(run, i);
        if (step(run, i) && run->trouble)
            start(run, i);
        n_leaders += leads(run, i);
    }
    if (n_leaders > 1)
        found(run, "two lead");
    run->n_led_ms += n_leaders * TICK_MS;
    run->now_ms += TICK_MS;
}

/* Until somebody but `not_this` leads. */
static void wait_for_leader(struct run *run, int64_t wait_ms, unsigned int not_this)
{
    const int64_t end_ms = run->now_ms + wait_ms;
    unsigned int who = leader(run);

    for (; run->now_ms < end_ms && !run->failed && (who == N_CANDIDATES || who == not_this);
         who = leader(run))
        tick(run);
    if (who == N_CANDIDATES || who == not_this)
        found(run, not_this == N_CANDIDATES ? "nobody leads though all is calm"
                                            : "nobody takes over what was handed back");
}

static void calm_down(struct run *run)
{
    unsigned int first;
    int64_t end_ms;

    run->trouble = false;
    for (unsigned int i = 0; i < N_CANDIDATES; i++) {
        run->candidates[i].stopped_until_ms = 0;
        if (run->candidates[i].lease.resigned)
            start(run, i);
    }
    wait_for_leader(run, TAKEOVER_MS, N_CANDIDATES);
    /* The last of the trouble may still be on its way. */
    for (end_ms = run->now_ms + 60000; run->now_ms < end_ms && !run->failed;)
        tick(run);
    first = leader(run);
    for (end_ms = run->now_ms + 60000; run->now_ms < end_ms && !run->failed; tick(run))
        if (first == N_CANDIDATES || !leads(run, first))
            found(run, "a leader does not go on though all is calm");
    if (run->failed)
        return;
    sw_lease_resign(&run->candidates[first].lease, local_ms(run, &run->candidates[first]));
    if (leads(run, first))
        found(run, "who has resigned leads");
    wait_for_leader(run, HANDOVER_MS, first);
    if (!step(run, first))
        found(run, "who has resigned is not done");
}

/* True if all held. */
static bool run_seed(uint64_t seed, uint64_t n_minutes, struct run *run)
{
    const int64_t end_ms = (int64_t)n_minutes * 60000;

    *run = (struct run){.seed = seed, .random = {seed * 77}, .trouble = true};
    for (unsigned int i = 0; i < N_CANDIDATES; i++)
        start(run, i);
    while (run->now_ms < end_ms && !run->failed)
        tick(run);
    calm_down(run);
    return !run->failed;
}

int main(int argc, char *argv[])
{
    static struct run run;
    uint64_t seed = 1, n_seeds = 300, n_minutes = 10, n_failed = 0, led_ms = 0, all_ms = 0;
    uint64_t n_takeovers = 0;
    const struct sim_option options[] = {
        {"--seed", &seed}, {"--seeds", &n_seeds}, {"--minutes", &n_minutes}, {NULL, NULL}};

    (void)argc;
    if (!sim_read_options(argv, options))
        return 2;
    for (uint64_t i = 0; i < n_seeds; i++) {
        n_failed += !run_seed(seed + i, n_minutes, &run);
        led_ms += run.n_led_ms;
        all_ms += (uint64_t)run.now_ms;
        n_takeovers += run.n_takeovers;
    }
    printf("%ju seeds of %ju minutes, %ju failed; led %ju %% of the time, %ju changes of holder\n",
           (uintmax_t)n_seeds, (uintmax_t)n_minutes, (uintmax_t)n_failed,
           (uintmax_t)(all_ms ? led_ms * 100 / all_ms : 0), (uintmax_t)n_takeovers);
    /* Runs in which nobody leads, or nothing happens, would show nothing. */
    return n_failed || (n_seeds > 1 && (led_ms * 3 < all_ms || n_takeovers < n_seeds)) ? 1 : 0;
}
