/*
 * A DNS server of the tests: on a thread of its own, UDP and TCP on one port of 127.0.0.1. It says
 * what it was told to say, and counts what it was asked.
 */
#ifndef SW_TESTS_DNS_H
#define SW_TESTS_DNS_H

#include <stdbool.h>
#include <stdint.h>

#define DNS_A     1
#define DNS_CNAME 5
#define DNS_AAAA  28

/* Response codes. */
#define DNS_OK       0
#define DNS_SERVFAIL 2
#define DNS_NXDOMAIN 3
#define DNS_REFUSED  5

struct dns_record {
    const char *owner; /* NULL: the name that was asked for */
    int type;
    uint32_t ttl_s;
    const char *value; /* an address, or a name */
};

#define DNS_MAX_RECORDS 100

/* What is said of one name and type. */
struct dns_reply {
    const char *name; /* lower-case, without a dot at its end */
    int type;
    int code;
    bool silent;    /* no answer at all */
    bool truncated; /* over UDP: none of the records, but TC */
    bool malformed; /* a header that promises records, and none */
    const struct dns_record *records;
    int n;
};

struct dns;

/* Listens; NULL on failure. Stopped and freed by dns_stop(). What it has no reply for does not
 * exist (NXDOMAIN). */
struct dns *dns_start(void);
void dns_stop(struct dns *dns);

/* From now on this is what it says; borrowed until the next call or the end. */
void dns_say(struct dns *dns, const struct dns_reply *replies, int n);

/* "127.0.0.1:PORT", and how many questions came over UDP and over TCP so far. */
const char *dns_address(const struct dns *dns);
int dns_n_udp(struct dns *dns);
int dns_n_tcp(struct dns *dns);

#endif
