/*
 * The objects by which an API server shows what people want and what there is.
 */
#ifndef SW_TESTS_SIM_LIFE_SHOW_H
#define SW_TESTS_SIM_LIFE_SHOW_H

#include "life.h"

/* The field manager of people. */
#define SIM_USER "kubectl"

/* JSON from a format in which ' stands for ". A new reference. */
json_t *sim_json(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The Service with its pods and slice, the gateway with its own, the node: as they are by now. */
void sim_show_service(const struct sim_life_cluster *c, size_t service);
void sim_show_gateway(const struct sim_life_cluster *c);
void sim_show_node(const struct sim_life_cluster *c);

/* `labels`, `names` and `exposed` are pieces of JSON; `labels` and `exposed` begin with a comma
 * unless they are "". */
void sim_put_namespace(struct sim_cluster *cluster, const char *name, const char *labels);
void sim_put_cert(struct sim_cluster *cluster, const char *text);
void sim_put_workspace(struct sim_cluster *cluster, const char *names);
void sim_put_setting(struct sim_cluster *cluster, const char *exposed);

#endif
