/*
 * What the last plan of each thing had to say, kept when the plan is gone: metrics count it, status
 * conditions and events tell it.
 *
 * A ledger has one entry for each Service, each IngressGateway, and one for all Gateways, as long
 * as its plan wants objects, has findings, or something of it waits. For one thread: that of the
 * loop.
 */
#ifndef SW_RECONCILER_LEDGER_H
#define SW_RECONCILER_LEDGER_H

#include "mesh/diff.h"
#include "mesh/hash.h"

/* What a plan is about. */
enum sw_ledger_subject {
    SW_LEDGER_SERVICE,
    SW_LEDGER_INGRESS,  /* an IngressGateway */
    SW_LEDGER_GATEWAYS, /* all Istio Gateways of the local cluster; its names are empty */
};

/* One finding; everything is owned by the entry. Unset members are empty. */
struct sw_ledger_finding {
    enum sw_mesh_verdict verdict;
    enum sw_reason reason;
    struct sw_str namespace_; /* what it is about, as in struct sw_about */
    struct sw_str name;
    struct sw_str remote;  /* the cluster */
    struct sw_str message; /* one line; the reason's sentence where the plan had no other */
};

/* Something that is not written for now, as in struct sw_wait. */
struct sw_ledger_wait {
    enum sw_op_verb verb;
    enum sw_mesh_kind kind;
    enum sw_reason reason;
    uint64_t until_ms; /* 0 where only an event ends it */
};

/* May be read; borrowed until the ledger is told something again. */
struct sw_ledger_entry {
    struct sw_record record; /* private */
    enum sw_ledger_subject subject;
    struct sw_str namespace_;
    struct sw_str name;
    uint64_t version; /* the ledger's, when this last became another one */
    size_t n_wanted;  /* objects that the plan wants in the local cluster */
    const struct sw_ledger_finding *findings;
    size_t n_findings;
    const struct sw_ledger_wait *waits;
    size_t n_waits;
    void *block;  /* private: findings and their texts */
    char names[]; /* private */
};

struct sw_ledger;

/* Empty. Owned: sw_ledger_free(), which takes NULL. Fails with SW_ENOMEM. */
int sw_ledger_new(struct sw_ledger **ret, struct sw_err *reterr);
void sw_ledger_free(struct sw_ledger *ledger);

/* Takes down what this plan says, in place of the one before of the same thing; what waited is
 * forgotten. To be called after every plan. Fails with SW_ENOMEM; the entry is then as it was. */
int sw_ledger_note(struct sw_ledger *ledger, const struct sw_plan *plan, struct sw_err *reterr);

/* Adds something that waits, to the entry of its plan. Fails with SW_ENOMEM. */
int sw_ledger_note_wait(struct sw_ledger *ledger, const struct sw_wait *wait,
                        struct sw_err *reterr);

/* Rises when any entry has become another one, has come or has gone. */
uint64_t sw_ledger_version(const struct sw_ledger *ledger);

/* The entry behind `entry` in some order, the first for NULL; NULL at the end. */
const struct sw_ledger_entry *sw_ledger_next(const struct sw_ledger *ledger,
                                             const struct sw_ledger_entry *entry);

/* The entry of one thing; NULL if there is none. */
const struct sw_ledger_entry *sw_ledger_find(const struct sw_ledger *ledger,
                                             enum sw_ledger_subject subject,
                                             struct sw_str namespace_, struct sw_str name);

/* How many findings of all entries have this verdict and reason, and how many things wait for that
 * reason. */
size_t sw_ledger_count(const struct sw_ledger *ledger, enum sw_mesh_verdict verdict,
                       enum sw_reason reason);
size_t sw_ledger_count_waits(const struct sw_ledger *ledger, enum sw_reason reason);

/* How many reasons there are: for whoever goes through all of them. */
#define SW_LEDGER_COUNT_REASON(name, word, sentence) +1
enum { SW_LEDGER_N_REASONS = 0 SW_REASON_MAP(SW_LEDGER_COUNT_REASON) };

#endif
