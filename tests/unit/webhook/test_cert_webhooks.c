/* webhook/cert_webhooks.c: the webhooks that are ours, and what of them is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "certs/inspect.h"
#include "pki.h"
#include "webhook/cert_webhooks.h"
#include "json/read.h"

#define ARENA_MAX_BYTES ((size_t)16 << 20)

static struct sw_arena arena;
static struct pki foreign;
static const struct sw_cert_service service = {SW_STR("ns"), SW_STR("hook")};

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, ARENA_MAX_BYTES);
    foreign = pki_make("the company's", NULL, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    pki_release(&foreign);
    return 0;
}

static json_t *parse(const char *text)
{
    json_t *object = NULL;

    assert_int_equal(sw_json_read(sw_str_from(text), &object, NULL), 0);
    return object;
}

#define AT(namespace_, name)                                                                       \
    "\"clientConfig\":{\"service\":{\"namespace\":\"" namespace_ "\",\"name\":\"" name "\"}"
#define OURS(more) "{\"name\":\"a.test\"," AT("ns", "hook") more "}"

static struct sw_cert_webhooks read_webhooks(const char *text)
{
    struct sw_cert_webhooks webhooks;
    struct sw_err err = {0};

    if (sw_cert_webhooks_read(parse(text), &service, &arena, &webhooks, &err) < 0)
        fail_msg("%s", err.message);
    return webhooks;
}

static void those_that_call_us_are_found(void **state)
{
    struct sw_cert_webhooks webhooks;

    (void)state;
    SW_JSON_SCOPE(&arena);
    webhooks = read_webhooks(
        "{\"webhooks\":[" OURS("},\"failurePolicy\":\"Ignore\"") ",{\"name\":\"b\"," AT(
            "ns",
            "other") "}},{\"name\":\"c\"," AT("elsewhere",
                                              "hook") "}},"
                                                      "{\"name\":\"d\",\"clientConfig\":{\"url\":"
                                                      "\"https://x\"}},7," OURS("}") "]}");
    assert_int_equal(webhooks.n, 2);
    assert_string_equal(webhooks.items[0].name, "a.test");
    assert_true(webhooks.items[0].ignores);
    assert_false(webhooks.items[1].ignores);
    assert_int_equal(webhooks.items[0].bundle->n, 0);
    assert_false(webhooks.policy_stands);
    assert_false(webhooks.owns_policy);
}

static void without_a_configuration_there_are_none(void **state)
{
    struct sw_cert_webhooks webhooks;

    (void)state;
    assert_int_equal(sw_cert_webhooks_read(NULL, &service, &arena, &webhooks, NULL), 0);
    assert_int_equal(webhooks.n, 0);
    assert_null(webhooks.object);
}

static void the_user_may_want_its_policy_to_stand(void **state)
{
    (void)state;
    SW_JSON_SCOPE(&arena);
    assert_true(read_webhooks("{\"metadata\":{\"annotations\":{"
                              "\"spillway.dev/failure-policy\":\"Ignore\"}}}")
                    .policy_stands);
    assert_true(read_webhooks("{\"metadata\":{\"annotations\":{"
                              "\"spillway.dev/failure-policy\":\"ignore\"}}}")
                    .policy_stands);
    assert_false(read_webhooks("{\"metadata\":{\"annotations\":{"
                               "\"spillway.dev/failure-policy\":\"Fail\"}}}")
                     .policy_stands);
}

#define MANAGED(manager)                                                                           \
    "{\"manager\":\"" manager "\",\"fieldsV1\":{\"f:webhooks\":{\"k:{}\":{"                        \
    "\"f:clientConfig\":{},\"f:failurePolicy\":{}}}}}"

static void only_our_name_is_taken_off_the_policy(void **state)
{
    struct sw_cert_webhooks webhooks;
    char *text;

    (void)state;
    SW_JSON_SCOPE(&arena);
    assert_false(
        read_webhooks("{\"metadata\":{\"managedFields\":[" MANAGED("kubectl") "]}}").owns_policy);
    webhooks = read_webhooks(
        "{\"metadata\":{\"managedFields\":[" MANAGED("kubectl") "," MANAGED("spillway") "]}}");
    assert_true(webhooks.owns_policy);
    sw_cert_webhooks_disown_policy(&webhooks);
    text = json_dumps(webhooks.object, JSON_COMPACT);
    assert_string_equal(
        text, "{\"metadata\":{\"managedFields\":[" MANAGED(
                  "kubectl") ","
                             "{\"manager\":\"spillway\",\"fieldsV1\":{\"f:webhooks\":{\"k:{}\":{"
                             "\"f:clientConfig\":{}}}}}]}}");
}

static void a_policy_is_closed(void **state)
{
    struct sw_cert_webhooks webhooks;

    (void)state;
    SW_JSON_SCOPE(&arena);
    webhooks = read_webhooks("{\"webhooks\":[" OURS("},\"failurePolicy\":\"Ignore\"") "]}");
    assert_int_equal(sw_cert_webhooks_close(&webhooks.items[0], NULL), 0);
    assert_string_equal(
        json_string_value(json_object_get(webhooks.items[0].webhook, "failurePolicy")), "Fail");
}

/* A state whose Secret holds the foreign certificate as its one authority. */
static struct sw_cert_state trusting(struct sw_cert_list *cas)
{
    assert_int_equal(sw_cert_list_read(pki_cert_pem(&foreign), cas, NULL), 0);
    cas->items[0].ours = true;
    return (struct sw_cert_state){.now_s = cas->items[0].not_before_s + 1, .cas = cas};
}

static void bundles_that_lack_an_authority_get_it_once(void **state)
{
    static struct sw_cert_list cas;
    struct sw_cert_webhooks webhooks;
    struct sw_cert_state wanted;
    size_t n = 0;
    char *text;

    (void)state;
    SW_JSON_SCOPE(&arena);
    wanted = trusting(&cas);
    webhooks = read_webhooks("{\"webhooks\":[" OURS(",\"caBundle\":\"???\"}") "," OURS("}") "]}");
    assert_int_equal(sw_cert_webhooks_trust(&webhooks, &wanted, &n, NULL), 0);
    assert_int_equal(n, 2);

    text = json_dumps(webhooks.object, 0);
    webhooks = read_webhooks(text);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(webhooks.items[i].bundle->n, 1);
        assert_string_equal(webhooks.items[i].bundle->items[0].id, cas.items[0].id);
    }
    assert_int_equal(sw_cert_webhooks_trust(&webhooks, &wanted, &n, NULL), 0);
    assert_int_equal(n, 0);
}

static void more_than_can_be_are_refused(void **state)
{
    struct sw_cert_webhooks webhooks;
    struct sw_err err = {0};
    struct sw_buf text;

    (void)state;
    SW_JSON_SCOPE(&arena);
    sw_buf_init(&text, 100000);
    sw_buf_append_text(&text, "{\"webhooks\":[" OURS("}"));
    for (size_t i = 0; i < SW_CERT_WEBHOOKS_MAX; i++)
        sw_buf_append_text(&text, "," OURS("}"));
    sw_buf_append(&text, "]}", 3);
    assert_int_equal(sw_cert_webhooks_read(parse(text.data), &service, &arena, &webhooks, &err),
                     SW_ELIMIT);
    sw_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(those_that_call_us_are_found),
        TEST(without_a_configuration_there_are_none),
        TEST(the_user_may_want_its_policy_to_stand),
        TEST(only_our_name_is_taken_off_the_policy),
        TEST(a_policy_is_closed),
        TEST(bundles_that_lack_an_authority_get_it_once),
        TEST(more_than_can_be_are_refused),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
