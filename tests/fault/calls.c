/*
 * Reads, writes, lists and an election, with the n-th allocation failing, for n = 1, 2, ... until
 * none does: what comes of it is an answer with a message or the right one, never a crash, never a
 * block of memory left behind.
 *
 * The connection and the clock are the stand-ins of tests/unit/kube.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "fault/fault.h"
#include "kube/applier.h"
#include "kube/elector.h"
#include "kube/list.h"
#include "unit/kube/fake_http.h"
#include "json/read.h"

static const struct sw_kube_config config;

/* A story; true if it came out as it does with all the memory that it asks for. */
struct story {
    const char *name;
    bool (*tell)(struct sw_waiter *waiter, struct sw_arena *arena);
};

/* Every answer that is not OK must say why. */
static bool is_ok(const struct sw_answer *answer)
{
    if (answer->verdict != SW_ANSWER_OK && !answer->message[0])
        abort();
    return answer->verdict == SW_ANSWER_OK;
}

static struct sw_applier_op cart(enum sw_applier_verb verb)
{
    return (struct sw_applier_op){
        .verb = verb,
        .ref = {.gvr = sw_gvr(SW_GVR_SERVICE),
                .namespace_ = SW_STR("shop"),
                .name = SW_STR("cart")},
    };
}

static bool read_object(struct sw_waiter *waiter, struct sw_arena *arena)
{
    const struct sw_applier_op op = cart(SW_APPLIER_GET);
    struct sw_answer answer;
    json_t *object;

    fake_will_answer(200, "{\"kind\":\"Service\",\"metadata\":{\"name\":\"cart\"}}");
    sw_applier_wait(waiter, &op, arena, &answer);
    return is_ok(&answer) && sw_answer_object(&answer, arena, &object, NULL) == 0;
}

static bool meet_a_conflict(struct sw_waiter *waiter, struct sw_arena *arena)
{
    struct sw_applier_op op = cart(SW_APPLIER_APPLY);
    struct sw_answer answer;

    op.body = SW_STR("{\"kind\":\"Service\"}");
    fake_will_answer(409, "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"details\":{\"causes\":[{"
                          "\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with "
                          "\\\"argocd\\\"\"}]}}");
    sw_applier_wait(waiter, &op, arena, &answer);
    if (is_ok(&answer))
        abort();
    return strcmp(answer.owners, "argocd") == 0;
}

static bool list_pods(struct sw_waiter *waiter, struct sw_arena *arena)
{
    const struct sw_list_options options = {.gvr = sw_gvr(SW_GVR_POD), .arena = arena};
    struct sw_answer answer;
    json_t *items = NULL;

    fake_will_answer(200, "{\"metadata\":{\"continue\":\"c\"},\"items\":[{},{\"a\":[1]}]}");
    fake_will_answer(200, "{\"metadata\":{},\"items\":[{}]}");
    sw_list_wait(waiter, &options, &items, &answer);
    if (!is_ok(&answer))
        return false;
    if (json_array_size(items) != 3)
        abort();
    return true;
}

static void on_leading(void *context)
{
    *(bool *)context = true;
}

static bool lead_and_leave(struct sw_waiter *waiter, struct sw_arena *arena)
{
#define LEASE(holder)                                                                              \
    "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":\"" holder "\"}}"
    bool led = false;
    const struct sw_elector_options options = {
        .client = waiter->client,
        .namespace_ = SW_STR("spillway-system"),
        .name = SW_STR("reconciler"),
        .identity = SW_STR("me"),
        .sink = {&led, on_leading, NULL},
    };
    struct sw_elector *elector;

    (void)arena;
    if (sw_elector_new(&options, &elector, NULL) < 0)
        return false;
    fake_will_answer(404, "{\"kind\":\"Status\"}");
    for (int i = 0; i < 3; i++)
        fake_will_answer(200, LEASE("me"));
    waiter->background = (struct sw_waiter_background){elector, sw_elector_step};
    sw_waiter_pause(waiter, 5000);
    waiter->background = (struct sw_waiter_background){0};
    fake_will_answer(200, LEASE(""));
    sw_elector_leave(elector);
    sw_elector_free(elector);
    return led;
}

static const struct story stories[] = {
    {"an object is read", read_object},
    {"an apply meets a conflict", meet_a_conflict},
    {"a list of two pages", list_pods},
    {"one leads and leaves", lead_and_leave},
};

/* Tells it with the nth allocation failing, 0 for none. *ret_count is how many there were. */
static bool attempt(const struct story *story, size_t nth, size_t *ret_count)
{
    struct sw_waiter waiter;
    struct sw_arena arena;
    bool right = false;

    fake_setup(NULL);
    sw_arena_init(&arena, 256, (size_t)1 << 20);
    fault_arm(nth);
    if (sw_waiter_init(&waiter, &config, NULL) == 0) {
        right = story->tell(&waiter, &arena);
        sw_waiter_release(&waiter);
    }
    *ret_count = fault_spare();
    sw_arena_release(&arena);
    if (fault_disarm() != 0) {
        fprintf(stderr, "%s: memory is left behind by a failure of allocation %zu\n", story->name,
                nth);
        exit(1);
    }
    return right;
}

int main(void)
{
    sw_json_setup();
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        size_t n_allocations, count;

        if (!attempt(&stories[i], 0, &n_allocations)) {
            fprintf(stderr, "%s: not with all the memory there is\n", stories[i].name);
            return 1;
        }
        for (size_t nth = 1; nth <= n_allocations; nth++)
            attempt(&stories[i], nth, &count);
        printf("%s: %zu allocations\n", stories[i].name, n_allocations);
    }
    return 0;
}
