/*
 * What the reconciler tells the cluster of itself, beside API servers in memory, with the n-th
 * allocation failing: the report, an Event and status conditions are written in the end, and what
 * the other cluster says is heard.
 */
#include <stdio.h>
#include <string.h>

#include "fault/fault.h"
#include "fault/story.h"
#include "reconciler/publisher.h"
#include "unit/reconciler/pair.h"
#include "json/read.h"

#define WORKSPACES "/apis/tsb.tetrate.io/v2/workspaces"
#define SETTINGS   "/apis/tsb.tetrate.io/v2/workspacesettings"
#define IN_TSB     "/apis/tsb.tetrate.io/v2/namespaces/tsb/"
#define SHOP_PATH  IN_TSB "workspaces/shop/status"
#define SHOPS_PATH IN_TSB "workspacesettings/shops/status"
#define SERVICES   "/api/v1/namespaces/shop/services"

#define SHOP                                                                                       \
    "{'metadata':{'namespace':'tsb','name':'shop','uid':'u1'},'spec':{'namespaceSelector':{"       \
    "'names':['*/shop']}}}"
#define SHOPS                                                                                      \
    "{'metadata':{'namespace':'tsb','name':'shops','uid':'u2'},'spec':{"                           \
    "'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'gw','labels':"            \
    "{'app':'gw'}}}]}}"
#define CART "{'metadata':{'namespace':'shop','name':'cart','uid':'u3'},'spec':{}}"
#define SAID                                                                                       \
    "{'metadata':{'name':'spillway-status','namespace':'sys'},'data':{'writtenAt':'1795429000',"   \
    "'report':'{}'}}"

/* Every wait after a failure is over by then. */
#define PATIENCE_MS 180000

static struct sw_ledger *ledger;
static struct sw_publisher *publisher;

static bool begin(void)
{
    ledger = NULL;
    publisher = NULL;
    if (pair_setup(NULL, NULL, NULL) < 0)
        return false;
    servers_put(PAIR_HOME, WORKSPACES, SHOP);
    servers_put(PAIR_HOME, SETTINGS, SHOPS);
    servers_put(PAIR_HOME, SERVICES, CART);
    servers_put(PAIR_WEST, PAIR_REPORT, SAID);
    pair_run();
    pair_mesh();
    return true;
}

static int make(void)
{
    const struct sw_publisher_options options = {
        .http = servers_http(),
        .clusters = &pair.clusters,
        .state = pair.state,
        .namespace_ = SW_STR("sys"),
    };
    struct sw_publisher_options with_ledger = options;
    int r = ledger ? 0 : sw_ledger_new(&ledger, NULL);

    with_ledger.ledger = ledger;
    return r < 0 || publisher ? r : sw_publisher_new(&with_ledger, &publisher, NULL);
}

/* A plan of shop/cart that says that; again, where there was no memory to take it down. */
static bool note(enum sw_mesh_verdict verdict, enum sw_reason reason)
{
    struct sw_mesh_finding finding = {
        .verdict = verdict,
        .reason = reason,
        .about = {SW_STR("shop"), SW_STR("cart"), SW_STR("west")},
    };
    const struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = SW_STR("cart"),
        .kinds = 1u << SW_MESH_DESTINATIONRULE | 1u << SW_MESH_STUB | 1u << SW_MESH_WORKLOADENTRY,
        .findings = {&finding, 1},
    };

    return sw_ledger_note(ledger, &plan, NULL) == 0 || sw_ledger_note(ledger, &plan, NULL) == 0;
}

static bool is_all_told(void)
{
    return servers_asked(PAIR_HOME, PAIR_REPORT) && servers_asked(PAIR_HOME, SHOP_PATH) &&
           servers_asked(PAIR_HOME, SHOPS_PATH) && servers_asked(PAIR_WEST, PAIR_REPORT) &&
           sw_publisher_events(publisher)->n_sent;
}

/* Steps for so long, or until all is told. */
static bool go_on(int64_t ms)
{
    for (int64_t end_ms = servers_now_ms + ms; servers_now_ms < end_ms && !is_all_told();
         servers_now_ms += 250) {
        const struct sw_publisher_turn turn = {
            .members = pair.members, .leads = true, .seen = true, .now_ms = servers_now_ms};
        const struct sw_mesh *mesh;

        pair_run();
        if (sw_state_mesh(pair.state, &mesh, NULL) < 0)
            continue; /* as the engine does */
        sw_publisher_step(publisher, &turn);
        pair_run();
    }
    return is_all_told();
}

static bool tell(void)
{
    int r = make();

    if (r == SW_ENOMEM)
        r = make();
    if (r < 0 || !note(SW_MESH_WITHHELD, SW_NO_READY_PODS))
        return false;
    sw_publisher_point(publisher, sw_member_target(sw_members_at(pair.members, 0)));
    go_on(SW_EVENT_SETTLE_MS + 1000);
    if (note(SW_MESH_EMITTED, SW_PLANNED) && go_on(PATIENCE_MS))
        return true;
    fprintf(stderr, "reports %u here and %u there, status %u and %u, Events %ju\n",
            servers_asked(PAIR_HOME, PAIR_REPORT), servers_asked(PAIR_WEST, PAIR_REPORT),
            servers_asked(PAIR_HOME, SHOP_PATH), servers_asked(PAIR_HOME, SHOPS_PATH),
            (uintmax_t)sw_publisher_events(publisher)->n_sent);
    return false;
}

static void end(void)
{
    if (publisher) {
        sw_publisher_forget(publisher);
        sw_publisher_point(publisher, NULL);
    }
    sw_publisher_free(publisher);
    sw_ledger_free(ledger);
    pair_teardown(NULL);
}

int main(void)
{
    static const struct story stories[] = {{"what is told", begin, tell, end}};

    sw_json_setup();
    return stories_tell(stories, 1);
}
