#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

/* Ends a message that was cut in "...", between two characters and not inside one: messages go out
 * as JSON, which is UTF-8 or nothing. */
static void mark_cut(char *message, int wanted)
{
    size_t at = SW_ERR_MESSAGE_SIZE - sizeof("...");

    if (wanted < SW_ERR_MESSAGE_SIZE)
        return;
    while (at > 0 && ((unsigned char)message[at] & 0xc0) == 0x80)
        at--;
    memcpy(message + at, "...", sizeof("..."));
}

int sw_err_set(struct sw_err *reterr, int code, const char *format, ...)
{
    va_list args;

    if (!reterr)
        return code;
    reterr->code = code;
    va_start(args, format);
    mark_cut(reterr->message, vsnprintf(reterr->message, sizeof(reterr->message), format, args));
    va_end(args);
    return code;
}

int sw_err_wrap(struct sw_err *reterr, const char *format, ...)
{
    char context[SW_ERR_MESSAGE_SIZE], inner[SW_ERR_MESSAGE_SIZE];
    va_list args;

    if (!reterr)
        return SW_EINTERNAL;
    va_start(args, format);
    mark_cut(context, vsnprintf(context, sizeof(context), format, args));
    va_end(args);
    memcpy(inner, reterr->message, sizeof(inner));
    mark_cut(reterr->message,
             snprintf(reterr->message, sizeof(reterr->message), "%s: %s", context, inner));
    return reterr->code;
}

int sw_err_nomem(struct sw_err *reterr)
{
    return sw_err_set(reterr, SW_ENOMEM, "%s", sw_err_sentence(SW_ENOMEM));
}

const char *sw_err_sentence(int code)
{
    switch (code) {
#define SW_ERR_CASE(name, value, sentence)                                                         \
    case value:                                                                                    \
        return sentence;
        SW_ERR_MAP(SW_ERR_CASE)
#undef SW_ERR_CASE
    default:
        return "unknown error";
    }
}
