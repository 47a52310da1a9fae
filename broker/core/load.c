//  SPDX-License-Identifier: MPL-2.0
//  How busy each session is.

#include "load.h"

#include "parts.h"

void daffi_load_done (daffi_load_t *self)
{
    for (unsigned i = 0; i < DAFFI_LOAD_CLASSES; i++)
        daffi_bits_done (&self->classes[i]);
    free (self->by_slot);
    free (self->free_slots);
    memset (self, 0, sizeof *self);
}

//  --- classes ------------------------------------------------------------------------

static uint8_t class_of (const daffi_session_t *session)
{
    uint32_t running = session->running_count;
    if (session->state != DAFFI_SESSION_READY ||
        (running && running >= session->capacity))
        return DAFFI_LOAD_NONE;
    if (running < DAFFI_LOAD_EXACT)
        return (uint8_t)running;
    //  32 to 63 is the first class behind the exact ones
    return (uint8_t)(DAFFI_LOAD_EXACT + 26 - __builtin_clz (running));
}
_Static_assert(DAFFI_LOAD_EXACT == 32 && DAFFI_LOAD_EXACT + 26 < DAFFI_LOAD_CLASSES,
               "every number of calls has its class");

static void move (daffi_load_t *self, daffi_session_t *session, uint8_t to)
{
    uint8_t from = session->load;
    if (from != DAFFI_LOAD_NONE) {
        daffi_bits_clear (&self->classes[from], session->slot);
        self->counts[from]--;
    }
    if (to != DAFFI_LOAD_NONE) {
        daffi_bits_set (&self->classes[to], session->slot);
        self->counts[to]++;
    }
    session->load = to;
}

void daffi_load_move (daffi_load_t *self, daffi_session_t *session)
{
    uint8_t now = class_of (session);
    if (now != session->load)
        move (self, session, now);
}

//  --- slots --------------------------------------------------------------------------

static void add_room (daffi_load_t *self)
{
    self->room = self->room ? self->room * 2 : 16;
    self->by_slot = daffi_renew (self->by_slot, self->room * sizeof *self->by_slot);
    self->free_slots =
        daffi_renew (self->free_slots, self->room * sizeof *self->free_slots);
}

void daffi_load_join (daffi_load_t *self, daffi_session_t *session)
{
    if (!self->free_count && self->used == self->room)
        add_room (self);
    session->slot =
        self->free_count ? self->free_slots[--self->free_count] : self->used++;
    self->by_slot[session->slot] = session;
    session->load = DAFFI_LOAD_NONE;
}

void daffi_load_leave (daffi_load_t *self, daffi_session_t *session)
{
    move (self, session, DAFFI_LOAD_NONE);
    self->by_slot[session->slot] = NULL;
    self->free_slots[self->free_count++] = session->slot;
}

//  --- functions ----------------------------------------------------------------------

//  All classes as they are now: once, for the first function that is searched by them.
static void begin_search (daffi_load_t *self)
{
    if (self->searched++ > 0)
        return;
    for (uint32_t slot = 0; slot < self->used; slot++)
        if (self->by_slot[slot])
            daffi_load_move (self, self->by_slot[slot]);
}

void daffi_load_offered (daffi_load_t *self, daffi_offered_t *function,
                         const daffi_session_t *session)
{
    if (function->count <= DAFFI_MANY_PROVIDERS)
        return;
    if (function->providers.count) {
        daffi_bits_set (&function->providers, session->slot);
        return;
    }
    begin_search (self);
    for (uint32_t i = 0; i < function->count; i++)
        daffi_bits_set (&function->providers, function->offers[i].session->slot);
}

void daffi_load_withdrawn (daffi_load_t *self, daffi_offered_t *function,
                           const daffi_session_t *session)
{
    if (function->count > DAFFI_MANY_PROVIDERS) {
        daffi_bits_clear (&function->providers, session->slot);
        return;
    }
    self->searched -= function->providers.count > 0;
    daffi_bits_done (&function->providers);
}

//  The first of one word that may be given the call.
static daffi_session_t *first_of (const daffi_core_t *core,
                                  const daffi_offered_t *function, uint64_t bits,
                                  uint32_t word, size_t size)
{
    for (; bits; bits &= bits - 1) {
        uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll (bits);
        daffi_session_t *session = core->load.by_slot[slot];
        if (session->behind || !daffi_registry_has_room (core, session, size))
            continue;
        if (!daffi_quota_full (daffi_quota_offer (core, session, function)))
            return session;
    }
    return NULL;
}

//  Both sets from the slot `begin` on, and around: the word where it begins is looked
//  at twice, first its upper part and at the end its lower one.
static daffi_session_t *pick_of (const daffi_core_t *core, const daffi_bits_t *class,
                                 const daffi_offered_t *function, size_t size)
{
    const daffi_bits_t *providers = &function->providers;
    uint32_t begin = function->slot_cursor;
    uint32_t count = class->count < providers->count ? class->count : providers->count;
    if (!count)
        return NULL;
    begin = begin < count * 64 ? begin : 0;
    uint32_t word = begin / 64;
    uint64_t upper = ~UINT64_C (0) << begin % 64;
    for (uint32_t i = 0; i <= count; i++) {
        uint64_t bits = class->words[word] & providers->words[word];
        if (i == 0)
            bits &= upper;
        if (i == count)
            bits &= ~upper;
        daffi_session_t *session =
            bits ? first_of (core, function, bits, word, size) : NULL;
        if (session)
            return session;
        word = word + 1 < count ? word + 1 : 0;
    }
    return NULL;
}

daffi_session_t *daffi_load_pick (const daffi_core_t *core, daffi_offered_t *function,
                                  size_t size)
{
    const daffi_load_t *self = &core->load;
    for (unsigned i = 0; i < DAFFI_LOAD_CLASSES; i++) {
        if (!self->counts[i])
            continue;
        daffi_session_t *session = pick_of (core, &self->classes[i], function, size);
        if (!session)
            continue;
        function->slot_cursor = session->slot + 1;
        return session;
    }
    return NULL;
}
