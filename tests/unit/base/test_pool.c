//  SPDX-License-Identifier: MPL-2.0
//  Blocks that are used again.

#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { BLOCK_SIZE = 64 };

static atomic_int made;
static atomic_int discarded;

static void discard (void *block)
{
    atomic_fetch_add (&discarded, 1);
    free (block);
}

static void *take (daffi_pool_t *pool)
{
    void *block = daffi_pool_take (pool);
    if (block)
        return block;
    atomic_fetch_add (&made, 1);
    block = malloc (BLOCK_SIZE);
    CHECK (block != NULL);
    return block;
}

TEST ("what was given back is taken again, up to what is kept, and discarded beyond")
{
    void *blocks[3];
    daffi_pool_t *pool = daffi_pool_new (2, discard);
    CHECK (daffi_pool_take (pool) == NULL);
    daffi_pool_give (pool, malloc (BLOCK_SIZE));
    atomic_store (&discarded, 0);
    for (int i = 0; i < 3; i++)
        blocks[i] = take (pool);
    for (int i = 0; i < 3; i++)
        daffi_pool_give (pool, blocks[i]);
    //  none is kept where AddressSanitizer looks for blocks that are used too long
    int kept = 3 - atomic_load (&discarded);
    CHECK (kept == 2 || kept == 0);
    atomic_store (&made, 0);
    for (int i = 0; i < 3; i++)
        blocks[i] = take (pool);
    CHECK_EQ_INT (atomic_load (&made), 3 - kept);
    for (int i = 0; i < 3; i++)
        daffi_pool_give (pool, blocks[i]);
    daffi_pool_close (pool);
}

TEST ("a closed pool lives until its last block is given back")
{
    daffi_pool_t *pool = daffi_pool_new (8, discard);
    void *early = take (pool), *late = take (pool);
    daffi_pool_give (pool, early);
    daffi_pool_close (pool);
    int before = atomic_load (&discarded);
    daffi_pool_give (pool, late);
    CHECK_EQ_INT (atomic_load (&discarded), before + (before ? 1 : 2));
}

typedef struct {
    daffi_pool_t *pool;
    void *block;
} last_t;

static void *give_last (void *arg)
{
    last_t *last = arg;
    daffi_pool_give (last->pool, last->block);
    return NULL;
}

TEST ("threads that give the last blocks of a closed pool at once end it once")
{
    pthread_t threads[3];
    last_t last[3];
    for (int round = 0; round < 500; round++) {
        daffi_pool_t *pool = daffi_pool_new (round % 2 ? 8 : 0, discard);
        for (int i = 0; i < 3; i++)
            last[i] = (last_t){pool, take (pool)};
        daffi_pool_close (pool);
        for (int i = 0; i < 3; i++)
            CHECK (!pthread_create (&threads[i], NULL, give_last, &last[i]));
        for (int i = 0; i < 3; i++)
            pthread_join (threads[i], NULL);
    }
    CHECK_EQ_INT (atomic_load (&discarded), atomic_load (&made));
}

static bool all_are (const uint8_t *block, int byte)
{
    int count = 0;
    while (count < BLOCK_SIZE && block[count] == byte)
        count++;
    return count == BLOCK_SIZE;
}

static void *take_and_give (void *arg)
{
    for (int i = 0; i < 20000; i++) {
        void *one = take (arg), *other = take (arg);
        CHECK (one != other);
        memset (one, i & 0xff, BLOCK_SIZE);
        memset (other, ~i & 0xff, BLOCK_SIZE);
        CHECK (all_are (one, i & 0xff) && all_are (other, ~i & 0xff));
        daffi_pool_give (arg, one);
        daffi_pool_give (arg, other);
    }
    return NULL;
}

TEST ("threads that take and give at once never have the same block")
{
    pthread_t threads[4];
    daffi_pool_t *pool = daffi_pool_new (4, discard);
    for (int i = 0; i < 4; i++)
        CHECK (!pthread_create (&threads[i], NULL, take_and_give, pool));
    for (int i = 0; i < 4; i++)
        pthread_join (threads[i], NULL);
    daffi_pool_close (pool);
    CHECK_EQ_INT (atomic_load (&discarded), atomic_load (&made));
}
