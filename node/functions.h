//  SPDX-License-Identifier: MPL-2.0
//  The functions of this process, by name.
//
//  Shared by the threads that register and the actor that looks up, hence the lock. A
//  function lives as long as somebody runs it, also after it was withdrawn.

#ifndef DAFFI_FUNCTIONS_H
#define DAFFI_FUNCTIONS_H

#include <pthread.h>
#include <stdatomic.h>

#include "bodies.h"
#include "daffi.h"
#include "executor.h"
#include "histogram.h"
#include "names.h"
#include "signature.h"

//  What happened with a function, counted by whoever runs it.
typedef struct {
    atomic_uint_least64_t begun;
    atomic_uint_least64_t ended;
    atomic_uint_least64_t failed;  //  of these
    atomic_uint_least64_t longest_ns;
    daffi_histogram_t times_ns;  //  of all runs; of inline ones each 16th
} daffi_tally_t;

//  One registration, under one or several names.
typedef struct {
    atomic_uint refs;  //  one a name, one a request
    daffi_callback_fn *callback;
    void *arg;
    void (*release) (void *arg);  //  or NULL; with the last reference
    char *signature;              //  "" = none
    char *doc;                    //  "" = none
    daffi_signature_t *checked;   //  NULL: any arguments
    bool run_inline;
    bool local;  //  not told to the controller
    daffi_tally_t tally;
    daffi_lane_t lane;  //  used where it has a limit; a job in it holds a reference
} daffi_served_t;

typedef struct daffi_functions_entry daffi_functions_entry_t;

//  A name is offered from now on, or not any more.
typedef void (daffi_functions_tell_fn) (void *context, const daffi_offer_body_t *offer,
                                        bool offered);

typedef struct {
    pthread_mutex_t lock;
    daffi_names_t names;  //  -> daffi_functions_entry_t
    size_t own_count;     //  of these: the node's own, which count for no limit
    atomic_uint
        local_count;  //  of these: not told to the controller, the node's own aside
    atomic_bool any_inline;         //  one of the user's was to run in the actor, once
    daffi_functions_entry_t *last;  //  got last; NULL: none
    daffi_functions_tell_fn *tell;  //  or NULL
    void *context;
} daffi_functions_t;

void daffi_functions_init (daffi_functions_t *self);
void daffi_functions_done (daffi_functions_t *self);
//  Told of every change of what is offered, under the lock: in the order of the
//  changes, whichever threads make them.
void daffi_functions_watch (daffi_functions_t *self, daffi_functions_tell_fn *tell,
                            void *context);

//  Those before the one whose name is NULL; `table` may be NULL.
size_t daffi_functions_count (const daffi_function_t *table);

//  Under its name and all its aliases, or under none. `reserved`: a `$` name of
//  daffi's.
DAFFI_MUST_USE daffi_status_t daffi_functions_add (daffi_functions_t *self,
                                                   const daffi_function_t *function,
                                                   bool reserved, daffi_error_t *error);
//  All of `count`, or none.
DAFFI_MUST_USE daffi_status_t
daffi_functions_add_all (daffi_functions_t *self, const daffi_function_t *functions,
                         size_t count, daffi_error_t *error);
DAFFI_MUST_USE daffi_status_t daffi_functions_remove (daffi_functions_t *self,
                                                      const char *name,
                                                      daffi_error_t *error);

//  How many there were in the group.
size_t daffi_functions_remove_group (daffi_functions_t *self, daffi_text_t group);

//  Whether a look-up can find one that is local.
static inline bool daffi_functions_any_local (daffi_functions_t *self)
{
    return atomic_load_explicit (&self->local_count, memory_order_relaxed) > 0;
}

static inline bool daffi_functions_any_inline (daffi_functions_t *self)
{
    return atomic_load_explicit (&self->any_inline, memory_order_relaxed);
}

//  A reference, or NULL.
daffi_served_t *daffi_functions_get (daffi_functions_t *self, daffi_text_t name);
daffi_served_t *daffi_served_ref (daffi_served_t *served);
void daffi_served_unref (daffi_served_t *served);

//  Around a run: what daffi_tally_begin () gave is handed to daffi_tally_end ().
int64_t daffi_tally_begin (daffi_served_t *self);
void daffi_tally_end (daffi_served_t *self, int64_t began_ns, bool failed);

//  Calls `each` for every function but daffi's own, under the lock.
void daffi_functions_tally (daffi_functions_t *self,
                            void (*each) (void *context, daffi_text_t name,
                                          daffi_served_t *served),
                            void *context);

//  Calls `each` for every offered function, under the lock; returns their number. With
//  each NULL it only counts.
uint32_t daffi_functions_each (daffi_functions_t *self,
                               void (*each) (void *context,
                                             const daffi_offer_body_t *offer),
                               void *context);

#endif
