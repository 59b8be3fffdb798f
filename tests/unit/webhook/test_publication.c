/* webhook/publication.c and held_view.c: views are shared, and live as long as one index holds
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_source.h"
#include "webhook/publication.h"

#define SERVICE "[{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"cart\"}}]"

static struct sw_held_view *read_view(const char *objects, const char *cluster)
{
    struct fake fake = {.version = 3, .objects = objects};
    struct sw_source source = {&fake_live_ops, &fake};
    struct sw_held_view *held = NULL;
    uint64_t version = 0;

    assert_int_equal(sw_held_view_read(&source, sw_str_from(cluster), &held, &version, NULL), 0);
    assert_int_equal(version, 3);
    return held;
}

static struct sw_held_view *unsynced_view(const char *cluster)
{
    struct sw_held_view *held = NULL;

    assert_int_equal(sw_held_view_unsynced(sw_str_from(cluster), true, &held, NULL), 0);
    return held;
}

static struct sw_publication *publish(const struct sw_publication_part *parts, size_t n,
                                      size_t local, size_t config)
{
    struct sw_publication *publication = NULL;
    const struct sw_publication_spec spec = {
        .parts = parts, .n_parts = n, .local = local, .config = config};

    assert_int_equal(sw_publication_new(&spec, &publication, NULL), 0);
    return publication;
}

static void drop(struct sw_publication *publication)
{
    publication->item.free(&publication->item);
}

static void read_makes_a_synced_view_of_what_the_source_holds(void **state)
{
    struct sw_held_view *held = read_view(SERVICE, "east");

    (void)state;
    assert_true(held->view.source.synced);
    assert_true(held->view.source.live);
    assert_non_null(sw_view_service(&held->view, SW_STR("default"), SW_STR("cart")));
    sw_held_view_unref(held);
}

static void read_passes_on_what_the_source_says(void **state)
{
    struct fake fake = {.fill_error = "broken"};
    struct sw_source source = {&fake_ops, &fake};
    struct sw_held_view *held = NULL;
    uint64_t version = 99;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_held_view_read(&source, SW_STR("east"), &held, &version, &err), SW_ESYNTAX);
    assert_string_equal(err.message, "broken");
    assert_null(held);
    assert_int_equal(version, 99);
}

static void unref_of_nothing_is_allowed(void **state)
{
    (void)state;
    sw_held_view_unref(NULL);
}

static void new_shares_the_views(void **state)
{
    struct sw_held_view *east = read_view(SERVICE, "east"), *west = unsynced_view("west");
    struct sw_publication_part parts[] = {{.held = east}, {.held = west, .error = "away"}};
    struct sw_publication *first = publish(parts, 2, 0, 1), *second;

    (void)state;
    assert_int_equal(first->index.n_views, 2);
    assert_ptr_equal(sw_index_local(&first->index), &east->view);
    assert_ptr_equal(sw_index_config(&first->index), &west->view);
    assert_null(first->errors[0]);
    assert_string_equal(first->errors[1], "away");
    assert_int_equal(east->n_refs, 2);
    second = publish(parts, 1, 0, 0);
    sw_held_view_unref(east);
    sw_held_view_unref(west);
    drop(first);
    assert_int_equal(east->n_refs, 1);
    assert_non_null(sw_view_service(second->index.views[0], SW_STR("default"), SW_STR("cart")));
    drop(second);
}

static void new_copies_the_errors(void **state)
{
    struct sw_held_view *east = unsynced_view("east");
    char error[] = "before";
    struct sw_publication_part part = {.held = east, .error = error};
    struct sw_publication *publication = publish(&part, 1, 0, 0);

    (void)state;
    error[0] = 'x';
    assert_string_equal(publication->errors[0], "before");
    drop(publication);
    sw_held_view_unref(east);
}

static void new_says_what_is_stale_and_what_is_not_known(void **state)
{
    struct sw_held_view *east = unsynced_view("east");
    struct sw_publication_part parts[] = {{.held = east}, {.held = east, .stale_since_ms = 7}};
    char unlisted[] = "more";
    const struct sw_publication_spec spec = {
        .parts = parts, .n_parts = 2, .unlisted = sw_str_from(unlisted)};
    struct sw_publication *publication = NULL;

    (void)state;
    assert_int_equal(sw_publication_new(&spec, &publication, NULL), 0);
    unlisted[0] = 'x';
    assert_int_equal(publication->index.stale_since_ms[0], 0);
    assert_int_equal(publication->index.stale_since_ms[1], 7);
    assert_string_equal(publication->index.unlisted.data, "more");
    drop(publication);
    publication = publish(parts, 2, 0, 0);
    assert_null(publication->index.unlisted.data);
    drop(publication);
    sw_held_view_unref(east);
}

static void new_holds_as_many_clusters_as_there_may_be(void **state)
{
    struct sw_held_view *east = unsynced_view("east");
    struct sw_publication_part parts[255];
    char error[SW_ERR_MESSAGE_SIZE];
    struct sw_publication *publication;

    (void)state;
    memset(error, 'e', sizeof(error) - 1);
    error[sizeof(error) - 1] = '\0';
    for (size_t i = 0; i < 255; i++)
        parts[i] = (struct sw_publication_part){.held = east, .error = error};
    publication = publish(parts, 255, 254, 0);
    assert_int_equal(publication->index.n_views, 255);
    drop(publication);
    assert_int_equal(east->n_refs, 1);
    sw_held_view_unref(east);
}

/* What is_ready says of a local and a config cluster; "" when ready. */
static void assert_readiness(const struct sw_publication_part parts[2], size_t local, size_t config,
                             const char *expected)
{
    struct sw_publication *publication = publish(parts, 2, local, config);
    struct sw_buf why;

    sw_buf_init(&why, 480);
    assert_int_equal(sw_publication_is_ready(publication, &why), *expected == '\0');
    assert_int_equal(sw_buf_status(&why, NULL), 0);
    assert_int_equal(why.len, strlen(expected));
    assert_memory_equal(why.data ? why.data : "", expected, why.len);
    sw_buf_release(&why);
    drop(publication);
}

static void is_ready_names_what_is_missing(void **state)
{
    struct sw_held_view *east = read_view(NULL, "east"), *west = unsynced_view("west");
    struct sw_publication_part parts[] = {{.held = east}, {.held = west, .error = "/w: gone"}};
    struct sw_publication_part silent[] = {{.held = east}, {.held = west}};
    struct sw_publication_part both[] = {{.held = west, .error = "/w: gone"}, {.held = west}};

    (void)state;
    assert_readiness(parts, 0, 0, ""); /* a remote cluster that is away is no reason */
    assert_readiness(parts, 1, 1, "cluster \"west\" not read yet: /w: gone");
    assert_readiness(silent, 1, 1, "cluster \"west\" not read yet");
    assert_readiness(parts, 1, 0, "local cluster \"west\" not read yet: /w: gone");
    assert_readiness(parts, 0, 1, "config cluster \"west\" not read yet: /w: gone");
    assert_readiness(both, 1, 0,
                     "config cluster \"west\" not read yet: /w: gone; "
                     "local cluster \"west\" not read yet");
    sw_held_view_unref(east);
    sw_held_view_unref(west);
}

static void is_ready_takes_a_synced_cluster_that_fails_now(void **state)
{
    struct sw_held_view *east = read_view(NULL, "east");
    struct sw_publication_part parts[] = {{.held = east, .error = "/e: gone"}, {.held = east}};

    (void)state;
    assert_readiness(parts, 0, 0, "");
    sw_held_view_unref(east);
}

static void is_ready_fits_long_errors_into_a_line(void **state)
{
    struct sw_held_view *west = unsynced_view("west");
    char error[1000];
    struct sw_publication_part parts[] = {{.held = west, .error = error},
                                          {.held = west, .error = error}};
    struct sw_publication *publication;
    struct sw_buf why;

    (void)state;
    memset(error, 'e', sizeof(error) - 1);
    error[sizeof(error) - 1] = '\0';
    publication = publish(parts, 2, 0, 1);
    sw_buf_init(&why, 480); /* what serve/probe has room for */
    assert_false(sw_publication_is_ready(publication, &why));
    assert_int_equal(sw_buf_status(&why, NULL), 0);
    sw_buf_release(&why);
    drop(publication);
    sw_held_view_unref(west);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_makes_a_synced_view_of_what_the_source_holds),
        cmocka_unit_test(read_passes_on_what_the_source_says),
        cmocka_unit_test(unref_of_nothing_is_allowed),
        cmocka_unit_test(new_shares_the_views),
        cmocka_unit_test(new_copies_the_errors),
        cmocka_unit_test(new_says_what_is_stale_and_what_is_not_known),
        cmocka_unit_test(new_holds_as_many_clusters_as_there_may_be),
        cmocka_unit_test(is_ready_names_what_is_missing),
        cmocka_unit_test(is_ready_takes_a_synced_cluster_that_fails_now),
        cmocka_unit_test(is_ready_fits_long_errors_into_a_line),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
