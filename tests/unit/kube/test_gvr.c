/* pkg/kube/gvr.c: the table, paths, queries and words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kube/gvr.h"

/* What was written, NUL-terminated, until the next call. */
static const char *text_of(struct sw_buf *buf)
{
    static char text[1024];

    assert_int_equal(sw_buf_status(buf, NULL), 0);
    assert_true(buf->len < sizeof(text));
    memcpy(text, buf->data, buf->len);
    text[buf->len] = '\0';
    sw_buf_release(buf);
    return text;
}

static const char *path_of(const struct sw_gvr_ref *ref)
{
    struct sw_buf buf;

    sw_buf_init(&buf, 1000);
    sw_gvr_write_path(ref, &buf);
    return text_of(&buf);
}

static const char *words_of(const struct sw_gvr_ref *ref)
{
    struct sw_buf buf;

    sw_buf_init(&buf, 1000);
    sw_gvr_write_words(ref, &buf);
    return text_of(&buf);
}

static void paths_are_those_of_the_api_server(void **state)
{
    (void)state;
    assert_string_equal(path_of(&(struct sw_gvr_ref){.gvr = sw_gvr(SW_GVR_SERVICE)}),
                        "/api/v1/services");
    assert_string_equal(
        path_of(&(struct sw_gvr_ref){.gvr = sw_gvr(SW_GVR_SERVICE), .namespace_ = SW_STR("shop")}),
        "/api/v1/namespaces/shop/services");
    assert_string_equal(path_of(&(struct sw_gvr_ref){.gvr = sw_gvr(SW_GVR_WORKLOAD_ENTRY),
                                                     .namespace_ = SW_STR("shop"),
                                                     .name = SW_STR("k-cart-0")}),
                        "/apis/networking.istio.io/v1/namespaces/shop/workloadentries/k-cart-0");
    assert_string_equal(path_of(&(struct sw_gvr_ref){.gvr = sw_gvr(SW_GVR_SERVICE_ACCOUNT),
                                                     .namespace_ = SW_STR("shop"),
                                                     .name = SW_STR("a"),
                                                     .subresource = "token"}),
                        "/api/v1/namespaces/shop/serviceaccounts/a/token");
}

static void a_namespace_is_no_part_of_what_is_in_none(void **state)
{
    const struct sw_gvr_ref ref = {.gvr = sw_gvr(SW_GVR_CLUSTER_ROLE),
                                   .namespace_ = SW_STR("shop"),
                                   .name = SW_STR("spillway")};

    (void)state;
    assert_string_equal(path_of(&ref), "/apis/rbac.authorization.k8s.io/v1/clusterroles/spillway");
    assert_string_equal(words_of(&ref), "clusterroles \"spillway\"");
}

static void names_are_escaped(void **state)
{
    const struct sw_gvr_ref ref = {.gvr = sw_gvr(SW_GVR_ROLE),
                                   .namespace_ = SW_STR("a/../b"),
                                   .name = SW_STR("system:x y?%\0z~_.-AZ")};

    (void)state;
    assert_string_equal(path_of(&ref), "/apis/rbac.authorization.k8s.io/v1/namespaces/a%2F..%2Fb/"
                                       "roles/system%3Ax%20y%3F%25%00z~_.-AZ");
}

static void a_query_grows(void **state)
{
    struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 1000);
    sw_buf_append_text(&buf, "/api/v1/pods");
    sw_gvr_write_query("labelSelector", SW_STR("a=b,c"), &buf);
    sw_gvr_write_query("limit", SW_STR("5"), &buf);
    assert_string_equal(text_of(&buf), "/api/v1/pods?labelSelector=a%3Db%2Cc&limit=5");
}

static void a_path_over_the_cap_is_a_failure_of_the_buffer(void **state)
{
    struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 20);
    sw_gvr_write_path(&(struct sw_gvr_ref){.gvr = sw_gvr(SW_GVR_LEASE)}, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
    sw_buf_release(&buf);
}

static void words_say_which(void **state)
{
    struct sw_gvr_ref ref = {.gvr = sw_gvr(SW_GVR_WORKSPACE)};

    (void)state;
    assert_string_equal(words_of(&ref), "workspaces");
    ref.namespace_ = SW_STR("tetrate");
    assert_string_equal(words_of(&ref), "workspaces in \"tetrate\"");
    ref.name = SW_STR("shop");
    ref.subresource = "status";
    assert_string_equal(words_of(&ref), "workspaces/status \"tetrate/shop\"");
}

static void every_row_is_found_by_what_its_objects_say(void **state)
{
    const size_t n = SW_GVR_INGRESS_GATEWAY + 1;
    struct sw_buf buf;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct sw_gvr *gvr = sw_gvr((enum sw_gvr_id)i);

        sw_buf_init(&buf, 1000);
        sw_buf_printf(&buf, "%s%s%s", gvr->group, gvr->group[0] ? "/" : "", gvr->version);
        assert_ptr_equal(sw_gvr_find(sw_buf_str(&buf), sw_str_from(gvr->kind)), gvr);
        sw_buf_release(&buf);
    }
}

static void what_is_not_ours_is_not_found(void **state)
{
    (void)state;
    assert_null(sw_gvr_find(SW_STR("v2"), SW_STR("Service")));
    assert_null(sw_gvr_find(SW_STR("apps/v1"), SW_STR("Service")));
    assert_null(sw_gvr_find(SW_STR("/v1/"), SW_STR("Service")));
    assert_null(sw_gvr_find(SW_STR("v1"), SW_STR("service")));
    assert_null(sw_gvr_find((struct sw_str){0}, (struct sw_str){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_those_of_the_api_server),
        cmocka_unit_test(a_namespace_is_no_part_of_what_is_in_none),
        cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(a_query_grows),
        cmocka_unit_test(a_path_over_the_cap_is_a_failure_of_the_buffer),
        cmocka_unit_test(words_say_which),
        cmocka_unit_test(every_row_is_found_by_what_its_objects_say),
        cmocka_unit_test(what_is_not_ours_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
