#include "cli/command.h"

#include "base/cleanup.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/style.h"
#include "json/read.h"

#include <unistd.h>

#include "base/banned.h"

/* Everything that was given and all clusters together, while one file may take a quarter. */
#define MAX_INPUT_BYTES (4 * SW_MANIFEST_MAX_ARENA_BYTES)
#define CHUNK_BYTES     ((size_t)64 << 10)

/* The whole report; a diff or a patched object for each object that was given. */
#define MAX_REPORT_BYTES ((size_t)1 << 30)

/* One run. */
struct run {
    struct sw_admit_options options;
    struct sw_admit_set set;
    struct sw_arena input;   /* what was read; for the whole run */
    struct sw_arena scratch; /* what one object takes to be judged and reported */
    struct sw_buf buf;       /* the report */
    struct sw_report report;
};

static void release(struct run *run)
{
    sw_buf_release(&run->buf);
    sw_arena_release(&run->scratch);
    sw_arena_release(&run->input);
    sw_admit_options_release(&run->options);
}

static int read_input(struct run *run, struct sw_err *reterr)
{
    SW_JSON_SCOPE(&run->input);

    return sw_admit_input_read(&run->options, &run->input, &run->set, reterr);
}

static int report_object(struct run *run, const struct sw_manifest_object *object,
                         struct sw_err *reterr)
{
    SW_JSON_SCOPE(&run->scratch);
    struct sw_judgement judgement;
    int r = sw_judge(&run->set, run->options.operation, object, &run->scratch, &judgement, reterr);

    return r < 0 ? r : sw_report_object(&run->report, object, &judgement, &run->scratch, reterr);
}

/* Judges everything. What a review that was given does wrong becomes a problem. */
static int report_all(struct run *run, struct sw_err *reterr)
{
    const struct sw_manifest *given = &run->set.given;
    int r = 0;

    sw_report_begin(&run->report);
    for (size_t i = 0; r == 0 && i < given->n; i++) {
        const struct sw_manifest_object *object = &given->items[i];
        struct sw_err err = {0};

        r = report_object(run, object, &err);
        if (r == SW_ENOMEM || r == SW_EINTERNAL)
            r = sw_err_set(reterr, r, "%s:%zu: %s", object->path, object->line, err.message);
        else if (r < 0)
            r = sw_problems_add(&run->set.problems, object->path, object->line, 0, err.message,
                                reterr);
        sw_arena_clear(&run->scratch);
    }
    sw_report_end(&run->report);
    return r < 0 ? r : sw_buf_status(&run->buf, reterr);
}

static enum sw_exit conclude(const struct run *run)
{
    const struct sw_report_totals *totals = &run->report.totals;

    if (totals->n_refused || (run->options.strict && totals->n_warnings))
        return SW_EXIT_FINDINGS;
    return SW_EXIT_OK;
}

static enum sw_exit admit(struct run *run)
{
    struct sw_err err = {0};
    int r = read_input(run, &err);

    if (r == 0 && run->set.problems.n == 0)
        r = report_all(run, &err);
    sw_output_problems(&run->set.problems);
    if (r < 0)
        return sw_output_error(&err);
    if (run->set.problems.n)
        return SW_EXIT_USAGE;
    return sw_output_document(sw_buf_str(&run->buf), run->report.json, conclude(run));
}

static enum sw_exit run_admit(int argc, char **argv)
{
    SW_CLEANUP(release) struct run run = {0};
    enum sw_exit code = sw_admit_options_read(argc, argv, &run.options);

    if (code != SW_EXIT_OK)
        return code;
    if (run.options.help)
        return sw_output(sw_str_from(sw_command_admit.help), SW_EXIT_OK);
    sw_arena_init(&run.input, CHUNK_BYTES, MAX_INPUT_BYTES);
    sw_arena_init(&run.scratch, CHUNK_BYTES, SW_ADMIT_MAX_ARENA_BYTES);
    sw_buf_init(&run.buf, MAX_REPORT_BYTES);
    run.report = (struct sw_report){
        .buf = &run.buf,
        .json = run.options.json,
        .colours = sw_style_wants_colours(STDOUT_FILENO),
        .local = run.options.clusters.items[run.options.clusters.local].name,
    };
    return admit(&run);
}

const struct sw_command sw_command_admit = {
    .name = "admit",
    .summary = "say what the webhook would answer for objects in files",
    .help =
        "Usage: spillway admit -f FILE --cluster NAME=dir:PATH [OPTION...]\n"
        "\n"
        "Says of each object what the admission webhook would say, had it been applied\n"
        "to the local cluster: allowed, patched (with the change) or refused (with every\n"
        "reason). Services, DestinationRules and WorkspaceSettings are judged; objects\n"
        "of other kinds are let through and counted. Nothing is changed anywhere.\n"
        "\n"
        "Everything given with -f counts as being in the local cluster before any of it\n"
        "is judged, as one 'kubectl apply' of all of it would leave it: a Workspace, its\n"
        "Services and its WorkspaceSetting may come in one call. An AdmissionReview is\n"
        "judged as it is and counts for nothing else.\n"
        "\n"
        "What is judged:\n"
        "  -f, --filename FILE      a YAML or JSON file as for kubectl or tctl, with one\n"
        "                           or several objects, Lists or AdmissionReviews; or -\n"
        "                           for standard input, or a folder; repeatable\n"
        "  -R, --recursive          subfolders of folders given with -f as well\n"
        "  -n, --namespace NAME     for objects that name none; default: default\n"
        "  --operation OPERATION    create (default): all is judged in full, whether it\n"
        "                           is in the local cluster's folder already or not; or\n"
        "                           update: as 'kubectl apply' to that cluster, where a\n"
        "                           WorkspaceSetting that has not changed is not judged\n"
        "\n"
        "Clusters:\n"
        SW_CLUSTERS_HELP
        "                           Links to folders and names that begin with a\n"
        "                           dot are passed over\n"
        "\n"
        "Output:\n"
        "  -o, --output FORMAT      text (default) or json\n"
        "  --strict                 a warning is a finding: exit with 1\n"
        "  -h, --help               print this\n"
        "\n"
        "Exit codes:\n"
        "  0  nothing was refused; there may be warnings and changes\n"
        "  1  something was refused, or warned of under --strict\n"
        "  2  wrong usage, or input that cannot be read, be it one object in one cluster:\n"
        "     nothing is judged then\n"
        "  3  a failure of ours\n"
        "With 2 and 3 nothing is written to standard output.\n"
        "\n"
        "With -o json, one document, to which members may be added:\n"
        "  schemaVersion            1\n"
        "  local                    the local cluster's name\n"
        "  objects[]                in the order in which they were given\n"
        "    file, line             where the object's document begins, line from 1\n"
        "    kind, namespace, name  namespace and name are null for none\n"
        "    judged                 false: no rule reads this kind\n"
        "    verdict                allowed, patched or refused\n"
        "    findings[]             severity (error or warning), code (stable), path in\n"
        "                           the object (or null), message\n"
        "    advice                 how to get past the errors, or null\n"
        "    patch[]                RFC 6902 operations\n"
        "    patchedObject          the object with the patch, or null without one\n"
        "  summary                  objects, allowed, patched, refused and unjudged\n"
        "                           (which add up to objects), errors, warnings\n",
    .run = run_admit,
};
