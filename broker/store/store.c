//  SPDX-License-Identifier: MPL-2.0
//  The store's thread: takes what was handed over, writes it, tells.

#include "store.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "database.h"
#include "failure.h"
#include "list.h"
#include "wake.h"

//  One transaction takes so many at most, so that the first of them is told of soon.
enum { CHANGES_A_COMMIT = 2000 };

typedef struct {
    daffi_link_t link;
    uint64_t ticket;
    daffi_row_change_t change;
    daffi_row_t row;  //  borrows from `bytes`
    char bytes[];
} change_t;

struct daffi_store {
    daffi_database_t database;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    int fd;
    bool started;
    //  under the lock
    daffi_list_t changes;
    bool closing;
    uint64_t told;   //  taken by the controller
    uint64_t ready;  //  on disk, or lost
    daffi_status_t status;
    char text[DAFFI_TEXT_MAX + 1];
};

//  --- changes ------------------------------------------------------------------------

static const void *copy (char **cursor, const void *data, size_t size)
{
    char *start = *cursor;
    if (size)
        memcpy (start, data, size);
    start[size] = 0;
    *cursor += size + 1;
    return start;
}

static change_t *change_new (uint64_t ticket, daffi_row_change_t change,
                             const daffi_row_t *row)
{
    size_t uuid = strlen (row->uuid), function = strlen (row->function),
           owner = strlen (row->owner), process = strlen (row->process);
    change_t *self = daffi_new (sizeof *self + uuid + function + owner + process +
                                row->plan_size + row->state_size + 6);
    char *cursor = self->bytes;
    self->ticket = ticket;
    self->change = change;
    self->row = *row;
    self->row.uuid = copy (&cursor, row->uuid, uuid);
    self->row.function = copy (&cursor, row->function, function);
    self->row.owner = copy (&cursor, row->owner, owner);
    self->row.process = copy (&cursor, row->process, process);
    self->row.plan = copy (&cursor, row->plan, row->plan_size);
    self->row.state = copy (&cursor, row->state, row->state_size);
    return self;
}

void daffi_store_put (daffi_store_t *self, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row)
{
    change_t *made = change_new (ticket, change, row);
    pthread_mutex_lock (&self->lock);
    bool sleeping = daffi_list_empty (&self->changes);
    daffi_list_append (&self->changes, &made->link);
    if (sleeping)
        pthread_cond_signal (&self->more);
    pthread_mutex_unlock (&self->lock);
}

//  --- the thread ---------------------------------------------------------------------

//  Waits for changes and takes some of them. False: none comes any more.
static bool take (daffi_store_t *self, daffi_list_t *out)
{
    pthread_mutex_lock (&self->lock);
    while (daffi_list_empty (&self->changes) && !self->closing)
        pthread_cond_wait (&self->more, &self->lock);
    for (int i = 0; i < CHANGES_A_COMMIT; i++) {
        daffi_link_t *first = daffi_list_first (&self->changes);
        if (!first)
            break;
        daffi_link_remove (first);
        daffi_list_append (out, first);
    }
    pthread_mutex_unlock (&self->lock);
    return !daffi_list_empty (out);
}

static daffi_status_t write_all (daffi_store_t *self, daffi_list_t *changes,
                                 daffi_error_t *error)
{
    daffi_status_t status = daffi_database_begin (&self->database, error);
    DAFFI_LIST_EACH (changes, link, follower) {
        change_t *change = daffi_container (link, change_t, link);
        if (!status)
            status = daffi_database_write (&self->database, change->change,
                                           &change->row, error);
    }
    return status ? status : daffi_database_commit (&self->database, error);
}

static void tell (daffi_store_t *self, uint64_t ticket, daffi_status_t status,
                  const char *text)
{
    pthread_mutex_lock (&self->lock);
    self->ready = ticket;
    if (status) {
        self->status = status;
        snprintf (self->text, sizeof self->text, "%s", text);
    }
    pthread_mutex_unlock (&self->lock);
    daffi_wake_signal (self->fd);
}

static void *run (void *arg)
{
    daffi_store_t *self = arg;
    daffi_list_t changes;
    daffi_error_t error;
    daffi_status_t status = DAFFI_OK;
    daffi_list_init (&changes);
    while (take (self, &changes)) {
        uint64_t ticket = daffi_container (changes.prev, change_t, link)->ticket;
        //  after one failure nothing is written any more: what the file holds is a
        //  state that once was, not one with a hole in it
        if (!status)
            status = write_all (self, &changes, &error);
        DAFFI_LIST_EACH (&changes, link, follower)
            free (daffi_container (link, change_t, link));
        daffi_list_init (&changes);
        tell (self, ticket, status, status ? error.text : "");
    }
    return NULL;
}

bool daffi_store_take (daffi_store_t *self, uint64_t *ticket, daffi_status_t *status,
                       char *text)
{
    daffi_wake_clear (self->fd);
    pthread_mutex_lock (&self->lock);
    bool news = self->ready > self->told;
    *ticket = self->told = self->ready;
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
    daffi_list_init (&self->changes);
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

daffi_status_t daffi_store_load (daffi_store_t *self, daffi_store_row_fn *on_row,
                                 void *context, daffi_error_t *error)
{
    daffi_status_t status =
        daffi_database_read (&self->database, on_row, context, error);
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
    DAFFI_LIST_EACH (&self->changes, link, follower)
        free (daffi_container (link, change_t, link));
    release (self_p);
}
