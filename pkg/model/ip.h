/*
 * IP addresses as values: so that two spellings of one are one, and so that they can be sorted.
 */
#ifndef SW_MODEL_IP_H
#define SW_MODEL_IP_H

#include "base/str.h"

/* Longest text of one, with its NUL: eight groups of four. */
#define SW_IP_TEXT_SIZE 40

struct sw_ip {
    uint8_t family;    /* 4 or 6; 0 for none */
    uint8_t bytes[16]; /* in network order; of IPv4 the first four, the rest is 0 */
};

/* Reads all of `text` as an IPv4 or IPv6 literal: no port, no zone, no brackets, no leading zeros
 * in IPv4. False (and *ret untouched) for anything else. */
bool sw_ip_parse(struct sw_str text, struct sw_ip *ret);

/* Writes it as RFC 5952 has it, NUL-terminated. Returns the length; 0 for none. */
size_t sw_ip_write(const struct sw_ip *ip, char text[static SW_IP_TEXT_SIZE]);

/* Order by family, then by bytes: <0, 0 or >0. */
int sw_ip_cmp(const struct sw_ip *a, const struct sw_ip *b);

/* True for one that another cluster can be told of: not unspecified, loopback, multicast or
 * link-local. */
bool sw_ip_is_reachable(const struct sw_ip *ip);

#endif
