#include "metrics/expo.h"

#include <inttypes.h>

#include "base/utf8.h"
#include "metrics/family.h"

#include "base/banned.h"

/* U+FFFD REPLACEMENT CHARACTER: Prometheus refuses a whole page for one byte that is not UTF-8. */
#define REPLACEMENT "\xef\xbf\xbd"

/* Backslash and newline are escaped everywhere, the quote only inside a label value. */
static void write_escaped(const char *text, bool quoted, struct sw_buf *buf)
{
    const char *end = text + strlen(text);

    while (text < end) {
        size_t len = sw_utf8_length(text, end);

        if (len == 0)
            sw_buf_append_text(buf, REPLACEMENT);
        else if (*text == '\n')
            sw_buf_append_text(buf, "\\n");
        else if (*text == '\\' || (*text == '"' && quoted))
            sw_buf_append(buf, (const char[]){'\\', *text}, 2);
        else
            sw_buf_append(buf, text, len);
        text += len ? len : 1;
    }
}

static void write_head(const struct sw_metric_family *family, struct sw_buf *buf)
{
    static const char *const kinds[] = {[SW_METRIC_COUNTER] = "counter",
                                        [SW_METRIC_GAUGE] = "gauge",
                                        [SW_METRIC_HISTOGRAM] = "histogram"};

    sw_buf_printf(buf, "# HELP %s ", family->spec.name);
    write_escaped(family->spec.help ? family->spec.help : "", false, buf);
    sw_buf_printf(buf, "\n# TYPE %s %s\n", family->spec.name, kinds[family->spec.kind]);
}

/* raw / per_unit as an exact decimal: per_unit is a power of ten, so its zeros are the places. */
static void write_number(uint64_t raw, uint64_t per_unit, struct sw_buf *buf)
{
    uint64_t rest = raw % per_unit;

    sw_buf_printf(buf, "%" PRIu64, raw / per_unit);
    if (rest)
        sw_buf_append_text(buf, ".");
    while (rest) {
        per_unit /= 10;
        sw_buf_printf(buf, "%" PRIu64, rest / per_unit);
        rest %= per_unit;
    }
}

static void write_signed(int64_t raw, uint64_t per_unit, struct sw_buf *buf)
{
    if (raw < 0)
        sw_buf_append_text(buf, "-");
    /* Negated as unsigned, so that INT64_MIN has a magnitude too. */
    write_number(raw < 0 ? -(uint64_t)raw : (uint64_t)raw, per_unit, buf);
}

/* The name with its suffix and the labels, their brace left open for "le". */
static void write_name(const struct sw_metric_family *family, const struct sw_metric_series *series,
                       const char *suffix, struct sw_buf *buf)
{
    sw_buf_append_text(buf, family->spec.name);
    sw_buf_append_text(buf, suffix);
    for (size_t i = 0; i < family->n_labels; i++) {
        sw_buf_printf(buf, "%s%s=\"", i ? "," : "{", family->spec.labels[i]);
        write_escaped(series->values + i * SW_METRIC_VALUE_SIZE, true, buf);
        sw_buf_append_text(buf, "\"");
    }
}

static void write_line(const struct sw_metric_family *family, const struct sw_metric_series *series,
                       const char *suffix, struct sw_buf *buf)
{
    write_name(family, series, suffix, buf);
    sw_buf_append_text(buf, family->n_labels ? "} " : " ");
}

static void write_histogram(const struct sw_metric_family *family,
                            const struct sw_metric_series *series, struct sw_buf *buf)
{
    const struct sw_histogram *histogram = &series->histogram;
    uint64_t per_unit = family->spec.per_unit, count = 0;

    for (size_t i = 0; i <= histogram->n_bounds; i++) {
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        write_name(family, series, "_bucket", buf);
        sw_buf_append_text(buf, family->n_labels ? ",le=\"" : "{le=\"");
        if (i < histogram->n_bounds)
            write_number(histogram->bounds[i], per_unit, buf);
        else
            sw_buf_append_text(buf, "+Inf");
        sw_buf_printf(buf, "\"} %" PRIu64 "\n", count);
    }
    write_line(family, series, "_sum", buf);
    write_number(sw_histogram_sum(histogram), per_unit, buf);
    sw_buf_append_text(buf, "\n");
    write_line(family, series, "_count", buf);
    sw_buf_printf(buf, "%" PRIu64 "\n", count);
}

static void write_series(const struct sw_metric_family *family,
                         const struct sw_metric_series *series, struct sw_buf *buf)
{
    if (family->spec.kind == SW_METRIC_HISTOGRAM) {
        write_histogram(family, series, buf);
        return;
    }
    write_line(family, series, "", buf);
    if (family->spec.kind == SW_METRIC_COUNTER)
        write_number(sw_counter_value(&series->counter), family->spec.per_unit, buf);
    else
        write_signed(sw_gauge_value(&series->gauge), family->spec.per_unit, buf);
    sw_buf_append_text(buf, "\n");
}

static void write_family(const struct sw_metric_family *family, struct sw_buf *buf)
{
    const struct sw_metric_series *series = atomic_load(&family->first);

    if (series)
        write_head(family, buf);
    for (; series; series = atomic_load(&series->next))
        write_series(family, series, buf);
}

void sw_expo_write(struct sw_metrics *metrics, struct sw_buf *buf)
{
    for (struct sw_metric_family *family = metrics->first; family; family = family->next) {
        atomic_fetch_add(&family->n_followers, 1);
        write_family(family, buf);
        atomic_fetch_sub(&family->n_followers, 1);
    }
}
