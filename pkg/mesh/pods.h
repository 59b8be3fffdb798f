/*
 * The pods of one cluster, in about a hundred bytes each.
 *
 * Pods that a Deployment made agree on nearly everything that is read of them; what they agree on
 * is a class, kept once and counted. Of a pod itself there is its name, its node and the endpoints
 * that name it. An endpoint may name a pod, and a pod a node, that has not been seen yet: then the
 * record stands for it until it comes.
 */
#ifndef SW_MESH_PODS_H
#define SW_MESH_PODS_H

#include "mesh/hash.h"
#include "model/node.h"
#include "model/pod.h"

/* What pods have in common. */
struct sw_pod_class {
    struct sw_record record;
    uint32_t n_pods;   /* that are of it now; at 0 it is gone */
    bool sidecar;      /* takes Istio's mTLS */
    struct sw_str key; /* all of the below as bytes; owned, with what it borrows */
    struct sw_str namespace_;
    struct sw_str account;
    struct sw_str network_view; /* unset for none */
    struct sw_str locality;     /* of its own labels; unset for none */
    struct sw_labels labels;
};

struct sw_node_record {
    struct sw_record record;
    uint32_t n_pods;        /* that name it */
    bool here;              /* it is there now */
    struct sw_str name;     /* in `text` */
    struct sw_str locality; /* owned; the last that was known; unset while nothing was */
    char text[];
};

struct sw_slice;

/* A ready endpoint of an EndpointSlice that is a pod. */
struct sw_pod_endpoint {
    struct sw_pod_endpoint *next; /* of the same pod */
    struct sw_pod_record *pod;    /* NULL while it names none */
    struct sw_slice *slice;       /* that it is in */
};

struct sw_pod_record {
    struct sw_record record;
    const struct sw_pod_class *class;  /* NULL while the pod has not been seen, or is gone */
    struct sw_node_record *node;       /* NULL before it is scheduled */
    struct sw_pod_endpoint *endpoints; /* that name it */
    uint32_t namespace_len;            /* the name stands behind the namespace */
    uint32_t len;
    char text[];
};

/* Called when something about a pod changed that its endpoints depend on. */
typedef void sw_pods_changed_fn(void *context, struct sw_pod_record *pod);

/* Called when the first pod of a class came, or the last one went. */
typedef void sw_pods_class_fn(void *context, const struct sw_pod_class *class);

/* A zeroed one is empty, and calls nobody. */
struct sw_pods {
    struct sw_hash classes;
    struct sw_hash pods;
    struct sw_hash nodes;
    size_t n_bytes;   /* that they take, without what malloc adds */
    bool nodes_moved; /* a node that pods are on has another locality: the user's to reset */
    void *context;
    sw_pods_changed_fn *changed;
    sw_pods_class_fn *class_changed;
};

/* Frees everything. No endpoint may name a pod any more. */
void sw_pods_release(struct sw_pods *pods);

/* A pod came or changed; one that has finished is as good as gone. Fails with SW_ENOMEM, and the
 * pod is as before. */
int sw_pods_put(struct sw_pods *pods, const struct sw_pod *pod, uint32_t picture,
                struct sw_err *reterr);

/* A pod is gone. */
void sw_pods_remove(struct sw_pods *pods, struct sw_str namespace_, struct sw_str name);

/* A node came or changed. Fails with SW_ENOMEM. */
int sw_pods_put_node(struct sw_pods *pods, const struct sw_node *node, uint32_t picture,
                     struct sw_err *reterr);

/* A node is gone. Its pods, which go after it, are still where it was. */
void sw_pods_remove_node(struct sw_pods *pods, struct sw_str name);

/* The pod or node of that name is in this picture too. */
void sw_pods_touch(struct sw_pods *pods, struct sw_str namespace_, struct sw_str name,
                   uint32_t picture);
void sw_pods_touch_node(struct sw_pods *pods, struct sw_str name, uint32_t picture);

/* Removes what was not in this picture. Returns how many there were. */
size_t sw_pods_sweep(struct sw_pods *pods, uint32_t picture);
size_t sw_pods_sweep_nodes(struct sw_pods *pods, uint32_t picture);

/* Lets the endpoint name a pod. Fails with SW_ENOMEM. */
int sw_pods_attach(struct sw_pods *pods, struct sw_pod_endpoint *endpoint, struct sw_str namespace_,
                   struct sw_str name, struct sw_err *reterr);

/* Lets it name none. */
void sw_pods_detach(struct sw_pods *pods, struct sw_pod_endpoint *endpoint);

/* Where a pod is: what its labels say, else its node; unset while unknown. Borrowed. */
struct sw_str sw_pod_locality(const struct sw_pod_record *pod);

#endif
