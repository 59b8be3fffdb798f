/* pkg/model/form.c: the objects in one document, lists come apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/world.h"
#include "model/form.h"
#include "json/write.h"

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

/* Every object of the document as JSON, one a line; a refusal as its message. */
static const char *unpack(struct sw_world *world, const char *document, struct sw_form_items *ret)
{
    struct sw_buf buf;
    const char *text;
    struct sw_err err = {0};
    json_t *object;
    int r;

    assert_int_equal(sw_form_items_begin(sw_world_json(world, document), &world->arena, ret, NULL),
                     0);
    sw_buf_init(&buf, 1 << 16);
    while ((r = sw_form_items_next(ret, &object, &err)))
        sw_buf_printf(&buf, "%s\n", r < 0 ? err.message : text_of(world, object));
    assert_int_equal(sw_form_items_next(ret, &object, &err), 0);
    text = sw_arena_copy(&world->arena, sw_buf_str(&buf)).data;
    sw_buf_release(&buf);
    return text;
}

static void assert_unpacks(struct sw_world *world, const char *document, bool is_list,
                           const char *expected)
{
    struct sw_form_items items;

    assert_string_equal(unpack(world, document, &items), sw_world_text(world, expected));
    assert_int_equal(items.is_list, is_list);
    assert_int_equal(items.n_notes, 0);
}

static void items_of_a_list_come_one_by_one(void **state)
{
    assert_unpacks(*state,
                   "{'apiVersion':'v1','kind':'List','items':[{'apiVersion':'v1','kind':'A'},"
                   "{'apiversion':'v1','kind':'B'}]}",
                   true, "{'apiVersion':'v1','kind':'A'}\n{'apiversion':'v1','kind':'B'}\n");
    assert_unpacks(*state, "{'apiVersion':'v1','kind':'List','items':[]}", true, "");
    assert_unpacks(*state, "{'apiVersion':'v1','kind':'List','items':null}", true, "");
    assert_unpacks(*state, "{'apiVersion':'v1','kind':'List'}", true, "");
}

static void items_of_any_other_document_are_itself(void **state)
{
    assert_unpacks(*state, "{'kind':'Service','items':[1]}", false,
                   "{'kind':'Service','items':[1]}\n");
    assert_unpacks(*state, "{'kind':'PriceList'}", false, "{'kind':'PriceList'}\n");
    assert_unpacks(*state, "{'kind':'PriceList','items':{}}", false,
                   "{'kind':'PriceList','items':{}}\n");
    assert_unpacks(*state, "{'Kind':'Service'}", false, "{'Kind':'Service'}\n");
    assert_unpacks(*state, "[1]", false, "[1]\n");
    assert_unpacks(*state, "{'items':[1]}", false, "{'items':[1]}\n");
}

static void items_of_a_typed_list_get_what_the_list_says(void **state)
{
    assert_unpacks(*state,
                   "{'apiVersion':'v1','kind':'ServiceList','items':[{'metadata':{'name':'a'}},"
                   "{'apiVersion':'v2'},{'Kind':'X'}]}",
                   true,
                   "{'metadata':{'name':'a'},'apiVersion':'v1','kind':'Service'}\n"
                   "{'apiVersion':'v2'}\n"
                   "{'Kind':'X'}\n");
    assert_unpacks(*state, "{'apiVersion':'v1','kind':'List','items':[{'a':1}]}", true,
                   "{'a':1}\n");
    assert_unpacks(*state, "{'kind':'ServiceList','items':[{'a':1}]}", true, "{'a':1}\n");
    assert_unpacks(*state,
                   "{'apiVersion':'v1','kind':'ServiceList','items':[{'KIND':'a','Kind':'b'}]}",
                   true, "{'KIND':'a','Kind':'b'}\n");
}

static void items_that_are_no_objects_are_passed_over(void **state)
{
    assert_unpacks(*state,
                   "{'apiVersion':'v1','kind':'List','items':[7,{'kind':'List'},{'kind':'A'},"
                   "{'kind':'BList','items':[]}]}",
                   true,
                   "items[0]: expected an object, found 7\n"
                   "items[1]: expected an object, found a list inside a list\n"
                   "{'kind':'A'}\n"
                   "items[3]: expected an object, found a list inside a list\n");
}

static void items_begin_mends_the_list_itself(void **state)
{
    struct sw_form_items items;

    assert_string_equal(unpack(*state, "{'apiversion':'v1','Kind':'AList','items':[{}]}", &items),
                        sw_world_text(*state, "{'apiVersion':'v1','kind':'A'}\n"));
    assert_int_equal(items.n_notes, 2);
    assert_string_equal(items.notes[0],
                        "apiversion: read as apiVersion, the only spelling that Kubernetes knows");
    assert_object(*state, items.document,
                  "{'apiVersion':'v1','kind':'AList','items':[{'apiVersion':'v1','kind':'A'}]}");
}

static void items_begin_refuses_a_list_without_an_array(void **state)
{
    struct sw_world *world = *state;
    struct sw_form_items items = {.next = 77};
    struct sw_err err = {0};

    assert_int_equal(sw_form_items_begin(sw_world_json(world, "{'kind':'List','items':{}}"),
                                         &world->arena, &items, &err),
                     SW_ETYPE);
    assert_string_equal(err.message, "items: expected an array, found an object");
    assert_int_equal(
        sw_form_items_begin(
            sw_world_json(world, "{'kind':'List','Apiversion':'v1','APIVERSION':'v1'}"),
            &world->arena, &items, &err),
        SW_ETYPE);
    assert_int_equal(items.next, 77);
}

static void items_run_out_of_memory(void **state)
{
    struct sw_world *world = *state;
    int begun = SW_ENOMEM, next = SW_ENOMEM;

    for (size_t max = 0; next == SW_ENOMEM; max += 16) {
        json_t *list = sw_world_json(world, "{'apiversion':'v1','kind':'AList','items':[{}]}");
        struct sw_form_items items;
        struct sw_arena arena;
        json_t *object;

        sw_arena_init(&arena, 64, max);
        {
            SW_JSON_SCOPE(&arena);
            begun = sw_form_items_begin(list, &arena, &items, NULL);
            if (begun == 0)
                next = sw_form_items_next(&items, &object, NULL);
        }
        sw_arena_release(&arena);
        assert_true(begun == 0 || begun == SW_ENOMEM);
        assert_true(max < 1 << 14);
    }
    assert_int_equal(next, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(items_of_a_list_come_one_by_one),
        SW_WORLD_TEST(items_of_any_other_document_are_itself),
        SW_WORLD_TEST(items_of_a_typed_list_get_what_the_list_says),
        SW_WORLD_TEST(items_that_are_no_objects_are_passed_over),
        SW_WORLD_TEST(items_begin_mends_the_list_itself),
        SW_WORLD_TEST(items_begin_refuses_a_list_without_an_array),
        SW_WORLD_TEST(items_run_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
