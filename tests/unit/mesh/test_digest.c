/* pkg/mesh/digest.c: SHA-256, by the vectors of FIPS 180-4 and around the ends of its blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mesh/digest.h"

static void check_hash(const struct sw_sha256 *hash, const char *expected)
{
    struct sw_digest digest = sw_sha256_digest(hash);
    char hex[65] = {0};

    sw_digest_hex(&digest, hex, 64);
    assert_string_equal(hex, expected);
}

static void check(const char *text, const char *expected)
{
    struct sw_sha256 hash;

    sw_sha256_init(&hash);
    sw_sha256_add_str(&hash, sw_str_from(text));
    check_hash(&hash, expected);
}

static void digest_of_the_published_vectors(void **state)
{
    (void)state;
    check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
          "lmnopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void digest_of_a_million_letters(void **state)
{
    struct sw_sha256 hash;

    (void)state;
    sw_sha256_init(&hash);
    for (int i = 0; i < 100000; i++)
        sw_sha256_add(&hash, "aaaaaaaaaa", 10);
    check_hash(&hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* 55 bytes are the last that leave room for the length in their block; 56 and 64 do not. */
static void digest_where_the_padding_needs_another_block(void **state)
{
    (void)state;
    check("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    check("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    check("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

static void digest_leaves_the_hash_to_go_on(void **state)
{
    struct sw_sha256 hash;

    (void)state;
    sw_sha256_init(&hash);
    sw_sha256_add(&hash, "a", 1);
    sw_sha256_digest(&hash);
    sw_sha256_add(&hash, "bc", 2);
    check_hash(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void eq_is_never_true_of_the_unset(void **state)
{
    struct sw_digest unset = {{0}}, a = {{1}}, b = {{1}}, c = {{1, 2}};

    (void)state;
    assert_false(sw_digest_eq(&unset, &unset));
    assert_true(sw_digest_eq(&a, &b));
    assert_false(sw_digest_eq(&a, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_of_the_published_vectors),
        cmocka_unit_test(digest_of_a_million_letters),
        cmocka_unit_test(digest_where_the_padding_needs_another_block),
        cmocka_unit_test(digest_leaves_the_hash_to_go_on),
        cmocka_unit_test(eq_is_never_true_of_the_unset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
