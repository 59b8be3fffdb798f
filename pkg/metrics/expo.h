/*
 * The page that Prometheus reads: text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * Families by name, series by their label values: equal states give equal bytes. A family without
 * series is left out. Numbers are exact decimals, whatever the locale.
 */
#ifndef SW_METRICS_EXPO_H
#define SW_METRICS_EXPO_H

#include "base/buf.h"
#include "metrics/metrics.h"

/* The page's media type. */
#define SW_EXPO_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends the whole page while other threads may go on updating: a histogram's _count always equals
 * its +Inf bucket, its _sum may be a moment newer. A failure stays in buf (sw_buf_status). */
void sw_expo_write(struct sw_metrics *metrics, struct sw_buf *buf);

#endif
