#include "webhook/fleet_mail.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"

#include "base/banned.h"

#define MAX_NAME_BYTES 64

SW_DEFINE_CLEANUP(cleanup_letter, struct sw_fleet_letter, sw_fleet_letter_free);

void sw_fleet_letter_free(struct sw_fleet_letter *letter)
{
    if (!letter)
        return;
    sw_buf_release(&letter->name);
    sw_buf_wipe(&letter->kubeconfig);
    free(letter);
}

int sw_fleet_mail_init(struct sw_fleet_mail *mail, struct sw_log *log, struct sw_err *reterr)
{
    *mail = (struct sw_fleet_mail){.log = log};
    pthread_mutex_init(&mail->lock, NULL);
    mail->wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (mail->wakeup_fd >= 0)
        return 0;
    sw_err_set(reterr, SW_EIO, "eventfd: %s", strerror(errno));
    sw_fleet_mail_release(mail);
    return SW_EIO;
}

void sw_fleet_mail_release(struct sw_fleet_mail *mail)
{
    while (mail->first) {
        struct sw_fleet_letter *letter = mail->first;

        mail->first = letter->next;
        sw_fleet_letter_free(letter);
    }
    if (mail->wakeup_fd >= 0)
        close(mail->wakeup_fd);
    mail->wakeup_fd = -1;
    pthread_mutex_destroy(&mail->lock);
}

/* The link that leads to the letter of that cluster, or the end of the list; under the lock. */
static struct sw_fleet_letter **find(struct sw_fleet_mail *mail, const struct sw_fleet_letter *of)
{
    struct sw_fleet_letter **link = &mail->first;

    while (*link && !sw_str_eq(sw_buf_str(&(*link)->name), sw_buf_str(&of->name)))
        link = &(*link)->next;
    return link;
}

static int write_letter(const struct sw_fleet_event *event, struct sw_fleet_letter *letter,
                        struct sw_err *reterr)
{
    int r;

    sw_buf_init(&letter->name, MAX_NAME_BYTES);
    sw_buf_init(&letter->kubeconfig, SW_KUBE_CONFIG_MAX_BYTES);
    sw_buf_append_str(&letter->name, event->cluster);
    sw_buf_reserve(&letter->kubeconfig, event->kubeconfig.len); /* in one piece, to be wiped */
    sw_buf_append_str(&letter->kubeconfig, event->kubeconfig);
    if (event->error)
        sw_err_set(&letter->error, SW_EUSAGE, "%s", event->error);
    letter->removed = event->change == SW_FLEET_REMOVED;
    r = sw_buf_status(&letter->name, reterr);
    return r < 0 ? r : sw_buf_status(&letter->kubeconfig, reterr);
}

static int on_event(void *context, const struct sw_fleet_event *event, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_letter) struct sw_fleet_letter *letter = calloc(1, sizeof(*letter));
    struct sw_fleet_mail *mail = context;
    struct sw_fleet_letter **link, *before;
    int r = letter ? write_letter(event, letter, reterr) : sw_err_nomem(reterr);

    if (r < 0)
        return r;
    pthread_mutex_lock(&mail->lock);
    link = find(mail, letter);
    before = *link;
    letter->next = before ? before->next : NULL;
    *link = SW_TAKE(letter);
    pthread_mutex_unlock(&mail->lock);
    sw_fleet_letter_free(before);
    eventfd_write(mail->wakeup_fd, 1);
    return 0;
}

static void on_finding(void *context, const char *message)
{
    const struct sw_fleet_mail *mail = context;

    sw_log(mail->log, SW_LOG_WARN, "Secrets of remote clusters", sw_log_text("error", message));
}

struct sw_fleet_sink sw_fleet_mail_sink(struct sw_fleet_mail *mail)
{
    return (struct sw_fleet_sink){mail, on_event, on_finding};
}

void sw_fleet_mail_tell(struct sw_fleet_mail *mail, const struct sw_fleet_status *status)
{
    bool news;

    pthread_mutex_lock(&mail->lock);
    news = status->synced != mail->status.synced || status->n_findings != mail->status.n_findings ||
           status->n_clusters != mail->status.n_clusters ||
           strcmp(status->error.message, mail->status.error.message) != 0;
    mail->status = *status;
    pthread_mutex_unlock(&mail->lock);
    if (news)
        eventfd_write(mail->wakeup_fd, 1);
}

int sw_fleet_mail_fd(const struct sw_fleet_mail *mail)
{
    return mail->wakeup_fd;
}

void sw_fleet_mail_status(struct sw_fleet_mail *mail, struct sw_fleet_status *ret)
{
    eventfd_t ignored;

    eventfd_read(mail->wakeup_fd, &ignored);
    pthread_mutex_lock(&mail->lock);
    *ret = mail->status;
    pthread_mutex_unlock(&mail->lock);
}

struct sw_fleet_letter *sw_fleet_mail_take(struct sw_fleet_mail *mail)
{
    struct sw_fleet_letter **link = &mail->first, *letter;

    pthread_mutex_lock(&mail->lock);
    while (*link && !(*link)->removed)
        link = &(*link)->next;
    if (!*link)
        link = &mail->first;
    letter = *link;
    if (letter)
        *link = letter->next;
    pthread_mutex_unlock(&mail->lock);
    return letter;
}

void sw_fleet_mail_give_back(struct sw_fleet_mail *mail, struct sw_fleet_letter *letter)
{
    struct sw_fleet_letter **link;

    pthread_mutex_lock(&mail->lock);
    link = find(mail, letter);
    if (!*link) {
        letter->next = NULL;
        *link = SW_TAKE(letter);
    }
    pthread_mutex_unlock(&mail->lock);
    sw_fleet_letter_free(letter);
}
