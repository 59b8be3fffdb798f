#include "reconciler/kubeconfig.h"

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

int sw_kubeconfig_init(struct sw_kubeconfig *kubeconfig, struct sw_str path, struct sw_err *reterr)
{
    *kubeconfig = (struct sw_kubeconfig){NULL};
    sw_buf_init(&kubeconfig->text, SW_KUBE_CONFIG_MAX_BYTES);
    if (!path.data)
        return 0;
    kubeconfig->path = sw_str_dup(path);
    if (kubeconfig->path)
        kubeconfig->folder = folder_of(kubeconfig->path);
    if (kubeconfig->folder)
        return 0;
    sw_kubeconfig_release(kubeconfig);
    return sw_err_nomem(reterr);
}

void sw_kubeconfig_release(struct sw_kubeconfig *kubeconfig)
{
    sw_buf_wipe(&kubeconfig->text);
    free(kubeconfig->path);
    free(kubeconfig->folder);
    *kubeconfig = (struct sw_kubeconfig){NULL};
}

/* Puts `text` in the place of the one before; released either way. */
static int take(struct sw_kubeconfig *kubeconfig, struct sw_buf *text)
{
    if (sw_str_eq(sw_buf_str(text), sw_buf_str(&kubeconfig->text))) {
        sw_buf_wipe(text);
        return 0;
    }
    sw_buf_wipe(&kubeconfig->text);
    kubeconfig->text = *text;
    return 1;
}

int sw_kubeconfig_read(struct sw_kubeconfig *kubeconfig, struct sw_err *reterr)
{
    struct sw_buf text;
    int r;

    sw_buf_init(&text, SW_KUBE_CONFIG_MAX_BYTES);
    r = sw_file_read(kubeconfig->path, &text, reterr);
    if (r == 0 && !text.len) {
        sw_buf_append(&text, "\n", 1); /* an empty one was read all the same */
        r = sw_buf_status(&text, reterr);
    }
    if (r < 0) {
        sw_buf_wipe(&text);
        return r;
    }
    return take(kubeconfig, &text);
}

int sw_kubeconfig_give(struct sw_kubeconfig *kubeconfig, struct sw_str text, struct sw_err *reterr)
{
    struct sw_buf copy;
    int r;

    sw_buf_init(&copy, SW_KUBE_CONFIG_MAX_BYTES);
    sw_buf_reserve(&copy, text.len);
    sw_buf_append_str(&copy, text);
    r = sw_buf_status(&copy, reterr);
    if (r < 0) {
        sw_buf_wipe(&copy);
        return r;
    }
    return take(kubeconfig, &copy);
}
