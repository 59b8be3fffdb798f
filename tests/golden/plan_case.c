#include "golden/plan_case.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "golden/find.h"
#include "io/file.h"
#include "io/manifest.h"
#include "json/read.h"
#include "json/write.h"
#include "json/yaml.h"

#define MAX_FILE_BYTES ((size_t)4 << 20)
#define START_MS       1000000000 /* so that there is a past */
#define GONE           "golden/gone"

static const char usual[] = "{\"cluster-1\":[\"mesh\",\"tsb\",\"details\",\"gateway-1\"],"
                            "\"cluster-2\":[\"mesh\",\"tsb\",\"details\",\"gateway-2\"]}";

/* As the manifest reader has it, in text: what a cluster keeps must outlive the scope. */
static int read_texts(const char *path, struct sw_arena *arena, struct golden_names *ret,
                      struct sw_err *reterr)
{
    SW_JSON_SCOPE(arena);
    struct sw_problems problems = {.arena = arena};
    struct sw_manifest manifest = {0};
    int r = sw_manifest_read(path, arena, &manifest, &problems, reterr);

    if (r == 0 && problems.n)
        r = sw_err_set(reterr, SW_EUSAGE, "%s:%zu: %s", path, problems.items[0].line,
                       problems.items[0].message);
    for (size_t i = 0; r == 0 && i < manifest.n; i++) {
        SW_CLEANUP(sw_buf_release) struct sw_buf buf;
        const char **items = sw_arena_push(arena, ret->items, ret->n, sizeof(*items));

        sw_buf_init(&buf, MAX_FILE_BYTES);
        sw_json_write(manifest.items[i].value, &buf);
        r = sw_buf_status(&buf, reterr);
        if (r < 0 || !items)
            return r < 0 ? r : sw_err_nomem(reterr);
        ret->items = items;
        items[ret->n++] = sw_arena_copy(arena, sw_buf_str(&buf)).data;
    }
    return r;
}

static bool has(const json_t *object, const char *part, const char *key)
{
    return json_object_get(json_object_get(json_object_get(object, "metadata"), part), key);
}

/* Is there an object of ours of that name, which a user applies his own over? */
static bool is_over_ours(const struct sim_cluster *cluster, const json_t *object)
{
    return has(sim_cluster_get(cluster, sw_resource_of(object),
                               sim_text_at(object, "metadata.namespace"),
                               sim_text_at(object, "metadata.name")),
               "labels", "app.kubernetes.io/managed-by");
}

/* What carries our label was applied by us, unless it says who manages it. */
static void put(struct sim_cluster *cluster, json_t *object)
{
    if (has(object, "annotations", GONE)) {
        sim_cluster_delete(cluster, sw_resource_of(object),
                           sim_text_at(object, "metadata.namespace"),
                           sim_text_at(object, "metadata.name"));
        json_decref(object);
    } else if (json_object_get(json_object_get(object, "metadata"), "managedFields")) {
        sim_cluster_take(cluster, object);
    } else if (has(object, "labels", "app.kubernetes.io/managed-by")) {
        sim_cluster_apply(cluster, object, SW_MANAGED_BY);
    } else if (is_over_ours(cluster, object)) {
        sim_cluster_apply(cluster, object, "kubectl");
    } else {
        sim_cluster_put(cluster, object, "kubectl");
    }
}

static int put_file(const char *path, struct sim_cluster *cluster, struct sw_arena *arena,
                    struct sw_err *reterr)
{
    struct golden_names texts = {0};
    int r = read_texts(path, arena, &texts, reterr);

    for (size_t i = 0; r == 0 && i < texts.n; i++) {
        json_t *object = json_loads(texts.items[i], 0, NULL);

        if (!object || sw_resource_of(object) == SW_N_RESOURCES)
            return sw_err_set(reterr, SW_EUSAGE, "%s: %s is not read by the reconciler", path,
                              sim_text_at(object, "kind"));
        put(cluster, object);
    }
    return r;
}

static int put_folder(const char *path, struct sim_cluster *cluster, struct sw_arena *arena,
                      struct sw_err *reterr)
{
    struct golden_names names = {0};
    size_t files;
    int r = path ? golden_list(path, arena, &names, &files, reterr) : sw_err_nomem(reterr);

    for (size_t i = 0; r == 0 && i < names.n; i++) {
        const char *file = sw_arena_printf(arena, "%s/%s", path, names.items[i]);

        r = file ? put_file(file, cluster, arena, reterr) : sw_err_nomem(reterr);
    }
    return r;
}

/* The case's own folder for one cluster, if there is one. */
static int put_own(struct golden_plan *plan, const char *part, size_t at, struct sw_err *reterr)
{
    const char *path =
        sw_arena_printf(plan->arena, "%s/%s/%s", plan->place.folder, part, plan->clusters[at].name);

    if (!path)
        return sw_err_nomem(reterr);
    return golden_is_folder(path) ? put_folder(path, &plan->clusters[at], plan->arena, reterr) : 0;
}

static int fill(struct golden_plan *plan, size_t at, const json_t *folders, struct sw_err *reterr)
{
    json_t *folder;
    size_t i;
    int r = 0;

    json_array_foreach (folders, i, folder) {
        const char *path = sw_arena_printf(plan->arena, "%s/clusters/%s", plan->place.root,
                                           json_string_value(folder));

        r = r < 0 ? r : put_folder(path, &plan->clusters[at], plan->arena, reterr);
    }
    return r < 0 ? r : put_own(plan, "clusters", at, reterr);
}

static int fill_all(struct golden_plan *plan, struct sw_err *reterr)
{
    const json_t *clusters = plan->options.clusters;
    json_auto_t *otherwise = json_loads(usual, 0, NULL);
    json_t *folders;
    const char *name;
    int r = 0;

    json_object_foreach ((json_t *)(clusters ? clusters : otherwise), name, folders) {
        struct sw_str copy = sw_arena_copy(plan->arena, sw_str_from(name));

        if (!copy.data || plan->n == GOLDEN_PLAN_CLUSTERS)
            return sw_err_set(reterr, SW_EUSAGE, "too many clusters");
        sim_cluster_init(&plan->clusters[plan->n], copy.data, plan->arena);
        r = r < 0 ? r : fill(plan, plan->n++, folders, reterr);
    }
    return r;
}

static int read_text(const struct golden_plan *plan, const char *name, struct sw_str *ret,
                     struct sw_err *reterr)
{
    const char *path = sw_arena_printf(plan->arena, "%s/%s", plan->place.folder, name);
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    int r;

    sw_buf_init(&buf, MAX_FILE_BYTES);
    r = path ? sw_file_read(path, &buf, reterr) : sw_err_nomem(reterr);
    if (r < 0)
        return r;
    *ret = sw_arena_copy(plan->arena, sw_buf_str(&buf));
    return ret->data ? 0 : sw_err_nomem(reterr);
}

static int read_options(struct golden_plan *plan, struct sw_err *reterr)
{
    struct sw_yaml_documents documents = {0};
    struct sw_str text;
    SW_JSON_SCOPE(plan->arena);
    int r = read_text(plan, "case.yaml", &text, reterr);

    if (r == 0)
        r = sw_yaml_read(text, plan->arena, &documents, reterr);
    if (r == 0 && documents.n != 1)
        r = sw_err_set(reterr, SW_EUSAGE, "case.yaml: expected one document");
    return r < 0 ? r : golden_plan_options_read(documents.items[0].value, &plan->options, reterr);
}

static int check_files(const struct golden_plan *plan, struct sw_err *reterr)
{
    static const char *const known[] = {"case.yaml", "clusters", "expected.yaml", "then"};
    struct golden_names names = {0};
    size_t files;
    int r = golden_list(plan->place.folder, plan->arena, &names, &files, reterr);

    for (size_t i = 0; r == 0 && i < names.n; i++) {
        size_t j = 0;

        while (j < sizeof(known) / sizeof(known[0]) && strcmp(names.items[i], known[j]) != 0)
            j++;
        if (j == sizeof(known) / sizeof(known[0]))
            return sw_err_set(reterr, SW_EUSAGE, "%s: no such file is known", names.items[i]);
    }
    return r;
}

static bool lists(const json_t *names, const char *name)
{
    json_t *item;
    size_t i;

    json_array_foreach (names, i, item) {
        if (strcmp(json_string_value(item), name) == 0)
            return true;
    }
    return false;
}

/* The options about what is known hold from then on. */
static void configure(struct golden_plan *plan)
{
    const struct golden_plan_options *options = &plan->options;
    struct sw_state_config config = {
        .local = sw_str_from(plan->clusters[0].name),
        .config = sw_str_from(options->config ? json_string_value(options->config)
                                              : plan->clusters[0].name),
        .fleet_known = !plan->then || !json_is_false(options->fleet),
        .native = plan->native,
    };

    if (plan->then) {
        config.remote_ttl_ms = (uint64_t)json_integer_value(options->ttl) * 1000;
        config.native_some = json_is_true(options->native);
        for (size_t i = 0; i < json_array_size(options->native); i++)
            plan->native[config.n_native++] =
                sw_str_from(json_string_value(json_array_get(options->native, i)));
    }
    sw_state_configure(plan->state, &config);
    for (size_t i = 0; i < plan->n; i++) {
        const json_t *age = json_object_get(options->unreadable, plan->clusters[i].name);
        bool frozen = plan->then && age;

        sw_state_set_reach(plan->views[i], !frozen,
                           plan->now_ms - (frozen ? (uint64_t)json_integer_value(age) * 1000 : 0));
    }
}

static int make_state(struct golden_plan *plan, struct sw_err *reterr)
{
    int r = 0;

    if (!json_is_true(plan->options.unresolved))
        r = sw_names_new(&plan->names, reterr);
    if (r == 0)
        r = sw_state_new(plan->names, &plan->state, reterr);
    for (size_t i = 0; r == 0 && i < plan->n; i++) {
        const char *network =
            json_string_value(json_object_get(plan->options.networks, plan->clusters[i].name));

        r = sw_state_add_cluster(plan->state, sw_str_from(plan->clusters[i].name),
                                 sw_str_from(network ? network : ""), &plan->views[i], reterr);
    }
    return r;
}

int golden_plan_open(const struct golden_place *place, struct sw_arena *arena,
                     struct golden_plan *ret, struct sw_err *reterr)
{
    int r;

    *ret = (struct golden_plan){.place = *place, .arena = arena, .now_ms = START_MS};
    ret->clusters = calloc(GOLDEN_PLAN_CLUSTERS, sizeof(*ret->clusters));
    if (!ret->clusters)
        return sw_err_nomem(reterr);
    r = check_files(ret, reterr);
    if (r == 0)
        r = read_options(ret, reterr);
    if (r == 0 && read_text(ret, "expected.yaml", &ret->expected, NULL) < 0)
        ret->expected = (struct sw_str){NULL, 0};
    if (r == 0)
        r = fill_all(ret, reterr);
    return r < 0 ? r : make_state(ret, reterr);
}

void golden_plan_close(struct golden_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        sim_cluster_release(&plan->clusters[i]);
    free(plan->clusters);
    sw_state_free(plan->state);
    sw_names_free(plan->names);
    sw_withdrawals_release(&plan->withdrawals);
}

/* One whole picture of every resource. */
static int show(struct golden_plan *plan, size_t at, struct sw_err *reterr)
{
    const struct sim_cluster *cluster = &plan->clusters[at];
    int r = 0;

    for (unsigned int resource = 0; r == 0 && resource < SW_N_RESOURCES; resource++) {
        struct sw_reflector_sink sink = sw_state_sink(plan->views[at], (enum sw_resource)resource);
        struct sw_err err = {0};

        if (plan->then && (lists(plan->options.unseen, cluster->name) ||
                           json_object_get(plan->options.unreadable, cluster->name)))
            continue;
        sink.begin(sink.context);
        for (size_t i = 0; r == 0 && i < cluster->n_kept; i++) {
            if (cluster->kept[i].resource == resource)
                r = sink.put(sink.context, cluster->kept[i].text, &err);
        }
        if (r == 0)
            sink.end(sink.context);
        else
            r = sw_err_set(reterr, r, "%s", err.message);
    }
    return r;
}

/* Answers for the DNS. */
static void resolve(struct golden_plan *plan)
{
    int64_t wake_ms;
    const char *name;

    while (plan->names && (name = sw_names_next(plan->names, (int64_t)plan->now_ms, &wake_ms))) {
        const json_t *list = json_object_get(plan->options.names, name);
        struct sw_ip ips[8];
        struct sw_names_answer answer = {
            .outcome = list ? SW_NAMES_FOUND : SW_NAMES_NONE, .addresses = ips, .ttl_ms = 60000};

        for (; answer.n < json_array_size(list) && answer.n < 8; answer.n++)
            sw_ip_parse(sw_str_from(json_string_value(json_array_get(list, answer.n))),
                        &ips[answer.n]);
        sw_names_answer(plan->names, name, (int64_t)plan->now_ms, &answer);
        sw_state_names_changed(plan->state);
    }
}

int golden_plan_look(struct golden_plan *plan, const struct sw_mesh **ret, struct sw_err *reterr)
{
    unsigned int times = plan->then && json_is_true(plan->options.lost) ? 1 : 2;
    int r = 0;

    sw_state_set_now(plan->state, plan->now_ms);
    configure(plan);
    for (; r == 0 && times > 0; times--) {
        for (size_t i = 0; r == 0 && i < plan->n; i++)
            r = show(plan, i, reterr);
    }
    if (r == 0)
        r = sw_state_mesh(plan->state, ret, reterr);
    if (r == 0)
        resolve(plan);
    return r < 0 ? r : sw_state_mesh(plan->state, ret, reterr);
}

/* A new state has seen nothing yet. */
static int begin_anew(struct golden_plan *plan, struct sw_err *reterr)
{
    sw_state_free(plan->state);
    sw_names_free(plan->names);
    plan->state = NULL;
    plan->names = NULL;
    return make_state(plan, reterr);
}

int golden_plan_settle(struct golden_plan *plan, struct sw_err *reterr)
{
    const char *path = sw_arena_printf(plan->arena, "%s/then", plan->place.folder);
    struct sw_str text;
    int r = path ? 0 : sw_err_nomem(reterr);

    if (r == 0 && golden_is_folder(path)) {
        r = golden_plan_run(plan, &text, reterr);
        for (size_t i = 0; r == 0 && i < plan->n; i++)
            r = put_own(plan, "then", i, reterr);
    }
    plan->then = true;
    if (r == 0 && plan->options.unseen)
        r = begin_anew(plan, reterr);
    return r;
}
