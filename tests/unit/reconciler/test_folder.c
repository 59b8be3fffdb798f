/* reconciler/folder.c: a folder of manifests as a cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reconciler/folder.h"
#include "json/read.h"

#define CART "{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}}\n"
#define TILL "{apiVersion: v1, kind: Service, metadata: {name: till, namespace: shop}}\n"
#define ODD                                                                                        \
    "{apiVersion: v1, kind: Service, metadata: {name: odd, namespace: shop}, spec: {selector: 7}}" \
    "\n"

static struct sw_state *mesh;
static struct sw_state_cluster *cluster;
static struct sw_folder folder;
static char path[64];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/sw_test_folder.XXXXXX");
    if (!mkdtemp(path) || chdir(path) < 0 || sw_state_new(NULL, &mesh, NULL) < 0 ||
        sw_state_add_cluster(mesh, SW_STR("east"), (struct sw_str){NULL, 0}, &cluster, NULL) < 0)
        return -1;
    sw_folder_init(&folder, ".", cluster, 1u << SW_RESOURCE_SERVICE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_state_free(mesh);
    unlink("a.yaml");
    unlink("b.yaml");
    return chdir("/") < 0 ? -1 : rmdir(path);
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void assert_looks(int expected)
{
    struct sw_err err = {0};
    int r = sw_folder_look(&folder, &err);

    if (r != expected)
        fail_msg("%d: %s", r, err.message);
}

/* Fails with that code, and says so. */
static void assert_fails(int code, const char *words)
{
    struct sw_err err = {0};

    assert_int_equal(sw_folder_look(&folder, &err), code);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
}

static size_t n_services(void)
{
    return sw_state_count(cluster, SW_RESOURCE_SERVICE);
}

static bool is_synced(void)
{
    return sw_state_stats(cluster, SW_RESOURCE_SERVICE)->synced;
}

static void what_is_in_it_is_in_the_state(void **state)
{
    (void)state;
    put("a.yaml", CART "---\n" TILL);
    assert_false(is_synced());
    assert_looks(1);
    assert_true(is_synced());
    assert_int_equal(n_services(), 2);
}

static void an_empty_one_is_a_picture_too(void **state)
{
    (void)state;
    assert_looks(1);
    assert_true(is_synced());
    assert_int_equal(n_services(), 0);
}

static void one_that_has_not_changed_is_not_read_again(void **state)
{
    uint64_t before;

    (void)state;
    put("a.yaml", CART);
    assert_looks(1);
    before = sw_state_stats(cluster, SW_RESOURCE_SERVICE)->n_changes;
    assert_looks(0);
    assert_int_equal(sw_state_stats(cluster, SW_RESOURCE_SERVICE)->n_changes, before);
}

static void what_goes_from_it_goes_from_the_state(void **state)
{
    (void)state;
    put("a.yaml", CART);
    put("b.yaml", TILL);
    assert_looks(1);
    unlink("a.yaml");
    assert_looks(1);
    assert_int_equal(n_services(), 1);
}

static void what_is_of_no_concern_is_passed_over(void **state)
{
    (void)state;
    put("a.yaml", "{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: shop}}\n---\n"
                  "{apiVersion: v1, kind: Node, metadata: {name: n}}\n---\n" CART);
    assert_looks(1);
    assert_int_equal(n_services(), 1);
    assert_int_equal(sw_state_count(cluster, SW_RESOURCE_NODE), 0);
}

/* Half of a folder is no picture: a file that is being written must not remove what it holds. */
static void a_file_that_cannot_be_read_leaves_what_is_known(void **state)
{
    (void)state;
    put("a.yaml", CART);
    put("b.yaml", TILL);
    assert_looks(1);
    unlink("a.yaml");
    put("b.yaml", "kind: [\n");
    assert_fails(SW_ESYNTAX, "./b.yaml:2");
    assert_int_equal(n_services(), 2);
    assert_fails(SW_ESYNTAX, "./b.yaml:2"); /* it was not read: it is looked at again */
    unlink("b.yaml");
    assert_looks(1);
    assert_int_equal(n_services(), 0);
}

static void an_object_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    put("a.yaml", CART "---\n" ODD);
    assert_fails(SW_ETYPE, "./a.yaml:3: ");
    assert_fails(SW_ETYPE, "spec.selector");
    assert_fails(SW_ETYPE, "odd");
    assert_false(is_synced());
}

static void one_that_is_not_there_is_named(void **state)
{
    (void)state;
    sw_folder_init(&folder, "./nowhere", cluster, 1u << SW_RESOURCE_SERVICE);
    assert_fails(SW_ENOENT, "./nowhere");
    assert_false(is_synced());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_in_it_is_in_the_state),
        TEST(an_empty_one_is_a_picture_too),
        TEST(one_that_has_not_changed_is_not_read_again),
        TEST(what_goes_from_it_goes_from_the_state),
        TEST(what_is_of_no_concern_is_passed_over),
        TEST(a_file_that_cannot_be_read_leaves_what_is_known),
        TEST(an_object_that_cannot_be_read_is_named),
        TEST(one_that_is_not_there_is_named),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
