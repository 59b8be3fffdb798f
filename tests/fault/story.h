/*
 * Stories told again and again, with the n-th allocation failing, for n = 1, 2, ... until none
 * does.
 *
 * A story deals with the failure as its user would: it sees to it that everything is as documented
 * after it, does the same once more, and comes to the end that it comes to with all the memory
 * there is. Never a crash, never a block of memory left behind.
 */
#ifndef STORY_H
#define STORY_H

#include <stdbool.h>
#include <stddef.h>

struct story {
    const char *name;
    bool (*begin)(void); /* with all the memory there is; false: it cannot; NULL: nothing to do */
    bool (*tell)(void);  /* true if it ended as it should */
    void (*end)(void);   /* frees everything, after a tell() that failed too; NULL: nothing to do */
};

/* Tells all of them; the exit status. */
int stories_tell(const struct story *stories, size_t n);

#endif
