//  SPDX-License-Identifier: MPL-2.0
//  Progress: from the callback that reports, through the actor, to the future.
//
//  Only the last report counts, so a callback may report as often as it likes: one mail
//  at most is on its way to the actor, and takes what is newest then. The report
//  outlives its request, which may be gone when the mail is read.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "inside.h"

struct daffi_report {
    daffi_mail_t mail;
    atomic_uint refs;  //  the request's, and the mail's on its way
    uint64_t token;
    uint32_t session;
    daffi_future_t *asker;  //  within this process; a reference
    pthread_mutex_t lock;
    bool posted;
    uint64_t done;
    uint64_t total;
    char text[DAFFI_TEXT_MAX + 1];
};

//  --- the function's end -------------------------------------------------------------

static daffi_report_t *new_report (const daffi_request_t *request)
{
    daffi_report_t *self = daffi_new (sizeof *self);
    self->mail.kind = DAFFI_MAIL_PROGRESS;
    atomic_init (&self->refs, 1);
    self->token = request->called_as;
    self->session = request->session;
    self->asker = request->asker;
    if (self->asker)
        atomic_fetch_add_explicit (&self->asker->refs, 1, memory_order_acq_rel);
    pthread_mutex_init (&self->lock, NULL);
    return self;
}

void daffi_report_unref (daffi_report_t *self)
{
    if (atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel) > 1)
        return;
    if (self->asker)
        daffi_future_unref (self->asker);
    pthread_mutex_destroy (&self->lock);
    free (self);
}

daffi_status_t daffi_request_progress (daffi_request_t *self, uint64_t done,
                                       uint64_t total, const char *format, ...)
{
    char text[DAFFI_TEXT_MAX + 1] = "";
    if (daffi_future_waiting_forbidden ())
        return DAFFI_DEADLOCK;
    if (daffi_request_cancelled (self))
        return DAFFI_CANCELLED;
    if (!self->called_as && !self->asker)
        return DAFFI_OK;  //  a cast
    if (format) {
        va_list args;
        va_start (args, format);
        vsnprintf (text, sizeof text, format, args);
        va_end (args);
    }
    if (!self->report)
        self->report = new_report (self);
    daffi_report_t *report = self->report;
    pthread_mutex_lock (&report->lock);
    report->done = done;
    report->total = total;
    memcpy (report->text, text, sizeof text);
    bool post = !report->posted;
    report->posted = true;
    pthread_mutex_unlock (&report->lock);
    if (!post)
        return DAFFI_OK;
    atomic_fetch_add_explicit (&report->refs, 1, memory_order_acq_rel);
    if (!daffi_mailbox_post (self->mailbox, &report->mail.link))
        daffi_report_unref (report);
    return DAFFI_OK;
}

//  --- the actor ----------------------------------------------------------------------

static daffi_progress_t *new_progress (const daffi_progress_body_t *body,
                                       daffi_text_t process)
{
    daffi_progress_t *progress = daffi_new (sizeof *progress);
    size_t size = body->text.size < DAFFI_TEXT_MAX ? body->text.size : DAFFI_TEXT_MAX;
    progress->done = body->done;
    progress->total = body->total;
    daffi_name_copy (progress->process, process);
    if (size)
        memcpy (progress->text, body->text.data, size);
    return progress;
}

static void send_progress (daffi_node_t *self, uint64_t token,
                           const daffi_progress_body_t *progress)
{
    daffi_buffer_t out;
    daffi_header_t header = {
        .type = DAFFI_RECORD_PROGRESS, .id = token, .ttl_ms = DAFFI_TTL_NONE};
    daffi_buffer_init (&out);
    daffi_write_progress (&out, progress);
    daffi_body_t body = daffi_body_borrowed (out.data, out.size);
    if (!out.failed)
        daffi_node_send (self, &header, &body, DAFFI_NEVER, false);
    daffi_buffer_done (&out);
}

void daffi_progress_send (daffi_node_t *self, daffi_mail_t *mail)
{
    daffi_report_t *report = daffi_container (mail, daffi_report_t, mail);
    char text[DAFFI_TEXT_MAX + 1];
    pthread_mutex_lock (&report->lock);
    daffi_progress_body_t progress = {.done = report->done, .total = report->total};
    memcpy (text, report->text, sizeof text);
    report->posted = false;
    pthread_mutex_unlock (&report->lock);
    progress.text = daffi_text_of (text);
    if (report->asker)
        daffi_future_report (report->asker,
                             new_progress (&progress, daffi_text_of (self->name)));
    else if (self->link.welcomed && report->session == self->link.number &&
             daffi_table_get (&self->tokens, 0, report->token))
        send_progress (self, report->token, &progress);
    daffi_report_unref (report);
}

void daffi_progress_came (daffi_node_t *self, const daffi_header_t *header,
                          const daffi_body_t *body)
{
    daffi_future_t *future = daffi_table_get (&self->futures, 0, header->id);
    daffi_progress_body_t progress;
    if (future && !daffi_read_progress (body->data, body->size, &progress))
        daffi_future_report (future, new_progress (&progress, header->peer));
}

//  --- the caller's end ---------------------------------------------------------------

static void tell (daffi_future_t *self)
{
    daffi_telling_t telling;
    daffi_progress_t progress;
    pthread_mutex_lock (&self->lock);
    bool unwanted = self->done || self->hushed;
    daffi_progress_fn *on_progress = unwanted ? NULL : self->on_progress;
    void *arg = self->on_progress_arg;
    self->telling = false;
    progress = *self->progress;
    if (on_progress)
        daffi_future_telling (self, &telling);
    pthread_mutex_unlock (&self->lock);
    if (on_progress) {
        on_progress (self, &progress, arg);
        daffi_future_told (&telling);
    }
}

static void run_progress_job (daffi_job_t *job)
{
    daffi_future_t *self = daffi_container (job, daffi_future_t, progress_job);
    tell (self);
    daffi_future_unref (self);
}

void daffi_future_report (daffi_future_t *self, daffi_progress_t *progress)
{
    pthread_mutex_lock (&self->lock);
    daffi_progress_t *old = self->progress;
    self->progress = progress;
    bool call = self->on_progress && !self->done && !self->telling;
    self->telling = self->telling || call;
    pthread_mutex_unlock (&self->lock);
    free (old);
    if (call && self->dispatch) {
        self->progress_job.run = run_progress_job;
        atomic_fetch_add_explicit (&self->refs, 1, memory_order_acq_rel);
        daffi_executor_push (self->dispatch, &self->progress_job);
    } else if (call) {
        tell (self);
    }
}

daffi_status_t daffi_future_progress (daffi_future_t *self, daffi_progress_t *progress)
{
    pthread_mutex_lock (&self->lock);
    bool known = self->progress != NULL;
    if (known)
        *progress = *self->progress;
    pthread_mutex_unlock (&self->lock);
    return known ? DAFFI_OK : DAFFI_NOT_FOUND;
}

daffi_status_t daffi_future_on_progress (daffi_future_t *self,
                                         daffi_progress_fn *on_progress, void *arg)
{
    pthread_mutex_lock (&self->lock);
    bool taken = self->on_progress != NULL;
    if (!taken) {
        self->on_progress = on_progress;
        self->on_progress_arg = arg;
    }
    pthread_mutex_unlock (&self->lock);
    return taken ? DAFFI_EXISTS : DAFFI_OK;
}

daffi_future_state_t daffi_future_state (daffi_future_t *self)
{
    pthread_mutex_lock (&self->lock);
    daffi_future_state_t state = self->done       ? DAFFI_FUTURE_DONE
                                 : self->progress ? DAFFI_FUTURE_RUNNING
                                 : self->in_hand  ? DAFFI_FUTURE_SENT
                                                  : DAFFI_FUTURE_QUEUED;
    pthread_mutex_unlock (&self->lock);
    return state;
}
