/* pkg/failover/reason.c: each reason has a word and a sentence of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "failover/reason.h"

static const enum sw_reason all[] = {
#define REASON(name, word, sentence) name,
    SW_REASON_MAP(REASON)
#undef REASON
};

#define N_REASONS (sizeof(all) / sizeof(*all))

static void word_is_camel_case_and_given_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_REASONS; i++) {
        const char *word = sw_reason_word(all[i]);

        assert_true(word[0] >= 'A' && word[0] <= 'Z');
        assert_int_equal(strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0"
                                      "123456789"),
                         strlen(word));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(word, sw_reason_word(all[j]));
    }
}

static void sentence_is_one_line_without_an_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_REASONS; i++) {
        const char *sentence = sw_reason_sentence(all[i]);

        assert_true(strlen(sentence) > 0);
        assert_null(strpbrk(sentence, "\n\t"));
        assert_int_not_equal(sentence[strlen(sentence) - 1], '.');
    }
}

static void word_and_sentence_belong_to_their_reason(void **state)
{
    (void)state;
    assert_string_equal(sw_reason_word(SW_EXPOSED), "Exposed");
    assert_string_equal(sw_reason_word(SW_NO_NAMED_TCP_PORT), "NoNamedTCPPort");
    assert_string_equal(sw_reason_sentence(SW_DISABLED), "failover: disable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(word_is_camel_case_and_given_once),
        cmocka_unit_test(sentence_is_one_line_without_an_end),
        cmocka_unit_test(word_and_sentence_belong_to_their_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
