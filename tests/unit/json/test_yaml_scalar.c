/* pkg/json/yaml_scalar.c: the table of go-yaml v2. What is expected below is what sigs.k8s.io/yaml
 * 1.6.0 made of the same text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/cleanup.h"
#include "json/yaml_scalar.h"

#define N_OF(array) (sizeof(array) / sizeof(*(array)))

static void assert_type(const char *text, enum sw_yaml_type type)
{
    struct sw_yaml_scalar scalar = sw_yaml_scalar_resolve(sw_str_from(text));

    if (scalar.type != type)
        fail_msg("%s: type %d, not %d", text, (int)scalar.type, (int)type);
    assert_true(sw_str_is(scalar.text, text));
}

static void resolve_the_words_of_yaml_1_1(void **state)
{
    static const char *const yes[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                      "True", "TRUE", "on",  "On",  "ON"};
    static const char *const no[] = {"n",     "N",     "no",  "No",  "NO", "false",
                                     "False", "FALSE", "off", "Off", "OFF"};
    static const char *const null[] = {"", "~", "null", "Null", "NULL"};

    (void)state;
    for (size_t i = 0; i < N_OF(yes); i++) {
        assert_type(yes[i], SW_YAML_BOOLEAN);
        assert_true(sw_yaml_scalar_resolve(sw_str_from(yes[i])).boolean);
    }
    for (size_t i = 0; i < N_OF(no); i++) {
        assert_type(no[i], SW_YAML_BOOLEAN);
        assert_false(sw_yaml_scalar_resolve(sw_str_from(no[i])).boolean);
    }
    for (size_t i = 0; i < N_OF(null); i++)
        assert_type(null[i], SW_YAML_NULL);
}

static void resolve_integers_of_every_base(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"80", 80},
        {"+80", 80},
        {"-80", -80},
        {"1_000", 1000},
        {"1__0_", 10},
        {"-_1", -1},
        {"017", 15},
        {"-017", -15},
        {"0o17", 15},
        {"0O17", 15},
        {"0b101", 5},
        {"0B101", 5},
        {"0x1F", 31},
        {"0X1f", 31},
        {"+_0x_f", 15},
        {"0_x1f", 31},
        {"-0xFF", -255},
        {"0b-101", -5},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"-0x8000000000000000", INT64_MIN},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_type(cases[i].text, SW_YAML_INTEGER);
        assert_int_equal(sw_yaml_scalar_resolve(sw_str_from(cases[i].text)).integer,
                         cases[i].value);
    }
}

static void resolve_reals(void **state)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"80.0", 80},       {"1.5", 1.5},        {"+.5", 0.5},         {"-.5e-3", -0.0005},
        {".5", 0.5},        {".5_0", 0.5},       {".5e1_0", 5e9},      {"5.", 5},
        {"5.e3", 5000},     {"1e3", 1000},       {"1E+3", 1000},       {"1_0.5", 10.5},
        {"09", 9},          {"-08", -8},         {"1e-400", 0},        {"5e-324", 5e-324},
        {".inf", HUGE_VAL}, {"+.Inf", HUGE_VAL}, {"-.INF", -HUGE_VAL},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_type(cases[i].text, SW_YAML_REAL);
        assert_true(sw_yaml_scalar_resolve(sw_str_from(cases[i].text)).real == cases[i].value);
    }
    assert_type(".NaN", SW_YAML_REAL);
    assert_true(isnan(sw_yaml_scalar_resolve(SW_STR(".nan")).real));
}

static void resolve_what_only_looks_like_something(void **state)
{
    static const char *const cases[] = {
        "yEs",
        "tRue",
        "nULL",
        ".nAn",
        "=",
        "<<",
        "bookinfo",
        "*",
        "+",
        "-",
        "--1",
        "_1",
        ".",
        "..",
        ".e5",
        "._5",
        ".5_",
        ".5__0",
        "1e",
        "1e+",
        "1.5.2",
        "0x",
        "0b",
        "0b12",
        "0o18",
        "0xfg",
        "1e400",
        ".5e400",
        "2026-11-23",
        "2026-11-23T10:00:00Z",
        "12:30",
        "10.0.0.1",
        "+0x8000000000000000",
        "1 2",
        "0b-",
        "-0x8000000000000001",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_type(cases[i], SW_YAML_STRING);
    assert_int_equal(sw_yaml_scalar_resolve(SW_STR("1\0")).type, SW_YAML_STRING);
}

static void resolve_what_is_too_large(void **state)
{
    char zeros[SW_YAML_MAX_NUMBER_LEN + 2] = {0};

    (void)state;
    assert_type("9223372036854775808", SW_YAML_TOO_LARGE);
    assert_type("-9223372036854775809", SW_YAML_TOO_LARGE);
    assert_type("18446744073709551616", SW_YAML_TOO_LARGE);
    assert_type("0x8000000000000000", SW_YAML_TOO_LARGE);
    assert_type("0777777777777777777777777", SW_YAML_TOO_LARGE);
    memset(zeros, '0', SW_YAML_MAX_NUMBER_LEN + 1);
    assert_type(zeros, SW_YAML_TOO_LARGE);
    zeros[SW_YAML_MAX_NUMBER_LEN] = 'x';
    assert_type(zeros, SW_YAML_STRING);
    zeros[SW_YAML_MAX_NUMBER_LEN] = '\0';
    assert_type(zeros, SW_YAML_INTEGER);
}

static int resolve_tagged(const char *tag, const char *text, struct sw_yaml_scalar *ret,
                          struct sw_err *reterr)
{
    return sw_yaml_scalar_resolve_tagged(sw_str_from(text), tag, ret, reterr);
}

static void resolve_tagged_takes_what_fits(void **state)
{
    struct sw_yaml_scalar scalar;

    (void)state;
    assert_int_equal(resolve_tagged("tag:yaml.org,2002:str", "12", &scalar, NULL), 0);
    assert_int_equal(scalar.type, SW_YAML_STRING);
    assert_int_equal(resolve_tagged("!", "yes", &scalar, NULL), 0);
    assert_int_equal(scalar.type, SW_YAML_STRING);
    assert_int_equal(resolve_tagged("tag:yaml.org,2002:int", "0x10", &scalar, NULL), 0);
    assert_int_equal(scalar.type, SW_YAML_INTEGER);
    assert_int_equal(scalar.integer, 16);
    assert_int_equal(resolve_tagged("tag:yaml.org,2002:float", "3", &scalar, NULL), 0);
    assert_int_equal(scalar.type, SW_YAML_REAL);
    assert_true(scalar.real == 3);
    assert_int_equal(resolve_tagged("tag:yaml.org,2002:bool", "off", &scalar, NULL), 0);
    assert_int_equal(scalar.type, SW_YAML_BOOLEAN);
    assert_int_equal(resolve_tagged("tag:yaml.org,2002:null", "", &scalar, NULL), 0);
    assert_int_equal(scalar.type, SW_YAML_NULL);
    assert_int_equal(resolve_tagged("tag:yaml.org,2002:timestamp", "2026-11-23", &scalar, NULL), 0);
    assert_int_equal(scalar.type, SW_YAML_STRING);
}

static void resolve_tagged_refuses_the_rest(void **state)
{
    static const struct {
        const char *tag, *text, *message;
    } cases[] = {
        {"tag:yaml.org,2002:int", "1.5",
         "\"1.5\" has the tag tag:yaml.org,2002:int but is a number"},
        {"tag:yaml.org,2002:int", "x", "\"x\" has the tag tag:yaml.org,2002:int but is a string"},
        {"tag:yaml.org,2002:bool", "1",
         "\"1\" has the tag tag:yaml.org,2002:bool but is an integer"},
        {"tag:yaml.org,2002:null", "no",
         "\"no\" has the tag tag:yaml.org,2002:null but is a boolean"},
        {"tag:yaml.org,2002:float", "", "\"\" has the tag tag:yaml.org,2002:float but is null"},
        {"tag:yaml.org,2002:float", "9223372036854775808",
         "\"9223372036854775808\" has the tag tag:yaml.org,2002:float but is a number too large "
         "for 64 bits"},
        {"tag:yaml.org,2002:binary", "aGk=", "the tag tag:yaml.org,2002:binary is not known here"},
        {"!mine", "x", "the tag !mine is not known here"},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct sw_yaml_scalar scalar = {.integer = 77};
        struct sw_err err = {0};

        assert_int_equal(resolve_tagged(cases[i].tag, cases[i].text, &scalar, &err), SW_ESYNTAX);
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(scalar.integer, 77);
    }
}

static void value_is_what_kubectl_sends(void **state)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"~", "null"},
        {"yes", "true"},
        {"no", "false"},
        {"0x10", "16"},
        {"80.0", "80"},
        {"1e3", "1000"},
        {"-0.0", "0"},
        {"-1e2", "-100"},
        {"4611686018427387904.0", "4611686018427388000"},
        {"9.2e18", "9200000000000000000"},
        {"0.1", "0.10000000000000001"},
        {"9.3e18", "9.3e18"},
        {"1e21", "1e21"},
        {"text", "\"text\""},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct sw_yaml_scalar scalar = sw_yaml_scalar_resolve(sw_str_from(cases[i].text));
        SW_CLEANUP(sw_cleanup_free) char *json = NULL;
        json_t *value;

        assert_int_equal(sw_yaml_scalar_value(&scalar, &value, NULL), 0);
        json = json_dumps(value, JSON_ENCODE_ANY);
        assert_string_equal(json, cases[i].json);
        json_decref(value);
    }
}

static void value_refuses_what_json_cannot_hold(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {".inf", ".inf is not a number that JSON can hold"},
        {".NaN", ".NaN is not a number that JSON can hold"},
        {"9223372036854775808", "the number 9223372036854775808 does not fit in 64 bits; quote it "
                                "if it is a text"},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct sw_yaml_scalar scalar = sw_yaml_scalar_resolve(sw_str_from(cases[i].text));
        struct sw_err err = {0};
        json_t *value = NULL;

        assert_int_equal(sw_yaml_scalar_value(&scalar, &value, &err), SW_ESYNTAX);
        assert_string_equal(err.message, cases[i].message);
        assert_null(value);
    }
}

static void key_is_the_name_that_kubectl_makes(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"name", "name"},
        {"yes", "true"},
        {"Off", "false"},
        {"0x10", "16"},
        {"-7", "-7"},
        {"1.0", "1"},
        {"-0.0", "-0"},
        {"0.1", "0.1"},
        {"1.50", "1.5"},
        {"123456.0", "123456"},
        {"1234567.0", "1.234567e+06"},
        {"1e6", "1e+06"},
        {"0.0001", "0.0001"},
        {"1e-5", "1e-05"},
        {"16777217.0", "1.6777216e+07"},
        {"3.4028235e38", "3.4028235e+38"},
        {"3.4028236e38", ".inf"},
        {"-1e300", "-.inf"},
        {".nan", ".nan"},
        {"<<", "<<"},
    };
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 1024, 1 << 16);
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct sw_yaml_scalar scalar = sw_yaml_scalar_resolve(sw_str_from(cases[i].text));
        struct sw_str name;

        assert_int_equal(sw_yaml_scalar_key(&scalar, &arena, &name, NULL), 0);
        if (!sw_str_is(name, cases[i].name))
            fail_msg("%s: %.*s, not %s", cases[i].text, SW_STR_ARG(name), cases[i].name);
    }
}

static void key_refuses_what_cannot_be_a_name(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_yaml_scalar scalar = sw_yaml_scalar_resolve(SW_STR("~"));
    struct sw_err err = {0};
    struct sw_str name = SW_STR("untouched");

    (void)state;
    sw_arena_init(&arena, 16, 16);
    assert_int_equal(sw_yaml_scalar_key(&scalar, &arena, &name, &err), SW_ESYNTAX);
    assert_string_equal(err.message, "null cannot be a key");
    scalar = sw_yaml_scalar_resolve(SW_STR("9223372036854775808"));
    assert_int_equal(sw_yaml_scalar_key(&scalar, &arena, &name, &err), SW_ESYNTAX);
    scalar = (struct sw_yaml_scalar){.text = SW_STR("a\0b")};
    assert_int_equal(sw_yaml_scalar_key(&scalar, &arena, &name, &err), SW_ESYNTAX);
    assert_string_equal(err.message, "a key cannot hold a NUL byte");
    scalar = sw_yaml_scalar_resolve(SW_STR("-9223372036854775808"));
    assert_int_equal(sw_yaml_scalar_key(&scalar, &arena, &name, &err), SW_ENOMEM);
    scalar = sw_yaml_scalar_resolve(SW_STR("1.2345678901234567"));
    sw_arena_release(&arena);
    sw_arena_init(&arena, 1, 1);
    assert_int_equal(sw_yaml_scalar_key(&scalar, &arena, &name, &err), SW_ENOMEM);
    assert_true(sw_str_is(name, "untouched"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolve_the_words_of_yaml_1_1),
        cmocka_unit_test(resolve_integers_of_every_base),
        cmocka_unit_test(resolve_reals),
        cmocka_unit_test(resolve_what_only_looks_like_something),
        cmocka_unit_test(resolve_what_is_too_large),
        cmocka_unit_test(resolve_tagged_takes_what_fits),
        cmocka_unit_test(resolve_tagged_refuses_the_rest),
        cmocka_unit_test(value_is_what_kubectl_sends),
        cmocka_unit_test(value_refuses_what_json_cannot_hold),
        cmocka_unit_test(key_is_the_name_that_kubectl_makes),
        cmocka_unit_test(key_refuses_what_cannot_be_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
