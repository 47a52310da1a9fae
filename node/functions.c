//  SPDX-License-Identifier: MPL-2.0
//  The functions of this process, by name.

#include "functions.h"

#include <stdlib.h>

#include "alloc.h"
#include "bounds.h"
#include "clock.h"
#include "entropy.h"
#include "failure.h"

typedef struct daffi_functions_entry entry_t;
struct daffi_functions_entry {
    daffi_served_t *served;
    uint32_t name_size;
    char name[DAFFI_NAME_MAX + 1];
};

void daffi_functions_init (daffi_functions_t *self)
{
    uint64_t seed;
    daffi_entropy_fill (&seed, sizeof seed);
    pthread_mutex_init (&self->lock, NULL);
    atomic_init (&self->local_count, 0);
    atomic_init (&self->any_inline, false);
    self->last = NULL;
    self->tell = NULL;
    daffi_names_init (&self->names, seed);
}

void daffi_functions_watch (daffi_functions_t *self, daffi_functions_tell_fn *tell,
                            void *context)
{
    self->tell = tell;
    self->context = context;
}

void daffi_functions_done (daffi_functions_t *self)
{
    entry_t *entry;
    for (size_t cursor = 0; (entry = daffi_names_next (&self->names, &cursor));) {
        daffi_served_unref (entry->served);
        free (entry);
    }
    daffi_names_done (&self->names);
    pthread_mutex_destroy (&self->lock);
}

void daffi_served_unref (daffi_served_t *served)
{
    if (!served ||
        atomic_fetch_sub_explicit (&served->refs, 1, memory_order_acq_rel) > 1)
        return;
    if (served->release)
        served->release (served->arg);
    free (served->signature);
    free (served->doc);
    daffi_signature_destroy (&served->checked);
    free (served);
}

daffi_served_t *daffi_served_ref (daffi_served_t *served)
{
    atomic_fetch_add_explicit (&served->refs, 1, memory_order_acq_rel);
    return served;
}

static void release_lane (daffi_lane_t *lane)
{
    daffi_served_unref (daffi_container (lane, daffi_served_t, lane));
}

static daffi_served_t *new_served (const daffi_function_t *function)
{
    daffi_served_t *served = daffi_new (sizeof *served);
    atomic_init (&served->refs, 1);
    served->callback = function->callback;
    served->arg = function->arg;
    served->release = function->release;
    served->signature = daffi_strdup (function->signature ? function->signature : "");
    served->doc = daffi_strdup (function->doc ? function->doc : "");
    served->checked = daffi_signature_new (served->signature);
    served->run_inline = function->run_inline;
    served->local = function->local;
    daffi_histogram_init (&served->tally.times_ns);
    daffi_lane_init (&served->lane, function->max_running, release_lane);
    return served;
}

static daffi_status_t check_name (const daffi_functions_t *self, const char *name,
                                  bool reserved, bool replace, daffi_error_t *error)
{
    daffi_text_t text = daffi_text_of (name ? name : "");
    if (!daffi_name_valid (text) || daffi_name_reserved (text) != reserved)
        return daffi_fail (error, DAFFI_INVALID,
                           "'%.*s' is no function name: 1 to 128 of [A-Za-z0-9._-]",
                           (int)(text.size > 150 ? 150 : text.size), text.data);
    if (!replace && daffi_names_get (&self->names, text))
        return daffi_fail (
            error, DAFFI_EXISTS,
            "the function '%s' is registered already; unregister it first, "
            "or set .replace",
            name);
    return DAFFI_OK;
}

size_t daffi_functions_count (const daffi_function_t *table)
{
    size_t count = 0;
    while (table && table[count].name)
        count++;
    return count;
}

static size_t names_of (const daffi_function_t *function)
{
    size_t count = 1;
    for (const char *const *alias = function->aliases; alias && *alias; alias++)
        count++;
    return count;
}

static daffi_status_t check (const daffi_functions_t *self,
                             const daffi_function_t *function, bool reserved,
                             daffi_error_t *error)
{
    if (!function->callback)
        return daffi_fail (error, DAFFI_INVALID, "no callback is given for '%s'",
                           function->name ? function->name : "");
    if (function->signature && strlen (function->signature) > DAFFI_SIGNATURE_MAX)
        return daffi_fail (error, DAFFI_TOO_BIG, "a signature is at most %d bytes long",
                           DAFFI_SIGNATURE_MAX);
    if (function->doc && strlen (function->doc) > DAFFI_DOC_MAX)
        return daffi_fail (error, DAFFI_TOO_BIG,
                           "a documentation string is at most %d bytes long",
                           DAFFI_DOC_MAX);
    daffi_status_t status =
        check_name (self, function->name, reserved, function->replace, error);
    for (const char *const *alias = function->aliases; !status && alias && *alias;
         alias++)
        status = check_name (self, *alias, reserved, function->replace, error);
    if (!status && !reserved &&
        self->names.count - self->own_count + names_of (function) > DAFFI_FUNCTIONS_MAX)
        status = daffi_fail (error, DAFFI_TOO_BIG, "a node offers at most %d functions",
                             DAFFI_FUNCTIONS_MAX);
    return status;
}

//  One more of these names is local, or one less.
static void count_local (daffi_functions_t *self, const entry_t *entry, int more)
{
    if (!entry->served->local || entry->name[0] == '$')
        return;
    if (more > 0)
        atomic_fetch_add_explicit (&self->local_count, 1, memory_order_relaxed);
    else
        atomic_fetch_sub_explicit (&self->local_count, 1, memory_order_relaxed);
}

static daffi_offer_body_t offer_of (const entry_t *entry)
{
    daffi_offer_body_t offer = {.name = daffi_text (entry->name, entry->name_size),
                                .signature = daffi_text_of (entry->served->signature),
                                .doc = daffi_text_of (entry->served->doc),
                                .limit = entry->served->lane.limit};
    return offer;
}

static void tell (daffi_functions_t *self, const entry_t *entry, bool offered)
{
    daffi_offer_body_t offer = offer_of (entry);
    if (self->tell && !daffi_name_reserved (offer.name))
        self->tell (self->context, &offer, offered);
}

//  What had the name before, with its reference; or NULL.
static daffi_served_t *put (daffi_functions_t *self, const char *name,
                            daffi_served_t *served)
{
    entry_t *entry = daffi_names_get (&self->names, daffi_text_of (name));
    daffi_served_t *before = entry ? entry->served : NULL;
    if (entry) {
        count_local (self, entry, -1);
    } else {
        entry = daffi_new (sizeof *entry);
        daffi_name_copy (entry->name, daffi_text_of (name));
        entry->name_size = (uint32_t)strlen (entry->name);
        daffi_names_put (&self->names, daffi_text_of (entry->name), entry);
    }
    entry->served = daffi_served_ref (served);
    count_local (self, entry, 1);
    if (!served->local || (before && !before->local))
        tell (self, entry, !served->local);
    return before;
}

//  What others have to let go of when it is unlocked again, which may run a release
//  function of the user, goes to *replaced.
static void add (daffi_functions_t *self, const daffi_function_t *function,
                 daffi_served_t ***replaced)
{
    daffi_served_t *served = new_served (function);
    if (function->run_inline && !daffi_name_reserved (daffi_text_of (function->name)))
        atomic_store_explicit (&self->any_inline, true, memory_order_relaxed);
    *(*replaced)++ = put (self, function->name, served);
    for (const char *const *alias = function->aliases; alias && *alias; alias++)
        *(*replaced)++ = put (self, *alias, served);
    daffi_served_unref (served);
}

static void let_go (daffi_served_t **replaced, size_t names)
{
    for (size_t i = 0; i < names; i++)
        daffi_served_unref (replaced[i]);
    free (replaced);
}

daffi_status_t daffi_functions_add (daffi_functions_t *self,
                                    const daffi_function_t *function, bool reserved,
                                    daffi_error_t *error)
{
    daffi_served_t **replaced = daffi_new (names_of (function) * sizeof *replaced);
    daffi_served_t **next = replaced;
    pthread_mutex_lock (&self->lock);
    daffi_status_t status = check (self, function, reserved, error);
    if (!status) {
        add (self, function, &next);
        self->own_count += reserved;
    }
    pthread_mutex_unlock (&self->lock);
    let_go (replaced, names_of (function));
    return status;
}

//  A name that the table holds twice, where nobody said that it may replace the first.
static daffi_status_t check_twice (const daffi_function_t *functions, size_t count,
                                   daffi_error_t *error)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && !functions[i].replace; k++)
            if (strcmp (functions[i].name, functions[k].name) == 0)
                return daffi_fail (error, DAFFI_EXISTS,
                                   "the table holds the function '%s' twice",
                                   functions[i].name);
    return DAFFI_OK;
}

//  The lock keeps others out between the look at all and the change, so that a table
//  is taken whole or not at all. What its aliases do to each other is found by put ():
//  the later one wins, as with .replace.
daffi_status_t daffi_functions_add_all (daffi_functions_t *self,
                                        const daffi_function_t *functions, size_t count,
                                        daffi_error_t *error)
{
    daffi_status_t status = DAFFI_OK;
    size_t names = 0;
    for (size_t i = 0; i < count; i++)
        names += names_of (&functions[i]);
    daffi_served_t **replaced = daffi_new ((names + 1) * sizeof *replaced);
    daffi_served_t **next = replaced;
    pthread_mutex_lock (&self->lock);
    for (size_t i = 0; !status && i < count; i++)
        status = check (self, &functions[i], false, error);
    if (!status)
        status = check_twice (functions, count, error);
    if (!status && self->names.count - self->own_count + names > DAFFI_FUNCTIONS_MAX)
        status = daffi_fail (error, DAFFI_TOO_BIG, "a node offers at most %d functions",
                             DAFFI_FUNCTIONS_MAX);
    for (size_t i = 0; !status && i < count; i++)
        add (self, &functions[i], &next);
    pthread_mutex_unlock (&self->lock);
    let_go (replaced, names);
    return status;
}

//  Locked.
static void withdraw (daffi_functions_t *self, entry_t *entry)
{
    daffi_names_remove (&self->names, daffi_text (entry->name, entry->name_size));
    self->last = NULL;
    count_local (self, entry, -1);
    if (!entry->served->local)
        tell (self, entry, false);
}

daffi_status_t daffi_functions_remove (daffi_functions_t *self, const char *name,
                                       daffi_error_t *error)
{
    daffi_text_t text = daffi_text_of (name ? name : "");
    pthread_mutex_lock (&self->lock);
    entry_t *entry =
        daffi_name_reserved (text) ? NULL : daffi_names_get (&self->names, text);
    if (entry)
        withdraw (self, entry);
    pthread_mutex_unlock (&self->lock);
    if (!entry)
        return daffi_fail (error, DAFFI_NOT_FOUND, "no function '%s' is registered",
                           name ? name : "");
    daffi_served_unref (entry->served);
    free (entry);
    return DAFFI_OK;
}

size_t daffi_functions_remove_group (daffi_functions_t *self, daffi_text_t group)
{
    size_t count = 0;
    entry_t *entry;
    pthread_mutex_lock (&self->lock);
    entry_t **found = daffi_new ((self->names.count + 1) * sizeof *found);
    for (size_t cursor = 0; (entry = daffi_names_next (&self->names, &cursor));)
        if (daffi_name_in_group (daffi_text_of (entry->name), group) &&
            !daffi_name_reserved (group))
            found[count++] = entry;
    for (size_t i = 0; i < count; i++)
        withdraw (self, found[i]);
    pthread_mutex_unlock (&self->lock);
    for (size_t i = 0; i < count; i++) {
        daffi_served_unref (found[i]->served);
        free (found[i]);
    }
    free (found);
    return count;
}

daffi_served_t *daffi_functions_get (daffi_functions_t *self, daffi_text_t name)
{
    pthread_mutex_lock (&self->lock);
    entry_t *entry = self->last;
    if (!entry || !daffi_text_equal (daffi_text (entry->name, entry->name_size), name))
        entry = self->last = daffi_names_get (&self->names, name);
    daffi_served_t *served = entry ? daffi_served_ref (entry->served) : NULL;
    pthread_mutex_unlock (&self->lock);
    return served;
}

uint32_t daffi_functions_each (daffi_functions_t *self,
                               void (*each) (void *context,
                                             const daffi_offer_body_t *offer),
                               void *context)
{
    uint32_t count = 0;
    entry_t *entry;
    pthread_mutex_lock (&self->lock);
    for (size_t cursor = 0; (entry = daffi_names_next (&self->names, &cursor));) {
        daffi_offer_body_t offer = offer_of (entry);
        if (entry->served->local || daffi_name_reserved (offer.name))
            continue;
        count++;
        if (each)
            each (context, &offer);
    }
    pthread_mutex_unlock (&self->lock);
    return count;
}

//  --- counting ---------------------------------------------------------------------

enum { INLINE_SAMPLE = 16 };  //  reading the clock twice would slow them by a tenth

int64_t daffi_tally_begin (daffi_served_t *self)
{
    uint64_t number =
        atomic_fetch_add_explicit (&self->tally.begun, 1, memory_order_relaxed);
    bool measured = !self->run_inline || number % INLINE_SAMPLE == 0;
    return measured ? daffi_clock_ns () : 0;
}

void daffi_tally_end (daffi_served_t *self, int64_t began_ns, bool failed)
{
    daffi_tally_t *tally = &self->tally;
    if (failed)
        atomic_fetch_add_explicit (&tally->failed, 1, memory_order_relaxed);
    if (began_ns) {
        uint64_t took = (uint64_t)(daffi_clock_ns () - began_ns);
        uint64_t longest =
            atomic_load_explicit (&tally->longest_ns, memory_order_relaxed);
        daffi_histogram_add (&tally->times_ns, took);
        while (took > longest && !atomic_compare_exchange_weak_explicit (
                                     &tally->longest_ns, &longest, took,
                                     memory_order_relaxed, memory_order_relaxed))
            continue;
    }
    atomic_fetch_add_explicit (&tally->ended, 1, memory_order_release);
}

void daffi_functions_tally (daffi_functions_t *self,
                            void (*each) (void *context, daffi_text_t name,
                                          daffi_served_t *served),
                            void *context)
{
    entry_t *entry;
    pthread_mutex_lock (&self->lock);
    for (size_t cursor = 0; (entry = daffi_names_next (&self->names, &cursor));)
        if (!daffi_name_reserved (daffi_text_of (entry->name)))
            each (context, daffi_text_of (entry->name), entry->served);
    pthread_mutex_unlock (&self->lock);
}
