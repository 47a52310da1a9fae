//  SPDX-License-Identifier: MPL-2.0
//  Names of processes and functions, and who offers what.
//
//  A name exists while somebody is present under it, offers it, calls it or waits for
//  it, and is freed with the last of these.

#include <stdint.h>
#include <stdlib.h>

#include "alloc.h"
#include "state.h"

daffi_process_t *daffi_registry_process (daffi_core_t *self, daffi_text_t name)
{
    return daffi_names_get (&self->processes, name);
}

daffi_offered_t *daffi_registry_function (daffi_core_t *self, daffi_text_t name)
{
    return daffi_names_get (&self->functions, name);
}

daffi_process_t *daffi_registry_add_process (daffi_core_t *self, daffi_text_t name)
{
    daffi_process_t *process = daffi_registry_process (self, name);
    if (process)
        return process;
    process = daffi_new (sizeof *process);
    daffi_name_copy (process->name, name);
    daffi_list_init (&process->waiting);
    daffi_list_init (&process->waits);
    daffi_names_put (&self->processes, daffi_text_of (process->name), process);
    return process;
}

daffi_offered_t *daffi_registry_add_function (daffi_core_t *self, daffi_text_t name)
{
    daffi_offered_t *function = daffi_registry_function (self, name);
    if (function)
        return function;
    function = daffi_new (sizeof *function);
    daffi_name_copy (function->name, name);
    daffi_list_init (&function->waiting);
    daffi_list_init (&function->waits);
    daffi_names_put (&self->functions, daffi_text_of (function->name), function);
    return function;
}

void daffi_registry_release_process (daffi_core_t *self, daffi_process_t *process)
{
    if (daffi_list_empty (&process->waiting))
        daffi_link_remove (&process->held);
    if (process->session || !daffi_list_empty (&process->waiting) ||
        !daffi_list_empty (&process->waits))
        return;
    daffi_names_remove (&self->processes, daffi_text_of (process->name));
    free (process);
}

void daffi_registry_release_function (daffi_core_t *self, daffi_offered_t *function)
{
    if (daffi_list_empty (&function->waiting) &&
        daffi_link_linked (&function->starving)) {
        daffi_link_remove (&function->starving);
        self->starving_count--;
    }
    if (function->count || !daffi_list_empty (&function->waiting) ||
        !daffi_list_empty (&function->waits))
        return;
    daffi_names_remove (&self->functions, daffi_text_of (function->name));
    free (function->offers);
    daffi_bits_done (&function->providers);
    free (function);
}

daffi_offer_t *daffi_registry_offer (const daffi_core_t *self,
                                     const daffi_session_t *session,
                                     const daffi_offered_t *function)
{
    return daffi_table_get (&self->offers, session->number, (uintptr_t)function);
}

static daffi_offer_t *new_offer (daffi_session_t *session, daffi_offered_t *function,
                                 daffi_text_t signature)
{
    daffi_offer_t *offer = daffi_new (sizeof *offer + signature.size + 1);
    offer->session = session;
    offer->function = function;
    if (signature.size)
        memcpy (offer->signature, signature.data, signature.size);
    return offer;
}

static void append_offer (daffi_offered_t *function, daffi_offer_t *offer)
{
    if (function->count == function->room) {
        function->room = function->room ? function->room * 2 : 4;
        function->offers =
            daffi_renew (function->offers, function->room * sizeof *function->offers);
    }
    offer->index = function->count;
    function->offers[function->count++] = offer;
    daffi_load_offered (function, offer->session);
}

//  Offered again: a new signature in the old place.
static void replace_offer (daffi_offer_t *known, daffi_offer_t *offer)
{
    offer->index = known->index;
    known->function->offers[known->index] = offer;
    daffi_link_remove (&known->of_session);
    daffi_list_append (&known->session->offers, &offer->of_session);
    free (known);
}

daffi_status_t daffi_registry_check_offer (daffi_text_t name, daffi_text_t signature)
{
    return daffi_name_valid (name) && !daffi_name_reserved (name) &&
                   signature.size <= DAFFI_SIGNATURE_MAX
               ? DAFFI_OK
               : DAFFI_INVALID;
}

daffi_status_t daffi_registry_add_offer (daffi_core_t *self, daffi_session_t *session,
                                         daffi_text_t name, daffi_text_t signature)
{
    daffi_status_t status = daffi_registry_check_offer (name, signature);
    if (status)
        return status;
    daffi_offered_t *function = daffi_registry_function (self, name);
    daffi_offer_t *known =
        function ? daffi_registry_offer (self, session, function) : NULL;
    if (!known && session->offer_count >= DAFFI_FUNCTIONS_MAX)
        return DAFFI_TOO_BIG;
    function = daffi_registry_add_function (self, name);
    daffi_offer_t *offer = new_offer (session, function, signature);
    if (known) {
        replace_offer (known, offer);
    } else {
        append_offer (function, offer);
        daffi_list_append (&session->offers, &offer->of_session);
        session->offer_count++;
        self->stats.functions += function->count == 1;
    }
    daffi_table_put (&self->offers, session->number, (uintptr_t)function, offer);
    daffi_presence_function_here (self, offer);
    return DAFFI_OK;
}

void daffi_registry_remove_offer (daffi_core_t *self, daffi_offer_t *offer)
{
    daffi_session_t *session = offer->session;
    daffi_offered_t *function = offer->function;
    daffi_table_remove (&self->offers, session->number, (uintptr_t)function);
    daffi_link_remove (&offer->of_session);
    session->offer_count--;
    function->count--;
    for (uint32_t i = offer->index; i < function->count; i++) {
        function->offers[i] = function->offers[i + 1];
        function->offers[i]->index = i;
    }
    daffi_load_withdrawn (function, session);
    free (offer);
    self->stats.functions -= function->count == 0;
    daffi_event_body_t event = {.type = DAFFI_EVENT_FUNCTION_REMOVED,
                                .process = daffi_session_name (session),
                                .function = daffi_text_of (function->name),
                                .signature = daffi_text ("", 0)};
    daffi_presence_tell (self, &event);
    if (function->count == 0 && !self->settling)
        daffi_queue_fail_function (self, function);
    else
        daffi_registry_release_function (self, function);
}

void daffi_registry_remove_offers (daffi_core_t *self, daffi_session_t *session)
{
    DAFFI_LIST_EACH (&session->offers, link, follower)
        daffi_registry_remove_offer (self,
                                     daffi_container (link, daffi_offer_t, of_session));
}

//  Has the session a place for one more call of `size` bytes? A peer that has nothing
//  to do gets it in any case, or a body as large as its queue would wait for ever.
bool daffi_registry_has_room (const daffi_core_t *self, const daffi_session_t *session,
                              size_t size)
{
    if (session->state != DAFFI_SESSION_READY)
        return false;
    if (session->running_count == 0)
        return true;
    return session->running_count < session->capacity &&
           self->output.fits (self->output.context, session->peer, size);
}

daffi_session_t *daffi_registry_pick (const daffi_core_t *self,
                                      daffi_offered_t *function, size_t size)
{
    if (function->count > DAFFI_MANY_PROVIDERS)
        return daffi_load_pick (self, function, size);
    daffi_session_t *best = NULL;
    uint32_t best_index = 0;
    uint32_t index = function->cursor;
    for (uint32_t i = 0; i < function->count; i++, index++) {
        if (index >= function->count)
            index = 0;
        daffi_session_t *session = function->offers[index]->session;
        if (best && session->running_count >= best->running_count)
            continue;
        if (session->behind || !daffi_registry_has_room (self, session, size))
            continue;
        best = session;
        best_index = index;
        if (best->running_count == 0)
            break;
    }
    if (best)
        function->cursor = best_index + 1;
    return best;
}

//  --- policies ---------------------------------------------------------------------

static bool may_be_given (const daffi_core_t *self, const daffi_session_t *session,
                          size_t size)
{
    return !session->behind && daffi_registry_has_room (self, session, size);
}

//  The first that may be given it, from `index` on.
static daffi_session_t *first_from (const daffi_core_t *self, daffi_offered_t *function,
                                    uint32_t index, size_t size)
{
    for (uint32_t i = 0; i < function->count; i++) {
        uint32_t place = (index + i) % function->count;
        daffi_session_t *session = function->offers[place]->session;
        if (!may_be_given (self, session, size))
            continue;
        function->cursor = place + 1;
        return session;
    }
    return NULL;
}

static daffi_session_t *local_first (daffi_core_t *self, daffi_offered_t *function,
                                     const daffi_session_t *caller, size_t size)
{
    const daffi_offer_t *own = daffi_registry_offer (self, caller, function);
    if (own && may_be_given (self, own->session, size))
        return own->session;
    return daffi_registry_pick (self, function, size);
}

//  FNV-1a over the name and the key, and a finaliser (SplitMix64) that spreads it: no
//  seed, so that two controllers choose alike.
static uint64_t weight (const char *name, daffi_text_t key)
{
    uint64_t hash = UINT64_C (0xcbf29ce484222325);
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C (0x100000001b3);
    for (uint32_t i = 0; i < key.size; i++)
        hash = (hash ^ (uint8_t)key.data[i]) * UINT64_C (0x100000001b3);
    hash = (hash ^ (hash >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C (0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

//  Rendezvous hashing (Thaler and Ravishankar 1998): a provider that leaves moves only
//  its own keys.
daffi_session_t *daffi_registry_pick_keyed (const daffi_offered_t *function,
                                            daffi_text_t key)
{
    daffi_session_t *best = NULL;
    uint64_t best_weight = 0;
    for (uint32_t i = 0; i < function->count; i++) {
        daffi_session_t *session = function->offers[i]->session;
        uint64_t own = weight (session->process->name, key);
        if (best && own <= best_weight)
            continue;
        best = session;
        best_weight = own;
    }
    return best;
}

daffi_session_t *daffi_registry_pick_for (daffi_core_t *self, daffi_offered_t *function,
                                          const daffi_session_t *caller,
                                          const daffi_header_t *header, size_t size)
{
    if (!function->count)
        return NULL;
    switch (header->policy) {
    case DAFFI_POLICY_ROUND_ROBIN:
        return first_from (self, function, function->cursor, size);
    case DAFFI_POLICY_RANDOM: {
        uint64_t random = self->output.random (self->output.context);
        return first_from (self, function, (uint32_t)(random % function->count), size);
    }
    case DAFFI_POLICY_LOCAL_FIRST:
        return local_first (self, function, caller, size);
    default:
        return daffi_registry_pick (self, function, size);
    }
}
