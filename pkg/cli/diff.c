#include "cli/diff.h"

#include "cli/style.h"

#include "base/banned.h"

/* Most edits that are looked for: the search takes memory with their square. */
#define MAX_EDITS 1000

struct lines {
    struct sw_str *items; /* arena; without their newlines */
    size_t n;
};

/* One line of the result. */
struct edit {
    char sign; /* ' ', '-' or '+' */
    struct sw_str line;
};

struct script {
    struct edit *edits; /* arena; in the end in the order of the texts */
    size_t n;
};

static int split(struct sw_str text, struct sw_arena *arena, struct lines *ret,
                 struct sw_err *reterr)
{
    struct lines lines = {NULL, 0};

    while (text.len) {
        struct sw_str line = sw_str_cut(&text, '\n');

        lines.items = sw_arena_push(arena, lines.items, lines.n, sizeof(*lines.items));
        if (!lines.items)
            return sw_err_nomem(reterr);
        lines.items[lines.n++] = line;
    }
    *ret = lines;
    return 0;
}

/* Myers, "An O(ND) Difference Algorithm" (1986): row d holds, for each diagonal k = -d, -d+2, ...,
 * d in turn, how far into `before` d edits reach on it; k is the position in before minus that in
 * after. */
struct search {
    const struct lines *before;
    const struct lines *after;
    size_t *rows[MAX_EDITS + 1]; /* arena */
};

/* Position in `after` for x in `before`, on the i-th diagonal of row d. */
static size_t y_at(size_t x, size_t d, size_t i)
{
    return x + d - 2 * i;
}

/* True if the i-th point of row d comes from an insertion (the i-th of the row before), false if
 * from a deletion (the one left of it). */
static bool is_insertion(const struct search *search, size_t d, size_t i)
{
    const size_t *row = search->rows[d - 1];

    return i == 0 || (i < d && row[i - 1] < row[i]);
}

/* Where the i-th point of row d starts, before the equal lines that follow. */
static size_t start_at(const struct search *search, size_t d, size_t i)
{
    if (d == 0)
        return 0;
    return is_insertion(search, d, i) ? search->rows[d - 1][i] : search->rows[d - 1][i - 1] + 1;
}

/* Fills row d. True when both texts' ends are reached. */
static bool fill_row(struct search *search, size_t d)
{
    for (size_t i = 0; i <= d; i++) {
        size_t x = start_at(search, d, i), y = y_at(x, d, i);

        /* A diagonal may leave the texts: x or y then lies behind an end. */
        while (x < search->before->n && y < search->after->n &&
               sw_str_eq(search->before->items[x], search->after->items[y])) {
            x++;
            y++;
        }
        search->rows[d][i] = x;
        if (x == search->before->n && y == search->after->n)
            return true;
    }
    return false;
}

static int add(struct script *script, struct sw_arena *arena, char sign, struct sw_str line,
               struct sw_err *reterr)
{
    struct edit *edits = sw_arena_push(arena, script->edits, script->n, sizeof(*edits));

    if (!edits)
        return sw_err_nomem(reterr);
    edits[script->n++] = (struct edit){sign, line};
    script->edits = edits;
    return 0;
}

static void reverse(struct script *script)
{
    for (size_t i = 0; i < script->n / 2; i++) {
        struct edit edit = script->edits[i];

        script->edits[i] = script->edits[script->n - 1 - i];
        script->edits[script->n - 1 - i] = edit;
    }
}

/* Walks back from both ends, which are on some diagonal of row d. */
static int trace_back(const struct search *search, size_t d, struct sw_arena *arena,
                      struct script *script, struct sw_err *reterr)
{
    size_t x = search->before->n, y = search->after->n;
    size_t i = (x + d - y) / 2;
    int r = 0;

    for (;; d--) {
        size_t start = start_at(search, d, i);

        while (r == 0 && x > start) {
            x--;
            y--;
            r = add(script, arena, ' ', search->before->items[x], reterr);
        }
        if (r < 0 || d == 0)
            break;
        if (is_insertion(search, d, i)) {
            y--;
            r = add(script, arena, '+', search->after->items[y], reterr);
        } else {
            x--;
            i--;
            r = add(script, arena, '-', search->before->items[x], reterr);
        }
    }
    reverse(script);
    return r;
}

/* All of one text out, all of the other in. */
static int replace_all(const struct lines *before, const struct lines *after,
                       struct sw_arena *arena, struct script *script, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < before->n; i++)
        r = add(script, arena, '-', before->items[i], reterr);
    for (size_t i = 0; r == 0 && i < after->n; i++)
        r = add(script, arena, '+', after->items[i], reterr);
    return r;
}

static int compare(const struct lines *before, const struct lines *after, struct sw_arena *arena,
                   struct script *script, struct sw_err *reterr)
{
    struct search *search = sw_arena_alloc(arena, sizeof(*search));

    if (!search)
        return sw_err_nomem(reterr);
    search->before = before;
    search->after = after;
    for (size_t d = 0; d <= MAX_EDITS; d++) {
        search->rows[d] = sw_arena_alloc(arena, (d + 1) * sizeof(*search->rows[d]));
        if (!search->rows[d])
            return sw_err_nomem(reterr);
        if (fill_row(search, d))
            return trace_back(search, d, arena, script, reterr);
    }
    return replace_all(before, after, arena, script, reterr);
}

/* The end of the hunk whose first change is at `from`: where more than two contexts of equal lines
 * begin, or the script ends. */
static size_t hunk_end(const struct script *script, size_t from)
{
    size_t end = from;

    for (size_t i = from; i < script->n && i - end <= 2 * SW_DIFF_CONTEXT; i++) {
        if (script->edits[i].sign != ' ')
            end = i + 1;
    }
    return end;
}

/* "12,3", or "12" for one line, as diff writes it; an empty range begins one line earlier. */
static void write_range(size_t first, size_t n, struct sw_buf *buf)
{
    sw_buf_printf(buf, "%zu", n ? first + 1 : first);
    if (n != 1)
        sw_buf_printf(buf, ",%zu", n);
}

static void write_line(const struct edit *edit, struct sw_diff_format format, struct sw_buf *buf)
{
    enum sw_style style = edit->sign == '-'   ? SW_STYLE_REMOVED
                          : edit->sign == '+' ? SW_STYLE_ADDED
                                              : SW_STYLE_PLAIN;

    sw_buf_printf(buf, "%*s%s%c%.*s%s\n", (int)format.indent, "",
                  sw_style_begin(style, format.colours), edit->sign, SW_STR_ARG(edit->line),
                  sw_style_end(style, format.colours));
}

/* Where each text stands before the edits of a hunk. */
struct position {
    size_t before, after;
};

static void advance(struct position *position, const struct script *script, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        position->before += script->edits[i].sign != '+';
        position->after += script->edits[i].sign != '-';
    }
}

/* The edits from `from` to `to`; moves `position` from before them to behind them. */
static void write_hunk(const struct script *script, size_t from, size_t to,
                       struct position *position, struct sw_diff_format format, struct sw_buf *buf)
{
    struct position start = *position;

    advance(position, script, from, to);
    sw_buf_printf(buf, "%*s%s@@ -", (int)format.indent, "",
                  sw_style_begin(SW_STYLE_PLACE, format.colours));
    write_range(start.before, position->before - start.before, buf);
    sw_buf_append_text(buf, " +");
    write_range(start.after, position->after - start.after, buf);
    sw_buf_printf(buf, " @@%s\n", sw_style_end(SW_STYLE_PLACE, format.colours));
    for (size_t i = from; i < to; i++)
        write_line(&script->edits[i], format, buf);
}

static void write_script(const struct script *script, struct sw_diff_format format,
                         struct sw_buf *buf)
{
    struct position position = {0, 0};
    size_t done = 0;

    for (size_t i = 0; i < script->n; i++) {
        size_t from, to;

        if (script->edits[i].sign == ' ')
            continue;
        from = i > done + SW_DIFF_CONTEXT ? i - SW_DIFF_CONTEXT : done;
        i = hunk_end(script, i);
        to = i + SW_DIFF_CONTEXT < script->n ? i + SW_DIFF_CONTEXT : script->n;
        advance(&position, script, done, from);
        write_hunk(script, from, to, &position, format, buf);
        done = to;
        i = to - 1;
    }
}

int sw_diff_write(struct sw_str before, struct sw_str after, struct sw_diff_format format,
                  struct sw_arena *arena, struct sw_buf *buf, struct sw_err *reterr)
{
    struct script script = {NULL, 0};
    struct lines a, b;
    int r = split(before, arena, &a, reterr);

    if (r == 0)
        r = split(after, arena, &b, reterr);
    if (r == 0)
        r = compare(&a, &b, arena, &script, reterr);
    if (r < 0)
        return r;
    write_script(&script, format, buf);
    return 0;
}
