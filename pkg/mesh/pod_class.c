#include "mesh/pod_class.h"

#include "base/cleanup.h"

#include <stdlib.h>

#include "base/banned.h"

/* Over what an API server takes of a whole object. */
#define MAX_KEY_BYTES ((size_t)16 << 20)

static void add(struct sw_buf *buf, struct sw_str s)
{
    /* The length first: no byte could stand between two of them and not in one. */
    sw_buf_append(buf, &s.len, sizeof(s.len));
    sw_buf_append_str(buf, s);
}

static void write_key(const struct sw_pod *pod, struct sw_buf *buf)
{
    sw_buf_append_text(buf, pod->sidecar ? "s" : "-");
    add(buf, pod->meta.namespace_);
    add(buf, pod->account);
    add(buf, pod->network_view);
    add(buf, pod->locality);
    for (size_t i = 0; i < pod->meta.labels.n; i++) {
        add(buf, pod->meta.labels.pairs[i].key);
        add(buf, pod->meta.labels.pairs[i].value);
    }
}

/* Takes the next string off a key. */
static struct sw_str take(struct sw_str *rest)
{
    struct sw_str s = {NULL, 0};
    size_t len;

    memcpy(&len, rest->data, sizeof(len));
    s = sw_str_slice(*rest, sizeof(len), sizeof(len) + len);
    *rest = sw_str_slice(*rest, sizeof(len) + len, rest->len);
    return s.len ? s : (struct sw_str){NULL, 0};
}

static bool class_is(const struct sw_record *record, const void *key)
{
    return sw_str_eq(((const struct sw_pod_class *)record)->key, *(const struct sw_str *)key);
}

static size_t size_of(const struct sw_pod_class *class)
{
    return sizeof(*class) + class->labels.n * sizeof(struct sw_label) + class->key.len;
}

/* One block: the class, its labels, the key that they borrow from. */
static struct sw_pod_class *make(struct sw_str key, size_t n_labels, struct sw_err *reterr)
{
    size_t size = sizeof(struct sw_pod_class) + n_labels * sizeof(struct sw_label);
    struct sw_pod_class *class = calloc(1, size + key.len);
    struct sw_label *pairs = (struct sw_label *)(class + 1);
    struct sw_str rest;

    if (!class) {
        sw_err_nomem(reterr);
        return NULL;
    }
    memcpy((char *)class + size, key.data, key.len);
    class->key = (struct sw_str){(char *)class + size, key.len};
    class->sidecar = key.data[0] == 's';
    rest = sw_str_slice(class->key, 1, key.len);
    class->namespace_ = take(&rest);
    class->account = take(&rest);
    class->network_view = take(&rest);
    class->locality = take(&rest);
    for (size_t i = 0; i < n_labels; i++) {
        pairs[i].key = take(&rest);
        pairs[i].value = take(&rest);
    }
    class->labels = (struct sw_labels){n_labels ? pairs : NULL, n_labels};
    return class;
}

const struct sw_pod_class *sw_pod_class_take(struct sw_pods *pods, const struct sw_pod *pod,
                                             struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_pod_class *class;
    struct sw_str key;
    uint32_t hash;

    sw_buf_init(&buf, MAX_KEY_BYTES);
    write_key(pod, &buf);
    if (sw_buf_status(&buf, reterr) < 0)
        return NULL;
    key = sw_buf_str(&buf);
    hash = sw_hash_of(key, (struct sw_str){NULL, 0});
    class = (struct sw_pod_class *)sw_hash_find(&pods->classes, hash, class_is, &key);
    if (!class) {
        class = make(key, pod->meta.labels.n, reterr);
        if (!class)
            return NULL;
        if (sw_hash_insert(&pods->classes, &class->record, hash, reterr) < 0) {
            free(class);
            return NULL;
        }
        pods->n_bytes += size_of(class);
    }
    if (class->n_pods++ == 0 && pods->class_changed)
        pods->class_changed(pods->context, class);
    return class;
}

void sw_pod_class_drop(struct sw_pods *pods, const struct sw_pod_class *borrowed)
{
    struct sw_pod_class *class = (struct sw_pod_class *)borrowed;

    if (--class->n_pods > 0)
        return;
    sw_hash_remove(&pods->classes, &class->record);
    if (pods->class_changed)
        pods->class_changed(pods->context, class);
    pods->n_bytes -= size_of(class);
    free(class);
}
