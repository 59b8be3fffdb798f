/*
 * A collection read once, whole, page by page.
 *
 * What keeps on being interesting is watched instead (kube/watcher.h).
 */
#ifndef SW_KUBE_LIST_H
#define SW_KUBE_LIST_H

#include "kube/gvr.h"
#include "kube/waiter.h"

#define SW_LIST_PAGE_ITEMS 500
#define SW_LIST_MAX_ITEMS  ((size_t)100000)

/* Strings are copied. Unset is zero. */
struct sw_list_options {
    const struct sw_gvr *gvr;     /* borrowed for the list's life */
    struct sw_str namespace_;     /* unset: all of them */
    struct sw_str label_selector; /* "a=b,c" */
    struct sw_str field_selector;
    size_t max_items;       /* more are SW_ANSWER_UNREADABLE; 0: SW_LIST_MAX_ITEMS */
    struct sw_arena *arena; /* borrowed for the list's life: its cap is the list's */
};

struct sw_list;

/* done() comes once, from sw_http_run(), unless cancelled. `items` is an array of the objects, of
 * the arena, where the verdict is OK; else NULL. An item says neither apiVersion nor kind. The
 * answer has no body. */
struct sw_list_sink {
    void *context;
    void (*done)(void *context, const struct sw_answer *answer, json_t *items);
};

/* Begins to list; *ret is valid until done() begins or sw_list_cancel(). Fails as sw_call_send().
 */
int sw_list_send(const struct sw_client *client, const struct sw_list_options *options,
                 struct sw_list_sink sink, struct sw_list **ret, struct sw_err *reterr);

/* NULL is allowed. */
void sw_list_cancel(struct sw_list *list);

/* Lists and waits; *ret_items is set where the verdict in *ret, always set, is OK. */
void sw_list_wait(struct sw_waiter *waiter, const struct sw_list_options *options,
                  json_t **ret_items, struct sw_answer *ret);

#endif
