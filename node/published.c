//  SPDX-License-Identifier: MPL-2.0
//  Payload functions that were made ordinary functions of this process.

#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "failure.h"
#include "payloads.h"
#include "writer.h"

//  It belongs to the registration, which lets go of it when the last call is over.
typedef struct {
    daffi_link_t link;  //  payloads.published, until it is withdrawn
    daffi_payloads_t *payloads;
    daffi_held_t *held;
    char owner[DAFFI_NAME_MAX + 1];  //  who published it
    char function[DAFFI_NAME_MAX + 1];
    char name[DAFFI_NAME_MAX + 1];
} published_t;

static daffi_status_t run (daffi_request_t *request, void *arg)
{
    published_t *self = arg;
    return daffi_payloads_run (self->payloads, self->held, self->function,
                               request->args.value, request);
}

static void release (void *arg)
{
    published_t *self = arg;
    pthread_mutex_lock (&self->payloads->lock);
    daffi_link_remove (&self->link);
    pthread_mutex_unlock (&self->payloads->lock);
    atomic_fetch_sub (&self->held->published, 1);
    daffi_held_unref (self->held);
    free (self);
}

//  --- publishing ---------------------------------------------------------------------

static daffi_status_t offer (daffi_payloads_t *self, daffi_held_t *held,
                             const char *caller, const char *function, const char *name,
                             daffi_error_t *error)
{
    char text[DAFFI_TEXT_MAX + 1];
    daffi_text_t signature;
    if (daffi_transfer_policy_admit (held->trust, held->payload, caller, time (NULL),
                                     error))
        return DAFFI_REFUSED;
    if (!daffi_held_offers (held, daffi_text_of (function), &signature))
        return daffi_fail (error, DAFFI_NO_FUNCTION,
                           "the payload has no function '%.100s'", function);
    published_t *published = daffi_new (sizeof *published);
    published->payloads = self;
    published->held = held;
    daffi_name_copy (published->owner, daffi_text_of (caller));
    daffi_name_copy (published->function, daffi_text_of (function));
    daffi_name_copy (published->name, daffi_text_of (name));
    atomic_fetch_add (&held->refs, 1);
    atomic_fetch_add (&held->published, 1);
    snprintf (text, sizeof text, "%.*s", (int)signature.size, signature.data);
    daffi_function_t entry = {.name = name,
                              .callback = run,
                              .arg = published,
                              .release = release,
                              .signature = text};
    pthread_mutex_lock (&self->publishing);
    pthread_mutex_lock (&self->lock);
    daffi_list_append (&self->published, &published->link);
    pthread_mutex_unlock (&self->lock);
    daffi_status_t status = daffi_node_register (self->node, &entry, 1, error);
    if (status)
        release (published);
    pthread_mutex_unlock (&self->publishing);
    return status;
}

//  [hash, function, name]
daffi_status_t daffi_payloads_publish (daffi_request_t *request, void *arg)
{
    daffi_payloads_t *self = arg;
    daffi_error_t error;
    const char *function = NULL, *name = NULL;
    const uint8_t *hash = daffi_payloads_hash_of (request);
    if (!hash)
        return DAFFI_INVALID;
    daffi_held_t *held = daffi_payloads_find (self, hash, &error);
    daffi_status_t status = DAFFI_NO_PAYLOAD;
    if (daffi_request_string (request, 1, &function) ||
        daffi_request_string (request, 2, &name))
        status =
            daffi_fail (&error, DAFFI_INVALID, "a function and a name must follow");
    else if (held)
        status =
            offer (self, held, daffi_request_caller (request), function, name, &error);
    if (status || !held)
        status = daffi_payloads_refuse (request, &error);
    else
        daffi_log (&self->log, DAFFI_LOG_INFO, "payload.published",
                   "hash=%s function=%s name=%s caller=%s", held->payload->hash_text,
                   function, name, daffi_request_caller (request));
    daffi_held_unref (held);
    return status;
}

//  --- withdrawing --------------------------------------------------------------------

//  Takes one out of the list: by its name, or by its payload.
static bool take (daffi_payloads_t *self, const char *name, const uint8_t *hash,
                  char *taken)
{
    bool found = false;
    pthread_mutex_lock (&self->lock);
    DAFFI_LIST_EACH (&self->published, link, follower) {
        published_t *published = daffi_container (link, published_t, link);
        if (name ? strcmp (published->name, name) != 0
                 : !hash || memcmp (published->held->payload->hash, hash,
                                    DAFFI_HASH_SIZE) != 0)
            continue;
        daffi_name_copy (taken, daffi_text_of (published->name));
        daffi_link_remove (&published->link);
        found = true;
        break;
    }
    pthread_mutex_unlock (&self->lock);
    return found;
}

//  With `publishing` held: a name that is published meanwhile is withdrawn before or
//  after that.
static bool withdraw (daffi_payloads_t *self, const char *name, const uint8_t *hash,
                      char *taken)
{
    bool found = take (self, name, hash, taken);
    if (found)
        (void)daffi_node_unregister (self->node, taken, NULL);
    return found;
}

void daffi_payloads_withdraw_all (daffi_payloads_t *self, const uint8_t *hash)
{
    char taken[DAFFI_NAME_MAX + 1];
    bool found = true;
    while (found) {
        pthread_mutex_lock (&self->publishing);
        found = withdraw (self, NULL, hash, taken);
        pthread_mutex_unlock (&self->publishing);
    }
}

//  Who published under this name; "": nobody. With `publishing` held: else it may be
//  one who will be told that the name is taken.
static void find_owner (daffi_payloads_t *self, const char *name, char *owner)
{
    owner[0] = 0;
    pthread_mutex_lock (&self->lock);
    DAFFI_LIST_EACH (&self->published, link, follower) {
        const published_t *published = daffi_container (link, published_t, link);
        if (strcmp (published->name, name) == 0)
            daffi_name_copy (owner, daffi_text_of (published->owner));
    }
    pthread_mutex_unlock (&self->lock);
}

//  [name]
daffi_status_t daffi_payloads_withdraw (daffi_request_t *request, void *arg)
{
    daffi_payloads_t *self = arg;
    daffi_error_t error;
    const char *name;
    char owner[DAFFI_NAME_MAX + 1], taken[DAFFI_NAME_MAX + 1];
    bool named = !daffi_request_string (request, 0, &name);
    //  as a whole: it is withdrawn from who was asked about
    pthread_mutex_lock (&self->publishing);
    find_owner (self, named ? name : "", owner);
    bool may = daffi_payloads_managed_by (self, request, owner);
    bool found = may && named && withdraw (self, name, NULL, taken);
    pthread_mutex_unlock (&self->publishing);
    if (!may)
        return DAFFI_REFUSED;
    if (!found) {
        daffi_fail (&error, DAFFI_NOT_FOUND, "nothing is published under that name");
        return daffi_payloads_refuse (request, &error);
    }
    daffi_log (&self->log, DAFFI_LOG_INFO, "payload.withdrawn", "name=%s caller=%s",
               taken, daffi_request_caller (request));
    return DAFFI_OK;
}

void daffi_payloads_write_names (daffi_payloads_t *self, const uint8_t *hash,
                                 daffi_buffer_t *out)
{
    daffi_buffer_t names;
    uint32_t count = 0;
    daffi_buffer_init (&names);
    pthread_mutex_lock (&self->lock);
    DAFFI_LIST_EACH (&self->published, link, follower) {
        const published_t *published = daffi_container (link, published_t, link);
        if (memcmp (published->held->payload->hash, hash, DAFFI_HASH_SIZE) != 0)
            continue;
        daffi_write_string (&names, published->name);
        count++;
    }
    pthread_mutex_unlock (&self->lock);
    daffi_write_array (out, count);
    daffi_buffer_append (out, names.data, names.size);
    if (names.failed)
        out->failed = true;
    daffi_buffer_done (&names);
}
