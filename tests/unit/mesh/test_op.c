/* pkg/mesh/op.c: what is sent. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#include "mesh/op.h"

static struct sw_op op_for(struct mesh *mesh, enum sw_op_verb verb)
{
    mesh_pair(mesh);
    return (struct sw_op){
        .verb = verb,
        .uid = SW_STR("the-uid"),
        .resource_version = SW_STR("42"),
        .wanted = &mesh_plan(mesh, "cart")->wanteds.items[1],
    };
}

static void body_of_an_apply_is_the_object_and_its_uid(void **state)
{
    struct sw_op op = op_for(*state, SW_OP_APPLY);
    json_t *body = sw_op_body(&op), *metadata = json_object_get(body, "metadata");

    sw_check_json(json_object_get(metadata, "uid"), "'the-uid'");
    assert_null(json_object_get(metadata, "resourceVersion"));
    sw_check_json(json_object_get(body, "kind"), "'WorkloadEntry'");
}

/* So that an API server refuses it where an object of that name is. */
static void body_of_a_create_names_a_version_that_no_object_has(void **state)
{
    struct sw_op op = op_for(*state, SW_OP_CREATE);
    const json_t *metadata;

    op.uid = (struct sw_str){NULL, 0};
    metadata = json_object_get(sw_op_body(&op), "metadata");
    assert_null(json_object_get(metadata, "uid"));
    sw_check_json(json_object_get(metadata, "resourceVersion"), "'1'");
}

static void body_leaves_the_plan_as_it_is(void **state)
{
    struct sw_op op = op_for(*state, SW_OP_APPLY);

    op.wanted--; /* the rule, which is kept as JSON */
    sw_op_body(&op);
    assert_null(json_object_get(json_object_get(op.wanted->object, "metadata"), "uid"));
}

static void body_of_a_release_takes_off_what_is_ours(void **state)
{
    struct sw_op op = op_for(*state, SW_OP_RELEASE);

    sw_check_json(sw_op_body(&op), "{'metadata':{'uid':'the-uid','resourceVersion':'42','labels':"
                                   "{'app.kubernetes.io/managed-by':null},'annotations':"
                                   "{'spillway.dev/service':null}}}");
    op.others = SW_STR("[{\"manager\":\"kubectl\"}]");
    sw_check_json(sw_op_body(&op), "{'metadata':{'uid':'the-uid','resourceVersion':'42','labels':"
                                   "{'app.kubernetes.io/managed-by':null},'annotations':"
                                   "{'spillway.dev/service':null},'managedFields':[{'manager':"
                                   "'kubectl'}]}}");
}

static void body_of_a_delete_is_null(void **state)
{
    struct sw_op op = op_for(*state, SW_OP_DELETE);

    assert_true(json_is_null(sw_op_body(&op)));
}

static void makes_come_before_deletions_and_these_in_reverse(void **state)
{
    static const struct sw_op ops[] = {
        {.verb = SW_OP_APPLY, .kind = SW_MESH_DESTINATIONRULE},
        {.verb = SW_OP_CREATE, .kind = SW_MESH_WORKLOADENTRY},
        {.verb = SW_OP_RELEASE, .kind = SW_MESH_STUB},
        {.verb = SW_OP_DELETE, .kind = SW_MESH_WORKLOADENTRY},
        {.verb = SW_OP_DELETE, .kind = SW_MESH_DESTINATIONRULE},
    };

    (void)state;
    for (size_t i = 1; i < sizeof(ops) / sizeof(*ops); i++)
        assert_true(sw_op_phase(&ops[i - 1]) < sw_op_phase(&ops[i]));
}

/* What it lacks may be what cannot be made, and what cannot be made keeps the rest back. */
static void entry_that_is_withdrawn_goes_first(void **state)
{
    static const enum sw_reason reasons[] = {SW_WAITS_RULE, SW_WAITS_GATEWAY};
    const struct sw_op first = {.verb = SW_OP_CREATE, .kind = SW_MESH_SERVICEACCOUNT};

    (void)state;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
        const struct sw_op op = {
            .verb = SW_OP_DELETE, .kind = SW_MESH_WORKLOADENTRY, .reason = reasons[i]};

        assert_true(sw_op_phase(&op) < sw_op_phase(&first));
    }
}

static void verbs_have_names(void **state)
{
    (void)state;
    assert_string_equal(sw_op_verb_name(SW_OP_CREATE), "create");
    assert_string_equal(sw_op_verb_name(SW_OP_APPLY), "apply");
    assert_string_equal(sw_op_verb_name(SW_OP_RELEASE), "release");
    assert_string_equal(sw_op_verb_name(SW_OP_DELETE), "delete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(body_of_an_apply_is_the_object_and_its_uid),
        MESH_TEST(body_of_a_create_names_a_version_that_no_object_has),
        MESH_TEST(body_leaves_the_plan_as_it_is),
        MESH_TEST(body_of_a_release_takes_off_what_is_ours),
        MESH_TEST(body_of_a_delete_is_null),
        MESH_TEST(makes_come_before_deletions_and_these_in_reverse),
        MESH_TEST(entry_that_is_withdrawn_goes_first),
        MESH_TEST(verbs_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
