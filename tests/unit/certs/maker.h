/*
 * Certificates of ours for a test, and lists of made-up ones for what looks at no bytes.
 */
#ifndef SW_TESTS_CERTS_MAKER_H
#define SW_TESTS_CERTS_MAKER_H

#include "certs/issue.h"
#include "certs/plan.h"

/* 2026-11-23, a Monday. */
#define NOW_S INT64_C(1795392000)
#define DAY_S INT64_C(86400)

/* The names that a test's certificate is for; two of them. */
extern const char *const maker_names[];
#define MAKER_N_NAMES 2

/* An authority from now_s on, and a serving certificate of it; the test fails where there is none.
 * The caller's (sw_cert_pair_release). */
struct sw_cert_pair maker_ca(int64_t now_s, int64_t lifetime_s);
struct sw_cert_pair maker_leaf(const struct sw_cert_pair *ca, int64_t now_s, int64_t lifetime_s);

/* The PEM texts, borrowed. */
struct sw_str maker_cert(const struct sw_cert_pair *pair);
struct sw_str maker_key(const struct sw_cert_pair *pair);

/* A made-up certificate of ours with this id, made at issued_s; its text is its id and a line end.
 */
struct sw_cert maker_made_up(const char *id, int64_t issued_s, int64_t lifetime_s);

/* Appends one to a list. */
void maker_push(struct sw_cert_list *list, struct sw_cert cert);

/* Fails the test unless the message has these words. */
void assert_says(const struct sw_err *err, const char *words);

#endif
