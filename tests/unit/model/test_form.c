/* pkg/model/form.c: the tctl form becomes the CRD form, slips are read and noted, lists come apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/world.h"
#include "model/form.h"
#include "model/kind.h"
#include "model/workspace.h"
#include "json/write.h"
#include "json/yaml.h"

static const char *text_of(struct sw_world *world, const json_t *value)
{
    struct sw_buf buf;
    const char *text;

    sw_buf_init(&buf, 1 << 16);
    sw_json_write(value, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    text = sw_arena_copy(&world->arena, sw_buf_str(&buf)).data;
    sw_buf_release(&buf);
    return text;
}

static void assert_object(struct sw_world *world, const json_t *object, const char *expected)
{
    assert_string_equal(text_of(world, object), sw_world_text(world, expected));
}

/* Normalises `before`, which must become `after`. */
static struct sw_form normalise(struct sw_world *world, const char *before, const char *after)
{
    json_t *object = sw_world_json(world, before);
    struct sw_form form;
    struct sw_err err = {0};

    if (sw_form_normalise(object, &world->arena, &form, &err) < 0)
        fail_msg("%s: %s", before, err.message);
    assert_object(world, object, after);
    return form;
}

static void assert_refused(struct sw_world *world, const char *before, const char *message)
{
    json_t *object = sw_world_json(world, before);
    struct sw_form form = {.n_notes = 77};
    struct sw_err err = {0};

    assert_int_equal(sw_form_normalise(object, &world->arena, &form, &err), SW_ETYPE);
    assert_string_equal(err.message, sw_world_text(world, message));
    assert_int_equal(form.n_notes, 77);
    assert_object(world, object, before);
}

static void normalise_makes_the_tctl_form_crd_form(void **state)
{
    struct sw_form form =
        normalise(*state,
                  "{'apiVersion':'api.tsb.tetrate.io/v2','kind':'Workspace','metadata':{"
                  "'organization':'o','tenant':'t','name':'n'},'spec':{'x':1}}",
                  "{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','metadata':{'name':'n',"
                  "'annotations':{'tsb.tetrate.io/organization':'o','tsb.tetrate.io/tenant':'t'}},"
                  "'spec':{'x':1}}");

    assert_int_equal(form.kind, SW_FORM_TCTL);
    assert_int_equal(form.n_notes, 0);
    assert_null(form.notes);
    form = normalise(
        *state,
        "{'kind':'WorkspaceSetting','apiVersion':'api.tsb.tetrate.io/v2','metadata':{"
        "'annotations':{'a':'b','tsb.tetrate.io/tenant':'t'},'workspace':'w','tenant':'t',"
        "'organization':null}}",
        "{'kind':'WorkspaceSetting','apiVersion':'tsb.tetrate.io/v2','metadata':{"
        "'annotations':{'a':'b','tsb.tetrate.io/tenant':'t','tsb.tetrate.io/workspace':'w'}}}");
    assert_int_equal(form.kind, SW_FORM_TCTL);
}

static void normalise_takes_a_tctl_form_without_metadata(void **state)
{
    normalise(*state, "{'apiVersion':'api.tsb.tetrate.io/v2','kind':'Workspace'}",
              "{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace'}");
    normalise(*state,
              "{'apiVersion':'api.tsb.tetrate.io/v2','kind':'Workspace','metadata':"
              "{'tenant':'t','annotations':null}}",
              "{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','metadata':"
              "{'annotations':{'tsb.tetrate.io/tenant':'t'}}}");
}

static void normalise_leaves_the_rest_as_it_is(void **state)
{
    static const struct {
        const char *object;
        enum sw_form_kind kind;
    } cases[] = {
        {"{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','metadata':{'organization':'o'}}",
         SW_FORM_CRD},
        {"{'apiVersion':'install.tetrate.io/v1alpha1','kind':'IngressGateway'}", SW_FORM_INSTALL},
        {"{'apiVersion':'v1','kind':'Service','metadata':{'tenant':1},'spec':null}", SW_FORM_OTHER},
        {"{'apiVersion':'api.tsb.tetrate.io/v2','kind':'Tenant','metadata':{'organization':'o'}}",
         SW_FORM_OTHER},
        {"{'apiVersion':'api.tsb.tetrate.io/v1','kind':'Workspace','metadata':{'tenant':'t'}}",
         SW_FORM_OTHER},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sw_form form = normalise(*state, cases[i].object, cases[i].object);

        assert_int_equal(form.kind, cases[i].kind);
        assert_int_equal(form.n_notes, 0);
    }
}

static void normalise_reads_slips_and_notes_them(void **state)
{
    struct sw_form form = normalise(*state, "{'KIND':'Service','a':1,'apiversion':'v1','b':{}}",
                                    "{'kind':'Service','a':1,'apiVersion':'v1','b':{}}");

    assert_int_equal(form.kind, SW_FORM_OTHER);
    assert_int_equal(form.n_notes, 2);
    assert_string_equal(form.notes[0],
                        "apiversion: read as apiVersion, the only spelling that Kubernetes knows");
    assert_string_equal(form.notes[1],
                        "KIND: read as kind, the only spelling that Kubernetes knows");
}

static void normalise_leaves_a_second_spelling_alone(void **state)
{
    const char *object = "{'apiversion':'v2','apiVersion':'v1','kind':'Service'}";

    assert_int_equal(normalise(*state, object, object).n_notes, 0);
}

/* As people have them from the guide. */
static const char guide[] = "apiversion: api.tsb.tetrate.io/v2\n"
                            "kind: Workspace\n"
                            "metadata:\n"
                            "  organization: tetrate\n"
                            "  tenant: tetrate\n"
                            "  name: bookinfo-ws\n"
                            "spec:\n"
                            "  namespaceSelector:\n"
                            "    names:\n"
                            "      - \"*/bookinfo\"\n"
                            "---\n"
                            "apiVersion: api.tsb.tetrate.io/v2\n"
                            "kind: WorkspaceSetting\n"
                            "metadata:\n"
                            "  organization: tetrate\n"
                            "  tenant: tetrate\n"
                            "  workspace: bookinfo-ws\n"
                            "  name: bookinfo-ws-setting\n"
                            "spec:\n"
                            "defaultEastWestGatewaySettings:\n"
                            "  - workloadSelector:\n"
                            "      namespace: eastwest\n";

/* The slip of the Workspace is mended; the setting whose spec is empty, because its content stands
 * beside it, is not for this to mend. */
static void normalise_reads_the_manifests_of_the_guide(void **state)
{
    struct sw_world *world = *state;
    struct sw_yaml_documents documents;
    struct sw_workspace workspace;
    struct sw_hierarchy hierarchy;
    struct sw_form form;

    assert_int_equal(sw_yaml_read(sw_str_from(guide), &world->arena, &documents, NULL), 0);
    assert_int_equal(documents.n, 2);
    assert_int_equal(sw_form_normalise(documents.items[0].value, &world->arena, &form, NULL), 0);
    assert_int_equal(form.n_notes, 1);
    assert_int_equal(sw_kind_of_object(documents.items[0].value), SW_KIND_WORKSPACE);
    assert_int_equal(sw_workspace_read(documents.items[0].value, &world->arena, &workspace, NULL),
                     0);
    assert_true(sw_str_is(workspace.hierarchy.tenant, "tetrate"));
    assert_int_equal(workspace.n_patterns, 1);

    assert_int_equal(sw_form_normalise(documents.items[1].value, &world->arena, &form, NULL), 0);
    assert_int_equal(form.n_notes, 0);
    assert_int_equal(sw_kind_of_object(documents.items[1].value), SW_KIND_SETTING);
    assert_int_equal(sw_hierarchy_read(documents.items[1].value, &world->arena, &hierarchy, NULL),
                     0);
    assert_true(sw_workspace_is_named(&workspace, &hierarchy));
    assert_true(json_is_null(json_object_get(documents.items[1].value, "spec")));
    assert_true(
        json_is_array(json_object_get(documents.items[1].value, "defaultEastWestGatewaySettings")));
}

static void normalise_refuses_what_is_no_object_of_kubernetes(void **state)
{
#define HAS "a string (every Kubernetes object has apiVersion and kind)"
    assert_refused(*state, "[]", "the document: expected a Kubernetes object, found an array");
    assert_refused(*state, "{'kind':'Service'}", "apiVersion: expected " HAS ", found nothing");
    assert_refused(*state, "{'apiVersion':'v1'}", "kind: expected " HAS ", found nothing");
    assert_refused(*state, "{'apiVersion':1,'kind':'Service'}",
                   "apiVersion: expected " HAS ", found 1");
    assert_refused(*state, "{'apiVersion':'','kind':'Service'}",
                   "apiVersion: expected " HAS ", found ''");
    assert_refused(*state, "{'apiVersion':'v1','Kind':null}", "Kind: expected " HAS ", found null");
    assert_refused(*state, "{'apiversion':'v1','APIVERSION':'v1','kind':'Service'}",
                   "apiVersion: expected once, found as apiversion and as APIVERSION");
    assert_refused(*state, "{'apiversion':'v1','kind':'Service','metadata':[]}",
                   "metadata: expected an object, found an array");
#undef HAS
}

static void normalise_refuses_a_tctl_form_that_contradicts_itself(void **state)
{
#define TCTL "{'apiversion':'api.tsb.tetrate.io/v2','kind':'Workspace','metadata':"
    assert_refused(*state, TCTL "{'tenant':'t','organization':7}}",
                   "metadata.organization: expected a string, found 7");
    assert_refused(*state, TCTL "{'tenant':'t','annotations':'x'}}",
                   "metadata.annotations: expected an object, found 'x'");
    assert_refused(*state, TCTL "{'tenant':'t','annotations':{'tsb.tetrate.io/tenant':'u'}}}",
                   "metadata.annotations['tsb.tetrate.io/tenant']: expected 't', as "
                   "metadata.tenant is, found 'u'");
#undef TCTL
}

static const char tctl_with_slips[] =
    "{\"apiversion\":\"api.tsb.tetrate.io/v2\",\"Kind\":\"Workspace\","
    "\"metadata\":{\"tenant\":\"t\",\"name\":\"n\"}}";

static void normalise_runs_out_of_memory(void **state)
{
    int r = SW_ENOMEM;

    (void)state;
    for (size_t max = 0; r == SW_ENOMEM; max += 16) {
        struct sw_arena arena;
        struct sw_form form;
        json_t *object;

        sw_arena_init(&arena, 64, max);
        object = json_loads(tctl_with_slips, 0, NULL);
        {
            SW_JSON_SCOPE(&arena);
            r = sw_form_normalise(object, &arena, &form, NULL);
        }
        sw_arena_release(&arena);
        assert_true(max < 1 << 14);
    }
    assert_int_equal(r, 0);
}

static int n_allowed, n_live;

static void *allocate_some(size_t size)
{
    void *memory = n_allowed-- > 0 ? malloc(size) : NULL;

    n_live += memory != NULL;
    return memory;
}

static void count_and_free(void *memory)
{
    n_live -= memory != NULL;
    free(memory);
}

static void normalise_leaks_nothing_when_an_allocation_fails(void **state)
{
    int r = SW_ENOMEM;

    (void)state;
    json_set_alloc_funcs(allocate_some, count_and_free);
    for (int n = 0; r == SW_ENOMEM; n++) {
        struct sw_arena arena;
        struct sw_form form;
        json_t *object;

        sw_arena_init(&arena, 64, 1 << 16);
        n_allowed = INT_MAX;
        object = json_loads(tctl_with_slips, 0, NULL);
        n_allowed = n;
        r = sw_form_normalise(object, &arena, &form, NULL);
        json_decref(object);
        sw_arena_release(&arena);
        assert_int_equal(n_live, 0);
    }
    assert_int_equal(r, 0);
    sw_json_setup();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(normalise_makes_the_tctl_form_crd_form),
        SW_WORLD_TEST(normalise_takes_a_tctl_form_without_metadata),
        SW_WORLD_TEST(normalise_leaves_the_rest_as_it_is),
        SW_WORLD_TEST(normalise_reads_slips_and_notes_them),
        SW_WORLD_TEST(normalise_leaves_a_second_spelling_alone),
        SW_WORLD_TEST(normalise_reads_the_manifests_of_the_guide),
        SW_WORLD_TEST(normalise_refuses_what_is_no_object_of_kubernetes),
        SW_WORLD_TEST(normalise_refuses_a_tctl_form_that_contradicts_itself),
        SW_WORLD_TEST(normalise_runs_out_of_memory),
        cmocka_unit_test(normalise_leaks_nothing_when_an_allocation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
