//  SPDX-License-Identifier: MPL-2.0
//  What all processes of a run see: a file that each of them maps.
//
//  What was stored in it survives kill -9 of who stored it, so nothing that a process
//  did before its death is lost to the judge.
#ifndef CHAOS_BOARD_H
#define CHAOS_BOARD_H

#include <stdatomic.h>

#include "chaos_base.h"

enum {
    CHAOS_SLOTS = 16,
    CHAOS_LIVES_MAX = 1 << 15,
    CHAOS_EVENTS_MAX = 1 << 18,
    CHAOS_RUNS_KEPT = 3,
    CHAOS_CROWD_MAX = 4096
};

typedef enum {
    CHAOS_BROKER,
    CHAOS_WORKER,
    CHAOS_CALLER,
    CHAOS_PROXY,
    CHAOS_CROWD
} chaos_role_t;

//  What the called function does, or what else is asked for.
typedef enum {
    CHAOS_QUICK,   //  an inline function
    CHAOS_POOLED,  //  the same in a worker thread
    CHAOS_SLEEP,   //  sleeps for a while
    CHAOS_WATCH,   //  the same, and ends early where it is cancelled
    CHAOS_FAIL,    //  answers with an error
    CHAOS_BIG,     //  arguments and result of up to 1 MiB
    CHAOS_RELAY,   //  calls another function, within its own deadline
    CHAOS_NOBODY,  //  a function that nobody offers
    CHAOS_CAST,
    CHAOS_WAIT,         //  until the function is there
    CHAOS_WAIT_NOBODY,  //  until one that never comes is there
    CHAOS_KINDS
} chaos_kind_t;

enum {  //  flags of a call
    CHAOS_IDEMPOTENT = 1,
    CHAOS_TO_ONE = 2,     //  to one named process
    CHAOS_FOREGROUND = 4  //  blocks in daffi_call ()
};

enum {  //  what went wrong, as the process that saw it noted
    CHAOS_WRONG_REPLY = 1,
    CHAOS_WRONG_ARGUMENTS = 2,
    CHAOS_TOLD_DIFFERENTLY = 4  //  the future said another thing when asked again
};

typedef struct {
    //  by the caller
    _Atomic int64_t made_ns;  //  0: not made
    int64_t deadline_ns;
    _Atomic int64_t told_ns;    //  0: not yet
    _Atomic int64_t cancel_ns;  //  0: was not cancelled
    atomic_uint outcomes;
    uint16_t caller;  //  its life
    uint8_t kind;
    uint8_t flags;
    uint8_t status;
    uint8_t executed;
    uint8_t attempts;
    _Atomic uint8_t wrong;
    uint32_t parameter;
    //  by the workers
    atomic_uint runs;
    uint16_t runner[CHAOS_RUNS_KEPT];
    _Atomic int64_t started_ns[CHAOS_RUNS_KEPT];
} chaos_call_t;

typedef enum {
    CHAOS_KILL,
    CHAOS_STOP,   //  SIGSTOP until SIGCONT
    CHAOS_LEAVE,  //  SIGTERM
    CHAOS_START,
    CHAOS_STALL,  //  a process found that it did not run, without being stopped
    CHAOS_DELAY,  //  these four: the proxy
    CHAOS_TRICKLE,
    CHAOS_HALF_OPEN,
    CHAOS_CUT,
    CHAOS_EVENTS
} chaos_event_kind_t;

typedef struct {
    uint8_t kind;
    uint8_t role;
    uint16_t slot;
    uint16_t life;    //  0 where a link is concerned
    uint32_t amount;  //  milliseconds, bytes
    int64_t from_ns;
    _Atomic int64_t to_ns;  //  0: has not ended
} chaos_event_t;

typedef struct {
    uint8_t role;
    uint16_t slot;
    int pid;
    int64_t began_ns;
    int64_t killed_ns;  //  0: was not
    _Atomic int64_t ended_ns;
    _Atomic int64_t last_ok_ns;  //  callers: the last good outcome
} chaos_life_t;

typedef struct {
    uint16_t port;  //  0: UNIX socket
    char folder[96];
} chaos_address_t;

//  What the proxy does to one node's connections.
typedef struct {
    _Atomic uint32_t mode;  //  chaos_event_kind_t, 0 = nothing
    _Atomic uint32_t amount;
    _Atomic uint32_t cuts;  //  one more: cut what is there
} chaos_link_t;

typedef struct {
    uint64_t seed;
    uint32_t workers;
    uint32_t callers;
    uint32_t rate;  //  calls a second and caller
    chaos_address_t broker;
    chaos_address_t address[CHAOS_SLOTS];  //  where the node of that slot connects
    chaos_link_t links[CHAOS_SLOTS];
    atomic_bool ending;  //  no new calls
    atomic_bool proxy_ready;
    _Atomic uint64_t last_call;
    uint64_t calls_room;
    _Atomic uint32_t last_life;
    atomic_uint event_count;
    atomic_uint crowd_ready;
    _Atomic int64_t crowd_ns[CHAOS_CROWD_MAX];  //  when it was last connected
    chaos_life_t lives[CHAOS_LIVES_MAX];
    chaos_event_t events[CHAOS_EVENTS_MAX];
    chaos_call_t calls[];
} chaos_board_t;

//  Makes the file, or maps one that is there (calls_room = 0). NULL: errno says why.
chaos_board_t *chaos_board_map (const char *path, uint64_t calls_room);

//  A call's record by number, from 1 on; NULL: no more room.
chaos_call_t *chaos_board_new_call (chaos_board_t *self, uint64_t *number);
chaos_call_t *chaos_board_call (chaos_board_t *self, uint64_t number);
//  0: no more room. Any process.
uint32_t chaos_board_event (chaos_board_t *self, chaos_event_kind_t kind,
                            int64_t from_ns);

const char *chaos_role_name (unsigned role);
const char *chaos_kind_name (unsigned kind);
const char *chaos_event_name (unsigned kind);

#endif
