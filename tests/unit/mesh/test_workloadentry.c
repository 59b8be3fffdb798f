/* pkg/mesh/workloadentry.c: an entry, its name and its digest. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#include "mesh/observed.h"
#include "mesh/workloadentry.h"

static const struct sw_label labels[] = {
    {{"app", 3}, {"x", 1}},
    {{"spillway.dev/remote", 19}, {"west", 4}},
};
static const struct sw_str ports[] = {{"http", 4}, {"web", 3}};

static const struct sw_workloadentry cart = {
    .namespace_ = {"shop", 4},
    .service = {"cart", 4},
    .remote = {"west", 4},
    .address = {"10.0.0.2", 8},
    .network = {"net-w", 5},
    .locality = {"us/a", 4},
    .service_account = {"cart", 4},
    .labels = {labels, 2},
    .ports = ports,
    .n_ports = 2,
    .port = 15443,
    .weight = 3,
};

/* Its identity as the header documents it, computed by Python's hashlib. */
#define CART_NAME "k-cart-bd0ab0374ea7a89bc5aac1d0435475e0"

static struct sw_wanted want(struct mesh *mesh, const struct sw_workloadentry *entry)
{
    struct sw_wanteds wanteds = {NULL, 0};
    struct sw_err err = {0};
    struct sw_buf common;

    sw_buf_init(&common, 4096);
    sw_workloadentry_write_common(entry, &common);
    assert_int_equal(sw_workloadentry_want(entry, sw_buf_str(&common), SW_PLANNED,
                                           &mesh->world->arena, &wanteds, &err),
                     0);
    sw_buf_release(&common);
    assert_int_equal(wanteds.n, 1);
    return wanteds.items[0];
}

static void name_is_the_documented_hash(void **state)
{
    sw_check_str(want(*state, &cart).name, CART_NAME);
}

static void name_does_not_depend_on_the_weight(void **state)
{
    struct sw_workloadentry other = cart;

    other.weight = 4;
    sw_check_str(want(*state, &other).name, CART_NAME);
}

/* D5: whatever istiod would keep a stale endpoint of. */
static void d5_name_depends_on_everything_else(void **state)
{
    struct sw_workloadentry others[8];
    struct sw_wanted first = want(*state, &cart);

    for (size_t i = 0; i < 8; i++)
        others[i] = cart;
    others[0].address = SW_STR("10.0.0.3");
    others[1].network = SW_STR("w");
    others[2].locality = SW_STR("us/b");
    others[3].service_account = SW_STR("other");
    others[4].labels.n = 1;
    others[5].n_ports = 1;
    others[6].port = 443;
    others[7].service = SW_STR("card");
    for (size_t i = 0; i < 8; i++)
        assert_false(sw_str_eq(want(*state, &others[i]).name, first.name));
}

static void name_stays_a_dns_label(void **state)
{
    struct sw_workloadentry other = cart;
    struct sw_str name;

    other.service = SW_STR("a-service-whose-name-is-as-long-as-names-of-services-can-be-63x");
    name = want(*state, &other).name;
    assert_int_equal(name.len, 63);
    other.service = SW_STR("a-service-whose-name-is-as--that-has-dashes-where-it-is-cut");
    name = want(*state, &other).name;
    assert_true(sw_str_has_prefix(name, SW_STR("k-a-service-whose-name-is-as-")));
    assert_true(name.data[29] != '-');
}

static void json_is_the_whole_object(void **state)
{
    struct sw_wanted wanted = want(*state, &cart);

    sw_check_json(sw_wanted_json(&wanted),
                  "{'apiVersion':'networking.istio.io/v1','kind':'WorkloadEntry','metadata':"
                  "{'name':'" CART_NAME "','namespace':'shop','labels':"
                  "{'spillway.dev/remote':'west','app.kubernetes.io/managed-by':'spillway'},"
                  "'annotations':{'spillway.dev/service':'shop/cart'}},'spec':"
                  "{'address':'10.0.0.2','labels':{'app':'x','spillway.dev/remote':'west'},"
                  "'ports':{'http':15443,'web':15443},'locality':'us/a','network':'net-w',"
                  "'serviceAccount':'cart','weight':3}}");
}

/* What is streamed and what is compared with the API server's object is one text. */
static void digest_is_that_of_the_json(void **state)
{
    struct sw_workloadentry bare = cart;
    struct sw_wanted wanted = want(*state, &cart);
    struct sw_digest digest;
    struct sw_err err = {0};

    assert_int_equal(sw_digest_object(sw_wanted_json(&wanted), &digest, &err), 0);
    assert_true(sw_digest_eq(&digest, &wanted.digest));
    bare.locality = bare.service_account = (struct sw_str){NULL, 0};
    wanted = want(*state, &bare);
    assert_int_equal(sw_digest_object(sw_wanted_json(&wanted), &digest, &err), 0);
    assert_true(sw_digest_eq(&digest, &wanted.digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(name_is_the_documented_hash),
        MESH_TEST(name_does_not_depend_on_the_weight),
        MESH_TEST(d5_name_depends_on_everything_else),
        MESH_TEST(name_stays_a_dns_label),
        MESH_TEST(json_is_the_whole_object),
        MESH_TEST(digest_is_that_of_the_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
