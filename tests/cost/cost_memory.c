//  SPDX-License-Identifier: MPL-2.0
//  daffi-cost-memory FOLDER: a forwarded call allocates nothing at the controller.
//
//  This program's malloc () stands before libc's for every library in it and counts for
//  each thread. Packets of 8 and of 64 calls are forwarded equally often: what libzmq
//  allocates for a packet is the same in both, what a call would allocate is not.

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cost.h"
#include "cost_peer.h"

//  --- counting -----------------------------------------------------------------------

//  glibc's own entrances, which it keeps for this purpose.
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *memory, size_t size);

enum { THREADS_MAX = 32 };

static struct {
    atomic_int id;
    atomic_ullong allocations;
} threads[THREADS_MAX];

static _Thread_local int mine;  //  1 + the index of this thread; 0: not known yet

static void count (void)
{
    for (int i = 0; !mine && i < THREADS_MAX; i++) {
        int nobody = 0;
        if (atomic_compare_exchange_strong (&threads[i].id, &nobody, (int)gettid ()))
            mine = i + 1;
    }
    if (mine)
        atomic_fetch_add_explicit (&threads[mine - 1].allocations, 1,
                                   memory_order_relaxed);
}

void *malloc (size_t size)
{
    count ();
    return __libc_malloc (size);
}

void *calloc (size_t number, size_t size)
{
    count ();
    return __libc_calloc (number, size);
}

void *realloc (void *memory, size_t size)
{
    count ();
    return __libc_realloc (memory, size);
}

//  libzmq names its threads, the controller's actor has the name of the program.
static bool is_actor (int id)
{
    char path[64], name[32] = "";
    snprintf (path, sizeof path, "/proc/self/task/%d/comm", id);
    FILE *file = fopen (path, "r");
    if (!file)
        return false;
    bool named = fgets (name, sizeof name, file) != NULL;
    fclose (file);
    return named && id != getpid () && strncmp (name, "ZMQ", 3) != 0;
}

static unsigned long long actor_allocations (void)
{
    unsigned long long sum = 0;
    int actors = 0;
    for (int i = 0; i < THREADS_MAX; i++) {
        int id = atomic_load (&threads[i].id);
        if (!id || !is_actor (id))
            continue;
        actors++;
        sum += atomic_load (&threads[i].allocations);
    }
    COST_CHECK (actors == 1);
    return sum;
}

//  --- forwarding ---------------------------------------------------------------------

enum { PACKETS = 200, FEW = 8, MANY = 64, BODY = 16 };

_Noreturn void cost_give_up (const char *file, int line, const char *what)
{
    fprintf (stderr, "daffi-cost-memory: %s:%d: %s\n", file, line, what);
    exit (1);
}

typedef struct {
    cost_peer_t caller;
    cost_peer_t worker;
} pair_t;

//  What forwarding so many packets of so many calls allocates.
static unsigned long long forward (pair_t *self, uint32_t calls)
{
    static const uint8_t bytes[BODY];
    unsigned long long before = 0;
    for (int i = -PACKETS / 4; i < PACKETS; i++) {
        if (i == 0)
            before = actor_allocations ();
        cost_peer_call (&self->caller, "echo", calls, bytes, sizeof bytes);
        cost_peer_serve (&self->worker, calls);
        cost_peer_take (&self->caller, calls);
    }
    return actor_allocations () - before;
}

int main (int argc, char **argv)
{
    daffi_error_t error;
    if (argc != 2) {
        fprintf (stderr, "usage: daffi-cost-memory FOLDER (for its socket)\n");
        return 2;
    }
    daffi_global_t *controller =
        daffi_global_new (DAFFI_OPTIONS (.init_controller = true, .without_node = true,
                                         .unix_sock_path = argv[1], .settle_ms = -1),
                          &error);
    COST_CHECK (controller);
    pair_t pair;
    const char *endpoint = daffi_global_endpoint (controller);
    cost_peer_open (&pair.worker, endpoint, "worker", "echo", 1, 4096);
    cost_peer_open (&pair.caller, endpoint, "caller", "", 0, 0);
    unsigned long long many = forward (&pair, MANY);
    unsigned long long few = forward (&pair, FEW);
    cost_peer_close (&pair.caller);
    cost_peer_close (&pair.worker);
    daffi_global_destroy (&controller);
    printf ("%d packets of %d calls: %llu allocations; of %d calls: %llu\n", PACKETS,
            MANY, many, FEW, few);
    //  one in a hundred calls would be 112 more
    bool fine = many <= few + PACKETS * (MANY - FEW) / 100 && few > 0;
    printf ("%d passed, %d failed\n", fine, !fine);
    return !fine;
}
