/*
 * A planner over a mesh that is fed by hand, and a writer to an API server that is in memory.
 */
#ifndef SW_TESTS_RECONCILER_PLANNER_FIXTURE_H
#define SW_TESTS_RECONCILER_PLANNER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../kube/fake_http.h"
#include "../mesh/known.h"
#include "reconciler/planner.h"

static struct known *known;
static struct sw_ledger *ledger;
static struct sw_writer *writer;
static struct sw_planner *planner;
static uint64_t changes;

static inline void on_again(void *context, struct sw_str namespace_, struct sw_str name,
                            int64_t at_ms)
{
    (void)context;
    sw_planner_again(planner, namespace_, name, at_ms);
}

static inline int setup(void **state)
{
    const struct sw_writer_options write = {
        .http = fake_client().http,
        .rate_per_s = 1000,
        .sink = {NULL, on_again, NULL},
    };
    struct sw_planner_options plan = {0};

    changes = 1;
    if (fake_setup(NULL) < 0 || known_setup(state) < 0 || sw_ledger_new(&ledger, NULL) < 0 ||
        sw_writer_new(&write, &writer, NULL) < 0)
        return -1;
    known = *state;
    sw_writer_point(writer, fake_client().target);
    sw_writer_allow(writer, true);
    sw_state_set_reach(known->clusters[KNOWN_EAST], true, 1);
    sw_state_set_reach(known->clusters[KNOWN_WEST], true, 1);
    known_check_dirty(known, "all");
    plan = (struct sw_planner_options){known->state, ledger, writer, NULL};
    return sw_planner_new(&plan, &planner, NULL);
}

static inline int teardown(void **state)
{
    sw_planner_free(planner);
    sw_writer_free(writer);
    sw_ledger_free(ledger);
    return known_teardown(state);
}

static inline int64_t step(void)
{
    sw_state_set_now(known->state, (uint64_t)fake.now_ms);
    return sw_planner_step(planner, changes, true, fake.now_ms);
}

/* So much time passes, and it is stepped then. */
static inline int64_t step_after(int64_t ms)
{
    fake.now_ms += ms;
    return step();
}

static inline uint64_t n_plans(void)
{
    return sw_planner_stats(planner)->n_plans;
}

static inline uint64_t n_rounds(void)
{
    return sw_planner_stats(planner)->n_rounds;
}

/* One more Service in east, or another version of one; something has changed. */
static inline void put_service(const char *name)
{
    known_service(known, KNOWN_EAST, name);
    changes++;
}

/* Past the first round, of what there is by then. */
static inline void settle(void)
{
    step();
    changes++;
    step();
    step_after(SW_PLANNER_QUIET_MS);
    assert_int_equal(step(), fake.now_ms - SW_PLANNER_QUIET_MS + SW_PLANNER_RESYNC_MS);
}

/* Everything that east needs for shop/cart of west to be there for it. */
static inline void put_pair(void)
{
    known_setting(known);
    known_put(known, KNOWN_EAST, SW_RESOURCE_NAMESPACE, "{'metadata':{'name':'shop'}}");
    known_put(known, KNOWN_WEST, SW_RESOURCE_NAMESPACE, "{'metadata':{'name':'shop'}}");
    known_service(known, KNOWN_EAST, "cart");
    known_service(known, KNOWN_WEST, "cart");
    known_pod(known, KNOWN_WEST, "p1", "");
    known_slice(known, KNOWN_WEST, "cart", "p1");
    known_gateway(known, "192.0.2.7");
    known_gateway_pod(known, "g1", "net-w");
    known_put(known, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE,
              "{'metadata':{'namespace':'gw','name':'gw-1','labels':{'kubernetes.io/service-name':"
              "'gw'}},'addressType':'IPv4','endpoints':[{'conditions':{'ready':true},"
              "'targetRef':{'kind':'Pod','name':'g1'}}]}");
    known_put(known, KNOWN_WEST, SW_RESOURCE_GATEWAY,
              "{'metadata':{'namespace':'gw','name':'eastwest'},'spec':{'selector':{'app':'gw'},"
              "'servers':[{'port':{'number':15443,'protocol':'TLS','name':'tls'},'tls':{'mode':"
              "'AUTO_PASSTHROUGH'},'hosts':['cart.shop.svc.cluster.local']}]}}");
    changes++;
}

/* Sends what may be sent, and answers all of it well. */
static inline void write_out(void)
{
    sw_writer_step(writer, fake.now_ms);
    for (unsigned int i = 0; i < fake.n_requests; i++) {
        struct sw_http_transfer *to = &fake.requests[i];

        if (to->closed || to->cancelled)
            continue;
        to->closed = true;
        to->sink.response(to->sink.context, 200, 0);
        to->sink.data(to->sink.context, SW_STR("{}"));
        to->sink.closed(to->sink.context, NULL);
    }
    sw_writer_step(writer, fake.now_ms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
