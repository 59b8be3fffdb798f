/* pkg/kube/fleet_secrets.c and fleet.c: Secrets that cannot be read or kept, and who cannot be
 * told.
 */
#include "fleet_fixture.h"

static void an_unreadable_secret_leaves_what_it_said(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put_text(f, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"west\":[\"s3cret\"]}}");
    assert_told(f, "[Secret sys/a cannot be read, what it said before stays: data.west: expected "
                   "a string, found an array] ");
    put_text(f, "{\"metadata\":{\"name\":\"b\"},\"data\":{\"west\":\"s3cret!\"}}");
    assert_told(f, "[Secrets of namespace sys: 1 passed over; the last is b: data.west: not base64 "
                   "at byte 6] ");
    assert_int_equal(status(f).n_findings, 2);
    put(f, "a", 10, "west=w1");
    assert_told(f, "");
    assert_int_equal(status(f).n_findings, 1);
}

static void secrets_have_a_cap(void **state)
{
    struct fixture *f = *state;
    struct sw_fleet_status now;
    char name[32];

    begin(f);
    for (int i = 0; i < SW_FLEET_SECRETS_MAX + 3; i++) {
        snprintf(name, sizeof(name), "s%04d", i);
        put(f, name, 10, "");
    }
    end(f);
    step(f);
    now = status(f);
    assert_true(now.synced);
    assert_int_equal(now.n_findings, 1);
    sw_buf_append(&f->told, "", 1);
    assert_non_null(strstr(f->told.data, "3 passed over; the last is s1022: there are too many"));
}

/* A Secret whose one key holds so many bytes, which are no kubeconfig. */
static void put_bytes(struct fixture *f, const char *name, const char *key, size_t n_bytes)
{
    char *bytes = calloc(1, n_bytes);
    struct sw_buf text;

    assert_non_null(bytes);
    sw_buf_init(&text, 2 * n_bytes + 1024);
    sw_buf_printf(&text,
                  "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"sys\",\"creationTimestamp\":"
                  "\"2026-01-01T00:00:10Z\"},\"data\":{\"%s\":\"",
                  name, key);
    sw_buf_append_base64(&text, bytes, n_bytes);
    sw_buf_append(&text, "\"}}", 4);
    assert_int_equal(sw_buf_status(&text, NULL), 0);
    put_text(f, text.data);
    sw_buf_release(&text);
    free(bytes);
}

/* What it said before stays, as where it cannot be read. */
static void a_secret_that_has_grown_too_large_leaves_what_it_said(void **state)
{
    const size_t mib = (size_t)1 << 20, spare = 65536;
    struct fixture *f = *state;

    begin(f);
    put(f, "a", 10, "west=w1");
    for (size_t i = 0; i < SW_FLEET_SECRETS_MAX_BYTES / mib; i++) {
        char name[8];

        snprintf(name, sizeof(name), "b%zu", i);
        put_bytes(f, name, "_", mib - spare / 16);
    }
    end(f);
    step(f);
    sw_buf_append(&f->told, "", 1);
    assert_non_null(strstr(f->told.data, "+west=w1 "));
    sw_buf_clear(&f->told);
    put_bytes(f, "a", "west", 2 * spare);
    assert_told(f, "[Secret sys/a cannot be read, what it said before stays: together they are too "
                   "large] ");
    assert_int_equal(status(f).n_clusters, 1);
    put(f, "a", 10, "west=w2"); /* what fits is taken in again */
    assert_told(f, "~west=w2 ");
}

static void an_event_that_cannot_be_taken_comes_again(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "a", 10, "west=w1");
    end(f);
    f->n_failures = 1;
    assert_true(step(f) <= f->now_ms + 1000);
    assert_false(status(f).synced);
    assert_told(f, "+west=w1 ");
    assert_true(status(f).synced);
    remove_secret(f, "a");
    f->n_failures = 2;
    step(f);
    step(f);
    assert_told(f, "-west ");
    assert_int_equal(status(f).n_clusters, 0);
}

static void free_of_nothing_is_allowed(void **state)
{
    (void)state;
    sw_fleet_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unreadable_secret_leaves_what_it_said),
        TEST(secrets_have_a_cap),
        TEST(a_secret_that_has_grown_too_large_leaves_what_it_said),
        TEST(an_event_that_cannot_be_taken_comes_again),
        cmocka_unit_test(free_of_nothing_is_allowed),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
