/* pkg/io/dir.c: what the files of a folder say. */
#include "folder.h"

#include "json/read.h"

static void read_fills_a_view(void **state)
{
    struct fixture *f = *state;
    struct sw_view view;
    uint64_t seen = 0;

    put_service("a.yaml", "a");
    make_folder("d");
    put("d/more.yaml", "apiVersion: v1\nkind: List\nitems:\n"
                       "- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n"
                       "- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n"
                       "---\n"
                       "apiversion: api.tsb.tetrate.io/v2\nkind: Workspace\n"
                       "metadata: {organization: o, tenant: t, name: w}\n");
    assert_int_equal(sw_dir_read(".", &f->builder, &f->problems, &seen, &f->err), 0);
    assert_int_equal(f->problems.n, 0);
    assert_true(seen == fingerprint());
    assert_int_equal(sw_view_builder_finish(&f->builder, &view, &f->err), 0);
    assert_non_null(sw_view_service(&view, SW_STR("shop"), SW_STR("a")));
    assert_non_null(sw_view_namespace(&view, SW_STR("shop")));
    assert_int_equal(view.n_workspaces, 1);
    assert_true(sw_str_is(view.workspaces[0]->hierarchy.tenant, "t"));
}

static void read_lets_the_later_file_win(void **state)
{
    struct fixture *f = *state;
    struct sw_view view;
    uint64_t seen;

    put("a.yaml", "{apiVersion: v1, kind: Service, metadata: {name: a, labels: {from: a}}}");
    put("b.yaml", "{apiVersion: v1, kind: Service, metadata: {name: a, labels: {from: b}}}");
    assert_int_equal(sw_dir_read(".", &f->builder, &f->problems, &seen, &f->err), 0);
    assert_int_equal(sw_view_builder_finish(&f->builder, &view, &f->err), 0);
    assert_int_equal(view.n_services, 1);
    assert_true(sw_str_is(view.services[0]->meta.labels.pairs[0].value, "b"));
}

static void read_takes_the_rest_of_what_is_bad(void **state)
{
    struct fixture *f = *state;
    struct sw_view view;
    uint64_t seen;

    put("a.yaml", "{");
    put("b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: bad, namespace: shop}\n"
                  "spec: {ports: [{port: http}]}\n---\n"
                  "{apiVersion: v1, kind: Service, metadata: {name: good, namespace: shop}}\n");
    make_link("nowhere", "c.yaml");
    put_service("d.yaml", "d");
    assert_int_equal(sw_dir_read(".", &f->builder, &f->problems, &seen, &f->err), 0);
    assert_int_equal(f->problems.n, 3);
    assert_problem(f, 0, "./c.yaml", 0, "No such file"); /* the listing comes first */
    assert_string_equal(f->problems.items[1].path, "./a.yaml");
    assert_problem(f, 2, "./b.yaml", 1, "Service shop/bad: spec.ports[0].port: expected");
    assert_int_equal(sw_view_builder_finish(&f->builder, &view, &f->err), 0);
    assert_int_equal(view.n_services, 2);
}

static void read_without_problems_wanted(void **state)
{
    struct fixture *f = *state;
    uint64_t seen;

    put("a.yaml", "{");
    put("b.yaml", "{apiVersion: v1, kind: Service, metadata: text}");
    assert_int_equal(sw_dir_read(".", &f->builder, NULL, &seen, &f->err), 0);
}

static void read_fails_without_the_folder(void **state)
{
    struct fixture *f = *state;
    uint64_t seen = 7;

    assert_int_equal(sw_dir_read("none", &f->builder, &f->problems, &seen, &f->err), SW_ENOENT);
    assert_int_equal(seen, 7);
}

/* Whichever allocation of what stays it is that fails. */
static void read_fails_without_memory(void **state)
{
    struct fixture *f = *state;
    size_t max_bytes = 0;
    int r;

    put_service("a.yaml", "a");
    put("b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {labels: text}\n");
    do {
        struct sw_arena small;
        uint64_t seen;

        sw_arena_init(&small, 16, max_bytes);
        f->problems = (struct sw_problems){.arena = &small};
        sw_view_builder_init(&f->builder, (struct sw_view_source){.cluster = SW_STR("east")},
                             &small);
        f->err = (struct sw_err){0};
        r = sw_dir_read(".", &f->builder, &f->problems, &seen, &f->err);
        sw_arena_release(&small);
        assert_true(r == 0 || r == SW_ENOMEM);
        assert_int_equal(f->err.code, r);
        max_bytes += 16;
    } while (r < 0);
    assert_true(max_bytes > 200);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(read_fills_a_view),
        TEST(read_lets_the_later_file_win),
        TEST(read_takes_the_rest_of_what_is_bad),
        TEST(read_without_problems_wanted),
        TEST(read_fails_without_the_folder),
        TEST(read_fails_without_memory),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
