#include "reconciler/event_text.h"

#include "base/cleanup.h"
#include "failover/advice.h"

#include "base/banned.h"

/* Clusters that are named; the others are counted. */
#define MAX_NAMED 5

/* What a text may come to before it is cut. */
#define MAX_TEXT_BYTES ((size_t)16 << 10)

const char *sw_event_reason(const struct sw_event_object *object, const struct sw_event_news *news)
{
    const bool is_service = object->subject == SW_LEDGER_SERVICE;

    if (news->ended)
        return is_service ? "FailoverEnded" : "GatewayEnded";
    if (news->verdict == SW_MESH_EMITTED)
        return is_service ? "FailoverReady" : "GatewayPlanned";
    return sw_reason_word(news->reason);
}

/* " to west, north and 3 more". */
static void write_remotes(const struct sw_event_news *news, struct sw_buf *buf)
{
    for (size_t i = 0; i < news->n_remotes && i < MAX_NAMED; i++) {
        sw_buf_append_text(buf, i ? ", " : " to ");
        sw_buf_append_str(buf, news->remotes[i]);
    }
    if (news->n_remotes > MAX_NAMED)
        sw_buf_printf(buf, " and %zu more", news->n_remotes - MAX_NAMED);
}

static bool is_of(const struct sw_ledger_finding *finding, const struct sw_event_object *object,
                  const struct sw_event_news *news)
{
    const struct sw_str remote = news->n_remotes ? news->remotes[0] : (struct sw_str){NULL, 0};

    return finding->verdict == news->verdict && finding->reason == news->reason &&
           sw_str_eq(finding->remote, remote) &&
           (object->subject != SW_LEDGER_GATEWAYS ||
            (sw_str_eq(finding->name, object->name) &&
             sw_str_eq(finding->namespace_, object->namespace_)));
}

/* What was found, of the first cluster; the reason's sentence where no finding says it, as of what
 * waits. */
static struct sw_str message_of(const struct sw_ledger_entry *entry,
                                const struct sw_event_object *object,
                                const struct sw_event_news *news)
{
    for (size_t i = 0; entry && i < entry->n_findings; i++) {
        if (is_of(&entry->findings[i], object, news))
            return entry->findings[i].message;
    }
    return sw_str_from(sw_reason_sentence(news->reason));
}

static void write_begin(const struct sw_event_object *object, const struct sw_event_news *news,
                        struct sw_buf *buf)
{
    const bool is_service = object->subject == SW_LEDGER_SERVICE;

    if (news->verdict == SW_MESH_WAITS) {
        sw_buf_append_text(buf, is_service ? "failover waits: " : "waits: ");
    } else if (news->verdict == SW_MESH_WITHHELD && is_service) {
        sw_buf_append_text(buf, "no failover");
        write_remotes(news, buf);
        sw_buf_append_text(buf, ": ");
    } else if (news->verdict == SW_MESH_WARNED && news->n_remotes) {
        sw_buf_append_text(buf, "failover");
        write_remotes(news, buf);
        sw_buf_append_text(buf, ": ");
    }
}

/* What is amiss, and what to do about it. */
static void write_trouble(const struct sw_ledger_entry *entry, const struct sw_event_object *object,
                          const struct sw_event_news *news, struct sw_buf *buf)
{
    const struct sw_advice_about about = {
        .namespace_ = object->namespace_,
        .name = object->name,
        .remote = news->n_remotes ? news->remotes[0] : (struct sw_str){NULL, 0},
        .message = message_of(entry, object, news),
    };

    write_begin(object, news, buf);
    sw_buf_append_str(buf, about.message);
    if (!sw_advice_of(news->reason))
        return;
    sw_buf_append_text(buf, "; ");
    sw_advice_write(news->reason, &about, buf);
}

static void write_text(const struct sw_ledger_entry *entry, const struct sw_event_object *object,
                       const struct sw_event_news *news, struct sw_buf *buf)
{
    if (!news->ended && news->verdict != SW_MESH_EMITTED) {
        write_trouble(entry, object, news, buf);
    } else if (object->subject == SW_LEDGER_SERVICE) {
        sw_buf_append_text(buf, "failover");
        write_remotes(news, buf);
        sw_buf_append_text(buf, news->ended ? " has ended: nothing asks for it any more"
                                            : " is in place");
    } else if (news->ended) {
        sw_buf_append_text(buf, "nothing asks for what is made for this gateway any more");
    } else if (object->subject == SW_LEDGER_INGRESS) {
        sw_buf_append_text(buf, "it gets a ServiceAccount, a Deployment and a Service, where "
                                "RoleBinding spillway-gateway-installer lets Spillway write them");
    } else {
        sw_buf_append_text(buf, "it gets a Gateway for the hosts that are exposed; ");
        sw_buf_append_str(buf, message_of(entry, object, news));
    }
}

/* Where a text of so many bytes may be cut: between two characters of UTF-8. */
static size_t cut_at(struct sw_str text, size_t len)
{
    while (len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len--;
    return len;
}

void sw_event_write_message(const struct sw_ledger_entry *entry,
                            const struct sw_event_object *object, const struct sw_event_news *news,
                            struct sw_buf *buf)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    const struct sw_str end = SW_STR("...");

    sw_buf_init(&text, MAX_TEXT_BYTES);
    write_text(entry, object, news, &text);
    if (text.failure) { /* without room for words there is always some for the sentence */
        sw_buf_append_text(buf, sw_reason_sentence(news->reason));
    } else if (text.len <= SW_EVENT_MESSAGE_MAX) {
        sw_buf_append_str(buf, sw_buf_str(&text));
    } else {
        sw_buf_append(buf, text.data, cut_at(sw_buf_str(&text), SW_EVENT_MESSAGE_MAX - end.len));
        sw_buf_append_str(buf, end);
    }
}
