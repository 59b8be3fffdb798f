/* pkg/base/err.c: codes come back, messages wrap from the outside in, cuts show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void set_fills_and_returns_the_code(void **state)
{
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_err_set(&err, SW_ETYPE, "%s: expected %d", "spec", 3), SW_ETYPE);
    assert_int_equal(err.code, SW_ETYPE);
    assert_string_equal(err.message, "spec: expected 3");
}

static void set_without_an_error_only_returns_the_code(void **state)
{
    (void)state;
    assert_int_equal(sw_err_set(NULL, SW_EIO, "lost"), SW_EIO);
    assert_int_equal(sw_err_nomem(NULL), SW_ENOMEM);
}

static void set_of_a_message_that_just_fits_keeps_it(void **state)
{
    struct sw_err err = {0};

    (void)state;
    sw_err_set(&err, SW_EIO, "%0*d", SW_ERR_MESSAGE_SIZE - 1, 7);
    assert_int_equal(strlen(err.message), SW_ERR_MESSAGE_SIZE - 1);
    assert_string_equal(err.message + SW_ERR_MESSAGE_SIZE - 4, "007");
}

static void set_of_a_longer_message_ends_in_dots(void **state)
{
    struct sw_err err = {0};

    (void)state;
    sw_err_set(&err, SW_EIO, "%0*d", SW_ERR_MESSAGE_SIZE, 7);
    assert_int_equal(strlen(err.message), SW_ERR_MESSAGE_SIZE - 1);
    assert_string_equal(err.message + SW_ERR_MESSAGE_SIZE - 5, "0...");
}

/* The cut may fall on any byte of a three-byte character: none may be left in half. */
static void set_cuts_between_characters(void **state)
{
    (void)state;
    for (int offset = 0; offset < 3; offset++) {
        struct sw_err err = {0};
        char text[SW_ERR_MESSAGE_SIZE + 8];
        size_t len;

        memset(text, 'a', (size_t)offset);
        for (size_t at = (size_t)offset; at + 3 < sizeof(text); at += 3)
            memcpy(text + at, "\xe2\x82\xac", 4);
        sw_err_set(&err, SW_EIO, "%s", text);
        len = strlen(err.message);
        assert_string_equal(err.message + len - 3, "...");
        assert_int_equal((len - 3 - (size_t)offset) % 3, 0);
        assert_memory_equal(err.message, text, len - 3);
        assert_true(len > SW_ERR_MESSAGE_SIZE - 4);
    }
}

static void wrap_puts_context_in_front(void **state)
{
    struct sw_err err = {0};

    (void)state;
    sw_err_set(&err, SW_ESYNTAX, "expected a comma");
    assert_int_equal(sw_err_wrap(&err, "document %d", 2), SW_ESYNTAX);
    assert_int_equal(sw_err_wrap(&err, "%s", "svc.yaml"), SW_ESYNTAX);
    assert_string_equal(err.message, "svc.yaml: document 2: expected a comma");
}

static void wrap_of_a_full_message_cuts_its_end(void **state)
{
    struct sw_err err = {0};

    (void)state;
    sw_err_set(&err, SW_EIO, "%0*d", SW_ERR_MESSAGE_SIZE - 1, 7);
    assert_int_equal(sw_err_wrap(&err, "while reading"), SW_EIO);
    assert_memory_equal(err.message, "while reading: 000", 18);
    assert_string_equal(err.message + SW_ERR_MESSAGE_SIZE - 5, "0...");
}

static void wrap_without_an_error_is_a_failure_of_ours(void **state)
{
    (void)state;
    assert_int_equal(sw_err_wrap(NULL, "context"), SW_EINTERNAL);
}

static void nomem_says_so(void **state)
{
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_err_nomem(&err), SW_ENOMEM);
    assert_int_equal(err.code, SW_ENOMEM);
    assert_string_equal(err.message, "out of memory");
}

static void sentence_of_every_code_is_its_own(void **state)
{
    static const int codes[] = {
#define CODE(name, value, sentence) name,
        SW_ERR_MAP(CODE)
#undef CODE
    };
    size_t n = sizeof(codes) / sizeof(*codes);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_true(codes[i] < 0);
        assert_string_not_equal(sw_err_sentence(codes[i]), "unknown error");
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(sw_err_sentence(codes[i]), sw_err_sentence(codes[j]));
    }
    assert_string_equal(sw_err_sentence(0), "unknown error");
    assert_string_equal(sw_err_sentence(-1000), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_and_returns_the_code),
        cmocka_unit_test(set_without_an_error_only_returns_the_code),
        cmocka_unit_test(set_of_a_message_that_just_fits_keeps_it),
        cmocka_unit_test(set_of_a_longer_message_ends_in_dots),
        cmocka_unit_test(set_cuts_between_characters),
        cmocka_unit_test(wrap_puts_context_in_front),
        cmocka_unit_test(wrap_of_a_full_message_cuts_its_end),
        cmocka_unit_test(wrap_without_an_error_is_a_failure_of_ours),
        cmocka_unit_test(nomem_says_so),
        cmocka_unit_test(sentence_of_every_code_is_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
