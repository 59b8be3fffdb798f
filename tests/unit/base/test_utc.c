#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utc.h"

static void times_are_of_the_calendar(void **state)
{
    static const struct {
        int64_t unix_s;
        const char *written;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},          {951782399, "2000-02-28T23:59:59Z"},
        {951782400, "2000-02-29T00:00:00Z"},  {951868800, "2000-03-01T00:00:00Z"},
        {1798761599, "2026-12-31T23:59:59Z"}, {1798761600, "2027-01-01T00:00:00Z"},
        {4107542400, "2100-03-01T00:00:00Z"},
    };
    char written[SW_UTC_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sw_utc_write(cases[i].unix_s, written);
        assert_string_equal(written, cases[i].written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_of_the_calendar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
