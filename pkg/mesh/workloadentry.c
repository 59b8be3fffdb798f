#include "mesh/workloadentry.h"

#include "base/cleanup.h"
#include "failover/policy.h"
#include "mesh/name.h"
#include "json/write.h"

#include "base/banned.h"

#define HASH_LEN 32

static void write_member(const char *name, struct sw_str value, struct sw_buf *buf)
{
    if (value.len == 0)
        return;
    sw_buf_append_text(buf, name);
    sw_json_write_string(value, buf);
}

void sw_workloadentry_write_common(const struct sw_workloadentry *entry, struct sw_buf *buf)
{
    sw_buf_append_text(buf, ",\"labels\":{");
    for (size_t i = 0; i < entry->labels.n; i++) {
        sw_buf_append(buf, ",", i > 0);
        sw_json_write_string(entry->labels.pairs[i].key, buf);
        sw_buf_append(buf, ":", 1);
        sw_json_write_string(entry->labels.pairs[i].value, buf);
    }
    sw_buf_append_text(buf, "}");
    write_member(",\"locality\":", entry->locality, buf);
    write_member(",\"network\":", entry->network, buf);
    sw_buf_append_text(buf, ",\"ports\":{");
    for (size_t i = 0; i < entry->n_ports; i++) {
        sw_buf_append(buf, ",", i > 0);
        sw_json_write_string(entry->ports[i], buf);
        sw_buf_append(buf, ":", 1);
        sw_buf_append_u64(buf, entry->port);
    }
    sw_buf_append_text(buf, "}");
    write_member(",\"serviceAccount\":", entry->service_account, buf);
}

static void add_text(struct sw_sha256 *hash, const char *text)
{
    sw_sha256_add_str(hash, sw_str_from(text));
}

/* The digest of the whole object, as sw_digest_object() has it: `spec` is what was hashed up to the
 * weight. */
static struct sw_digest digest(const struct sw_workloadentry *entry, struct sw_sha256 spec)
{
    char weight[16];

    snprintf(weight, sizeof(weight), "%u", entry->weight);
    add_text(&spec, ",\"weight\":");
    add_text(&spec, weight);
    add_text(&spec, "}\n{\"" SW_ANNOTATION_SERVICE "\":\"");
    sw_sha256_add_str(&spec, entry->namespace_);
    add_text(&spec, "/");
    sw_sha256_add_str(&spec, entry->service);
    add_text(&spec,
             "\"}\n{\"" SW_LABEL_MANAGED_BY "\":\"" SW_MANAGED_BY "\",\"" SW_LABEL_REMOTE "\":\"");
    sw_sha256_add_str(&spec, entry->remote);
    add_text(&spec, "\"}\n");
    return sw_sha256_digest(&spec);
}

/* Groups whose labels the local selector overrides may end up alike: one entry is enough. */
static bool is_wanted(const struct sw_wanteds *wanteds, const struct sw_wanted *wanted)
{
    for (size_t i = wanteds->n; i-- > 0;) {
        const struct sw_wanted *other = &wanteds->items[i];

        if (!other->entry || !sw_str_eq(other->entry->remote, wanted->entry->remote))
            return false; /* those of one remote cluster stand together */
        if (sw_str_eq(other->name, wanted->name))
            return true;
    }
    return false;
}

int sw_workloadentry_want(const struct sw_workloadentry *entry, struct sw_str common,
                          enum sw_reason gate, struct sw_arena *arena, struct sw_wanteds *wanteds,
                          struct sw_err *reterr)
{
    struct sw_wanted wanted = {
        .kind = SW_MESH_WORKLOADENTRY,
        .gate = gate,
        .namespace_ = entry->namespace_,
        .entry = entry,
    };
    struct sw_sha256 spec, named;
    struct sw_digest identity;
    char hex[HASH_LEN];

    sw_sha256_init(&spec);
    add_text(&spec, "{\"address\":\"");
    sw_sha256_add_str(&spec, entry->address);
    add_text(&spec, "\"");
    sw_sha256_add_str(&spec, common);
    named = spec;
    add_text(&named, "}\n");
    sw_sha256_add_str(&named, entry->service);
    identity = sw_sha256_digest(&named);
    sw_digest_hex(&identity, hex, sizeof(hex));
    wanted.digest = digest(entry, spec);
    wanted.name = sw_mesh_name(arena, entry->service, (struct sw_str){hex, sizeof(hex)});
    if (!wanted.name.data)
        return sw_err_nomem(reterr);
    return is_wanted(wanteds, &wanted) ? 0 : sw_wanted_push(wanteds, arena, wanted, reterr);
}

static json_t *ports(const struct sw_workloadentry *entry)
{
    json_auto_t *object = json_object();

    for (size_t i = 0; object && i < entry->n_ports; i++) {
        if (json_object_setn_new(object, entry->ports[i].data, entry->ports[i].len,
                                 json_integer(entry->port)) < 0)
            return NULL;
    }
    return SW_TAKE(object);
}

/* Sets a member, unless it is unset; false when out of memory. */
static bool set(json_t *object, const char *name, struct sw_str value)
{
    return value.len == 0 || json_object_set_new(object, name, sw_wanted_str(value)) == 0;
}

json_t *sw_workloadentry_json(const struct sw_workloadentry *entry, struct sw_str name)
{
    const struct sw_label remote = {SW_STR(SW_LABEL_REMOTE), entry->remote};
    const struct sw_labels labels = {&remote, 1};
    char service[SW_DNS_LABEL_MAX * 2 + 2];
    json_auto_t *spec =
        json_pack("{s:o,s:o,s:o}", "address", sw_wanted_str(entry->address), "labels",
                  sw_wanted_labels(&entry->labels), "ports", ports(entry));
    struct sw_wanted_meta meta = {
        .kind = SW_MESH_WORKLOADENTRY,
        .namespace_ = entry->namespace_,
        .name = name,
        .labels = &labels,
    };

    if (!spec || !set(spec, "locality", entry->locality) || !set(spec, "network", entry->network) ||
        !set(spec, "serviceAccount", entry->service_account) ||
        json_object_set_new(spec, "weight", json_integer(entry->weight)) < 0)
        return NULL;
    snprintf(service, sizeof(service), "%.*s/%.*s", SW_STR_ARG(entry->namespace_),
             SW_STR_ARG(entry->service));
    meta.service = sw_str_from(service);
    return sw_wanted_object(&meta, SW_TAKE(spec));
}
