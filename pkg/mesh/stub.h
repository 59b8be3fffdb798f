/*
 * The Service that stands in where the local cluster has none: it gives clients a name and an
 * address, and our WorkloadEntries are its only endpoints.
 */
#ifndef SW_MESH_STUB_H
#define SW_MESH_STUB_H

#include "mesh/subject.h"

/* Adds a Service with the named TCP ports and the selector of subject->shape. (Other ports cannot
 * fail over: they would lead nowhere.) Call inside a sw_json_scope of the subject's arena. Fails
 * with SW_ENOMEM. */
int sw_stub_plan(const struct sw_subject *subject, struct sw_err *reterr);

#endif
