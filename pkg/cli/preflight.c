#include "cli/preflight.h"

#include "cli/preflight_checks.h"
#include "json/get.h"

#include "base/banned.h"

int sw_preflight_add(struct sw_preflight *run, struct sw_preflight_finding finding,
                     struct sw_err *reterr)
{
    struct sw_preflight_finding *findings = sw_arena_push(
        run->arena, (struct sw_preflight_finding *)run->findings, run->n_findings, sizeof(finding));

    if (!findings || !finding.message)
        return sw_err_nomem(reterr);
    findings[run->n_findings++] = finding;
    run->findings = findings;
    run->n_of[finding.severity]++;
    return 0;
}

int sw_preflight_say(struct sw_preflight *run, enum sw_preflight_severity severity,
                     const char *code, const char *advice, struct sw_err *reterr,
                     const char *format, ...)
{
    struct sw_preflight_finding finding = {severity, code, NULL, advice};
    va_list args;

    va_start(args, format);
    finding.message = sw_arena_vprintf(run->arena, format, args);
    va_end(args);
    return sw_preflight_add(run, finding, reterr);
}

struct sw_str sw_preflight_label(const json_t *object, const char *label)
{
    json_t *metadata = NULL, *labels = NULL;
    struct sw_str value = {0};

    /* What an API server stores is of these types. */
    sw_get_object(object, "metadata", NULL, &metadata, NULL);
    sw_get_object(metadata, "labels", NULL, &labels, NULL);
    sw_get_str(labels, label, NULL, &value, NULL);
    return value;
}

int sw_preflight_look(struct sw_preflight *run, const char *path, const char *matter, json_t **ret,
                      struct sw_err *reterr)
{
    struct sw_answer answer;
    int r;

    run->api->ask(run->api->context, sw_str_from(path), (struct sw_str){0}, run->arena, &answer);
    if (answer.verdict == SW_ANSWER_NOT_FOUND)
        return 0;
    if (answer.verdict == SW_ANSWER_DENIED && answer.http_status == 403)
        return sw_preflight_say(run, SW_PREFLIGHT_WARNING, "Hidden",
                                "run this as somebody who may read it", reterr,
                                "cannot tell %s: %s", matter, answer.message);
    r = sw_answer_status(&answer, reterr);
    if (r < 0)
        return r;
    r = sw_answer_object(&answer, run->arena, ret, reterr);
    return r < 0 ? sw_err_wrap(reterr, "GET %s", path) : 1;
}

int sw_preflight_run(const struct sw_preflight_api *api, struct sw_arena *arena,
                     struct sw_preflight *ret, struct sw_err *reterr)
{
    static int (*const checks[])(struct sw_preflight *, struct sw_err *) = {
        sw_preflight_check_version, sw_preflight_check_apis,   sw_preflight_check_neighbours,
        sw_preflight_check_istio,   sw_preflight_check_rights,
    };
    struct sw_preflight run = {.api = api, .arena = arena};
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(checks) / sizeof(checks[0]); i++)
        r = checks[i](&run, reterr);
    if (r == 0)
        *ret = run;
    return r;
}

const char *sw_preflight_severity_word(enum sw_preflight_severity severity)
{
    static const char *const words[SW_N_PREFLIGHT_SEVERITIES] = {
        [SW_PREFLIGHT_NOTE] = "note",
        [SW_PREFLIGHT_WARNING] = "warning",
        [SW_PREFLIGHT_ERROR] = "error",
    };

    return words[severity];
}
