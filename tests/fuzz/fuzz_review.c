/* Reviews from outside, on both paths, against two clusters with bookinfo: whatever comes in, what
 * goes out is an answer that an API server understands, and a patch applies, adds only what is
 * absent and leaves nothing to add.
 */
#include "fuzz.h"

#include "base/cleanup.h"
#include "golden/check.h"
#include "golden/response.h"
#include "json/read.h"

#define MAX_ARENA_BYTES  ((size_t)256 << 20)

#define META(name, more) "\"metadata\":{\"name\":\"" name "\",\"namespace\":\"bookinfo\"" more "}"

#define NAMESPACE(name, labels)                                                                    \
    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" name                 \
    "\",\"labels\":{" labels "}}}"

#define SERVICE(name)                                                                              \
    "{\"apiVersion\":\"v1\",\"kind\":\"Service\"," META(                                           \
        name, ",\"labels\":{\"app\":\"" name                                                       \
              "\"}") ",\"spec\":{\"selector\":{\"app\":\"" name                                    \
                     "\"},\"ports\":[{\"name\":\"http\",\"port\":9080}]}}"

#define GATEWAY                                                                                    \
    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"gw\",\"namespace\":"     \
    "\"eastwest\"},\"spec\":{\"selector\":{\"app\":\"gw\"},\"ports\":[{\"port\":15443}]}}"

#define WORKSPACE(name, pattern)                                                                   \
    "{\"apiVersion\":\"tsb.tetrate.io/v2\",\"kind\":\"Workspace\"," META(                          \
        name, "") ",\"spec\":{\"namespaceSelector\":{\"names\":[\"" pattern "\"]}}}"

#define SETTING(name, spec)                                                                        \
    "{\"apiVersion\":\"tsb.tetrate.io/v2\",\"kind\":\"WorkspaceSetting\"," META(                   \
        name, ",\"annotations\":{\"tsb.tetrate.io/workspace\":\"" name                             \
              "\"}") ",\"spec\":{" spec "\"defaultEastWestGatewaySettings\":[{"                    \
                                        "\"workloadSelector\":{\"namespace\":\"eastwest\","        \
                     "\"labels\":{\"app\":\"gw\"}}}]}}"

static const char *const here[] = {
    NAMESPACE("bookinfo", "\"failover\":\"enable\""),
    NAMESPACE("shop", "\"istio.io/dataplane-mode\":\"ambient\""),
    SERVICE("details"),
    SERVICE("reviews"),
    GATEWAY,
    WORKSPACE("ws", "*/bookinfo"),
    WORKSPACE("shop", "*/shop"),
    SETTING("ws", ""),
    SETTING("shop", "\"regionalFailover\":[{\"from\":\"a\",\"to\":\"b\"}],"),
    NULL,
};

static const char *const there[] = {
    NAMESPACE("bookinfo", ""), SERVICE("details"), SERVICE("ratings"), GATEWAY, NULL,
};

static struct sw_view views[2];

static void build_view(const char *cluster, const char *const *objects, struct sw_arena *arena,
                       struct sw_view *ret)
{
    const struct sw_view_source source = {
        .cluster = sw_str_from(cluster), .live = objects == there, .synced = true};
    struct sw_view_builder builder;

    SW_JSON_SCOPE(arena);
    sw_view_builder_init(&builder, source, arena);
    for (size_t i = 0; objects[i]; i++) {
        json_t *object;

        FUZZ_CHECK(sw_json_read(sw_str_from(objects[i]), &object, NULL) == 0);
        FUZZ_CHECK(sw_view_builder_add(&builder, object, NULL) == 1);
    }
    FUZZ_CHECK(sw_view_builder_finish(&builder, ret, NULL) == 0);
}

/* The index, built at the first call; it lives as long as the process. */
static const struct sw_index *two_clusters(void)
{
    static const struct sw_view *const both[] = {&views[0], &views[1]};
    static const struct sw_index index = {.views = both, .n_views = 2};
    static struct sw_arena arena;

    if (!arena.max_bytes) {
        sw_arena_init(&arena, 1 << 16, 1 << 20);
        build_view("cluster-1", here, &arena, &views[0]);
        build_view("cluster-2", there, &arena, &views[1]);
    }
    return &index;
}

static bool is_known(int status)
{
    return status == 200 || status == 400 || status == 429;
}

/* Ends the process with the message of what is wrong. */
static void require(int r, const struct sw_err *err)
{
    if (r < 0)
        fprintf(stderr, "%s\n", err->message);
    FUZZ_CHECK(r == 0);
}

static void check_patch(const struct sw_admit_input *input, const struct sw_patch *patch,
                        struct sw_arena *arena)
{
    struct sw_err err = {0};
    json_t *patched = NULL;

    require(golden_check_patch(patch, golden_response_object(input->body), &patched, &err), &err);
    require(golden_check_settled(input, patched, arena, &err), &err);
}

static void check_input(const struct sw_admit_input *input)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_buf_release) struct sw_buf bytes;
    struct golden_response response;
    struct sw_admit_answer answer;
    struct sw_err err = {0};

    sw_arena_init(&arena, 1 << 16, MAX_ARENA_BYTES);
    sw_buf_init(&bytes, SW_ADMIT_MAX_BODY_BYTES);
    sw_admit(input, &arena, &answer, &bytes);
    FUZZ_CHECK(is_known(answer.http_status));
    SW_JSON_SCOPE(&arena);
    require(golden_response_read(&answer, input->body, sw_buf_str(&bytes), &arena, &response, &err),
            &err);
    if (response.patch.n_ops)
        check_patch(input, &response.patch, &arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_admit_input input = {.body = {(const char *)data, size}};

    sw_json_setup();
    input.index = two_clusters();
    input.path = SW_ADMIT_MUTATE;
    check_input(&input);
    input.path = SW_ADMIT_VALIDATE;
    check_input(&input);
    input.retried = true;
    check_input(&input);
    return 0;
}
