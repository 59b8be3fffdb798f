#include "fault/story.h"

#include <stdio.h>

#include "fault/fault.h"

/* With the nth allocation failing, 0 for none; true if all held. *ret_count is how many there
 * were. */
static bool attempt(const struct story *story, size_t nth, size_t *ret_count)
{
    bool right;
    long left;

    fault_arm(0);
    right = !story->begin || story->begin();
    fault_aim(nth);
    right = right && story->tell();
    *ret_count = fault_spare();
    if (story->end)
        story->end();
    left = fault_disarm();
    if (!right)
        fprintf(stderr, "%s, allocation %zu failed: it does not end well\n", story->name, nth);
    if (left != 0)
        fprintf(stderr, "%s, allocation %zu failed: %ld blocks of memory are left behind\n",
                story->name, nth, left);
    return right && left == 0;
}

int stories_tell(const struct story *stories, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t n_allocations, count;

        if (!attempt(&stories[i], 0, &n_allocations))
            return 1;
        for (size_t nth = 1; nth <= n_allocations; nth++) {
            if (!attempt(&stories[i], nth, &count))
                return 1;
        }
        printf("%s: %zu allocations\n", stories[i].name, n_allocations);
        if (n_allocations == 0)
            return 1;
    }
    return 0;
}
