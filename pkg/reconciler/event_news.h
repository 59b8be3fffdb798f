/*
 * What there is to tell of one object: the difference between what was told and what is so.
 *
 * Pure; everything is arena memory, or borrowed from the facts.
 */
#ifndef SW_RECONCILER_EVENT_NEWS_H
#define SW_RECONCILER_EVENT_NEWS_H

#include "reconciler/event_facts.h"

/* One piece of news: facts of one verdict and one reason that have come or, with `ended`, what was
 * emitted and is gone without a reason. */
struct sw_event_news {
    bool ended;
    enum sw_mesh_verdict verdict;
    enum sw_reason reason;
    struct sw_str *remotes; /* in order; empty where it is about none in particular */
    size_t n_remotes;
};

/* The first piece of news: what is withheld, is warned of or waits, what has ended, what is in
 * place, in this order. 1, or 0 if there is none. Fails with SW_ENOMEM. */
int sw_event_news_find(const struct sw_event_facts *told, const struct sw_event_facts *now,
                       struct sw_arena *arena, struct sw_event_news *ret, struct sw_err *reterr);

/* What is told once the news is. What is gone otherwise than by an end is not told: it is forgotten
 * with it. Fails with SW_ENOMEM. */
int sw_event_news_tell(const struct sw_event_facts *told, const struct sw_event_facts *now,
                       const struct sw_event_news *news, struct sw_arena *arena,
                       struct sw_event_facts *ret, struct sw_err *reterr);

#endif
