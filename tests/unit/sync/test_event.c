/* pkg/sync/event.c: lines of a watch and pages of a list, as API servers write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sync/event.h"

static int setup(void **state)
{
    struct sw_arena *arena = malloc(sizeof(*arena));

    if (!arena)
        return -1;
    sw_arena_init(arena, 512, 1 << 20);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    sw_arena_release(*state);
    free(*state);
    return 0;
}

static void assert_str(struct sw_str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.data, expected, s.len);
}

static struct sw_event read_event(void **state, const char *line)
{
    struct sw_event event;
    struct sw_err err = {0};

    if (sw_event_read(sw_str_from(line), *state, &event, &err) < 0)
        fail_msg("%s", err.message);
    return event;
}

static void read_of_a_change(void **state)
{
    struct sw_event event = read_event(
        state, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"12\"}}}");

    assert_int_equal(event.type, SW_EVENT_PUT);
    assert_str(event.version, "12");
    assert_str(event.object, "{\"metadata\":{\"resourceVersion\":\"12\"}}");
    event = read_event(
        state, "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"resourceVersion\":\"13\"}}}");
    assert_int_equal(event.type, SW_EVENT_PUT);
    event = read_event(
        state, "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"resourceVersion\":\"14\"}}}");
    assert_int_equal(event.type, SW_EVENT_REMOVED);
    assert_str(event.version, "14");
}

static void read_of_a_bookmark(void **state)
{
    struct sw_event event = read_event(
        state, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}");

    assert_int_equal(event.type, SW_EVENT_BOOKMARK);
    assert_false(event.initial_events_end);
    event = read_event(state,
                       "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\","
                       "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}");
    assert_true(event.initial_events_end);
}

static void read_of_an_annotation_on_an_object_ends_nothing(void **state)
{
    struct sw_event event = read_event(
        state, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\","
               "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}");

    assert_false(event.initial_events_end);
}

static void read_of_an_error(void **state)
{
    struct sw_event event = read_event(
        state, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,"
               "\"message\":\"too old \\\"3\\\"\"}}");

    assert_int_equal(event.type, SW_EVENT_ERROR);
    assert_true(event.expired);
    assert_str(event.message, "too old \"3\"");
    event = read_event(state, "{\"type\":\"ERROR\",\"object\":{\"code\":500}}");
    assert_false(event.expired);
    assert_int_equal(event.message.len, 0);
}

static void assert_refused(void **state, const char *line, int code, const char *message)
{
    struct sw_event event;
    struct sw_err err = {0};

    assert_int_equal(sw_event_read(sw_str_from(line), *state, &event, &err), code);
    assert_string_equal(err.message, message);
}

static void read_refuses_what_is_no_event(void **state)
{
    struct sw_event event;

    assert_int_equal(sw_event_read(SW_STR("{\"type\":\"ADD"), *state, &event, NULL), SW_ESYNTAX);
    assert_refused(state, "{\"type\":\"ADDED\"}", SW_ETYPE,
                   "object: expected an object, found nothing");
    assert_refused(state, "{\"type\":7,\"object\":{}}", SW_ETYPE,
                   "type: expected a string, found a number");
    assert_refused(state, "{\"type\":\"NEW\",\"object\":{}}", SW_ETYPE,
                   "type: expected ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, found \"NEW\"");
    assert_refused(state, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}", SW_ETYPE,
                   "object.metadata.resourceVersion: expected a version");
    assert_refused(state,
                   "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":7}}}",
                   SW_ETYPE,
                   "object.metadata.resourceVersion: expected a string, found a number");
}

/* A text with `depth` brackets in the place of %s, in arena memory. */
static struct sw_str deep(struct sw_arena *arena, const char *format, size_t depth)
{
    char *brackets = sw_arena_zalloc(arena, 2 * depth + 1);

    assert_non_null(brackets);
    memset(brackets, '[', depth);
    memset(brackets + depth, ']', depth);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return sw_str_from(sw_arena_printf(arena, format, brackets));
#pragma GCC diagnostic pop
}

static void read_of_an_object_nested_too_deep_is_still_an_event(void **state)
{
    struct sw_str line = deep(*state,
                              "{\"type\":\"DELETED\",\"object\":{\"spec\":%s,"
                              "\"metadata\":{\"resourceVersion\":\"12\"}}}",
                              1000);
    struct sw_event event;

    assert_int_equal(sw_event_read(line, *state, &event, NULL), 0);
    assert_int_equal(event.type, SW_EVENT_REMOVED);
    assert_str(event.version, "12");
}

static struct sw_page read_page(void **state, struct sw_str text)
{
    struct sw_page page;
    struct sw_err err = {0};

    if (sw_page_read(text, *state, &page, &err) < 0)
        fail_msg("%s", err.message);
    return page;
}

static void page_hands_out_its_items(void **state)
{
    struct sw_page page = read_page(
        state, SW_STR("{\"kind\":\"ServiceList\",\"items\":[ {\"a\":\"}{\"}, {\"b\":[{}]}\n],"
                      "\"metadata\":{\"resourceVersion\":\"5\",\"continue\":\"next\"}}"));
    struct sw_str item;

    assert_str(page.version, "5");
    assert_str(page.token, "next");
    assert_true(sw_page_next(&page, &item));
    assert_str(item, "{\"a\":\"}{\"}");
    assert_true(sw_page_next(&page, &item));
    assert_str(item, "{\"b\":[{}]}");
    assert_false(sw_page_next(&page, &item));
    assert_false(sw_page_next(&page, &item));
}

static void page_without_items_is_empty(void **state)
{
    struct sw_page page = read_page(
        state,
        SW_STR("{\"kind\":\"List\",\"items\":null,\"metadata\":{\"resourceVersion\":\"5\"}}"));
    struct sw_str item;

    assert_false(sw_page_next(&page, &item));
    assert_int_equal(page.token.len, 0);
    page = read_page(
        state, SW_STR("{\"kind\":\"List\",\"items\":[],\"metadata\":{\"resourceVersion\":\"5\"}}"));
    assert_false(sw_page_next(&page, &item));
}

static void page_with_an_item_nested_too_deep_is_still_a_page(void **state)
{
    struct sw_str text = deep(*state,
                              "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"5\"},"
                              "\"items\":[{\"a\":%s},{\"b\":1}]}",
                              64);
    struct sw_page page = read_page(state, text);
    struct sw_str item;

    assert_true(sw_page_next(&page, &item));
    assert_int_equal(item.len, strlen("{'a':}") + 128);
    assert_true(sw_page_next(&page, &item));
    assert_str(item, "{\"b\":1}");
}

static void assert_no_page(void **state, const char *text, const char *message)
{
    struct sw_page page;
    struct sw_err err = {0};

    assert_int_equal(sw_page_read(sw_str_from(text), *state, &page, &err), SW_ETYPE);
    assert_string_equal(err.message, message);
}

static void page_refuses_what_is_no_list(void **state)
{
    struct sw_page page;

    assert_no_page(state,
                   "{\"kind\":\"Status\",\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}",
                   "expected a list with a resourceVersion, found Status");
    assert_no_page(state, "{\"kind\":\"ServiceList\",\"metadata\":{},\"items\":[]}",
                   "expected a list with a resourceVersion, found ServiceList");
    assert_no_page(state, "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"5\"}}",
                   "items: expected an array, found nothing");
    assert_int_equal(sw_page_read(SW_STR("{\"kind\":"), *state, &page, NULL), SW_ESYNTAX);
}

#define EVENT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVENT_TEST(read_of_a_change),
        EVENT_TEST(read_of_a_bookmark),
        EVENT_TEST(read_of_an_annotation_on_an_object_ends_nothing),
        EVENT_TEST(read_of_an_error),
        EVENT_TEST(read_refuses_what_is_no_event),
        EVENT_TEST(read_of_an_object_nested_too_deep_is_still_an_event),
        EVENT_TEST(page_hands_out_its_items),
        EVENT_TEST(page_without_items_is_empty),
        EVENT_TEST(page_with_an_item_nested_too_deep_is_still_a_page),
        EVENT_TEST(page_refuses_what_is_no_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
