#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "preflight_canned.h"
#include "json/read.h"

/* A cluster in which nothing stands in the way. */
static const struct canned fine[] = {
    {"/version", 200, "{\"major\":\"1\",\"minor\":\"30\",\"gitVersion\":\"v1.30.0\"}"},
    {ADMISSION, 200,
     "{\"resources\":[{\"name\":\"mutatingwebhookconfigurations\"},"
     "{\"name\":\"validatingwebhookconfigurations\"},{\"name\":\"validatingadmissionpolicies\"},"
     "{\"name\":\"validatingadmissionpolicies/status\"},"
     "{\"name\":\"validatingadmissionpolicybindings\"}]}"},
    {"/apis", 200,
     "{\"groups\":[{\"name\":\"apps\"},{\"name\":\"networking.istio.io\",\"versions\":"
     "[{\"version\":\"v1beta1\"},{\"version\":\"v1\"}]}]}"},
    {ISTIODS, 200, DEPLOYMENT("hub:5000/pilot:1.31.0")},
    {METRICS, 200, ALONE},
    {AMBIENT, 200, "{\"items\":[]}"},
    {ROOT, 200, "{\"metadata\":{\"name\":\"istio-system\"}}"},
    {NULL, 0, NULL},
};

static const struct canned *find(const struct canned *answers, struct sw_str key, bool whole)
{
    for (; answers->path; answers++) {
        struct sw_str path = sw_str_from(answers->path);

        if (whole ? sw_str_eq(path, key) : memmem(key.data, key.len, path.data, path.len) != NULL)
            return answers;
    }
    return NULL;
}

static const struct canned *answer_review(struct asking *asking, struct sw_str body)
{
    static const struct canned yes = {"", 201, "{\"status\":{\"allowed\":true}}"};
    static const struct canned no = {"", 201, "{\"status\":{\"allowed\":false}}"};
    const struct canned *canned = find(asking->other, body, false);

    asking->n_reviews++;
    if (canned)
        return canned;
    return asking->no_administrator && memmem(body.data, body.len, "\"*\"", 3) ? &no : &yes;
}

static void ask(void *context, struct sw_str path, struct sw_str body, struct sw_arena *arena,
                struct sw_answer *ret)
{
    static const struct canned none = {"", 404, "{\"kind\":\"Status\",\"reason\":\"NotFound\"}"};
    struct asking *asking = context;
    const struct canned *canned;

    if (body.data) {
        assert_true(sw_str_is(path, REVIEWS));
        canned = answer_review(asking, body);
    } else {
        canned = find(asking->other, path, true);
        if (!canned)
            canned = find(fine, path, true);
    }
    if (!canned)
        canned = &none;
    sw_answer_judge(&(struct sw_answer_facts){.what = path,
                                              .http_status = canned->http_status,
                                              .body = sw_str_from(canned->body),
                                              .failure = canned->http_status ? NULL : "refused"},
                    ret);
    if (ret->body.data)
        ret->body = sw_arena_copy(arena, ret->body);
}

struct sw_arena canned_arena;

int canned_setup(void **state)
{
    (void)state;
    sw_arena_init(&canned_arena, 4096, (size_t)1 << 20);
    return 0;
}

int canned_teardown(void **state)
{
    (void)state;
    sw_arena_release(&canned_arena);
    return 0;
}

int canned_run(struct asking *asking, struct sw_preflight *ret, struct sw_err *err)
{
    static const struct canned nothing = {NULL, 0, NULL};
    struct sw_preflight_api api = {asking, ask};
    SW_JSON_SCOPE(&canned_arena);

    if (!asking->other)
        asking->other = &nothing;
    return sw_preflight_run(&api, &canned_arena, ret, err);
}

/* What is found where one answer is another. */
struct sw_preflight found_with(const char *path, int http_status, const char *body)
{
    const struct canned other[] = {{path, http_status, body}, {NULL, 0, NULL}};
    struct asking asking = {.other = other};
    struct sw_preflight found = {0};
    struct sw_err err = {0};

    if (canned_run(&asking, &found, &err) < 0)
        fail_msg("%s: %s", path, err.message);
    return found;
}

const struct sw_preflight_finding *only(const struct sw_preflight *found)
{
    assert_int_equal(found->n_findings, 1);
    return &found->findings[0];
}
