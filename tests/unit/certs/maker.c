#include "maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

const char *const maker_names[] = {"hook.ns.svc", "hook.ns.svc.cluster.local"};

struct sw_cert_pair maker_ca(int64_t now_s, int64_t lifetime_s)
{
    struct sw_cert_pair pair = {0};
    struct sw_err err = {0};

    if (sw_cert_issue_ca((struct sw_cert_term){now_s, lifetime_s}, &pair, &err) < 0)
        fail_msg("%s", err.message);
    return pair;
}

struct sw_cert_pair maker_leaf(const struct sw_cert_pair *ca, int64_t now_s, int64_t lifetime_s)
{
    const struct sw_cert_request request = {maker_cert(ca), maker_key(ca), maker_names,
                                            MAKER_N_NAMES};
    struct sw_cert_pair pair = {0};
    struct sw_err err = {0};

    if (sw_cert_issue_leaf(&request, (struct sw_cert_term){now_s, lifetime_s}, &pair, &err) < 0)
        fail_msg("%s", err.message);
    return pair;
}

struct sw_str maker_cert(const struct sw_cert_pair *pair)
{
    return sw_buf_str(&pair->cert);
}

struct sw_str maker_key(const struct sw_cert_pair *pair)
{
    return sw_buf_str(&pair->key);
}

struct sw_cert maker_made_up(const char *id, int64_t issued_s, int64_t lifetime_s)
{
    struct sw_cert cert = {
        .text = sw_str_from(id),
        .not_before_s = issued_s - SW_CERT_SKEW_S,
        .not_after_s = issued_s + lifetime_s,
        .ours = true,
    };

    snprintf(cert.id, sizeof(cert.id), "%s", id);
    return cert;
}

void maker_push(struct sw_cert_list *list, struct sw_cert cert)
{
    assert_true(list->n < SW_CERT_LIST_MAX);
    list->items[list->n++] = cert;
}

void assert_says(const struct sw_err *err, const char *words)
{
    if (!strstr(err->message, words))
        fail_msg("\"%s\" does not say \"%s\"", err->message, words);
}
