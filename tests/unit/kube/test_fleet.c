/* pkg/kube/fleet.c and its parts: which clusters Secrets name, and when somebody is told. */
#include "fleet_fixture.h"

static void nothing_is_told_before_the_picture_is_whole(void **state)
{
    struct fixture *f = *state;

    assert_told(f, "");
    begin(f);
    put(f, "b", 20, "west=late");
    assert_told(f, "");
    assert_false(status(f).synced);
    assert_int_equal(status(f).error.code, 0); /* nothing has failed */
    put(f, "a", 10, "west=w1 east=e1");
    end(f);
    assert_false(status(f).synced); /* not before it was told */
    assert_told(f, "[Secret sys/b, key west: passed over, for Secret a, which is older, has that "
                   "name too] +east=e1 +west=w1 ");
    assert_true(status(f).synced);
    assert_int_equal(status(f).error.code, 0);
    assert_int_equal(status(f).n_clusters, 2);
    assert_int_equal(status(f).n_findings, 1);
}

static void a_picture_of_nothing_is_synced(void **state)
{
    struct fixture *f = *state;

    begin(f);
    end(f);
    assert_told(f, "");
    assert_true(status(f).synced);
    assert_int_equal(status(f).n_clusters, 0);
}

static void a_secret_that_comes_changes_and_goes_is_told(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "b", 20, "east=e1");
    assert_told(f, "+east=e1 ");
    put(f, "b", 20, "east=e2");
    assert_told(f, "~east=e2 ");
    remove_secret(f, "b");
    assert_told(f, "-east ");
    assert_told(f, "");
}

static void a_key_that_goes_removes_its_cluster_alone(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "a", 10, "west=w1 east=e1");
    assert_told(f, "+east=e1 ");
    put(f, "a", 10, "east=e1");
    assert_told(f, "-west ");
    put(f, "a", 10, "");
    assert_told(f, "-east ");
}

static void what_a_new_picture_lacks_is_gone(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    begin(f);
    assert_told(f, "");
    put(f, "b", 20, "east=e1");
    assert_told(f, ""); /* half a picture */
    end(f);
    assert_told(f, "-west +east=e1 ");
}

static void an_identical_kubeconfig_changes_nothing(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "a", 10, "west=w1");
    assert_told(f, "");
    begin(f);
    put(f, "b", 20, "west=w1"); /* whatever Secret it comes from */
    end(f);
    assert_told(f, "");
}

static void the_older_secret_has_the_name(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "younger", 11, "west=w2");
    assert_told(f, "[Secret sys/younger, key west: passed over, for Secret a, which is older, has "
                   "that name too] ");
    put(f, "younger", 11, "west=w3"); /* the same finding is not said twice */
    assert_told(f, "");
    put(f, "older", 9, "west=w0");
    assert_told(f, "[Secret sys/a, key west: passed over, for Secret older, which is older, has "
                   "that name too] [Secret sys/younger, key west: passed over, for Secret older, "
                   "which is older, has that name too] ~west=w0 ");
    remove_secret(f, "older");
    remove_secret(f, "a");
    assert_told(f, "~west=w3 ");
    put(f, "A", 11, "west=w4"); /* of one age: by name */
    assert_told(f, "[Secret sys/younger, key west: passed over, for Secret A, which is older, has "
                   "that name too] ~west=w4 ");
}

static void names_of_others_are_passed_over(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "a", 10, "home=h given=g _x=x west=w1");
    end(f);
    assert_told(f, "[Secret sys/a, key _x: is no cluster's name: expected at most 63 letters, "
                   "digits, '-', '_' and '.' that begin and end with a letter or digit] "
                   "[Secret sys/a, key given: passed over, for a --cluster of the command line "
                   "has that name] +west=w1 ");
}

static void a_refused_kubeconfig_leaves_the_last_good_one(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "a", 10, "west=!w2");
    assert_told(f, "~west=w1(Secret sys/a, key west: user.exec: not supported; use a token or a "
                   "client certificate) ");
    put(f, "a", 10, "west=!w2");
    assert_told(f, "");
    put(f, "a", 10, "west=w1"); /* the good one again */
    assert_told(f, "~west=w1 ");
    put(f, "a", 10, "west=!w2");
    step(f);
    sw_buf_clear(&f->told);
    put(f, "a", 10, "west=w3");
    assert_told(f, "~west=w3 ");
}

static void a_cluster_that_never_had_a_good_one_is_told_of(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "a", 10, "west=!w1");
    end(f);
    assert_told(f, "+west(Secret sys/a, key west: user.exec: not supported; use a token or a "
                   "client certificate) ");
    assert_true(status(f).synced);
    put(f, "a", 10, "west=w2");
    assert_told(f, "~west=w2 ");
}

static void only_so_many_are_taken_up(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "b", 20, "c4=4 c5=5 c6=6");
    put(f, "a", 10, "c1=1 c2=2 c3=3");
    end(f);
    assert_told(f, "[Secret sys/b, key c5: left out, for there are 4 remote clusters of older "
                   "Secrets, and no room for more] [Secret sys/b, key c6: left out, for there are "
                   "4 remote clusters of older Secrets, and no room for more] "
                   "+c1=1 +c2=2 +c3=3 +c4=4 ");
    put(f, "a", 10, "c1=1 c3=3");
    assert_told(f, "-c2 +c5=5 "); /* what is said of c6 was said */
    assert_int_equal(status(f).n_findings, 1);
}

static void a_cluster_that_goes_and_comes_back_unheard_is_changed(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    remove_secret(f, "a");
    put(f, "b", 20, "west=w2");
    assert_told(f, "~west=w2 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_told_before_the_picture_is_whole),
        TEST(a_picture_of_nothing_is_synced),
        TEST(a_secret_that_comes_changes_and_goes_is_told),
        TEST(a_key_that_goes_removes_its_cluster_alone),
        TEST(what_a_new_picture_lacks_is_gone),
        TEST(an_identical_kubeconfig_changes_nothing),
        TEST(the_older_secret_has_the_name),
        TEST(names_of_others_are_passed_over),
        TEST(a_refused_kubeconfig_leaves_the_last_good_one),
        TEST(a_cluster_that_never_had_a_good_one_is_told_of),
        TEST(only_so_many_are_taken_up),
        TEST(a_cluster_that_goes_and_comes_back_unheard_is_changed),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
