#include "base/utc.h"

#include <stdio.h>

#include "base/banned.h"

/* Days since 1970-01-01 as a date of the Gregorian calendar: years begin in March, so that the leap
 * day is the last one (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
void sw_utc_write(int64_t unix_s, char ret[SW_UTC_SIZE])
{
    const uint64_t day = (uint64_t)unix_s / 86400 + 719468; /* since 0000-03-01 */
    const unsigned int second = (unsigned int)((uint64_t)unix_s % 86400);
    const unsigned int in_era = (unsigned int)(day % 146097);
    const unsigned int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const unsigned int in_year = in_era - (365 * year + year / 4 - year / 100);
    const unsigned int month = (5 * in_year + 2) / 153; /* 0 is March */
    const unsigned int after = month >= 10;             /* it is of the next year */

    snprintf(ret, SW_UTC_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ",
             (year + (unsigned int)(day / 146097) * 400 + after) % 10000,
             (after ? month - 9 : month + 3) % 100, (in_year - (153 * month + 2) / 5 + 1) % 100,
             second / 3600, second / 60 % 60, second % 60);
}
