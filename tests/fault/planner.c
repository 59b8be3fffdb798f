/*
 * Rounds of the planner, and the report that is kept of them, with the n-th allocation failing: in
 * the end the same is written.
 */
#include <stdio.h>
#include <string.h>

#include "fault/fault.h"
#include "fault/story.h"
#include "reconciler/bulletin.h"
#include "reconciler/planner.h"
#include "unit/kube/fake_http.h"
#include "unit/mesh/known.h"

static struct known *known;
static struct sw_ledger *ledger;
static struct sw_writer *writer;
static struct sw_planner *planner;
static struct sw_bulletin *bulletin;

static void on_again(void *context, struct sw_str namespace_, struct sw_str name, int64_t at_ms)
{
    (void)context;
    sw_planner_again(planner, namespace_, name, at_ms);
}

/* Service shop/cart, which west has and east has not: east wants a stub, a rule and an entry. */
static bool begin(void)
{
    void *state = NULL;

    fake_setup(NULL);
    if (known_setup(&state) < 0)
        return false;
    known = state;
    sw_state_set_reach(known->clusters[KNOWN_EAST], true, 1);
    sw_state_set_reach(known->clusters[KNOWN_WEST], true, 1);
    known_setting(known);
    known_put(known, KNOWN_EAST, SW_RESOURCE_NAMESPACE, "{'metadata':{'name':'shop'}}");
    known_put(known, KNOWN_WEST, SW_RESOURCE_NAMESPACE, "{'metadata':{'name':'shop'}}");
    known_service(known, KNOWN_WEST, "cart");
    known_pod(known, KNOWN_WEST, "p1", "");
    known_slice(known, KNOWN_WEST, "cart", "p1");
    known_gateway(known, "192.0.2.7");
    known_gateway_pod(known, "g1", "net-w");
    return true;
}

static int make_all(void)
{
    const struct sw_writer_options write = {
        .http = fake_client().http,
        .rate_per_s = 1000,
        .sink = {NULL, on_again, NULL},
    };
    const struct sw_bulletin_options keep = {
        .http = fake_client().http,
        .namespace_ = SW_STR("sys"),
    };
    struct sw_planner_options plan = {.state = known->state};
    int r = ledger ? 0 : sw_ledger_new(&ledger, NULL);

    if (r == 0 && !writer)
        r = sw_writer_new(&write, &writer, NULL);
    plan.ledger = ledger;
    plan.writer = writer;
    if (r == 0 && !planner)
        r = sw_planner_new(&plan, &planner, NULL);
    if (r == 0 && !bulletin)
        r = sw_bulletin_new(&keep, &bulletin, NULL);
    return r;
}

static void answer_all(void)
{
    for (unsigned int i = 0; i < fake.n_requests; i++) {
        struct sw_http_transfer *to = &fake.requests[i];

        if (to->closed || to->cancelled)
            continue;
        to->closed = true;
        to->sink.response(to->sink.context, 200, 0);
        to->sink.data(to->sink.context, SW_STR("{\"metadata\":{}}"));
        to->sink.closed(to->sink.context, NULL);
    }
}

/* True if a request was sent for a path with that in it, and with that in its body. */
static bool was_sent(const char *path, const char *body)
{
    for (unsigned int i = 0; i < fake.n_requests; i++) {
        if (strstr(fake.requests[i].path, path) && strstr(fake.requests[i].body, body))
            return true;
    }
    return false;
}

static bool all_is_written(void)
{
    return was_sent("/destinationrules/", "outlierDetection") &&
           was_sent("/services/cart", "spillway") &&
           was_sent("/configmaps/spillway-status", "cart");
}

static bool tell(void)
{
    const struct sw_report_cluster clusters[] = {{SW_STR("west"), true, true, 100, ""}};
    struct sw_report report = {.local = SW_STR("east"), .clusters = clusters, .n_clusters = 1};
    int64_t end_ms = fake.now_ms + 60000;
    int r = make_all();

    if (r == SW_ENOMEM)
        r = make_all();
    if (r < 0)
        return false;
    report.ledger = ledger;
    sw_writer_point(writer, fake_client().target);
    sw_writer_allow(writer, true);
    sw_bulletin_point(bulletin, fake_client().target);
    for (; fake.now_ms < end_ms && !all_is_written(); fake.now_ms += 100) {
        sw_state_set_now(known->state, (uint64_t)fake.now_ms);
        sw_planner_step(planner, 1, true, fake.now_ms);
        sw_writer_step(writer, fake.now_ms);
        answer_all();
        if (sw_planner_stats(planner)->n_plans && sw_bulletin_due_ms(bulletin) <= fake.now_ms)
            sw_bulletin_post(bulletin, &report, fake.now_ms);
        answer_all();
    }
    return all_is_written();
}

static void end(void)
{
    void *state = known;

    sw_bulletin_free(bulletin);
    sw_planner_free(planner);
    sw_writer_free(writer);
    sw_ledger_free(ledger);
    bulletin = NULL;
    planner = NULL;
    writer = NULL;
    ledger = NULL;
    known_teardown(&state);
}

int main(void)
{
    static const struct story stories[] = {{"rounds, and their report", begin, tell, end}};

    return stories_tell(stories, 1);
}
