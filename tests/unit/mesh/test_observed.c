/* pkg/mesh/observed.c: whose fields an object's are, and whether ours are as we would write them.
 */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#include "mesh/observed.h"

#define OURS(fields)                                                                               \
    "{'manager':'spillway','operation':'Apply','fieldsType':'FieldsV1','fieldsV1':" fields "}"
#define SPEC "'f:spec':{'f:address':{},'f:ports':{'f:http':{}}}"
#define META "'f:metadata':{'f:labels':{'f:a':{}},'f:annotations':{'.':{},'f:b':{}}}"

/* The object that we would write in every test. */
#define WRITTEN                                                                                    \
    "{'metadata':{'labels':{'a':'1'},'annotations':{'b':'2'}},"                                    \
    "'spec':{'address':'10.0.0.2','ports':{'http':15443}}}"

static struct sw_observed read_object(struct mesh *mesh, const char *text)
{
    struct sw_observed observed;
    struct sw_err err = {0};

    if (sw_observed_read(sw_world_json(mesh->world, text), &observed, &err) < 0)
        fail_msg("%s", err.message);
    return observed;
}

static bool is_as_written(struct mesh *mesh, const char *written, const char *observed)
{
    struct sw_observed found = read_object(mesh, observed);
    struct sw_digest digest;
    struct sw_err err = {0};

    assert_int_equal(sw_digest_object(sw_world_json(mesh->world, written), &digest, &err), 0);
    return sw_digest_eq(&digest, &found.digest);
}

static void object_without_managed_fields_is_not_ours(void **state)
{
    struct sw_observed observed = read_object(*state, WRITTEN);

    assert_false(observed.managed);
    assert_false(observed.shared);
    assert_false(sw_digest_eq(&observed.digest, &observed.digest));
}

static void defaults_and_what_others_added_are_no_difference(void **state)
{
    assert_true(
        is_as_written(*state, WRITTEN,
                      "{'metadata':{'labels':{'a':'1','argo':'x'},'annotations':{'b':'2','c':'3'},"
                      "'managedFields':[" OURS(
                          "{" META "," SPEC
                          "}") "]},"
                               "'spec':{'address':'10.0.0.2','ports':{'http':15443},'weight':7}}"));
}

static void field_that_was_edited_is_a_difference(void **state)
{
    assert_false(is_as_written(
        *state, WRITTEN,
        "{'metadata':{'labels':{'a':'1'},'annotations':{'b':'2'},"
        "'managedFields':[" OURS("{" META "," SPEC
                                 "}") "]},"
                                      "'spec':{'address':'10.0.0.9','ports':{'http':15443}}}"));
}

static void field_that_another_manager_took_is_a_difference(void **state)
{
    assert_false(is_as_written(
        *state, WRITTEN,
        "{'metadata':{'labels':{'a':'1'},'annotations':{'b':'2'},'managedFields':[" OURS(
            "{" META ",'f:spec':{'f:ports':{'f:http':{}}}}") "]},"
                                                             "'spec':{'address':'10.0.0.2','ports':"
                                                             "{'http':15443}}}"));
}

static void field_that_is_gone_is_a_difference(void **state)
{
    assert_false(is_as_written(
        *state, WRITTEN,
        "{'metadata':{'labels':{'a':'1'},'annotations':{'b':'2'},"
        "'managedFields':[" OURS("{" META "," SPEC "}") "]},"
                                                        "'spec':{'address':'10.0.0.2'}}"));
}

static void fields_of_several_entries_of_ours_count_together(void **state)
{
    assert_true(
        is_as_written(*state, WRITTEN,
                      "{'metadata':{'labels':{'a':'1'},'annotations':{'b':'2'},"
                      "'managedFields':[" OURS("{" META "}") "," OURS(
                          "{" SPEC "}") "]},"
                                        "'spec':{'address':'10.0.0.2','ports':{'http':15443}}}"));
}

static void items_of_a_list_are_found_by_their_keys(void **state)
{
    assert_true(is_as_written(
        *state, "{'spec':{'ports':[{'name':'http','port':80,'protocol':'TCP'}]}}",
        "{'metadata':{'managedFields':[" OURS("{'f:spec':{'f:ports':{'k:{\\\"port\\\":80,"
                                              "\\\"protocol\\\":\\\"TCP\\\"}':"
                                              "{'.':{},'f:name':{},'f:port':{},'f:protocol':{}}"
                                              "}}}") "]},"
                                                     "'spec':{'clusterIP':'10.9.9.9','ports':["
                                                     "{'name':'other','port':81,'protocol':'"
                                                     "TCP'},"
                                                     "{'name':'http','port':80,'protocol':'TCP'"
                                                     ",'nodePort':30000}]}}"));
}

static void lists_that_are_one_value_are_compared_whole(void **state)
{
#define HOSTS(list) "'spec':{'hosts':" list "}"
    const char *ours = "{'metadata':{'managedFields':[" OURS(
        "{'f:spec':{'f:hosts':{}}}") "]}," HOSTS("['a','b']") "}";

    assert_true(is_as_written(*state, "{" HOSTS("['a','b']") "}", ours));
    assert_false(is_as_written(*state, "{" HOSTS("['b','a']") "}", ours));
#undef HOSTS
}

static void another_manager_of_the_spec_shares_it(void **state)
{
    assert_true(read_object(*state, "{'metadata':{'managedFields':[{'manager':'kubectl',"
                                    "'fieldsV1':{'f:spec':{'f:selector':{}}}}]}}")
                    .shared);
}

/* Where it changed nothing, that is all that kubectl apply leaves behind. */
static void another_manager_that_has_applied_it_shares_it(void **state)
{
    assert_true(read_object(*state,
                            "{'metadata':{'managedFields':[{'manager':'kubectl-client-side-apply',"
                            "'fieldsV1':{'f:metadata':{'f:annotations':{"
                            "'f:kubectl.kubernetes.io/last-applied-configuration':{}}}}}]}}")
                    .shared);
}

static void another_manager_of_metadata_or_status_does_not(void **state)
{
    struct sw_observed observed = read_object(
        *state, "{'metadata':{'managedFields':["
                "{'manager':'kubectl','fieldsV1':{'f:metadata':{'f:labels':{'f:a':{}}}}},"
                "{'manager':'lb','subresource':'status','fieldsV1':{'f:spec':{'f:x':{}}}},"
                "{'manager':'odd','fieldsV1':'text'},'odder']}}");

    assert_false(observed.shared);
    assert_false(observed.managed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(object_without_managed_fields_is_not_ours),
        MESH_TEST(defaults_and_what_others_added_are_no_difference),
        MESH_TEST(field_that_was_edited_is_a_difference),
        MESH_TEST(field_that_another_manager_took_is_a_difference),
        MESH_TEST(field_that_is_gone_is_a_difference),
        MESH_TEST(fields_of_several_entries_of_ours_count_together),
        MESH_TEST(items_of_a_list_are_found_by_their_keys),
        MESH_TEST(lists_that_are_one_value_are_compared_whole),
        MESH_TEST(another_manager_of_the_spec_shares_it),
        MESH_TEST(another_manager_that_has_applied_it_shares_it),
        MESH_TEST(another_manager_of_metadata_or_status_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
