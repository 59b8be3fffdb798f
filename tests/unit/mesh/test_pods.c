/* pkg/mesh/pods.c and pod_class.c: what pods share, who counts it, and that all of it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mesh/pods.h"

struct fixture {
    struct sw_pods pods;
    int n_changed, n_classes_came, n_classes_went;
};

static void on_changed(void *context, struct sw_pod_record *pod)
{
    (void)pod;
    ((struct fixture *)context)->n_changed++;
}

static void on_class(void *context, const struct sw_pod_class *class)
{
    struct fixture *f = context;

    if (class->n_pods)
        f->n_classes_came++;
    else
        f->n_classes_went++;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->pods.context = f;
    f->pods.changed = on_changed;
    f->pods.class_changed = on_class;
    *state = f;
    return 0;
}

/* Whatever a test did, nothing is left. */
static int teardown(void **state)
{
    struct fixture *f = *state;
    size_t n_bytes;

    sw_pods_release(&f->pods);
    n_bytes = f->pods.n_bytes;
    free(f);
    return n_bytes == 0 ? 0 : -1;
}

static const struct sw_label label = {{"app", 3}, {"cart", 4}};

static struct sw_pod pod(const char *name, const char *account, const char *node)
{
    return (struct sw_pod){
        .meta = {.name = sw_str_from(name), .namespace_ = SW_STR("shop"), .labels = {&label, 1}},
        .account = sw_str_from(account),
        .node = sw_str_from(node),
        .sidecar = true};
}

static void put(struct fixture *f, struct sw_pod from)
{
    assert_int_equal(sw_pods_put(&f->pods, &from, 1, NULL), 0);
}

static void put_node(struct fixture *f, const char *name, const char *locality)
{
    const struct sw_node node = {sw_str_from(name), sw_str_from(locality)};

    assert_int_equal(sw_pods_put_node(&f->pods, &node, 1, NULL), 0);
}

static void pods_that_agree_are_of_one_class(void **state)
{
    struct fixture *f = *state;

    put(f, pod("a", "seller", "n1"));
    put(f, pod("b", "seller", "n2"));
    put(f, pod("c", "buyer", "n1"));
    assert_int_equal(f->pods.pods.n, 3);
    assert_int_equal(f->pods.classes.n, 2);
    assert_int_equal(f->pods.nodes.n, 2);
    assert_int_equal(f->n_classes_came, 2);
    put(f, pod("c", "seller", "n1"));
    assert_int_equal(f->pods.classes.n, 1);
    assert_int_equal(f->n_classes_went, 1);
    sw_pods_remove(&f->pods, SW_STR("shop"), SW_STR("b"));
    assert_int_equal(f->pods.nodes.n, 1);
}

/* What one string ends with, the next might begin with. */
static void classes_do_not_mix_up_their_strings(void **state)
{
    struct fixture *f = *state;
    struct sw_pod a = pod("a", "x", ""), b = pod("b", "x", "");

    a.network_view = SW_STR("view");
    b.locality = SW_STR("view");
    put(f, a);
    put(f, b);
    b.sidecar = false;
    b.meta.name = SW_STR("c");
    put(f, b);
    b.meta.labels.n = 0;
    b.meta.name = SW_STR("d");
    put(f, b);
    assert_int_equal(f->pods.classes.n, 4);
}

static void a_class_has_what_its_pods_said(void **state)
{
    struct fixture *f = *state;
    struct sw_pod from = pod("a", "seller", "n1");
    struct sw_pod_endpoint endpoint = {0};
    const struct sw_pod_class *class;

    from.network_view = SW_STR("west");
    put(f, from);
    assert_int_equal(sw_pods_attach(&f->pods, &endpoint, SW_STR("shop"), SW_STR("a"), NULL), 0);
    class = endpoint.pod->class;
    assert_true(sw_str_is(class->namespace_, "shop"));
    assert_true(sw_str_is(class->account, "seller"));
    assert_true(sw_str_is(class->network_view, "west"));
    assert_null(class->locality.data);
    assert_true(class->sidecar);
    assert_int_equal(class->labels.n, 1);
    assert_true(sw_str_is(class->labels.pairs[0].value, "cart"));
    sw_pods_detach(&f->pods, &endpoint);
}

static void an_endpoint_may_come_before_its_pod_and_stay_behind_it(void **state)
{
    struct fixture *f = *state;
    struct sw_pod_endpoint one = {0}, two = {0};

    assert_int_equal(sw_pods_attach(&f->pods, &one, SW_STR("shop"), SW_STR("a"), NULL), 0);
    assert_int_equal(sw_pods_attach(&f->pods, &two, SW_STR("shop"), SW_STR("a"), NULL), 0);
    assert_null(one.pod->class);
    put(f, pod("a", "seller", "n1"));
    assert_ptr_equal(one.pod, two.pod);
    assert_non_null(one.pod->class);
    assert_int_equal(f->n_changed, 1);
    put(f, pod("a", "seller", "n1"));
    assert_int_equal(f->n_changed, 1);
    sw_pods_remove(&f->pods, SW_STR("shop"), SW_STR("a"));
    assert_null(one.pod->class);
    assert_int_equal(f->n_changed, 2);
    sw_pods_detach(&f->pods, &one);
    assert_int_equal(f->pods.pods.n, 1);
    sw_pods_detach(&f->pods, &two);
    assert_int_equal(f->pods.pods.n, 0);
    sw_pods_detach(&f->pods, &two);
}

static void a_node_moves_only_where_a_pod_is(void **state)
{
    struct fixture *f = *state;

    put_node(f, "n1", "us/a");
    put_node(f, "n1", "us/b");
    assert_false(f->pods.nodes_moved);
    put(f, pod("a", "seller", "n1"));
    put_node(f, "n1", "us/b");
    assert_false(f->pods.nodes_moved);
    put_node(f, "n1", "us/c");
    assert_true(f->pods.nodes_moved);
}

static void a_sweep_takes_what_the_picture_did_not_show(void **state)
{
    struct fixture *f = *state;

    put_node(f, "n1", "us");
    put_node(f, "n2", "us");
    put(f, pod("a", "seller", "n1"));
    put(f, pod("b", "seller", "n2"));
    sw_pods_touch(&f->pods, SW_STR("shop"), SW_STR("b"), 2);
    sw_pods_touch(&f->pods, SW_STR("shop"), SW_STR("never-seen"), 2);
    sw_pods_touch_node(&f->pods, SW_STR("n2"), 2);
    assert_int_equal(sw_pods_sweep(&f->pods, 2), 1);
    assert_int_equal(sw_pods_sweep_nodes(&f->pods, 2), 1);
    assert_int_equal(f->pods.pods.n, 1);
    assert_int_equal(f->pods.nodes.n, 1);
    assert_int_equal(sw_pods_sweep(&f->pods, 2), 0);
}

/* The promise of the header, for a Deployment's pods. */
static void a_pod_takes_about_a_hundred_bytes(void **state)
{
    struct fixture *f = *state;
    char name[] = "reviews-v1-545db77b95-00000";
    size_t before;

    put(f, pod(name, "bookinfo-reviews", "n1"));
    before = f->pods.n_bytes;
    for (int i = 0; i < 1000; i++) {
        size_t end = sizeof(name) - 2;

        for (int rest = i + 1; rest; rest /= 10)
            name[end--] = (char)('0' + rest % 10);
        put(f, pod(name, "bookinfo-reviews", "n1"));
    }
    assert_in_range(f->pods.n_bytes - before, 1, 100 * 1000);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pods_that_agree_are_of_one_class),
        TEST(classes_do_not_mix_up_their_strings),
        TEST(a_class_has_what_its_pods_said),
        TEST(an_endpoint_may_come_before_its_pod_and_stay_behind_it),
        TEST(a_node_moves_only_where_a_pod_is),
        TEST(a_sweep_takes_what_the_picture_did_not_show),
        TEST(a_pod_takes_about_a_hundred_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
