/*
 * Kubeconfigs, good and bad, read with the n-th allocation failing, for n = 1, 2, ... until none
 * does: what comes of it is what comes of it with all the memory there is, or SW_ENOMEM. Never
 * another error, a member that is missing, a crash, or a block of memory left behind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "fault/fault.h"
#include "kube/config.h"
#include "json/read.h"

static const char kubeconfig[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "current-context: inline\n"
    "clusters:\n"
    "- name: e\n"
    "  cluster: {server: 'https://east.example:6443/', certificate-authority-data: Q0E=,\n"
    "            tls-server-name: kubernetes}\n"
    "- name: w\n"
    "  cluster: {server: 'https://[::1]:6443/k8s', certificate-authority: pki/ca.crt,\n"
    "            proxy-url: 'http://proxy:3128'}\n"
    "users:\n"
    "- name: inline\n"
    "  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ, token: \"s\\u0033cret\"}\n"
    "- name: files\n"
    "  user: {client-certificate: c.crt, client-key: /k.key, tokenFile: t}\n"
    "- name: program\n"
    "  user: {exec: {command: aws}}\n"
    "- name: odd\n"
    "  user: {client-key-data: '!'}\n"
    "contexts:\n"
    "- {name: inline, context: {cluster: e, user: inline, namespace: shop}}\n"
    "- {name: files, context: &files {cluster: w, user: files}}\n"
    "- {name: alias, context: *files}\n"
    "- {name: program, context: {cluster: e, user: program}}\n"
    "- {name: odd, context: {cluster: e, user: odd}}\n"
    "- {name: stranger, context: {cluster: e, user: nobody}}\n";

/* What is read, and what comes of it. */
struct reading {
    const char *text;
    const char *context;
    enum sw_kube_trust trust;
    int result;
    const char *said; /* the credentials, or the error */
};

static const struct reading readings[] = {
    {kubeconfig, "", SW_KUBE_INLINE_ONLY, 0,
     "https://east.example:6443 kubernetes - shop CA - CERT - KEY - s3cret -"},
    {kubeconfig, "files", SW_KUBE_FILES_TOO, 0,
     "https://[::1]:6443/k8s - http://proxy:3128 - - /etc/pki/ca.crt - /etc/c.crt - /k.key - "
     "/etc/t"},
    {kubeconfig, "alias", SW_KUBE_FILES_TOO, 0,
     "https://[::1]:6443/k8s - http://proxy:3128 - - /etc/pki/ca.crt - /etc/c.crt - /k.key - "
     "/etc/t"},
    {kubeconfig, "files", SW_KUBE_INLINE_ONLY, SW_EUSAGE, "certificate-authority"},
    {kubeconfig, "program", SW_KUBE_FILES_TOO, SW_EUSAGE, "user.exec"},
    {kubeconfig, "odd", SW_KUBE_FILES_TOO, SW_ETYPE, "client-key-data"},
    {kubeconfig, "stranger", SW_KUBE_FILES_TOO, SW_ENOENT, "there is: inline, files"},
    {kubeconfig, "nowhere", SW_KUBE_FILES_TOO, SW_ENOENT, "inline, files, alias"},
    {"clusters: [", "", SW_KUBE_FILES_TOO, SW_ESYNTAX, "line 2"},
    {"- a\n", "", SW_KUBE_FILES_TOO, SW_ETYPE, "no mapping"},
};

static void write_member(struct sw_buf *buf, struct sw_str text)
{
    sw_buf_printf(buf, "%s%.*s", buf->len ? " " : "", SW_STR_ARG(text.len ? text : SW_STR("-")));
}

static bool is_as_said(const struct sw_kube_config *config, const char *said)
{
    const struct sw_str members[] = {
        config->server,  config->tls_server_name, config->proxy_url, config->namespace_,
        config->ca_pem,  config->ca_file,         config->cert_pem,  config->cert_file,
        config->key_pem, config->key_file,        config->token,     config->token_file,
    };
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_buf_init(&buf, 4096);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        write_member(&buf, members[i]);
    return sw_str_is(sw_buf_str(&buf), said);
}

/* With the nth allocation failing, 0 for none; true if all held. *ret_count is how many there
 * were. */
static bool attempt(const struct reading *reading, size_t nth, size_t *ret_count)
{
    const struct sw_kube_config_reading how = {
        .trust = reading->trust,
        .context = sw_str_from(reading->context),
        .folder = "/etc",
    };
    struct sw_kube_config config = {0};
    struct sw_err err = {0};
    struct sw_arena arena;
    bool right;
    int r;

    /* Chunks that are outgrown, so that they fail too. */
    sw_arena_init(&arena, 512, (size_t)8 << 20);
    fault_arm(nth);
    r = sw_kube_config_read(sw_str_from(reading->text), &how, &arena, &config, &err);
    *ret_count = fault_spare();
    if (r == 0)
        right = reading->result == 0 && is_as_said(&config, reading->said);
    else if (r == SW_ENOMEM)
        right = nth > 0;
    else
        right = r == reading->result && strstr(err.message, reading->said);
    sw_arena_release(&arena);
    if (!right)
        fprintf(stderr, "context \"%s\", allocation %zu failed: %d, %s\n", reading->context, nth, r,
                err.message);
    if (fault_disarm() == 0)
        return right;
    fprintf(stderr, "context \"%s\", allocation %zu failed: memory is left behind\n",
            reading->context, nth);
    return false;
}

int main(void)
{
    sw_json_setup();
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        size_t n_allocations, count;

        if (!attempt(&readings[i], 0, &n_allocations))
            return 1;
        for (size_t nth = 1; nth <= n_allocations; nth++) {
            if (!attempt(&readings[i], nth, &count))
                return 1;
        }
        printf("context \"%s\": %zu allocations\n", readings[i].context, n_allocations);
    }
    return 0;
}
