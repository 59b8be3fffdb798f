/* pkg/sync/store.c: what a picture leaves, what changes, what cannot be read, and who holds what.
 * */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json/read.h"
#include "sync/store.h"

struct fixture {
    struct sw_store *store;
    struct sw_reflector_sink sink;
    struct sw_arena arena; /* of the view */
    struct sw_view view;
    struct sw_store_lease *lease;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f || sw_store_new(SW_KIND_SERVICE, &f->store, NULL) < 0)
        return -1;
    f->sink = sw_store_sink(f->store);
    sw_arena_init(&f->arena, 4096, 64 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_store_lease_free(f->lease);
    sw_store_free(f->store);
    sw_arena_release(&f->arena);
    free(f);
    return 0;
}

static int put_text(struct fixture *f, const char *text)
{
    struct sw_err err = {0};
    int r = f->sink.put(f->sink.context, sw_str_from(text), &err);

    if (r < 0)
        print_message("%s\n", err.message);
    return r;
}

static void put(struct fixture *f, const char *name, const char *label)
{
    char text[512];

    snprintf(text, sizeof(text),
             "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"shop\",\"managedFields\":[{}],"
             "\"labels\":{\"v\":\"%s\"}},\"spec\":{\"ports\":[{\"name\":\"http\",\"port\":80}]}}",
             name, label);
    assert_int_equal(put_text(f, text), 0);
}

static void remove_name(struct fixture *f, const char *name)
{
    char text[256];

    snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"shop\"}}", name);
    assert_int_equal(f->sink.remove(f->sink.context, sw_str_from(text), NULL), 0);
}

static void begin(struct fixture *f)
{
    f->sink.begin(f->sink.context);
}

static void end(struct fixture *f)
{
    f->sink.end(f->sink.context);
}

/* A view of what the store holds now, and the lease for it; both are the fixture's. */
static const struct sw_view *look(struct fixture *f)
{
    struct sw_view_builder builder;

    sw_store_lease_free(f->lease);
    f->lease = NULL;
    sw_view_builder_init(&builder, (struct sw_view_source){.cluster = SW_STR("east")}, &f->arena);
    assert_int_equal(sw_store_lease(f->store, &builder, &f->lease, NULL), 0);
    assert_int_equal(sw_view_builder_finish(&builder, &f->view, NULL), 0);
    return &f->view;
}

/* Fails unless these, "a=1 b=2", are all that the store holds. */
static void assert_holds(struct fixture *f, const char *expected)
{
    const struct sw_view *view = look(f);
    struct sw_buf buf;

    sw_buf_init(&buf, 4096);
    for (size_t i = 0; i < view->n_services; i++) {
        const struct sw_meta *meta = &view->services[i]->meta;
        const struct sw_str *label = sw_labels_get(&meta->labels, SW_STR("v"));

        assert_non_null(label);
        sw_buf_printf(&buf, "%s%.*s=%.*s", i ? " " : "", SW_STR_ARG(meta->name),
                      SW_STR_ARG(*label));
    }
    sw_buf_append(&buf, "", 1);
    assert_string_equal(buf.data, expected);
    assert_int_equal(sw_store_stats(f->store)->n_objects, view->n_services);
    sw_buf_release(&buf);
}

static void put_adds_and_replaces(void **state)
{
    put(*state, "a", "1");
    put(*state, "b", "1");
    put(*state, "a", "2");
    assert_holds(*state, "a=2 b=1");
}

static void remove_takes_away_what_is_there(void **state)
{
    put(*state, "a", "1");
    put(*state, "b", "1");
    remove_name(*state, "a");
    remove_name(*state, "never-seen");
    assert_holds(*state, "b=1");
}

static void end_removes_what_the_picture_did_not_show(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "1");
    put(f, "b", "1");
    begin(f);
    put(f, "b", "2");
    assert_holds(f, "a=1 b=2");
    end(f);
    assert_holds(f, "b=2");
}

static void begin_again_forgets_half_a_picture(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "a", "1");
    put(f, "b", "1");
    begin(f);
    put(f, "b", "1");
    end(f);
    assert_holds(f, "b=1");
}

static void changes_are_counted(void **state)
{
    struct fixture *f = *state;
    uint64_t before;

    begin(f);
    put(f, "a", "1");
    end(f);
    before = sw_store_stats(f->store)->n_changes;
    remove_name(f, "b");
    begin(f);
    assert_int_equal(sw_store_stats(f->store)->n_changes, before);
    end(f);
    assert_true(sw_store_stats(f->store)->n_changes > before);
}

static void an_object_that_cannot_be_read_is_passed_over(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "1");
    assert_int_equal(put_text(f, "{\"metadata\":{\"name\":\"b\",\"namespace\":\"shop\","
                                 "\"labels\":7}}"),
                     0);
    assert_holds(f, "a=1");
    assert_int_equal(sw_store_stats(f->store)->n_unreadable, 1);
    assert_string_equal(sw_store_stats(f->store)->unreadable.message,
                        "Service shop/b: metadata.labels: expected an object, found 7");
}

static void what_was_known_of_an_unreadable_object_stays(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "1");
    begin(f);
    assert_int_equal(put_text(f, "{\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\","
                                 "\"labels\":7}}"),
                     0);
    end(f);
    assert_holds(f, "a=1");
    remove_name(f, "a");
    assert_holds(f, "");
}

#define UNREADABLE(name) "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"labels\":7}}"

static size_t n_unreadable(const struct fixture *f)
{
    return sw_store_stats(f->store)->n_unreadable;
}

static void an_unreadable_object_counts_for_as_long_as_it_is_there(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "1");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(put_text(f, UNREADABLE("a")), 0); /* however often it changes */
        assert_int_equal(put_text(f, UNREADABLE("b")), 0);
    }
    assert_int_equal(n_unreadable(f), 2);
    put(f, "a", "2");
    assert_int_equal(n_unreadable(f), 1);
    put(f, "b", "1");
    assert_int_equal(n_unreadable(f), 0);
    assert_holds(f, "a=2 b=1");
    assert_int_equal(put_text(f, UNREADABLE("b")), 0);
    assert_int_equal(put_text(f, UNREADABLE("c")), 0);
    remove_name(f, "c");
    assert_int_equal(n_unreadable(f), 1);
    begin(f);
    assert_int_equal(put_text(f, UNREADABLE("d")), 0);
    end(f);
    assert_int_equal(n_unreadable(f), 1);
    assert_holds(f, "");
    begin(f);
    end(f);
    assert_int_equal(n_unreadable(f), 0);
}

static void what_could_never_be_read_changes_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t before;

    put(f, "a", "1");
    before = sw_store_stats(f->store)->n_changes;
    assert_int_equal(put_text(f, UNREADABLE("b")), 0);
    remove_name(f, "b");
    assert_int_equal(sw_store_stats(f->store)->n_changes, before);
}

/* An object of `depth` arrays, or of `n` small ones side by side; malloc'ed. */
static char *padded(const char *open, const char *close, size_t n)
{
    const char *head = "{\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\"},\"x\":[";
    size_t len = strlen(head), at = len, open_len = strlen(open), close_len = strlen(close);
    char *text = malloc(len + n * (open_len + close_len) + 8);

    assert_non_null(text);
    memcpy(text, head, len);
    for (size_t i = 0; i < n; i++, at += open_len)
        memcpy(text + at, open, open_len);
    for (size_t i = 0; i < n; i++, at += close_len)
        memcpy(text + at, close, close_len);
    memcpy(text + at, "1]}", 4);
    return text;
}

/* Whoever may write a free-form field could stop the index with one object otherwise. */
static void an_object_nested_too_deep_is_passed_over(void **state)
{
    struct fixture *f = *state;
    char *text = padded("[", "]", 5000);

    text[strlen(text) - 3] = ' ';
    put(f, "a", "1");
    begin(f);
    assert_int_equal(put_text(f, text), 0);
    end(f);
    assert_holds(f, "a=1");
    assert_int_equal(sw_store_stats(f->store)->n_unreadable, 1);
    assert_int_equal(f->sink.remove(f->sink.context, sw_str_from(text), NULL), 0);
    assert_holds(f, "");
    free(text);
}

static void an_object_that_explodes_when_read_is_passed_over(void **state)
{
    struct fixture *f = *state;
    char *text = padded("{},", "", 1000000);

    assert_int_equal(put_text(f, text), 0);
    assert_int_equal(sw_store_stats(f->store)->n_unreadable, 1);
    free(text);
    put(f, "b", "1");
    assert_holds(f, "b=1");
}

/* A Service of that name with a label of 1 MiB; malloc'ed. */
static char *large(int number)
{
    enum { LABEL = 1 << 20 };
    char *text = malloc(LABEL + 128);
    int n;

    assert_non_null(text);
    n = snprintf(text, 128,
                 "{\"metadata\":{\"name\":\"s%d\",\"namespace\":\"shop\",\"labels\":{\"v\":\"", number);
    memset(text + n, 'x', LABEL);
    strcpy(text + n + LABEL, "\"}}}");
    return text;
}

static int put_large(struct fixture *f, int number, struct sw_err *reterr)
{
    char *text = large(number);
    int r = f->sink.put(f->sink.context, sw_str_from(text), reterr);

    free(text);
    return r;
}

static void what_would_take_too_much_memory_is_not_kept(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};
    int n = 0;

    while (put_large(f, n, &err) == 0)
        n++;
    assert_int_equal(err.code, SW_ELIMIT);
    assert_string_equal(err.message, "objects of kind Service of more than 48 MiB in all");
    assert_in_range(n, 40, 47);
    assert_int_equal(sw_store_stats(f->store)->n_objects, n);
    /* One takes the place of another, and who goes leaves room. */
    assert_int_equal(put_large(f, 0, NULL), 0);
    assert_int_equal(put_large(f, n, NULL), SW_ELIMIT);
    remove_name(f, "s0");
    assert_int_equal(put_large(f, n, NULL), 0);
}

static void remove_of_what_has_no_name_fails(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};

    assert_int_equal(f->sink.remove(f->sink.context, SW_STR("{}"), &err), SW_ETYPE);
    assert_string_equal(err.message, "metadata.name: expected a name");
    assert_int_equal(f->sink.remove(f->sink.context, SW_STR("{"), NULL), SW_ESYNTAX);
}

static void a_lease_holds_what_was_replaced_or_removed(void **state)
{
    struct fixture *f = *state;
    const struct sw_view *view;

    put(f, "a", "1");
    put(f, "b", "1");
    view = look(f);
    put(f, "a", "2");
    remove_name(f, "b");
    assert_int_equal(view->n_services, 2);
    assert_true(sw_str_is(view->services[1]->meta.name, "b"));
    assert_int_equal(view->services[0]->n_ports, 1);
}

static void a_lease_outlives_its_store(void **state)
{
    struct fixture *f = *state;
    const struct sw_view *view;

    put(f, "a", "1");
    view = look(f);
    sw_store_free(f->store);
    f->store = NULL;
    assert_true(sw_str_is(view->services[0]->meta.name, "a"));
}

static void two_leases_hold_one_object(void **state)
{
    struct fixture *f = *state;
    struct sw_store_lease *other;
    struct sw_view_builder builder;

    put(f, "a", "1");
    look(f);
    sw_view_builder_init(&builder, (struct sw_view_source){.cluster = SW_STR("x")}, &f->arena);
    assert_int_equal(sw_store_lease(f->store, &builder, &other, NULL), 0);
    remove_name(f, "a");
    sw_store_lease_free(other);
    assert_true(sw_str_is(f->view.services[0]->meta.name, "a"));
}

static void many_objects_are_found_again(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        put(f, name, "1");
    }
    assert_int_equal(sw_store_stats(f->store)->n_objects, 5000);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        remove_name(f, name);
    }
    assert_int_equal(sw_store_stats(f->store)->n_objects, 0);
}

static void without_memory_for_the_view_nothing_is_held(void **state)
{
    struct fixture *f = *state;
    struct sw_store_lease *lease = NULL;
    struct sw_view_builder builder;
    struct sw_arena small;

    put(f, "a", "1");
    sw_arena_init(&small, 16, 16);
    sw_view_builder_init(&builder, (struct sw_view_source){.cluster = SW_STR("x")}, &small);
    assert_int_equal(sw_store_lease(f->store, &builder, &lease, NULL), SW_ENOMEM);
    assert_null(lease);
    remove_name(f, "a"); /* the sanitizer sees whether it is freed once */
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(put_adds_and_replaces),
        STORE_TEST(remove_takes_away_what_is_there),
        STORE_TEST(end_removes_what_the_picture_did_not_show),
        STORE_TEST(begin_again_forgets_half_a_picture),
        STORE_TEST(changes_are_counted),
        STORE_TEST(an_object_that_cannot_be_read_is_passed_over),
        STORE_TEST(what_was_known_of_an_unreadable_object_stays),
        STORE_TEST(an_unreadable_object_counts_for_as_long_as_it_is_there),
        STORE_TEST(what_could_never_be_read_changes_nothing),
        STORE_TEST(an_object_nested_too_deep_is_passed_over),
        STORE_TEST(an_object_that_explodes_when_read_is_passed_over),
        STORE_TEST(what_would_take_too_much_memory_is_not_kept),
        STORE_TEST(remove_of_what_has_no_name_fails),
        STORE_TEST(a_lease_holds_what_was_replaced_or_removed),
        STORE_TEST(a_lease_outlives_its_store),
        STORE_TEST(two_leases_hold_one_object),
        STORE_TEST(many_objects_are_found_again),
        STORE_TEST(without_memory_for_the_view_nothing_is_held),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
