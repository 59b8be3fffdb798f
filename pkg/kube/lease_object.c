#include "kube/lease_object.h"

#include <stdio.h>
#include <time.h>

#include "json/get.h"

#include "base/banned.h"

static void copy_text(struct sw_str from, char *to, size_t size)
{
    const size_t len = from.len < size ? from.len : size - 1;

    memcpy(to, from.data ? from.data : "", len);
    to[len] = '\0';
}

int sw_lease_object_read(const json_t *object, struct sw_lease_record *ret, struct sw_err *reterr)
{
    static const struct sw_int_range counts = {0, INT32_MAX};
    const struct sw_at *at = SW_AT_KEY(NULL, "spec");
    struct sw_str version = {0}, holder = {0}, acquired = {0}, renewed = {0};
    struct sw_lease_record record = {0};
    json_t *metadata = NULL, *spec = NULL;

    if (sw_get_object(object, "metadata", NULL, &metadata, reterr) < 0 ||
        sw_get_str(metadata, "resourceVersion", SW_AT_KEY(NULL, "metadata"), &version, reterr) <
            0 ||
        sw_get_object(object, "spec", NULL, &spec, reterr) < 0 ||
        sw_get_str(spec, "holderIdentity", at, &holder, reterr) < 0 ||
        sw_get_str(spec, "acquireTime", at, &acquired, reterr) < 0 ||
        sw_get_str(spec, "renewTime", at, &renewed, reterr) < 0 ||
        sw_get_int(spec, "leaseDurationSeconds", at, counts, &record.duration_s, reterr) < 0 ||
        sw_get_int(spec, "leaseTransitions", at, counts, &record.transitions, reterr) < 0)
        return SW_ETYPE;
    copy_text(version, record.version, sizeof(record.version));
    copy_text(holder, record.holder, sizeof(record.holder));
    copy_text(acquired, record.acquired, sizeof(record.acquired));
    copy_text(renewed, record.renewed, sizeof(record.renewed));
    *ret = record;
    return 0;
}

/* As Kubernetes writes a MicroTime. */
static void write_time(uint64_t wall_ms, char text[SW_LEASE_TIME_SIZE])
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm day;
    size_t len;

    gmtime_r(&seconds, &day);
    len = strftime(text, SW_LEASE_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &day);
    snprintf(text + len, SW_LEASE_TIME_SIZE - len, ".%03u000Z", (unsigned int)(wall_ms % 1000));
}

json_t *sw_lease_object_new(const char *namespace_, const char *name)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}}", "apiVersion", "coordination.k8s.io/v1",
                     "kind", "Lease", "metadata", "name", name, "namespace", namespace_, "labels",
                     "app.kubernetes.io/managed-by", "spillway");
}

int sw_lease_object_write(json_t *object, const struct sw_lease_write *write, uint64_t wall_ms,
                          struct sw_err *reterr)
{
    char renewed[SW_LEASE_TIME_SIZE];
    json_t *spec = json_object_get(object, "spec");
    int r;

    write_time(wall_ms, renewed);
    if (!json_is_object(spec)) {
        spec = json_object();
        if (json_object_set_new(object, "spec", spec) < 0)
            return sw_err_nomem(reterr);
    }
    r = json_object_set_new(spec, "holderIdentity", json_string(write->holder));
    r |= json_object_set_new(spec, "leaseDurationSeconds", json_integer(write->duration_s));
    r |= json_object_set_new(spec, "acquireTime",
                             json_string(write->acquired ? write->acquired : renewed));
    r |= json_object_set_new(spec, "renewTime", json_string(renewed));
    r |= json_object_set_new(spec, "leaseTransitions", json_integer(write->transitions));
    return r == 0 ? 0 : sw_err_nomem(reterr);
}
