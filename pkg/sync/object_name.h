/*
 * The name of an object that is not read otherwise: one that was deleted, or that cannot be read.
 */
#ifndef SW_SYNC_OBJECT_NAME_H
#define SW_SYNC_OBJECT_NAME_H

#include "base/err.h"
#include "base/str.h"

/* Finds metadata.namespace (unset where it is absent) and metadata.name in the JSON text of a whole
 * object, borrowed from it. Works at any depth of nesting. Fails with SW_ESYNTAX where brackets or
 * quotes do not match, and with SW_ETYPE for an object without a name. */
int sw_object_name_read(struct sw_str text, struct sw_str *ret_namespace, struct sw_str *ret_name,
                        struct sw_err *reterr);

#endif
