/*
 * The words of an Event: what has come about, of which clusters, and what to do.
 *
 * Pure.
 */
#ifndef SW_RECONCILER_EVENT_TEXT_H
#define SW_RECONCILER_EVENT_TEXT_H

#include "base/buf.h"
#include "reconciler/event_news.h"

/* Longest message: what events.k8s.io takes, though core/v1 would take more. */
#define SW_EVENT_MESSAGE_MAX 1024

/* The reason of the Event: one word, static, stable. */
const char *sw_event_reason(const struct sw_event_object *object, const struct sw_event_news *news);

/* Appends the message, of at most SW_EVENT_MESSAGE_MAX bytes; `entry` is the object's, or NULL. A
 * failure stays in `buf`, which must have room for it. */
void sw_event_write_message(const struct sw_ledger_entry *entry,
                            const struct sw_event_object *object, const struct sw_event_news *news,
                            struct sw_buf *buf);

#endif
