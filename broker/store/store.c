//  SPDX-License-Identifier: MPL-2.0
//  The store's thread: takes what was handed over, writes it, tells.

#include "store.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "batch.h"
#include "database.h"
#include "failure.h"
#include "wake.h"

struct daffi_store {
    daffi_database_t database;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    int fd;
    bool started;
    //  under the lock
    daffi_batch_t next;
    bool closing;
    bool news;         //  not taken by the controller yet
    uint64_t written;  //  on disk
    daffi_status_t status;
    char text[DAFFI_TEXT_MAX + 1];
};

void daffi_store_put (daffi_store_t *self, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row)
{
    pthread_mutex_lock (&self->lock);
    bool sleeping = self->next.ticket == 0;
    daffi_batch_add (&self->next, ticket, change, row);
    if (sleeping)
        pthread_cond_signal (&self->more);
    pthread_mutex_unlock (&self->lock);
}

//  --- the thread ---------------------------------------------------------------------

//  Waits for changes and takes them. False: none comes any more.
static bool take (daffi_store_t *self, daffi_batch_t *out)
{
    pthread_mutex_lock (&self->lock);
    while (self->next.ticket == 0 && !self->closing)
        pthread_cond_wait (&self->more, &self->lock);
    daffi_batch_move (out, &self->next);
    pthread_mutex_unlock (&self->lock);
    return out->ticket != 0;
}

static daffi_status_t write_all (daffi_store_t *self, const daffi_batch_t *batch,
                                 daffi_error_t *error)
{
    daffi_status_t status = daffi_database_begin (&self->database, error);
    DAFFI_LIST_EACH (&batch->changes, link, follower) {
        daffi_change_t *change = daffi_container (link, daffi_change_t, link);
        if (!status)
            status = daffi_database_write (&self->database, change, error);
    }
    return status ? status : daffi_database_commit (&self->database, error);
}

static void tell (daffi_store_t *self, uint64_t ticket, daffi_status_t status,
                  const char *text)
{
    pthread_mutex_lock (&self->lock);
    self->news = true;
    if (!status)
        self->written = ticket;
    self->status = status;
    snprintf (self->text, sizeof self->text, "%s", text);
    pthread_mutex_unlock (&self->lock);
    daffi_wake_signal (self->fd);
}

static void *run (void *arg)
{
    daffi_store_t *self = arg;
    daffi_batch_t batch;
    daffi_error_t error;
    daffi_status_t status = DAFFI_OK;
    daffi_batch_init (&batch);
    while (take (self, &batch)) {
        uint64_t ticket = batch.ticket;
        //  after one failure nothing is written any more: what the file holds is a
        //  state that once was, not one with a hole in it
        if (!status)
            status = write_all (self, &batch, &error);
        daffi_batch_done (&batch);
        tell (self, ticket, status, status ? error.text : "");
    }
    daffi_batch_done (&batch);
    return NULL;
}

bool daffi_store_take (daffi_store_t *self, uint64_t *ticket, daffi_status_t *status,
                       char *text)
{
    daffi_wake_clear (self->fd);
    pthread_mutex_lock (&self->lock);
    bool news = self->news;
    self->news = false;
    *ticket = self->written;
    *status = self->status;
    memcpy (text, self->text, sizeof self->text);
    pthread_mutex_unlock (&self->lock);
    return news;
}

int daffi_store_fd (const daffi_store_t *self)
{
    return self->fd;
}

//  --- the beginning and the end ------------------------------------------------------

static bool start_thread (daffi_store_t *self)
{
    sigset_t all, before;
    sigfillset (&all);
    //  signals are the program's, and not for a thread that it does not know
    pthread_sigmask (SIG_SETMASK, &all, &before);
    int failed = pthread_create (&self->thread, NULL, run, self);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    return !failed;
}

static void release (daffi_store_t **self_p)
{
    daffi_store_t *self = *self_p;
    daffi_database_close (&self->database);
    if (self->fd >= 0)
        daffi_wake_close (&self->fd);
    pthread_cond_destroy (&self->more);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

daffi_store_t *daffi_store_open (const char *path, bool lazy, daffi_error_t *error)
{
    daffi_store_t *self = daffi_new (sizeof *self);
    pthread_mutex_init (&self->lock, NULL);
    pthread_cond_init (&self->more, NULL);
    daffi_batch_init (&self->next);
    self->fd = daffi_wake_open ();
    daffi_status_t status = DAFFI_OK;
    if (self->fd < 0)
        status = daffi_fail (error, DAFFI_SYSTEM, "no descriptor is left");
    if (!status)
        status = daffi_database_open (&self->database, path, lazy, error);
    if (status)
        release (&self);
    return self;
}

daffi_status_t daffi_store_load (daffi_store_t *self,
                                 const daffi_store_reader_t *reader,
                                 daffi_error_t *error)
{
    daffi_status_t status = daffi_database_read (&self->database, reader, error);
    if (!status && !start_thread (self))
        status = daffi_fail (error, DAFFI_SYSTEM, "no thread for the store of tasks");
    self->started = !status;
    return status;
}

void daffi_store_close (daffi_store_t **self_p)
{
    daffi_store_t *self = *self_p;
    if (!self)
        return;
    pthread_mutex_lock (&self->lock);
    self->closing = true;
    pthread_cond_signal (&self->more);
    pthread_mutex_unlock (&self->lock);
    if (self->started)
        pthread_join (self->thread, NULL);
    daffi_batch_done (&self->next);
    release (self_p);
}
