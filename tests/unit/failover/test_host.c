/* pkg/failover/host.c: which Services a host means, as Istio resolves and matches it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/host.h"
#include "lib/check.h"

/* A host in a rule of namespace shop. */
static struct sw_host host_of(const char *text)
{
    return sw_host_read(sw_str_from(text), SW_STR("shop"));
}

static bool covers(const char *text, const char *namespace_, const char *name)
{
    struct sw_host host = host_of(text);

    return sw_host_covers(&host, sw_str_from(namespace_), sw_str_from(name));
}

static void read_resolves_a_short_name_in_the_rules_namespace(void **state)
{
    struct sw_host host = host_of("cart");

    (void)state;
    assert_int_equal(host.kind, SW_HOST_SERVICE);
    sw_check_str(host.name, "cart");
    sw_check_str(host.namespace_, "shop");
    assert_true(covers("cart", "shop", "cart"));
    assert_false(covers("cart", "other", "cart"));
    assert_false(covers("cart", "shop", "cart2"));
}

static void read_resolves_a_short_wildcard_in_the_rules_namespace(void **state)
{
    struct sw_host host = host_of("*-v2");

    (void)state;
    assert_int_equal(host.kind, SW_HOST_WILDCARD);
    assert_false(host.any_name);
    assert_true(covers("*-v2", "shop", "cart-v2"));
    assert_false(covers("*-v2", "other", "cart-v2"));
    assert_false(covers("*-v2", "shop", "cart-v1"));
    assert_true(covers("*local", "shop", "the-local"));
    assert_false(covers("*local", "shop", "cart"));
}

static void read_takes_a_full_name_as_it_stands(void **state)
{
    struct sw_host host = host_of("cart.other.svc.cluster.local");

    (void)state;
    assert_int_equal(host.kind, SW_HOST_SERVICE);
    sw_check_str(host.name, "cart");
    sw_check_str(host.namespace_, "other");
    assert_true(covers("cart.other.svc.cluster.local", "other", "cart"));
    assert_false(covers("cart.other.svc.cluster.local", "shop", "cart"));
}

/* `cart.shop` and `cart.shop.svc` mean that Service to people and to DNS, but not to Istio. */
static void read_knows_what_istio_does_not_expand(void **state)
{
    static const char *const texts[] = {"cart.other", "cart.other.svc"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct sw_host host = host_of(texts[i]);

        assert_int_equal(host.kind, SW_HOST_UNEXPANDED);
        sw_check_str(host.name, "cart");
        sw_check_str(host.namespace_, "other");
        assert_true(covers(texts[i], "other", "cart"));
        assert_false(covers(texts[i], "shop", "cart"));
    }
}

static void read_takes_other_names_for_foreign(void **state)
{
    static const char *const texts[] = {
        "",
        "www.example.com",
        "cart.other.svc.cluster.example",
        "cart.other.svc.cluster",
        "cart.other.svc.cluster.local.x",
        "cart.other.pod.cluster.local",
        "a.cart.other.svc.cluster.local",
        "10.0.0.1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(host_of(texts[i]).kind, SW_HOST_FOREIGN);
        assert_false(covers(texts[i], "other", "cart"));
        assert_false(covers(texts[i], "shop", "cart"));
    }
    assert_int_equal(sw_host_read((struct sw_str){NULL, 0}, SW_STR("shop")).kind, SW_HOST_FOREIGN);
}

/* istiod's validator takes a trailing dot, and then no Service has that name. */
static void read_takes_a_trailing_dot_for_another_name(void **state)
{
    (void)state;
    assert_int_equal(host_of("cart.shop.svc.cluster.local.").kind, SW_HOST_UNEXPANDED);
    assert_int_equal(host_of("cart.shop.svc.").kind, SW_HOST_FOREIGN);
    assert_int_equal(host_of("cart.shop.").kind, SW_HOST_FOREIGN);
    assert_false(covers("cart.", "shop", "cart"));
    assert_false(covers("*.shop.svc.cluster.local.", "shop", "cart"));
}

static void read_of_empty_labels_covers_nothing(void **state)
{
    static const char *const texts[] = {".",
                                        "..",
                                        ".shop",
                                        "cart..svc.cluster.local",
                                        ".shop.svc.cluster.local",
                                        "...svc.cluster.local"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_false(covers(texts[i], "shop", "cart"));
}

static void read_is_case_sensitive_as_istio_is(void **state)
{
    (void)state;
    assert_false(covers("Cart", "shop", "cart"));
    assert_false(covers("cart.shop.SVC.cluster.local", "shop", "cart"));
}

static void wildcard_of_every_part_of_the_domain_covers_all(void **state)
{
    static const char *const texts[] = {"*",
                                        "*.local",
                                        "*r.local",
                                        "*.cluster.local",
                                        "*ster.local",
                                        "*.svc.cluster.local",
                                        "*svc.cluster.local"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(host_of(texts[i]).kind, SW_HOST_WILDCARD);
        assert_true(covers(texts[i], "shop", "cart"));
        assert_true(covers(texts[i], "any", "thing"));
    }
}

static void wildcard_of_a_namespace_covers_it_alone(void **state)
{
    struct sw_host host = host_of("*.shop.svc.cluster.local");

    (void)state;
    assert_int_equal(host.kind, SW_HOST_WILDCARD);
    assert_false(host.any_name);
    sw_check_str(host.namespace_, "shop");
    assert_true(covers("*.shop.svc.cluster.local", "shop", "cart"));
    assert_false(covers("*.shop.svc.cluster.local", "my-shop", "cart"));
    assert_false(covers("*.shop.svc.cluster.local", "shop2", "cart"));
}

static void wildcard_of_a_name_suffix_covers_those_names(void **state)
{
    static const char text[] = "*-v2.shop.svc.cluster.local";

    (void)state;
    assert_false(host_of(text).any_name);
    assert_true(covers(text, "shop", "cart-v2"));
    assert_true(covers(text, "shop", "-v2"));
    assert_false(covers(text, "shop", "cart-v1"));
    assert_false(covers(text, "shop", "v2"));
    assert_false(covers(text, "other", "cart-v2"));
    assert_true(covers("*rt.shop.svc.cluster.local", "shop", "cart"));
    assert_true(covers("*cart.shop.svc.cluster.local", "shop", "cart"));
}

static void wildcard_of_a_namespace_suffix_covers_those_namespaces(void **state)
{
    static const char text[] = "*op.svc.cluster.local";

    (void)state;
    assert_true(host_of(text).any_name);
    assert_true(covers(text, "shop", "cart"));
    assert_true(covers(text, "op", "cart"));
    assert_false(covers(text, "shops", "cart"));
    assert_false(covers(text, "p", "op"));
}

static void wildcard_of_another_domain_is_foreign(void **state)
{
    static const char *const texts[] = {"*.example.com",
                                        "*.svc.cluster.example",
                                        "*.svc.cluster.local.x",
                                        "*xsvc.cluster.local",
                                        "*.other.local",
                                        "*.a.b.c.svc.cluster.local",
                                        "*.cart.shop.svc.cluster.local",
                                        "*.shop",
                                        "*.shop.svc"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(host_of(texts[i]).kind, SW_HOST_FOREIGN);
        assert_false(covers(texts[i], "shop", "cart"));
    }
}

static void wildcard_has_only_its_first_star(void **state)
{
    (void)state;
    assert_false(covers("cart.*.svc.cluster.local", "shop", "cart"));
    assert_false(covers("**.shop.svc.cluster.local", "shop", "cart"));
    assert_true(covers("**.shop.svc.cluster.local", "shop", "x*"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_resolves_a_short_name_in_the_rules_namespace),
        cmocka_unit_test(read_resolves_a_short_wildcard_in_the_rules_namespace),
        cmocka_unit_test(read_takes_a_full_name_as_it_stands),
        cmocka_unit_test(read_knows_what_istio_does_not_expand),
        cmocka_unit_test(read_takes_other_names_for_foreign),
        cmocka_unit_test(read_takes_a_trailing_dot_for_another_name),
        cmocka_unit_test(read_of_empty_labels_covers_nothing),
        cmocka_unit_test(read_is_case_sensitive_as_istio_is),
        cmocka_unit_test(wildcard_of_every_part_of_the_domain_covers_all),
        cmocka_unit_test(wildcard_of_a_namespace_covers_it_alone),
        cmocka_unit_test(wildcard_of_a_name_suffix_covers_those_names),
        cmocka_unit_test(wildcard_of_a_namespace_suffix_covers_those_namespaces),
        cmocka_unit_test(wildcard_of_another_domain_is_foreign),
        cmocka_unit_test(wildcard_has_only_its_first_star),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
