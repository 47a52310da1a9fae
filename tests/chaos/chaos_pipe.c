//  SPDX-License-Identifier: MPL-2.0
//  Bytes from one socket to the other: at once, late, drop by drop, or not at all.
#include "chaos_pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TRICKLE_MS = 2 };

void chaos_pair_init (chaos_pair_t *self, uint32_t slot, const int fds[2])
{
    memset (self, 0, sizeof *self);
    self->open = true;
    self->slot = slot;
    for (int i = 0; i < 2; i++) {
        self->fds[i] = fds[i];
        self->flows[i].bytes = malloc ((size_t)CHAOS_CHUNKS * CHAOS_CHUNK_SIZE);
        if (!self->flows[i].bytes)
            abort ();
    }
}

void chaos_pair_close (chaos_pair_t *self, bool reset)
{
    const struct linger at_once = {.l_onoff = 1};
    for (int i = 0; i < 2; i++) {
        if (reset)
            setsockopt (self->fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close (self->fds[i]);
        free (self->flows[i].bytes);
    }
    self->open = false;
}

//  What a recv or send that moved nothing means.
static bool broken (ssize_t size)
{
    return size < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN;
}

static bool take (chaos_flow_t *flow, int fd, int64_t due_ns)
{
    while (flow->count < CHAOS_CHUNKS && !flow->ended) {
        uint32_t at = (flow->first + flow->count) % CHAOS_CHUNKS;
        ssize_t size = recv (fd, flow->bytes + (size_t)at * CHAOS_CHUNK_SIZE,
                             CHAOS_CHUNK_SIZE, MSG_DONTWAIT);
        if (size == 0)
            flow->ended = true;
        if (broken (size))
            return false;
        if (size <= 0)
            break;
        flow->size[at] = (uint32_t)size;
        flow->due_ns[at] = due_ns;
        flow->count++;
    }
    return true;
}

static bool give (chaos_flow_t *flow, int fd, int64_t now, size_t most)
{
    while (flow->count && flow->due_ns[flow->first] <= now && most) {
        size_t left = flow->size[flow->first] - flow->sent;
        ssize_t size =
            send (fd, flow->bytes + (size_t)flow->first * CHAOS_CHUNK_SIZE + flow->sent,
                  left < most ? left : most, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (broken (size))
            return false;
        if (size <= 0)
            break;
        most -= (size_t)size;
        flow->sent += (uint32_t)size;
        if (flow->sent == flow->size[flow->first]) {
            flow->first = (flow->first + 1) % CHAOS_CHUNKS;
            flow->count--;
            flow->sent = 0;
        }
    }
    return true;
}

//  Both ends stay up and nothing goes through, as if the cable were cut between.
static void swallow (chaos_pair_t *self)
{
    uint8_t bytes[CHAOS_CHUNK_SIZE];
    for (int i = 0; i < 2; i++) {
        self->flows[i].count = 0;
        self->flows[i].sent = 0;
        for (int j = 0; j < CHAOS_CHUNKS; j++)
            if (recv (self->fds[i], bytes, sizeof bytes, MSG_DONTWAIT) <= 0)
                break;
    }
}

bool chaos_pair_move (chaos_pair_t *self, uint32_t mode, uint32_t amount, int64_t now)
{
    if (mode == CHAOS_HALF_OPEN) {
        swallow (self);
        return true;
    }
    size_t most = SIZE_MAX;
    if (mode == CHAOS_TRICKLE) {
        most = now - self->trickled_ns >= TRICKLE_MS * CHAOS_MS ? amount : 0;
        if (most)
            self->trickled_ns = now;
    }
    int64_t due_ns = now + (mode == CHAOS_DELAY ? amount * CHAOS_MS : 0);
    bool again = false, over = false;
    for (int i = 0; i < 2; i++) {
        chaos_flow_t *flow = &self->flows[i];
        bool good =
            take (flow, self->fds[i], due_ns) && give (flow, self->fds[!i], now, most);
        again |= flow->count > 0;
        over |= !good || (flow->ended && !flow->count);
    }
    if (over)
        chaos_pair_close (self, false);
    return again && !over;
}
