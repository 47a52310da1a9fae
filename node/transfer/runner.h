//  SPDX-License-Identifier: MPL-2.0
//  The node's side of the runner: children that are fetched for a call and given back.

#ifndef DAFFI_RUNNER_H
#define DAFFI_RUNNER_H

#include <sched.h>

#include "runner_wire.h"
#include "vault.h"

typedef struct daffi_runner daffi_runner_t;

//  A child with a payload in it. Whoever fetched it has it alone.
typedef struct {
    daffi_link_t link;
    int64_t id;
    int socket;
    int output;  //  what the payload prints
    int pid;     //  0: not known yet
    bool loaded;
    int cpu;            //  the processor that it was put on, or -1
    bool used;          //  it has run a call before
    bool apart;         //  it cannot be put on a processor
    int64_t looked_ms;  //  when its CPU time was looked at last
    daffi_held_t *held;
    char caller[DAFFI_NAME_MAX + 1];
} daffi_child_t;

//  Starts the program. NULL: `error` says why (not found, or the kernel lacks what the
//  policy wants).
daffi_runner_t *daffi_runner_new (const daffi_transfer_policy_t *policy,
                                  const daffi_log_t *log, daffi_error_t *error);
//  Ends it with all children. All that were fetched have been given back.
void daffi_runner_destroy (daffi_runner_t **self_p);

//  A kept child of this payload and caller, or a new one. DAFFI_BUSY: as many run as
//  may.
DAFFI_MUST_USE daffi_status_t daffi_runner_fetch (daffi_runner_t *self,
                                                  daffi_held_t *held,
                                                  const char *caller,
                                                  daffi_child_t **out,
                                                  daffi_error_t *error);
//  To be kept for the next call, or not.
void daffi_runner_give_back (daffi_runner_t *self, daffi_child_t *child, bool keep);
void daffi_runner_kill (daffi_runner_t *self, const daffi_child_t *child);
//  The kept children of a payload end.
void daffi_runner_forget (daffi_runner_t *self, const daffi_held_t *held);

//  It is this process by the kernel's word.
void daffi_child_started (daffi_child_t *self, int pid);

//  --- runner_find.c ------------------------------------------------------------------

//  The program: `wish`, or $DAFFI_RUNNER, or the one that was installed, lies beside
//  this program or in $PATH.
DAFFI_MUST_USE daffi_status_t daffi_runner_find (const char *wish, char *path,
                                                 size_t capacity, daffi_error_t *error);

//  --- runner_spawn.c -----------------------------------------------------------------

//  Starts the program at `path`, with its end of the control socket. *pid stays 0 where
//  that fails.
DAFFI_MUST_USE daffi_status_t daffi_runner_spawn (const char *path, int theirs,
                                                  int *pid, daffi_error_t *error);

//  --- child_cpu.c --------------------------------------------------------------------

//  How long a call counts as short: both sides share a processor so long.
enum { DAFFI_CHILD_SHORT_MS = 1 };

typedef struct {
    cpu_set_t before;  //  processors of the calling thread
    bool held;         //  it has only one of them now
} daffi_near_t;

//  Puts the child on the processor of the calling thread: that at once hands it over
//  between them, where another one would have to be woken. `hold`: the thread cannot
//  leave it either. False: they stay as they are.
bool daffi_child_come_near (daffi_child_t *self, bool hold, daffi_near_t *near);
//  The thread has its processors back, and so has a child whose call `goes_on`.
void daffi_child_part (daffi_child_t *self, const daffi_near_t *near, bool goes_on);

//  CPU time that the child has used, in milliseconds.
int64_t daffi_child_cpu_ms (const daffi_child_t *self);

#endif
