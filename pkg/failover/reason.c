#include "failover/reason.h"

#include "base/banned.h"

static const struct {
    const char *word;
    const char *sentence;
} reasons[] = {
#define SW_REASON_ROW(name, word, sentence) [name] = {word, sentence},
    SW_REASON_MAP(SW_REASON_ROW)
#undef SW_REASON_ROW
};

const char *sw_reason_word(enum sw_reason reason)
{
    return reasons[reason].word;
}

const char *sw_reason_sentence(enum sw_reason reason)
{
    return reasons[reason].sentence;
}
