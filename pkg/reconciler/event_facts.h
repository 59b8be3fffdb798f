/*
 * What the ledger says of one object, as far as an Event could tell it: a sorted set of facts.
 *
 * Words and numbers of a message are no part of a fact: a Gateway that holds one host more is no
 * news. Pure; everything is arena memory, or borrowed from the ledger.
 */
#ifndef SW_RECONCILER_EVENT_FACTS_H
#define SW_RECONCILER_EVENT_FACTS_H

#include "base/arena.h"
#include "reconciler/ledger.h"

/* A Service, an IngressGateway or, for SW_LEDGER_GATEWAYS, the Service of one gateway. */
struct sw_event_object {
    enum sw_ledger_subject subject;
    struct sw_str namespace_;
    struct sw_str name;
};

struct sw_event_fact {
    enum sw_mesh_verdict verdict;
    enum sw_reason reason;
    struct sw_str remote; /* the cluster that it is about; unset for none in particular */
};

/* No fact is in it twice. */
struct sw_event_facts {
    struct sw_event_fact *items;
    size_t n;
};

/* Reads what the entry says of the object; no entry (NULL) says nothing. With `waits`, what is
 * written of it waits for is a fact too: deletions that wait are none. Fails with SW_ENOMEM. */
int sw_event_facts_read(const struct sw_ledger_entry *entry, const struct sw_event_object *object,
                        bool waits, struct sw_arena *arena, struct sw_event_facts *ret,
                        struct sw_err *reterr);

/* True where something that is to be there waits to be written. */
bool sw_event_facts_wait(const struct sw_ledger_entry *entry, const struct sw_event_object *object);

/* Adds a fact, at the end: sw_event_facts_sort() before the next look into them. Fails with
 * SW_ENOMEM. */
int sw_event_facts_add(struct sw_event_facts *facts, const struct sw_event_fact *fact,
                       struct sw_arena *arena, struct sw_err *reterr);

/* Makes a set of them again. */
void sw_event_facts_sort(struct sw_event_facts *facts);

/* True if the fact is among them. */
bool sw_event_facts_have(const struct sw_event_facts *facts, const struct sw_event_fact *fact);

/* True if failover to the cluster is withheld, there or altogether. */
bool sw_event_facts_withhold(const struct sw_event_facts *facts, struct sw_str remote);

#endif
