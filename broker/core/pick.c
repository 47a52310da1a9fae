//  SPDX-License-Identifier: MPL-2.0
//  Who of several providers gets a call.
//
//  Each policy passes over who has no room, and whose function is at its limit; but for
//  a key, which belongs to one provider, whatever that one has to do.

#include "parts.h"

static bool may_be_given (const daffi_core_t *self, const daffi_provider_t *provider,
                          size_t size)
{
    const daffi_session_t *session = provider->session;
    return !session->behind &&
           !(session->limited_count && daffi_quota_full (provider->offer)) &&
           daffi_registry_has_room (self, session, size);
}

daffi_session_t *daffi_pick_least (const daffi_core_t *self, daffi_offered_t *function,
                                   size_t size)
{
    if (function->count > DAFFI_MANY_PROVIDERS)
        return daffi_load_pick (self, function, size);
    daffi_session_t *best = NULL;
    uint32_t index = function->cursor;
    for (uint32_t i = 0; i < function->count; i++, index++) {
        if (index >= function->count)
            index = 0;
        const daffi_provider_t *provider = &function->offers[index];
        uint32_t running = provider->session->running_count;
        if (best && running >= best->running_count)
            continue;
        if (!may_be_given (self, provider, size))
            continue;
        best = provider->session;
        function->cursor = index + 1;
        if (running == 0)
            break;
    }
    return best;
}

//  The first that may be given it, from `index` on.
static daffi_session_t *first_from (const daffi_core_t *self, daffi_offered_t *function,
                                    uint32_t index, size_t size)
{
    for (uint32_t i = 0; i < function->count; i++) {
        uint32_t place = (index + i) % function->count;
        const daffi_provider_t *provider = &function->offers[place];
        if (!may_be_given (self, provider, size))
            continue;
        function->cursor = place + 1;
        return provider->session;
    }
    return NULL;
}

static daffi_session_t *local_first (daffi_core_t *self, daffi_offered_t *function,
                                     const daffi_session_t *caller, size_t size)
{
    daffi_offer_t *own = daffi_registry_offer (self, caller, function);
    if (own && may_be_given (self, &(daffi_provider_t){own->session, own}, size))
        return own->session;
    return daffi_pick_least (self, function, size);
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
daffi_session_t *daffi_pick_keyed (const daffi_offered_t *function, daffi_text_t key)
{
    daffi_session_t *best = NULL;
    uint64_t best_weight = 0;
    for (uint32_t i = 0; i < function->count; i++) {
        daffi_session_t *session = function->offers[i].session;
        uint64_t own = weight (session->process->name, key);
        if (best && own <= best_weight)
            continue;
        best = session;
        best_weight = own;
    }
    return best;
}

daffi_session_t *daffi_pick_for (daffi_core_t *self, daffi_offered_t *function,
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
        return daffi_pick_least (self, function, size);
    }
}
