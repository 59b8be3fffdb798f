#include "mesh/stub.h"

#include "base/cleanup.h"
#include "mesh/name.h"

#include "base/banned.h"

static json_t *target(const struct sw_port *port)
{
    if (port->target_name.len)
        return sw_wanted_str(port->target_name);
    return json_integer(port->target_number ? port->target_number : port->number);
}

/* appProtocol goes along: Istio asks it before the port's name what is spoken there. */
static json_t *port_json(const struct sw_port *port)
{
    json_auto_t *object = json_pack("{s:o,s:i,s:s,s:o}", "name", sw_wanted_str(port->name), "port",
                                    port->number, "protocol", "TCP", "targetPort", target(port));

    if (object && port->app_protocol.len &&
        json_object_set_new(object, "appProtocol", sw_wanted_str(port->app_protocol)) < 0)
        return NULL;
    return SW_TAKE(object);
}

static json_t *ports(const struct sw_service *service)
{
    json_auto_t *list = json_array();

    for (size_t i = 0; list && i < service->n_ports; i++) {
        const struct sw_port *port = &service->ports[i];

        if (!port->tcp || !port->name.len)
            continue;
        if (json_array_append_new(list, port_json(port)) < 0)
            return NULL;
    }
    return SW_TAKE(list);
}

int sw_stub_plan(const struct sw_subject *subject, struct sw_err *reterr)
{
    const struct sw_plan *plan = subject->plan;
    struct sw_wanted_meta meta = {
        .kind = SW_MESH_STUB,
        .namespace_ = plan->namespace_,
        .name = plan->service,
        .service = sw_mesh_path(subject->arena, plan->namespace_, plan->service),
    };

    if (!meta.service.data)
        return sw_err_nomem(reterr);
    return sw_wanted_add(&subject->plan->wanteds, subject->arena, &meta,
                         json_pack("{s:o,s:o}", "ports", ports(subject->shape), "selector",
                                   sw_wanted_labels(&subject->shape->selector)),
                         reterr);
}
