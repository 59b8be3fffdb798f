/*
 * The scanner for what is nested too deep for json/scan.
 *
 * Whoever may write an object with free-form fields may nest it as deep as an API server takes,
 * which is far deeper than we read. Such an object is passed over by who keeps objects; but the
 * list or the event that it comes in must be read all the same, or one object would hold up all the
 * others. Brackets and quotes are followed here, at any depth, and nothing else is checked.
 */
#ifndef SW_SYNC_SHALLOW_H
#define SW_SYNC_SHALLOW_H

#include "json/scan.h"

/* As sw_scan(), but for depth. What stands in a string with an escape, or under a key with one, is
 * taken for absent; of a key that stands twice, the first counts.
 * Fails with SW_ESYNTAX where brackets or quotes do not match. */
int sw_shallow_scan(struct sw_str text, const struct sw_scan_want *wants,
                    struct sw_scan_slice *slices, size_t n_slices, struct sw_err *reterr);

/* Length of the value that begins `text`, if it is an object, an array or a string; 0 for another,
 * or where it does not end. */
size_t sw_shallow_length(struct sw_str text);

#endif
