#include "kube/pod.h"

#include "base/cleanup.h"
#include "io/file.h"

#include <stdlib.h>

#include "base/banned.h"

/* A name has at most 63 bytes. */
#define MAX_FILE_BYTES 256

/* What the file says, without the line end behind it; unset if it cannot be read. */
static int read_file(const char *folder, struct sw_arena *arena, struct sw_str *ret)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    char *path = sw_arena_printf(arena, "%s/namespace", folder);
    struct sw_str name;

    sw_buf_init(&text, MAX_FILE_BYTES);
    *ret = (struct sw_str){NULL, 0};
    if (!path)
        return SW_ENOMEM;
    if (sw_file_read(path, &text, NULL) < 0)
        return 0;
    name = sw_buf_str(&text);
    name = sw_arena_copy(arena, sw_str_cut(&name, '\n'));
    if (name.len)
        *ret = name;
    return name.data ? 0 : SW_ENOMEM;
}

int sw_kube_pod_namespace(const char *folder, struct sw_arena *arena, struct sw_str *ret,
                          struct sw_err *reterr)
{
    const char *variable = getenv("POD_NAMESPACE");
    struct sw_str name;
    int r = read_file(folder, arena, &name);

    if (r == 0 && !name.len && variable && *variable) {
        name = sw_arena_copy(arena, sw_str_from(variable));
        r = name.data ? 0 : SW_ENOMEM;
    }
    if (r < 0)
        return sw_err_nomem(reterr);
    if (!name.len)
        return sw_err_set(reterr, SW_ENOENT,
                          "expected the namespace of this Pod in %s/namespace or in POD_NAMESPACE, "
                          "found neither",
                          folder);
    *ret = name;
    return 0;
}
