//  SPDX-License-Identifier: MPL-2.0
//  Counters in memory that several processes map.

#include "board.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

typedef struct {
    atomic_uint version;  //  a futex: changes with every counter
    atomic_int counters[BOARD_COUNTERS];
    atomic_uchar runs[BOARD_RUNS];
} board_t;

static board_t *board;

static void map (const char *path, int flags)
{
    int fd = open (path, O_RDWR | O_CLOEXEC | flags, 0600);
    CHECK (fd >= 0);
    CHECK (ftruncate (fd, sizeof *board) == 0);
    void *memory =
        mmap (NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK (memory != MAP_FAILED);
    close (fd);
    board = memory;
}

const char *board_open (void)
{
    static char path[128];
    snprintf (path, sizeof path, "%s/board", test_tmpdir ());
    map (path, O_CREAT);
    return path;
}

void board_join (const char *path)
{
    map (path, 0);
}

int64_t clock_us (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_ms (void)
{
    return clock_us () / 1000;
}

void board_add (board_counter_t counter, int number)
{
    atomic_fetch_add (&board->counters[counter], number);
    atomic_fetch_add (&board->version, 1);
    syscall (SYS_futex, &board->version, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

int board_read (board_counter_t counter)
{
    return atomic_load (&board->counters[counter]);
}

bool board_reaches (board_counter_t counter, int least, int64_t timeout_ms)
{
    int64_t end_ms = clock_ms () + timeout_ms;
    for (;;) {
        unsigned version = atomic_load (&board->version);
        if (board_read (counter) >= least)
            return true;
        int64_t left_ms = end_ms - clock_ms ();
        if (left_ms <= 0)
            return false;
        struct timespec left = {left_ms / 1000, left_ms % 1000 * 1000000};
        syscall (SYS_futex, &board->version, FUTEX_WAIT, version, &left, NULL, 0);
    }
}

void board_wait (board_counter_t counter, int least)
{
    if (!board_reaches (counter, least, BOARD_PATIENCE_MS))
        daffi_test_fail (__FILE__, __LINE__, "counter %d is %d, and never came to %d",
                         (int)counter, board_read (counter), least);
}

void board_ran (int64_t number)
{
    if (number >= 0 && number < BOARD_RUNS)
        atomic_fetch_add (&board->runs[number], 1);
}

int board_runs (int64_t number)
{
    return atomic_load (&board->runs[number]);
}
