/*
 * The three forms in which people write the API, made one: the CRD form, which is what clusters
 * hold and all that the rules read.
 *
 * A slip (a misspelt apiVersion) is read as what it means and noted. Whatever else an object holds
 * stays as it is, so that the rules see, and refuse, what was written.
 */
#ifndef SW_MODEL_FORM_H
#define SW_MODEL_FORM_H

#include "base/arena.h"
#include "base/err.h"

#include <jansson.h>

enum sw_form_kind {
    SW_FORM_OTHER = 0, /* an object of another API: Service, DestinationRule, ... */
    SW_FORM_CRD,       /* tsb.tetrate.io/v2: organization, tenant and workspace in annotations */
    SW_FORM_TCTL,    /* api.tsb.tetrate.io/v2 Workspace or WorkspaceSetting: the same in metadata */
    SW_FORM_INSTALL, /* install.tetrate.io/v1alpha1: IngressGateway and its like */
};

/* What an object was before it was made CRD form. */
struct sw_form {
    enum sw_form_kind kind;
    const char *const *notes; /* one line each: path, what was found, what it is read as; arena;
                                 NULL for none */
    size_t n_notes;
};

/* Makes `object` CRD form, in place: apiVersion and kind get their spelling if they were written in
 * other letter case, and the tctl form becomes tsb.tetrate.io/v2 with its metadata.organization,
 * tenant and workspace as annotations. An object of any other API only has its spelling mended.
 * Call inside a sw_json_scope of `arena`, or outside any; *ret is arena memory.
 *
 * Fails with SW_ETYPE, the object untouched: it is no object; apiVersion or kind is missing, empty,
 * no string, or written twice in different letter case; metadata is no object; in the tctl form,
 * organization, tenant or workspace is no string, or an annotation that says otherwise is there
 * already. SW_ENOMEM: throw the object away. */
int sw_form_normalise(json_t *object, struct sw_arena *arena, struct sw_form *ret,
                      struct sw_err *reterr);

/* The objects in one document: the items of a list, or the document itself. A list is of kind List,
 * or of a kind that ends in List and has an array of items. The caller's storage. */
struct sw_form_items {
    json_t *document;         /* borrowed */
    bool is_list;             /* then items have a number, and messages begin "items[2]: ..." */
    size_t next;              /* how many sw_form_items_next() has passed */
    const char *const *notes; /* slips in the list's own apiVersion and kind, as in sw_form */
    size_t n_notes;
};

/* Begins with `document`, borrowed until the last of its objects is used. Mends the spelling of a
 * list's own apiVersion and kind; any other document is left alone. Fails with SW_ETYPE for a list
 * whose items are no array or whose apiVersion or kind is written twice, SW_ENOMEM. */
int sw_form_items_begin(json_t *document, struct sw_arena *arena, struct sw_form_items *ret,
                        struct sw_err *reterr);

/* The next object: 1 and *ret, borrowed from the document; 0 at the end. An item that says neither
 * apiVersion nor kind, as the API server leaves them out of a ServiceList, gets what the list says.
 * Fails with SW_ETYPE for an item that is no object, or is itself a list, and with SW_ENOMEM; the
 * next call goes on with the item behind it. */
int sw_form_items_next(struct sw_form_items *items, json_t **ret, struct sw_err *reterr);

#endif
