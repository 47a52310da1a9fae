//  SPDX-License-Identifier: MPL-2.0
//  What a node, the runner and its children say to each other over SOCK_SEQPACKET
//  sockets: a head and bytes, large ones in several packets.
//
//  A child is the enemy's as soon as code is loaded into it: the node believes nothing
//  that comes from it but the outcome of its own call. Who it is, it says before that,
//  and the kernel vouches for it.

#ifndef DAFFI_RUNNER_WIRE_H
#define DAFFI_RUNNER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

typedef enum {
    //  node -> runner
    DAFFI_SAY_SPAWN = 1,  //  a: id; data: daffi_limits_t; descriptors: socket, image,
                          //  output
    DAFFI_SAY_KILL,       //  a: id
    //  runner -> node
    DAFFI_SAY_READY,   //  a: Landlock ABI, 0 = none; b: seccomp
    DAFFI_SAY_EXITED,  //  on the child's socket, its last word; a: wait status
    //  node -> child
    DAFFI_SAY_CALL,     //  a: deadline (ms left, -1 = none); b: stream; data: function,
                        //  NUL, caller, NUL, arguments
    DAFFI_SAY_CANCEL,   //
    DAFFI_SAY_ITEM,     //  a: status of RECEIVE; data: item
    DAFFI_SAY_YIELDED,  //  a: status
    //  child -> node
    DAFFI_SAY_LOADED,     //
    DAFFI_SAY_REFUSED,    //  it could not begin; a: status; data: text
    DAFFI_SAY_IDLE,       //  nobody called for long: it ends, and no call has begun
    DAFFI_SAY_RESULT,     //  data: value
    DAFFI_SAY_ERROR,      //  a: status; b: 1 = nothing ran; data: text
    DAFFI_SAY_RECEIVE,    //  a: timeout_ms
    DAFFI_SAY_YIELD,      //  a: timeout_ms; data: item
    DAFFI_SAY_PROGRESS,   //  a: done; b: total
    DAFFI_SAY_LOG,        //  a: level; data: text
    DAFFI_SAY_CRASH,      //  a: signal; b: DAFFI_CRASH_*
    DAFFI_SAY_FORBIDDEN,  //  a: number of the system call
    DAFFI_SAY_STARTED     //  its first word, before any foreign code runs in it
} daffi_say_t;

enum { DAFFI_CRASH_PLAIN = 0, DAFFI_CRASH_STACK = 1, DAFFI_CRASH_MEMORY = 2 };

typedef struct {
    uint64_t memory_bytes;
    uint32_t cpu_ms;  //  of one call
    uint32_t files_max;
    uint32_t idle_ms;
    uint32_t weak_ok;
} daffi_limits_t;

typedef struct {
    uint32_t type;
    uint32_t more;  //  further packets of it follow
    int64_t a;
    int64_t b;
} daffi_said_t;

enum {
    DAFFI_SAY_FRAGMENT =
        64 << 10,  //  of a message in several packets each but the last
    DAFFI_SAY_FDS = 3,
    DAFFI_CHILD_LIFE_CALLS = 10  //  a child lives for the CPU time of so many calls
};

//  False: the other end is gone, or takes nothing any more.
bool daffi_say (int fd, daffi_say_t type, int64_t a, int64_t b, const void *data,
                size_t size);
//  For as long as `patience` says yes; it is asked between packets, and each time that
//  the socket's own timeout has passed.
typedef bool daffi_patience_fn (void *arg);
bool daffi_say_patiently (int fd, const daffi_said_t *head, const void *data,
                          size_t size, daffi_patience_fn *patience, void *arg);
//  Or not at all, where it would have to wait.
bool daffi_say_now (int fd, daffi_say_t type, int64_t a);
//  With descriptors; one packet.
bool daffi_say_fds (int fd, daffi_say_t type, int64_t a, const void *data, size_t size,
                    const int *fds, size_t count);

//  A message that was heard, or the beginning of one.
typedef struct {
    daffi_said_t said;
    daffi_buffer_t data;
    bool partial;  //  more packets of it are to come
    bool who;      //  the sender is wanted; the socket must have SO_PASSCRED
    int pid;       //  the sender, or 0
} daffi_heard_t;
void daffi_heard_init (daffi_heard_t *self);
void daffi_heard_done (daffi_heard_t *self);

//  Hears on until a message is whole. 1: it is; 0: nothing more waits (dontwait), or
//  came within the socket's timeout; -1: the end, or nonsense, or more than `limit`
//  bytes.
int daffi_hear (int fd, bool dontwait, daffi_heard_t *self, size_t limit);
//  One packet with up to DAFFI_SAY_FDS descriptors, -1 where there are fewer.
int daffi_hear_fds (int fd, daffi_said_t *said, void *data, size_t size, int *fds);

#endif
