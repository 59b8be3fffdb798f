/* pkg/mesh/content.c: what an object says, as against how often it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "mesh/content.h"

/* The two halves of an object: between them goes what metadata has besides. */
#define META "{'kind':'K','metadata':{'name':'a','labels':{'x':'1'}"
#define SPEC "},'spec':{'b':1,'c':[1,2]}}"

#define BASE                                                                                       \
    "{'kind':'K','metadata':{'name':'a','generation':1,'resourceVersion':'5','labels':{'x':'1'}}," \
    "'spec':{'b':1,'c':[1,2]}"

static struct sw_digest digest_of(const char *text)
{
    struct sw_digest digest = {{0}};
    char json[512];
    json_t *object;

    snprintf(json, sizeof(json), "%s", text);
    for (char *p = json; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    object = json_loads(json, 0, NULL);
    assert_non_null(object);
    assert_int_equal(sw_content_digest(object, &digest, NULL), 0);
    json_decref(object);
    return digest;
}

static bool is_same(const char *a, const char *b)
{
    const struct sw_digest x = digest_of(a), y = digest_of(b);

    return sw_digest_eq(&x, &y);
}

static void what_is_written_about_it_is_no_content(void **state)
{
    static const char *const others[] = {
        BASE ",'status':{'conditions':[]}}",
        META ",'generation':2" SPEC,
        META ",'resourceVersion':'6'" SPEC,
        META ",'managedFields':[{'manager':'m'}]" SPEC,
        "{'kind':'K','metadata':{'name':'a','labels':{'x':'1'}},'spec':{'c':[1,2],'b':1}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        assert_true(is_same(BASE "}", others[i]));
}

static void all_else_is_content(void **state)
{
    static const char *const others[] = {
        "{'kind':'K','metadata':{'name':'a','labels':{'x':'2'}},'spec':{'b':1,'c':[1,2]}}",
        "{'kind':'K','metadata':{'name':'a','labels':{'x':'1'},'annotations':{}},'spec':{'b':1,"
        "'c':[1,2]}}",
        "{'kind':'K','metadata':{'name':'a','labels':{'x':'1'},'deletionTimestamp':'t'},'spec':{"
        "'b':1,'c':[1,2]}}",
        "{'kind':'K','metadata':{'name':'a','labels':{'x':'1'}},'spec':{'b':1,'c':[2,1]}}",
        "{'kind':'K','metadata':{'name':'a','labels':{'x':'1'}},'spec':{'b':1,'c':[1,2]},'more':1}",
        "{'kind':'K','metadata':{'name':'a','labels':{'x':'1'}}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        assert_false(is_same(BASE "}", others[i]));
}

/* Where metadata is missing, or is no object: nothing to leave out, and nothing to read. */
static void an_object_without_metadata_has_content(void **state)
{
    (void)state;
    assert_true(is_same("{'spec':1}", "{'spec':1,'metadata':7}"));
    assert_false(is_same("{'spec':1}", "{'spec':2}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_about_it_is_no_content),
        cmocka_unit_test(all_else_is_content),
        cmocka_unit_test(an_object_without_metadata_has_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
