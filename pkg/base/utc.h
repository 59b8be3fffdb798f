/*
 * Times as Kubernetes writes them (metav1.Time: RFC 3339, whole seconds, UTC).
 */
#ifndef SW_BASE_UTC_H
#define SW_BASE_UTC_H

#include <stdint.h>

#define SW_UTC_SIZE 32

/* "2026-11-23T21:00:00Z" of a Unix time from 1970 on; with its NUL. */
void sw_utc_write(int64_t unix_s, char ret[SW_UTC_SIZE]);

#endif
