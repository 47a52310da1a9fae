//  SPDX-License-Identifier: MPL-2.0
//  Names of processes and functions, and who offers what.
//
//  A name exists while somebody is present under it, offers it, calls it or waits for
//  it, and is freed with the last of these.

#include <stdint.h>
#include <stdlib.h>

#include "alloc.h"
#include "parts.h"

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
    process = daffi_new_at_line (sizeof *process);
    daffi_name_copy (process->name, name);
    process->name_size = name.size;
    daffi_ranks_init (&process->waiting);
    daffi_list_init (&process->waits);
    daffi_names_put (&self->processes, daffi_text_of (process->name), process);
    return process;
}

daffi_offered_t *daffi_registry_add_function (daffi_core_t *self, daffi_text_t name)
{
    daffi_offered_t *function = daffi_registry_function (self, name);
    if (function)
        return function;
    function = daffi_new_at_line (sizeof *function);
    daffi_name_copy (function->name, name);
    daffi_ranks_init (&function->waiting);
    daffi_list_init (&function->waits);
    daffi_list_init (&function->group_waits);
    daffi_names_put (&self->functions, daffi_text_of (function->name), function);
    return function;
}

void daffi_registry_release_process (daffi_core_t *self, daffi_process_t *process)
{
    bool waiting = !daffi_ranks_empty (&process->waiting);
    if (!waiting)
        daffi_link_remove (&process->held);
    if (process->session || waiting || !daffi_list_empty (&process->waits))
        return;
    daffi_names_remove (&self->processes, daffi_text_of (process->name));
    free (process);
}

void daffi_registry_release_function (daffi_core_t *self, daffi_offered_t *function)
{
    bool waiting = !daffi_ranks_empty (&function->waiting);
    if (!waiting && daffi_link_linked (&function->starving)) {
        daffi_link_remove (&function->starving);
        self->starving_count--;
    }
    if (function->count || waiting || !daffi_list_empty (&function->waits) ||
        !daffi_list_empty (&function->group_waits))
        return;
    daffi_names_remove (&self->functions, daffi_text_of (function->name));
    if (function->offers != &function->only)
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
                                 const daffi_offer_body_t *what)
{
    daffi_text_t signature = what->signature, doc = what->doc;
    daffi_offer_t *offer = daffi_new (sizeof *offer + signature.size + doc.size + 2);
    char *behind = offer->signature + signature.size + 1;
    offer->session = session;
    offer->function = function;
    offer->doc = behind;
    if (signature.size)
        memcpy (offer->signature, signature.data, signature.size);
    if (doc.size)
        memcpy (behind, doc.data, doc.size);
    return offer;
}

static void add_room (daffi_offered_t *function)
{
    daffi_provider_t *few = NULL;
    if (!function->room) {
        function->room = 1;
        function->offers = &function->only;
        return;
    }
    function->room *= 2;
    if (function->offers != &function->only)
        few = function->offers;
    function->offers = daffi_renew (few, function->room * sizeof *function->offers);
    if (!few)
        function->offers[0] = function->only;
}

static void append_offer (daffi_core_t *self, daffi_offered_t *function,
                          daffi_offer_t *offer)
{
    if (function->count == function->room)
        add_room (function);
    offer->index = function->count;
    function->offers[function->count++] = (daffi_provider_t){offer->session, offer};
    daffi_load_offered (&self->load, function, offer->session);
}

//  Offered again: a new signature in the old place.
static void replace_offer (daffi_offer_t *known, daffi_offer_t *offer)
{
    offer->index = known->index;
    offer->quota = known->quota;
    known->function->offers[known->index].offer = offer;
    daffi_link_remove (&known->of_session);
    daffi_list_append (&known->session->offers, &offer->of_session);
    free (known);
}

daffi_status_t daffi_registry_check_offer (const daffi_offer_body_t *what)
{
    return daffi_name_valid (what->name) && !daffi_name_reserved (what->name) &&
                   what->signature.size <= DAFFI_SIGNATURE_MAX &&
                   what->doc.size <= DAFFI_DOC_MAX
               ? DAFFI_OK
               : DAFFI_INVALID;
}

daffi_status_t daffi_registry_add_offer (daffi_core_t *self, daffi_session_t *session,
                                         const daffi_offer_body_t *what)
{
    daffi_status_t status = daffi_registry_check_offer (what);
    if (status)
        return status;
    daffi_offered_t *function = daffi_registry_function (self, what->name);
    daffi_offer_t *known =
        function ? daffi_registry_offer (self, session, function) : NULL;
    if (!known && session->offer_count >= DAFFI_FUNCTIONS_MAX)
        return DAFFI_TOO_BIG;
    function = daffi_registry_add_function (self, what->name);
    daffi_offer_t *offer = new_offer (session, function, what);
    if (known) {
        replace_offer (known, offer);
    } else {
        append_offer (self, function, offer);
        daffi_list_append (&session->offers, &offer->of_session);
        session->offer_count++;
        self->stats.functions += function->count == 1;
    }
    daffi_quota_set (offer, (uint32_t)(what->limit > UINT32_MAX ? 0 : what->limit));
    daffi_table_put (&self->offers, session->number, (uintptr_t)function, offer);
    daffi_presence_function_here (self, offer);
    return DAFFI_OK;
}

//  The last one takes the place: to move up all that stand behind it would cost seconds
//  where thousands of providers leave at once.
static void fill_gap (daffi_offered_t *function, uint32_t index)
{
    const daffi_provider_t *last = &function->offers[--function->count];
    function->offers[index] = *last;
    last->offer->index = index;
}

void daffi_registry_remove_offer (daffi_core_t *self, daffi_offer_t *offer)
{
    daffi_session_t *session = offer->session;
    daffi_offered_t *function = offer->function;
    daffi_quota_set (offer, 0);
    daffi_table_remove (&self->offers, session->number, (uintptr_t)function);
    daffi_link_remove (&offer->of_session);
    session->offer_count--;
    fill_gap (function, offer->index);
    daffi_load_withdrawn (&self->load, function, session);
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
