/* pkg/cli/remote_account.c: what is asked of an API server, and what is made of its answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/remote_account.h"
#include "json/read.h"

#define AT      SW_STR("spillway-system")
#define SECRET  "get secrets \"spillway-system/spillway-reader-token\""
#define ACCOUNT "get serviceaccounts \"spillway-system/spillway-reader\""
#define REQUEST "create serviceaccounts/token \"spillway-system/spillway-reader\""
#define ROOT_CA "get configmaps \"spillway-system/kube-root-ca.crt\""
#define NAMESPACE_THERE                                                                            \
    {                                                                                              \
        "get namespaces \"spillway-system\"", 200, "{}", 0                                         \
    }
#define TOKEN_OF(text) "{\"data\":{\"token\":\"" text "\",\"ca.crt\":\"Q0E=\"}}"
#define MAX_SEEN       64

/* What an operation, in words, is answered with; the first that matches and is due. */
struct answer {
    const char *words;
    int http_status;
    const char *body;
    int64_t after_ms; /* not before that much time was let pass */
};

struct server {
    const struct answer *answers; /* ends with words NULL; other reads are 404, writes 200 */
    int64_t waited_ms;
    char seen[MAX_SEEN][128];
    char bodies[MAX_SEEN][2048];
    size_t n_seen;
};

static struct sw_arena arena;

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, (size_t)1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    return 0;
}

static void describe(const struct sw_applier_op *op, char ret[128])
{
    static const char *const verbs[] = {
        [SW_APPLIER_GET] = "get", [SW_APPLIER_CREATE] = "create", [SW_APPLIER_APPLY] = "apply"};
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_buf_init(&buf, 127);
    sw_buf_printf(&buf, "%s ", verbs[op->verb]);
    sw_gvr_write_words(&op->ref, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    snprintf(ret, 128, "%.*s", SW_STR_ARG(sw_buf_str(&buf)));
}

static void call(void *context, const struct sw_applier_op *op, struct sw_arena *into,
                 struct sw_answer *ret)
{
    struct server *server = context;
    char *words = server->seen[server->n_seen];
    const struct answer *answer = server->answers;
    struct sw_answer_facts facts = {.http_status = op->verb == SW_APPLIER_GET ? 404 : 200,
                                    .body = SW_STR("{}")};

    assert_true(server->n_seen < MAX_SEEN);
    describe(op, words);
    snprintf(server->bodies[server->n_seen++], 2048, "%.*s", SW_STR_ARG(op->body));
    assert_false(op->force); /* what is somebody else's is a conflict to tell */
    for (; answer && answer->words; answer++) {
        if (strcmp(answer->words, words) == 0 && server->waited_ms >= answer->after_ms) {
            facts.http_status = answer->http_status;
            facts.body = sw_str_from(answer->body);
            break;
        }
    }
    facts.what = sw_str_from(words);
    sw_answer_judge(&facts, ret);
    if (ret->body.data)
        ret->body = sw_arena_copy(into, ret->body);
}

static void let_pass(void *context, int64_t wait_ms)
{
    ((struct server *)context)->waited_ms += wait_ms;
}

static struct sw_remote_api api_of(struct server *server)
{
    return (struct sw_remote_api){server, call, let_pass};
}

static void the_account_is_made_in_order(void **state)
{
    static const char *const wanted[] = {
        "get namespaces \"spillway-system\"",
        "apply namespaces \"spillway-system\"",
        "apply serviceaccounts \"spillway-system/spillway-reader\"",
        "apply clusterroles \"spillway-reader\"",
        "apply clusterrolebindings \"spillway-reader\"",
        "apply secrets \"spillway-system/spillway-reader-token\"",
    };
    struct server server = {0};
    struct sw_remote_api api = api_of(&server);
    struct sw_err err = {0};
    SW_JSON_SCOPE(&arena);

    (void)state;
    assert_int_equal(sw_remote_account_apply(&api, AT, true, &arena, &err), 0);
    assert_int_equal(server.n_seen, sizeof(wanted) / sizeof(wanted[0]));
    for (size_t i = 0; i < server.n_seen; i++) {
        json_t *body = NULL;

        assert_string_equal(server.seen[i], wanted[i]);
        if (i) /* each is JSON, whatever was printed into it */
            assert_int_equal(sw_json_read(sw_str_from(server.bodies[i]), &body, &err), 0);
    }
    assert_non_null(strstr(server.bodies[4], "\"namespace\":\"spillway-system\"}]"));
    /* The reconciler would take it for its own, and delete it. */
    assert_null(strstr(server.bodies[2], "managed-by"));
}

static void a_namespace_that_is_there_is_left_as_it_is(void **state)
{
    static const struct answer answers[] = {NAMESPACE_THERE, {NULL, 0, NULL, 0}};
    struct server server = {.answers = answers};
    struct sw_remote_api api = api_of(&server);
    struct sw_err err = {0};
    SW_JSON_SCOPE(&arena);

    (void)state;
    assert_int_equal(sw_remote_account_apply(&api, AT, false, &arena, &err), 0);
    assert_int_equal(server.n_seen, 4); /* nor is there a Secret for a token that expires */
    assert_string_equal(server.seen[1],
                        "apply serviceaccounts \"spillway-system/spillway-reader\"");
    assert_string_equal(server.seen[3], "apply clusterrolebindings \"spillway-reader\"");
}

static void what_is_refused_ends_it(void **state)
{
    static const struct answer answers[] = {
        NAMESPACE_THERE,
        {"apply clusterroles \"spillway-reader\"", 403,
         "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"you may not grant\"}", 0},
        {NULL, 0, NULL, 0}};
    struct server server = {.answers = answers};
    struct sw_remote_api api = api_of(&server);
    struct sw_err err = {0};
    SW_JSON_SCOPE(&arena);

    (void)state;
    assert_int_equal(sw_remote_account_apply(&api, AT, true, &arena, &err), SW_EIO);
    assert_non_null(strstr(err.message, "you may not grant"));
    assert_int_equal(server.n_seen, 3);
}

static int read_token(struct server *server, bool patient, struct sw_remote_token *ret,
                      struct sw_err *err)
{
    struct sw_remote_api api = api_of(server);
    SW_JSON_SCOPE(&arena);

    return sw_remote_token_read(&api, AT, patient, &arena, ret, err);
}

static void a_token_is_read_with_the_cluster_s_authority(void **state)
{
    static const struct answer answers[] = {{SECRET, 200, TOKEN_OF("dG9rZW4="), 0},
                                            {NULL, 0, NULL, 0}};
    struct server server = {.answers = answers};
    struct sw_remote_token token;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(read_token(&server, false, &token, &err), 0);
    assert_true(sw_str_is(token.text, "token"));
    assert_true(sw_str_is(token.ca_pem, "CA"));
    assert_int_equal(token.expires.len, 0);
    assert_int_equal(server.n_seen, 1);
}

static void a_token_is_waited_for_that_was_asked_for_a_moment_ago(void **state)
{
    static const struct answer answers[] = {
        {SECRET, 200, TOKEN_OF("dG9rZW4="), 2 * SW_REMOTE_RELOOK_MS},
        {SECRET, 200, "{\"data\":{}}", 0},
        {NULL, 0, NULL, 0}};
    struct server server = {.answers = answers};
    struct sw_remote_token token;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(read_token(&server, true, &token, &err), 0);
    assert_true(sw_str_is(token.text, "token"));
    assert_int_equal(server.waited_ms, 2 * SW_REMOTE_RELOOK_MS);
}

static void a_token_that_does_not_come_is_told(void **state)
{
    static const struct answer answers[] = {{SECRET, 200, "{}", 0}, {NULL, 0, NULL, 0}};
    struct sw_remote_token token;
    struct sw_err err = {0};

    (void)state;
    for (int patient = 0; patient < 2; patient++) {
        struct server server = {.answers = answers};

        assert_int_equal(read_token(&server, patient, &token, &err), SW_EIO);
        assert_int_equal(server.waited_ms, patient ? SW_REMOTE_PATIENCE_MS : 0);
        assert_non_null(strstr(err.message, "token controller"));
        assert_non_null(strstr(err.message, "--duration"));
    }
}

static void what_is_missing_is_told_with_what_makes_it(void **state)
{
    static const struct answer there[] = {{ACCOUNT, 200, "{}", 0}, {NULL, 0, NULL, 0}};
    static const struct answer hidden[] = {
        {SECRET, 403, "{\"kind\":\"Status\",\"message\":\"you may not look\"}", 0},
        {NULL, 0, NULL, 0}};
    struct server server = {0};
    struct sw_remote_token token;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(read_token(&server, false, &token, &err), SW_ENOENT);
    assert_non_null(strstr(err.message, "no ServiceAccount spillway-system/spillway-reader yet"));
    assert_non_null(strstr(err.message, "--apply"));

    server = (struct server){.answers = there};
    assert_int_equal(read_token(&server, false, &token, &err), SW_ENOENT);
    assert_non_null(strstr(err.message, "has no token that lasts"));
    assert_non_null(strstr(err.message, "--duration"));

    server = (struct server){.answers = hidden};
    assert_int_equal(read_token(&server, false, &token, &err), SW_EIO);
    assert_non_null(strstr(err.message, "you may not look"));
}

static void what_is_no_token_is_told(void **state)
{
    static const char *const bodies[] = {"[]", "{\"data\":1}", "{\"data\":{\"token\":1}}",
                                         TOKEN_OF("not base64!")};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const struct answer answers[] = {{SECRET, 200, bodies[i], 0}, {NULL, 0, NULL, 0}};
        struct server server = {.answers = answers};
        struct sw_remote_token token;
        struct sw_err err = {0};

        assert_true(read_token(&server, false, &token, &err) < 0);
        assert_true(err.message[0]);
    }
}

static int request_token(const char *body, int http_status, struct sw_remote_token *ret,
                         struct server *server, struct sw_err *err)
{
    const struct answer answers[] = {{REQUEST, http_status, body, 0}, {NULL, 0, NULL, 0}};
    struct sw_remote_api api = api_of(server);
    SW_JSON_SCOPE(&arena);
    int r;

    server->answers = answers;
    r = sw_remote_token_request(&api, AT, 3600, &arena, ret, err);
    server->answers = NULL;
    return r;
}

static void a_token_that_expires_is_asked_for(void **state)
{
    struct server server = {0};
    struct sw_remote_token token;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(request_token("{\"status\":{\"token\":\"t\",\"expirationTimestamp\":"
                                   "\"2026-01-02T03:04:05Z\"}}",
                                   201, &token, &server, &err),
                     0);
    assert_true(sw_str_is(token.text, "t"));
    assert_true(sw_str_is(token.expires, "2026-01-02T03:04:05Z"));
    assert_non_null(strstr(server.bodies[0], "\"expirationSeconds\":3600}"));

    assert_int_equal(request_token("{\"status\":{\"token\":\"t\"}}", 201, &token, &server, &err),
                     SW_ETYPE);
    assert_non_null(strstr(err.message, "no expirationTimestamp"));
    assert_int_equal(request_token("{}", 201, &token, &server, &err), SW_ETYPE);
    assert_non_null(strstr(err.message, "no token"));
    assert_int_equal(request_token("{\"kind\":\"Status\"}", 404, &token, &server, &err), SW_ENOENT);
    assert_non_null(strstr(err.message, "no ServiceAccount"));
}

static void the_cluster_s_own_authority(void **state)
{
    static const struct answer answers[] = {{ROOT_CA, 200, "{\"data\":{\"ca.crt\":\"PEM\"}}", 0},
                                            {NULL, 0, NULL, 0}};
    struct server server = {.answers = answers};
    struct sw_remote_api api = api_of(&server);
    struct sw_err err = {0};
    struct sw_str pem;
    SW_JSON_SCOPE(&arena);

    (void)state;
    assert_int_equal(sw_remote_own_ca(&api, AT, &arena, &pem, &err), 0);
    assert_true(sw_str_is(pem, "PEM"));
    server = (struct server){0};
    assert_int_equal(sw_remote_own_ca(&api, AT, &arena, &pem, &err), 0);
    assert_int_equal(pem.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_account_is_made_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_namespace_that_is_there_is_left_as_it_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_refused_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_token_is_read_with_the_cluster_s_authority, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_token_is_waited_for_that_was_asked_for_a_moment_ago,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_token_that_does_not_come_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_missing_is_told_with_what_makes_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_no_token_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_token_that_expires_is_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(the_cluster_s_own_authority, setup, teardown),
    };

    sw_json_setup();
    return cmocka_run_group_tests_name("remote_account", tests, NULL, NULL);
}
