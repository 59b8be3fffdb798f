#include "webhook/admit_stats.h"

#include "base/banned.h"

/* From a tenth of what a small review takes to the longest that an API server waits. */
static const uint64_t bounds_ns[] = {
    10000,   25000,    50000,    100000,    250000,    500000,     1000000,    2500000,
    5000000, 10000000, 25000000, 100000000, 250000000, 1000000000, 5000000000,
};

static const char *const path_names[] = {
    [SW_ADMIT_MUTATE] = "/mutate",
    [SW_ADMIT_VALIDATE] = "/validate",
};

/* Which kinds a path tells apart: those that it judges. SW_KIND_OTHER ends a row, and is its last.
 */
static const enum sw_kind kinds[2][SW_ADMIT_STATS_KINDS_MAX] = {
    [SW_ADMIT_MUTATE] = {SW_KIND_SERVICE, SW_KIND_DESTINATIONRULE, SW_KIND_OTHER},
    [SW_ADMIT_VALIDATE] = {SW_KIND_SETTING, SW_KIND_OTHER},
};

static size_t row_of(enum sw_admit_path path, enum sw_kind kind)
{
    size_t row = 0;

    while (kinds[path][row] != SW_KIND_OTHER && kinds[path][row] != kind)
        row++;
    return row;
}

static const char *kind_word(enum sw_kind kind)
{
    return kind == SW_KIND_OTHER ? "other" : sw_kind_name(kind);
}

static void take_handles(struct sw_admit_stats *stats, struct sw_metric_family *reviews,
                         struct sw_metric_family *duration, enum sw_admit_path path)
{
    size_t n_rows = row_of(path, SW_KIND_OTHER) + 1;

    for (size_t row = 0; row < n_rows; row++) {
        const char *name = path_names[path], *kind = kind_word(kinds[path][row]);

        stats->duration[path][row] = sw_histogram_at(duration, SW_METRIC_VALUES(name, kind));
        for (size_t v = 0; v < SW_N_VERDICTS; v++)
            stats->reviews[path][row][v] = sw_counter_at(
                reviews, SW_METRIC_VALUES(name, kind, sw_verdict_word((enum sw_verdict)v)));
    }
}

const char *sw_admit_shed_word(enum sw_admit_shed why)
{
    static const char *const words[SW_ADMIT_N_SHED] = {
        [SW_ADMIT_SHED_LARGE] = "large",
        [SW_ADMIT_SHED_LATE] = "late",
    };

    return words[why];
}

static void take_reasons(struct sw_admit_stats *stats, struct sw_metric_family *findings)
{
    for (size_t i = 0; i < SW_ADMIT_STATS_N_REASONS; i++) {
        const char *word = sw_reason_word((enum sw_reason)i);

        stats->warnings[i] = sw_counter_at(findings, SW_METRIC_VALUES("warning", word));
        stats->refusals[i] = sw_counter_at(findings, SW_METRIC_VALUES("refusal", word));
    }
}

int sw_admit_stats_init(struct sw_admit_stats *stats, struct sw_metrics *metrics,
                        struct sw_err *reterr)
{
    static const struct sw_metric_spec specs[] = {
        {.kind = SW_METRIC_COUNTER,
         .name = "spillway_admission_reviews_total",
         .help = "Admission reviews by what was answered.",
         .labels = {"path", "kind", "verdict"},
         .max_series = (size_t)2 * SW_ADMIT_STATS_KINDS_MAX * SW_N_VERDICTS},
        {.kind = SW_METRIC_HISTOGRAM,
         .name = "spillway_admission_duration_seconds",
         .help = "Time to judge a review.",
         .labels = {"path", "kind"},
         .max_series = (size_t)2 * SW_ADMIT_STATS_KINDS_MAX,
         .per_unit = 1000000000,
         .bounds = bounds_ns,
         .n_bounds = sizeof(bounds_ns) / sizeof(bounds_ns[0])},
        {.kind = SW_METRIC_COUNTER,
         .name = "spillway_admission_findings_total",
         .help = "Warnings and refusals given to users, by reason.",
         .labels = {"severity", "reason"},
         .max_series = (size_t)2 * SW_ADMIT_STATS_N_REASONS},
        {.kind = SW_METRIC_COUNTER,
         .name = "spillway_admission_shed_total",
         .help = "Reviews told to come again without a look, by why.",
         .labels = {"reason"},
         .max_series = SW_ADMIT_N_SHED},
    };
    struct sw_metric_family *families[sizeof(specs) / sizeof(specs[0])];
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(specs) / sizeof(specs[0]); i++)
        r = sw_metrics_add(metrics, &specs[i], &families[i], reterr);
    if (r < 0)
        return r;
    take_handles(stats, families[0], families[1], SW_ADMIT_MUTATE);
    take_handles(stats, families[0], families[1], SW_ADMIT_VALIDATE);
    take_reasons(stats, families[2]);
    for (int why = 0; why < SW_ADMIT_N_SHED; why++)
        stats->shed[why] = sw_counter_at(
            families[3], SW_METRIC_VALUES(sw_admit_shed_word((enum sw_admit_shed)why)));
    return 0;
}

static void note_findings(struct sw_counter *const counters[SW_ADMIT_STATS_N_REASONS],
                          const struct sw_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++)
        sw_counter_add(counters[findings->items[i].reason], 1);
}

void sw_admit_stats_note(const struct sw_admit_stats *stats, enum sw_admit_path path,
                         const struct sw_admit_answer *answer, uint64_t duration_ns)
{
    size_t row = row_of(path, answer->review.kind);

    sw_counter_add(stats->reviews[path][row][answer->verdict], 1);
    sw_histogram_observe(stats->duration[path][row], duration_ns);
    if (answer->http_status != 200)
        return; /* what was found was not told */
    note_findings(stats->warnings, &answer->outcome.warnings);
    note_findings(stats->refusals, &answer->outcome.refusals);
}
