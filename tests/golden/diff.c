#include "golden/diff.h"

#include <stdlib.h>

#define MAX_LINES 2000

struct lines {
    struct sw_str items[MAX_LINES];
    size_t n;
};

static bool split(struct sw_str text, struct lines *ret)
{
    ret->n = 0;
    while (text.len) {
        if (ret->n == MAX_LINES)
            return false;
        ret->items[ret->n++] = sw_str_cut(&text, '\n');
    }
    return true;
}

static void write_line(char sign, struct sw_str line, struct sw_buf *buf)
{
    sw_buf_printf(buf, "%c %.*s\n", sign, SW_STR_ARG(line));
}

/* Fills table[i][j] with the length of the longest common subsequence of a from i and b from j. */
static void measure(const struct lines *a, const struct lines *b, unsigned short *table)
{
    size_t width = b->n + 1;

    for (size_t i = a->n; i-- > 0;) {
        for (size_t j = b->n; j-- > 0;) {
            unsigned short down = table[(i + 1) * width + j], right = table[i * width + j + 1];

            if (sw_str_eq(a->items[i], b->items[j]))
                table[i * width + j] = (unsigned short)(table[(i + 1) * width + j + 1] + 1);
            else
                table[i * width + j] = down > right ? down : right;
        }
    }
}

static void write_changes(const struct lines *a, const struct lines *b, const unsigned short *table,
                          struct sw_buf *buf)
{
    size_t width = b->n + 1, i = 0, j = 0;

    while (i < a->n || j < b->n) {
        if (i < a->n && j < b->n && sw_str_eq(a->items[i], b->items[j])) {
            write_line(' ', a->items[i++], buf);
            j++;
        } else if (j == b->n ||
                   (i < a->n && table[(i + 1) * width + j] >= table[i * width + j + 1])) {
            write_line('-', a->items[i++], buf);
        } else {
            write_line('+', b->items[j++], buf);
        }
    }
}

void golden_diff(struct sw_str expected, struct sw_str found, struct sw_buf *buf)
{
    struct lines *both = calloc(2, sizeof(*both));
    unsigned short *table = NULL;

    if (both && split(expected, &both[0]) && split(found, &both[1]))
        table = calloc((both[0].n + 1) * (both[1].n + 1), sizeof(*table));
    if (table) {
        measure(&both[0], &both[1], table);
        write_changes(&both[0], &both[1], table, buf);
    } else {
        sw_buf_printf(buf, "--- expected\n%.*s\n+++ found\n%.*s\n", SW_STR_ARG(expected),
                      SW_STR_ARG(found));
    }
    free(table);
    free(both);
}
