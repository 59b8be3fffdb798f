/*
 * pkg/kube as a program, for test_kube_calls.py to drive against a real API server.
 *
 *   kube_calls KUBECONFIG VERB API-VERSION KIND NAMESPACE NAME [OPTION...]  < BODY
 *   kube_calls KUBECONFIG list API-VERSION KIND NAMESPACE [LABEL-SELECTOR]
 *   kube_calls KUBECONFIG lead NAMESPACE NAME IDENTITY
 *
 * VERB is get, create, apply, update, merge-patch, json-patch or delete; an OPTION is force,
 * dry-run, sub=NAME, uid=UID or version=VERSION. "" is no namespace. One line of JSON tells of the
 * answer. `lead` stands for election with a Lease of 3 s until SIGTERM, and says `leading` and
 * `lost WHY` as it comes, one line each.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "io/file.h"
#include "kube/applier.h"
#include "kube/elector.h"
#include "kube/list.h"
#include "json/read.h"
#include "json/write.h"

static const char *const verbs[] = {
    [SW_APPLIER_GET] = "get",
    [SW_APPLIER_CREATE] = "create",
    [SW_APPLIER_APPLY] = "apply",
    [SW_APPLIER_UPDATE] = "update",
    [SW_APPLIER_MERGE_PATCH] = "merge-patch",
    [SW_APPLIER_JSON_PATCH] = "json-patch",
    [SW_APPLIER_DELETE] = "delete",
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static struct sw_arena arena;
static struct sw_kube_config config;
static struct sw_waiter waiter;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "kube_calls: %s\n", what);
    exit(2);
}

static void begin(const char *kubeconfig)
{
    const struct sw_kube_config_reading how = {.trust = SW_KUBE_FILES_TOO, .folder = ""};
    struct sw_buf text;
    struct sw_err err = {0};

    sw_json_setup();
    sw_arena_init(&arena, 1 << 16, (size_t)64 << 20);
    sw_buf_init(&text, SW_KUBE_CONFIG_MAX_BYTES);
    if (sw_file_read(kubeconfig, &text, &err) < 0 ||
        sw_kube_config_read(sw_buf_str(&text), &how, &arena, &config, &err) < 0 ||
        sw_http_setup(&err) < 0 || sw_waiter_init(&waiter, &config, &err) < 0)
        die(err.message);
    sw_buf_release(&text);
}

static void end(void)
{
    sw_waiter_release(&waiter);
    sw_arena_release(&arena);
}

static const struct sw_gvr *find_gvr(const char *api_version, const char *kind)
{
    const struct sw_gvr *gvr = sw_gvr_find(sw_str_from(api_version), sw_str_from(kind));

    if (!gvr)
        die("no such kind");
    return gvr;
}

static void tell(const struct sw_answer *answer, json_t *object)
{
    struct sw_buf buf;
    json_t *told = json_pack(
        "{s:s, s:i, s:I, s:s, s:s, s:s, s:o?}", "verdict", sw_answer_word(answer->verdict),
        "status", answer->http_status, "retryAfter", (json_int_t)answer->retry_after_s, "reason",
        answer->reason, "owners", answer->owners, "message", answer->message, "object", object);

    sw_buf_init(&buf, (size_t)64 << 20);
    sw_json_write(told, &buf);
    if (sw_buf_status(&buf, NULL) < 0)
        die("out of memory");
    printf("%.*s\n", SW_STR_ARG(sw_buf_str(&buf)));
    sw_buf_release(&buf);
}

static struct sw_str read_body(void)
{
    static char body[1 << 20];

    return (struct sw_str){body, fread(body, 1, sizeof(body), stdin)};
}

static void read_option(const char *text, struct sw_applier_op *op)
{
    struct sw_str value = sw_str_from(text), key = sw_str_cut(&value, '=');

    if (sw_str_is(key, "force"))
        op->force = true;
    else if (sw_str_is(key, "dry-run"))
        op->dry_run = true;
    else if (sw_str_is(key, "sub"))
        op->ref.subresource = value.data;
    else if (sw_str_is(key, "uid"))
        op->uid = value;
    else if (sw_str_is(key, "version"))
        op->resource_version = value;
    else
        die("no such option");
}

static void operate(char *argv[])
{
    struct sw_applier_op op = {
        .ref = {.gvr = find_gvr(argv[3], argv[4]),
                .namespace_ = sw_str_from(argv[5]),
                .name = sw_str_from(argv[6])},
        .body = read_body(),
    };
    struct sw_answer answer;
    json_t *object = NULL;
    size_t verb = 0;

    SW_JSON_SCOPE(&arena);

    while (verb < N_VERBS && strcmp(verbs[verb], argv[2]) != 0)
        verb++;
    if (verb == N_VERBS)
        die("no such verb");
    op.verb = (enum sw_applier_verb)verb;
    for (int i = 7; argv[i]; i++)
        read_option(argv[i], &op);
    sw_applier_wait(&waiter, &op, &arena, &answer);
    if (answer.verdict == SW_ANSWER_OK && sw_answer_object(&answer, &arena, &object, NULL) < 0)
        die("the answer is no object");
    tell(&answer, object);
}

static void list(char *argv[])
{
    const struct sw_list_options options = {
        .gvr = find_gvr(argv[3], argv[4]),
        .namespace_ = sw_str_from(argv[5]),
        .label_selector = sw_str_from(argv[6]),
        .arena = &arena,
    };
    struct sw_answer answer;
    json_t *items = NULL;

    SW_JSON_SCOPE(&arena);

    sw_list_wait(&waiter, &options, &items, &answer);
    tell(&answer, items);
}

static void on_leading(void *context)
{
    (void)context;
    puts("leading");
}

static void on_lost(void *context, const char *why)
{
    (void)context;
    printf("lost %s\n", why);
}

/* A thread of its own: what another thread does to one that waits. */
static void *interrupt_on_signal(void *context)
{
    int number;

    sigwait(context, &number);
    sw_waiter_interrupt(&waiter);
    return NULL;
}

static void lead(char *argv[])
{
    const struct sw_elector_options options = {
        .client = waiter.client,
        .namespace_ = sw_str_from(argv[3]),
        .name = sw_str_from(argv[4]),
        .identity = sw_str_from(argv[5]),
        .times = {.duration_ms = 3000, .renew_deadline_ms = 2000, .retry_ms = 500},
        .sink = {NULL, on_leading, on_lost},
    };
    struct sw_elector *elector;
    struct sw_err err = {0};
    pthread_t thread;
    sigset_t signals;

    setvbuf(stdout, NULL, _IOLBF, 0);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (sw_elector_new(&options, &elector, &err) < 0)
        die(err.message);
    if (pthread_create(&thread, NULL, interrupt_on_signal, &signals) != 0)
        die("no thread");
    waiter.background = (struct sw_waiter_background){elector, sw_elector_step};
    while (sw_waiter_pause(&waiter, 3600000))
        continue;
    pthread_join(thread, NULL);
    waiter.background = (struct sw_waiter_background){0};
    sw_elector_leave(elector);
    sw_elector_free(elector);
}

int main(int argc, char *argv[])
{
    if (argc < 6)
        die("too few arguments");
    begin(argv[1]);
    if (strcmp(argv[2], "lead") == 0)
        lead(argv);
    else if (strcmp(argv[2], "list") == 0)
        list(argv);
    else if (argc >= 7)
        operate(argv);
    else
        die("too few arguments");
    end();
    return 0;
}
