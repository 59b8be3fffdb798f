#include "kube/token.h"

#include "base/cleanup.h"
#include "io/file.h"

#include "base/banned.h"

void sw_token_init(struct sw_token *token, const struct sw_kube_config *config)
{
    *token = (struct sw_token){.config = config};
    sw_buf_init(&token->read, SW_TOKEN_MAX_BYTES);
}

void sw_token_release(struct sw_token *token)
{
    sw_buf_wipe(&token->read);
}

/* Without the line end behind it. */
static struct sw_str text_of(const struct sw_buf *read)
{
    struct sw_str text = sw_buf_str(read);

    while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static int read_again(struct sw_token *token, int64_t now_ms, struct sw_err *reterr)
{
    struct sw_buf fresh;
    struct sw_err err = {0};
    int r;

    sw_buf_init(&fresh, SW_TOKEN_MAX_BYTES);
    r = sw_file_read(token->config->token_file.data, &fresh, &err);
    if (r == 0 && !sw_str_is_line(text_of(&fresh)))
        r = sw_err_set(&err, SW_ETYPE, "%s: expected a token, found more than one line",
                       token->config->token_file.data);
    if (r < 0) {
        sw_buf_wipe(&fresh);
        return token->read.len ? 0 : sw_err_set(reterr, r, "%s", err.message);
    }
    sw_token_release(token);
    token->read = fresh;
    token->read_ms = now_ms;
    token->stale = false;
    return 0;
}

int sw_token_get(struct sw_token *token, int64_t now_ms, struct sw_str *ret, struct sw_err *reterr)
{
    int r = 0;

    if (!token->config->token_file.len) {
        *ret = token->config->token;
        return 0;
    }
    if (token->read.len == 0 || token->stale || now_ms - token->read_ms >= SW_TOKEN_FRESH_MS)
        r = read_again(token, now_ms, reterr);
    if (r < 0)
        return r;
    *ret = text_of(&token->read);
    return 0;
}

void sw_token_distrust(struct sw_token *token)
{
    token->stale = true;
}
