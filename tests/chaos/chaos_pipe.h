//  SPDX-License-Identifier: MPL-2.0
//  Two connected sockets of the proxy, and what is on its way between them.
#ifndef CHAOS_PIPE_H
#define CHAOS_PIPE_H

#include "chaos_board.h"

enum { CHAOS_CHUNKS = 64, CHAOS_CHUNK_SIZE = 16384 };

//  One direction: a ring of chunks, each with the time before which it is held back.
typedef struct {
    uint32_t first;
    uint32_t count;
    int64_t due_ns[CHAOS_CHUNKS];
    uint32_t size[CHAOS_CHUNKS];
    uint32_t sent;  //  of the first
    bool ended;     //  the reading end said so
    uint8_t *bytes;
} chaos_flow_t;

typedef struct {
    bool open;
    uint32_t slot;
    int fds[2];             //  the node's and the broker's
    chaos_flow_t flows[2];  //  from fds[i] to the other
    int64_t trickled_ns;
} chaos_pair_t;

void chaos_pair_init (chaos_pair_t *self, uint32_t slot, const int fds[2]);
//  With a reset, or in good order.
void chaos_pair_close (chaos_pair_t *self, bool reset);
//  Reads and writes what can be, as the mode (chaos_event_kind_t, 0 = none) has it.
//  True: time alone will let it go on.
bool chaos_pair_move (chaos_pair_t *self, uint32_t mode, uint32_t amount, int64_t now);

#endif
