#include "cert_life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "json/read.h"

int life_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sw_elector_options elector = {.namespace_ = SW_STR("ns"), .name = SW_STR("certs")};
    struct sw_cert_round_options options = {
        .namespace_ = SW_STR("ns"),
        .secret = SW_STR("certs"),
        .service = SW_STR("hook"),
        .configuration = SW_STR("hooks"),
        .cert_lifetime_s = 90 * DAY_S,
        .ca_lifetime_s = 360 * DAY_S,
    };

    if (!f || pipe2(f->log_fds, O_NONBLOCK) < 0)
        return -1;
    cluster_begin(NOW_S);
    cluster_put(MUTATING, BOTH);
    cluster_put(VALIDATING, ONE);
    cluster.dry_run.status = 422;
    cluster.dry_run.message = REFUSAL;
    sw_log_init(&f->log, f->log_fds[1], SW_LOG_INFO);
    f->metrics = sw_metrics_new();
    sw_arena_init(&f->arena, 4096, 1 << 20);
    assert_int_equal(sw_tls_new(&(struct sw_tls_options){.late = true}, &f->tls, NULL), 0);
    assert_int_equal(sw_tls_watch_init(&f->watch, f->tls, f->metrics, &f->log, NULL), 0);
    assert_int_equal(sw_cert_stats_init(&f->stats, f->metrics, NULL), 0);
    assert_int_equal(sw_waiter_init(&f->waiter, &f->config, NULL), 0);
    elector.client = f->waiter.client;
    assert_int_equal(sw_elector_new(&elector, &f->elector, NULL), 0);
    f->waiter.background = (struct sw_waiter_background){f->elector, sw_elector_step};
    options.tls = &f->watch;
    options.stats = &f->stats;
    options.log = &f->log;
    *state = f;
    return sw_cert_round_init(&f->round, &options, NULL);
}

int life_teardown(void **state)
{
    struct fixture *f = *state;

    sw_elector_free(f->elector);
    sw_waiter_release(&f->waiter);
    sw_cert_round_release(&f->round);
    sw_tls_free(f->tls);
    sw_metrics_free(f->metrics);
    sw_arena_release(&f->arena);
    close(f->log_fds[0]);
    close(f->log_fds[1]);
    cluster_end();
    free(f);
    return 0;
}

/* What was logged since the last call. */
const char *life_logged(struct fixture *f)
{
    ssize_t len = read(f->log_fds[0], f->text, sizeof(f->text) - 1);

    f->text[len > 0 ? len : 0] = '\0';
    return f->text;
}

void assert_logged(struct fixture *f, const char *words)
{
    if (!strstr(life_logged(f), words))
        fail_msg("\"%s\" was not logged:\n%s", words, f->text);
}

static int64_t go_round(struct fixture *f)
{
    return sw_cert_round_run(&f->round, (struct sw_cert_round_link){&f->waiter, f->elector});
}

/* As the keeper does, for so long; each round's log is dropped with the next. */
void life_go_on(struct fixture *f, int64_t s)
{
    int64_t end_ms = cluster.now_ms + s * 1000;

    while (cluster.now_ms < end_ms) {
        int64_t wait_ms = go_round(f);

        sw_waiter_pause(&f->waiter, wait_ms);
    }
}

/* Long enough for everything that is not a matter of months. */
void life_settle(struct fixture *f)
{
    life_go_on(f, 200);
    life_logged(f);
}

static struct sw_str decoded(struct fixture *f, const json_t *text)
{
    struct sw_str plain = {NULL, 0};

    if (json_is_string(text))
        assert_int_equal(
            sw_base64_decode(sw_str_from(json_string_value(text)), &f->arena, &plain, NULL), 0);
    return plain;
}

struct sw_str life_held(struct fixture *f, const char *key)
{
    return decoded(f, json_object_get(json_object_get(cluster_get(SECRET), "data"), key));
}

json_t *life_webhook(const char *path, size_t i)
{
    return json_array_get(json_object_get(cluster_get(path), "webhooks"), i);
}

struct sw_str life_bundle(struct fixture *f, const char *path, size_t i)
{
    return decoded(
        f, json_object_get(json_object_get(life_webhook(path, i), "clientConfig"), "caBundle"));
}

bool life_has(struct sw_str text, struct sw_str part)
{
    return text.data && part.data && part.len && memmem(text.data, text.len, part.data, part.len);
}

void assert_all_trust(struct fixture *f, struct sw_str authorities)
{
    assert_true(life_has(life_bundle(f, MUTATING, 0), authorities));
    assert_true(life_has(life_bundle(f, MUTATING, 1), authorities));
    assert_true(life_has(life_bundle(f, VALIDATING, 0), authorities));
}

const char *life_policy(const char *path, size_t i)
{
    return json_string_value(json_object_get(life_webhook(path, i), "failurePolicy"));
}

const char *life_served(struct fixture *f)
{
    struct sw_tls_info info;

    sw_tls_describe(f->tls, &info);
    return sw_arena_printf(&f->arena, "%s", info.sha256);
}
