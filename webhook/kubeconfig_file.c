#include "webhook/kubeconfig_file.h"

#include <stdlib.h>
#include <string.h>

#include "io/file.h"
#include "kube/config.h"

#include "base/banned.h"

/* The folder of a path; of a file in / it is "/.", for "" is the working folder. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == path)
        return strdup("/.");
    return strndup(path, slash ? (size_t)(slash - path) : 0);
}

int sw_kubeconfig_file_init(struct sw_kubeconfig_file *file, struct sw_str path,
                            struct sw_err *reterr)
{
    *file = (struct sw_kubeconfig_file){.path = sw_str_dup(path)};
    sw_buf_init(&file->text, SW_KUBE_CONFIG_MAX_BYTES);
    if (file->path)
        file->folder = folder_of(file->path);
    if (file->folder)
        return 0;
    sw_kubeconfig_file_release(file);
    return sw_err_nomem(reterr);
}

void sw_kubeconfig_file_release(struct sw_kubeconfig_file *file)
{
    sw_buf_wipe(&file->text);
    free(file->path);
    free(file->folder);
    *file = (struct sw_kubeconfig_file){0};
}

int sw_kubeconfig_file_read(struct sw_kubeconfig_file *file, struct sw_err *reterr)
{
    struct sw_buf text;
    int r;

    sw_buf_init(&text, SW_KUBE_CONFIG_MAX_BYTES);
    r = sw_file_read(file->path, &text, reterr);
    if (r == 0 && !text.len) {
        sw_buf_append(&text, "\n", 1); /* an empty one was read all the same */
        r = sw_buf_status(&text, reterr);
    }
    if (r < 0 || sw_str_eq(sw_buf_str(&text), sw_buf_str(&file->text))) {
        sw_buf_wipe(&text);
        return r;
    }
    sw_buf_wipe(&file->text);
    file->text = text;
    return 1;
}
