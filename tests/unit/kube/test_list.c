/* pkg/kube/list.c: a collection, page by page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_http.h"
#include "kube/list.h"
#include "json/read.h"

#define PATH "/api/v1/namespaces/shop/pods?limit=500"

struct heard {
    unsigned int n_done;
    struct sw_answer answer;
    size_t n_items;
    bool has_items;
};

static struct sw_arena arena;
static struct heard heard;

static int setup(void **state)
{
    heard = (struct heard){0};
    sw_arena_init(&arena, 4096, 1 << 20);
    return fake_setup(state);
}

static int teardown(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    return 0;
}

static void on_done(void *context, const struct sw_answer *answer, json_t *items)
{
    struct heard *to = context;

    to->n_done++;
    to->answer = *answer;
    to->has_items = items;
    to->n_items = json_array_size(items);
}

static struct sw_list_options pods(void)
{
    return (struct sw_list_options){
        .gvr = sw_gvr(SW_GVR_POD),
        .namespace_ = SW_STR("shop"),
        .arena = &arena,
    };
}

static struct sw_list *send_list(const struct sw_list_options *options)
{
    const struct sw_client client = fake_client();
    struct sw_list *list = NULL;

    assert_int_equal(
        sw_list_send(&client, options, (struct sw_list_sink){&heard, on_done}, &list, NULL), 0);
    return list;
}

static void one_page_is_a_list(void **state)
{
    const struct sw_list_options options = pods();

    (void)state;
    send_list(&options);
    assert_string_equal(fake_last()->path, PATH);
    fake_answer(200, "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[{},{}]}");
    assert_int_equal(heard.n_done, 1);
    assert_int_equal(heard.answer.verdict, SW_ANSWER_OK);
    assert_null(heard.answer.body.data);
    assert_int_equal(heard.n_items, 2);
}

static void pages_follow_each_other(void **state)
{
    const struct sw_list_options options = pods();

    (void)state;
    send_list(&options);
    fake_answer(200, "{\"metadata\":{\"continue\":\"a/b=\"},\"items\":[{},{}]}");
    assert_int_equal(heard.n_done, 0);
    assert_string_equal(fake_last()->path, PATH "&continue=a%2Fb%3D");
    fake_answer(200, "{\"metadata\":{\"continue\":\"\"},\"items\":[{}]}");
    assert_int_equal(heard.n_done, 1);
    assert_int_equal(heard.n_items, 3);
}

static void nothing_there_is_an_empty_list(void **state)
{
    const struct sw_list_options options = pods();

    (void)state;
    send_list(&options);
    fake_answer(200, "{\"metadata\":{},\"items\":null}");
    assert_int_equal(heard.answer.verdict, SW_ANSWER_OK);
    assert_true(heard.has_items);
    assert_int_equal(heard.n_items, 0);
}

static void selectors_are_asked_for(void **state)
{
    struct sw_list_options options = pods();
    struct sw_list *list;

    (void)state;
    options.namespace_ = (struct sw_str){0};
    options.label_selector = SW_STR("app=cart");
    options.field_selector = SW_STR("spec.nodeName=n");
    list = send_list(&options);
    assert_string_equal(fake_last()->path, "/api/v1/pods?limit=500&labelSelector=app%3Dcart"
                                           "&fieldSelector=spec.nodeName%3Dn");
    sw_list_cancel(list);
}

static void a_list_that_expires_begins_anew(void **state)
{
    const struct sw_list_options options = pods();

    (void)state;
    send_list(&options);
    fake_answer(200, "{\"metadata\":{\"continue\":\"c\"},\"items\":[{},{}]}");
    fake_answer(410, "{\"kind\":\"Status\",\"reason\":\"Expired\"}");
    assert_int_equal(heard.n_done, 0);
    assert_string_equal(fake_last()->path, PATH);
    fake_answer(200, "{\"metadata\":{},\"items\":[{}]}");
    assert_int_equal(heard.n_items, 1);
}

static void a_list_that_expires_again_and_again_ends(void **state)
{
    const struct sw_list_options options = pods();

    (void)state;
    send_list(&options);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(heard.n_done, 0);
        fake_answer(200, "{\"metadata\":{\"continue\":\"c\"},\"items\":[{}]}");
        fake_answer(410, "{\"kind\":\"Status\"}");
    }
    assert_int_equal(heard.n_done, 1);
    assert_int_equal(heard.answer.verdict, SW_ANSWER_EXPIRED);
    assert_false(heard.has_items);
}

static void a_refusal_ends_it(void **state)
{
    const struct sw_list_options options = pods();

    (void)state;
    send_list(&options);
    fake_answer(403, "{\"kind\":\"Status\",\"message\":\"pods is forbidden\"}");
    assert_int_equal(heard.answer.verdict, SW_ANSWER_DENIED);
    assert_string_equal(heard.answer.message,
                        "list pods in \"shop\" at " FAKE_SERVER ": 403: pods is forbidden");
    assert_false(heard.has_items);
}

static void more_than_the_cap_is_unreadable(void **state)
{
    struct sw_list_options options = pods();

    (void)state;
    options.max_items = 2;
    send_list(&options);
    fake_answer(200, "{\"metadata\":{\"continue\":\"c\"},\"items\":[{},{}]}");
    fake_answer(200, "{\"items\":[{}]}");
    assert_int_equal(heard.answer.verdict, SW_ANSWER_UNREADABLE);
    assert_string_equal(heard.answer.message,
                        "list pods in \"shop\": there are more than 2 of them");
}

static void what_is_no_list_is_unreadable(void **state)
{
    static const char *const bodies[] = {"[", "[]", "{\"items\":{}}", "{\"items\":[1]}",
                                         "{\"metadata\":{\"continue\":1},\"items\":[]}"};
    const struct sw_list_options options = pods();

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        send_list(&options);
        fake_answer(200, bodies[i]);
        assert_int_equal(heard.n_done, i + 1);
        assert_int_equal(heard.answer.verdict, SW_ANSWER_UNREADABLE);
    }
}

static void an_arena_that_is_full_ends_it(void **state)
{
    struct sw_list_options options = pods();
    struct sw_arena small;

    (void)state;
    sw_arena_init(&small, 256, 256);
    options.arena = &small;
    send_list(&options);
    fake_answer(200, "{\"items\":[{\"a\":{}},{\"b\":{}},{\"c\":{}},{\"d\":{}}]}");
    assert_int_equal(heard.answer.verdict, SW_ANSWER_UNREADABLE);
    sw_arena_release(&small);
}

static void a_page_that_cannot_be_sent_ends_it(void **state)
{
    const struct sw_list_options options = pods();

    (void)state;
    send_list(&options);
    fake.fails = SW_EIO;
    fake_answer(200, "{\"metadata\":{\"continue\":\"c\"},\"items\":[{}]}");
    assert_int_equal(heard.n_done, 1);
    assert_int_equal(heard.answer.verdict, SW_ANSWER_FAILED);
}

static void cancel_ends_it_unheard(void **state)
{
    const struct sw_list_options options = pods();

    (void)state;
    sw_list_cancel(send_list(&options));
    assert_true(fake_last()->cancelled);
    assert_int_equal(heard.n_done, 0);
    sw_list_cancel(NULL);
}

static void wait_gives_the_items(void **state)
{
    static const struct sw_kube_config config;
    const struct sw_list_options options = pods();
    struct sw_waiter waiter;
    struct sw_answer answer;
    json_t *items = NULL;

    (void)state;
    assert_int_equal(sw_waiter_init(&waiter, &config, NULL), 0);
    fake_will_answer(200, "{\"metadata\":{\"continue\":\"c\"},\"items\":[{}]}");
    fake_will_answer(200, "{\"items\":[{}]}");
    sw_list_wait(&waiter, &options, &items, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_OK);
    assert_int_equal(json_array_size(items), 2);
    sw_waiter_interrupt(&waiter);
    items = NULL;
    sw_list_wait(&waiter, &options, &items, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_INTERRUPTED);
    assert_true(fake_last()->cancelled);
    assert_null(items);
    fake.fails = SW_EIO;
    sw_list_wait(&waiter, &options, &items, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_FAILED);
    sw_waiter_release(&waiter);
}

#define LIST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIST_TEST(one_page_is_a_list),
        LIST_TEST(pages_follow_each_other),
        LIST_TEST(nothing_there_is_an_empty_list),
        LIST_TEST(selectors_are_asked_for),
        LIST_TEST(a_list_that_expires_begins_anew),
        LIST_TEST(a_list_that_expires_again_and_again_ends),
        LIST_TEST(a_refusal_ends_it),
        LIST_TEST(more_than_the_cap_is_unreadable),
        LIST_TEST(what_is_no_list_is_unreadable),
        LIST_TEST(an_arena_that_is_full_ends_it),
        LIST_TEST(a_page_that_cannot_be_sent_ends_it),
        LIST_TEST(cancel_ends_it_unheard),
        LIST_TEST(wait_gives_the_items),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
