/*
 * What `spillway status` reads and prints, the Secret of `spillway remote-secret`, and what
 * `spillway admit` makes of a review, with the n-th allocation failing: SW_ENOMEM, or what is
 * printed with all the memory there is.
 *
 * usage: fault_status FOLDER, which is that of the command line's cases
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/judge.h"
#include "cli/remote_secret.h"
#include "cli/status_report.h"
#include "fault/fault.h"
#include "fault/story.h"
#include "json/read.h"
#include "json/write.h"

#define NOW 1000012

static const char config_map[] =
    "{\"data\":{\"written\":\"1000000\",\"status.json\":\"{\\\"schemaVersion\\\":1,\\\"local\\\":"
    "\\\"east\\\",\\\"native\\\":false,\\\"clusters\\\":[{\\\"name\\\":\\\"west\\\",\\\"synced\\\":"
    "true,\\\"readable\\\":false,\\\"seenAt\\\":999412,\\\"error\\\":\\\"refused\\\","
    "\\\"emitted\\\""
    ":1,\\\"withheld\\\":1,\\\"warned\\\":0,\\\"waits\\\":0}],\\\"subjects\\\":[{\\\"kind\\\":"
    "\\\"Service\\\",\\\"namespace\\\":\\\"shop\\\",\\\"name\\\":\\\"pay\\\",\\\"wanted\\\":3,"
    "\\\"findings\\\":[{\\\"state\\\":\\\"Withheld\\\",\\\"reason\\\":\\\"NoOutlierDetection\\\","
    "\\\"remote\\\":\\\"west\\\",\\\"message\\\":\\\"DestinationRule shop/pay-rule lacks "
    "outlierDetection: so and so\\\"},{\\\"state\\\":\\\"Emitted\\\",\\\"reason\\\":\\\"Planned"
    "\\\",\\\"remote\\\":\\\"north\\\"}]}],\\\"omitted\\\":0}\"}}";

static const char entries[] =
    "[{\"metadata\":{\"labels\":{\"spillway.dev/remote\":\"north\"},\"annotations\":{"
    "\"spillway.dev/service\":\"shop/pay\"}}},{\"metadata\":{\"labels\":{\"spillway.dev/remote\":"
    "\"south\"},\"annotations\":{\"spillway.dev/service\":\"shop/pay\"}}}]";

/* Writes something to `buf`. Fails with SW_ENOMEM. */
typedef int write_fn(struct sw_buf *buf, struct sw_arena *arena, struct sw_err *reterr);

static int write_status(struct sw_buf *buf, struct sw_arena *arena, bool json,
                        struct sw_err *reterr)
{
    struct sw_status_report report = {.buf = buf, .json = json, .now = NOW};
    struct sw_status status;
    json_t *map, *items;
    SW_JSON_SCOPE(arena);
    int r = sw_json_read(sw_str_from(config_map), &map, reterr);

    if (r == 0)
        r = sw_json_read(sw_str_from(entries), &items, reterr);
    if (r == 0)
        r = sw_status_read(map, items, arena, &status, reterr);
    if (r < 0)
        return r;
    sw_status_report_begin(&report);
    sw_status_report_cluster(&report, SW_STR("east"), &status);
    sw_status_report_end(&report);
    return sw_buf_status(buf, reterr);
}

static int write_table(struct sw_buf *buf, struct sw_arena *arena, struct sw_err *reterr)
{
    return write_status(buf, arena, false, reterr);
}

static int write_document(struct sw_buf *buf, struct sw_arena *arena, struct sw_err *reterr)
{
    return write_status(buf, arena, true, reterr);
}

static int write_secret(struct sw_buf *buf, struct sw_arena *arena, bool json,
                        struct sw_err *reterr)
{
    const struct sw_remote_secret secret = {
        .namespace_ = SW_STR("spillway-system"),
        .cluster = SW_STR("West.1"),
        .way = {.server = SW_STR("https://192.0.2.1:6443"), .ca_pem = SW_STR("CA")},
        .token = {.text = SW_STR("s3cret"), .expires = SW_STR("2027-01-01T00:00:00Z")},
    };
    SW_JSON_SCOPE(arena);
    int r = sw_remote_secret_write(&secret, json, arena, buf, reterr);

    return r < 0 ? r : sw_buf_status(buf, reterr);
}

static int write_manifest(struct sw_buf *buf, struct sw_arena *arena, struct sw_err *reterr)
{
    return write_secret(buf, arena, false, reterr);
}

static int write_line(struct sw_buf *buf, struct sw_arena *arena, struct sw_err *reterr)
{
    return write_secret(buf, arena, true, reterr);
}

static struct sw_admit_options options;
static struct sw_arena input;
static struct sw_admit_set set;

static bool read_review(void)
{
    static const char *const args[] = {"admit",
                                       "-f",
                                       "cases/review-as-it-is/review.json",
                                       "-f",
                                       "seed/workspace.yaml",
                                       "-f",
                                       "seed/bookinfo-ws-setting.yaml",
                                       "--cluster",
                                       "cluster-1=dir:clusters/cluster-1",
                                       "--cluster",
                                       "cluster-2=dir:clusters/cluster-2",
                                       NULL};
    struct sw_err err = {0};

    sw_arena_init(&input, 4096, (size_t)8 << 20);
    SW_JSON_SCOPE(&input);
    return sw_admit_options_read(sizeof(args) / sizeof(args[0]) - 1, (char **)args, &options) ==
               SW_EXIT_OK &&
           sw_admit_input_read(&options, &input, &set, &err) == 0;
}

static void release_review(void)
{
    sw_arena_release(&input);
    sw_admit_options_release(&options);
    options = (struct sw_admit_options){0};
}

static int write_judged(struct sw_buf *buf, struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_judgement judgement;
    SW_JSON_SCOPE(arena);
    int r = sw_judge(&set, SW_CREATE, &set.given.items[0], arena, &judgement, reterr);

    if (r < 0)
        return r;
    if (judgement.verdict != SW_VERDICT_PATCHED)
        return sw_err_set(reterr, SW_EINTERNAL, "expected a patch");
    sw_json_write(judgement.before, buf);
    sw_json_write(judgement.after, buf);
    return sw_buf_status(buf, reterr);
}

/* As it was written with all the memory there is. */
static char expected[8192];

static bool keeps_to_it(write_fn *write)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_err err = {0};
    int r;

    sw_arena_init(&arena, 512, (size_t)8 << 20);
    sw_buf_init(&buf, sizeof(expected) - 1);
    r = write(&buf, &arena, &err);
    if (r == SW_ENOMEM)
        return err.message[0] && expected[0];
    if (r < 0) {
        fprintf(stderr, "%d: %s\n", r, err.message);
        return false;
    }
    if (!expected[0])
        snprintf(expected, sizeof(expected), "%.*s", SW_STR_ARG(sw_buf_str(&buf)));
    return sw_str_is(sw_buf_str(&buf), expected);
}

static bool print_a_table(void)
{
    return keeps_to_it(write_table);
}

static bool print_a_document(void)
{
    return keeps_to_it(write_document);
}

static bool print_a_manifest(void)
{
    return keeps_to_it(write_manifest);
}

static bool print_a_line(void)
{
    return keeps_to_it(write_line);
}

static bool judge_a_review(void)
{
    return keeps_to_it(write_judged);
}

int main(int argc, char **argv)
{
    static const struct story stories[] = {
        {"a table of the status", NULL, print_a_table, NULL},
        {"the status as JSON", NULL, print_a_document, NULL},
        {"a Secret as YAML", NULL, print_a_manifest, NULL},
        {"a Secret as JSON", NULL, print_a_line, NULL},
        {"a review that is patched", read_review, judge_a_review, release_review},
    };
    int status = 0;

    if (argc != 2 || chdir(argv[1]) < 0)
        return 2;
    sw_json_setup();
    for (size_t i = 0; status == 0 && i < sizeof(stories) / sizeof(stories[0]); i++) {
        expected[0] = '\0';
        status = stories_tell(&stories[i], 1);
    }
    return status;
}
