/* pkg/sync/store.c: objects that cannot be read, or are too much. */
#include "store_fixture.h"

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

#define UNREADABLE(name)                                                                           \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"labels\":7}}"

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
                 "{\"metadata\":{\"name\":\"s%d\",\"namespace\":\"shop\","
                 "\"labels\":{\"v\":\"",
                 number);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_object_that_cannot_be_read_is_passed_over),
        STORE_TEST(what_was_known_of_an_unreadable_object_stays),
        STORE_TEST(an_unreadable_object_counts_for_as_long_as_it_is_there),
        STORE_TEST(what_could_never_be_read_changes_nothing),
        STORE_TEST(an_object_nested_too_deep_is_passed_over),
        STORE_TEST(an_object_that_explodes_when_read_is_passed_over),
        STORE_TEST(what_would_take_too_much_memory_is_not_kept),
        STORE_TEST(remove_of_what_has_no_name_fails),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
