//  SPDX-License-Identifier: MPL-2.0
//  Tasks in the core: what reaches providers, and what has to be on disk before.

#include <stdio.h>
#include <stdlib.h>

#include "core_shell.h"
#include "test.h"

//  {"delay_ms": 100, "args": [7]}, and the same every 100 ms.
#define DELAY                                \
    "raw=82a864656c61795f6d7364a46172677391" \
    "07"
#define INTERVAL                                   \
    "raw=82ab696e74657276616c5f6d7364a46172677391" \
    "07"

//  --- a disk that the test turns -----------------------------------------------------

static uint64_t last_ticket, told;
static unsigned adds, states;

static void store (void *context, uint64_t ticket, daffi_row_change_t change,
                   const daffi_row_t *row)
{
    (void)context;
    CHECK (ticket == last_ticket + 1);
    CHECK (row->state_size > 0 || change == DAFFI_ROW_REMOVE);
    last_ticket = ticket;
    adds += change == DAFFI_ROW_ADD;
    states += change == DAFFI_ROW_STATE;
}

static shell_t *with_disk (void)
{
    daffi_core_options_t options = {.name = "hub", .tasks = {.store = store}};
    last_ticket = told = adds = states = 0;
    return shell_new (&options);
}

static void written (shell_t *shell, daffi_status_t status)
{
    told = status ? told : last_ticket;
    daffi_core_written (shell->core, told, status, "the disk is full", shell->now_ms);
}

//  --- in memory ----------------------------------------------------------------------

TEST ("a run is a call by its owner, and its answer goes no further")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add " DELAY "\n"
                "  c <- RESULT 5 p=hub\n"
                "+ 99\n"
                "+ 1\n"
                "  w <- CALL t1 f=add p=c ttl=30000\n"
                "w -> RESULT t1 body=y\n"
                "+ 1\n"
                "stats calls=1 results=1 running=0 task_runs=1\n");
    shell_end (&core);
}

TEST ("a run that reports its progress goes on, to nobody's notice")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add " DELAY "\n"
                "  c <- RESULT 5 p=hub\n"
                "+ 100\n"
                "  w <- CALL t1 f=add p=c ttl=30000\n"
                "w -> PROGRESS t1 body=half\n"
                "stats late=1 running=1 task_runs=1 failed_runs=0\n"
                "w -> ERROR t1 s=FAILED x=yes body=broken\n"
                "+ 1\n"
                "stats running=0 task_runs=1 failed_runs=1\n");
    shell_end (&core);
}

TEST ("a run outlives its owner, and is cancelled at its provider by no one")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add " DELAY "\n"
                "  c <- RESULT 5 p=hub\n"
                "+ 100\n"
                "  w <- CALL t1 f=add p=c ttl=30000\n"
                "c !\n"
                "w -> RESULT t1 body=y\n"
                "stats running=0\n");
    shell_end (&core);
}

TEST ("a run whose provider dies has failed, and the next one comes at its time")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=add\n"
                "  v <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add p=v " INTERVAL "\n"
                "  c <- RESULT 5 p=hub\n"
                "+ 100\n"
                "  v <- CALL t1 f=add p=c ttl=30000\n"
                "v !\n"
                "+ 1\n"
                "stats lost=1 failed_runs=1\n"
                "v -> HELLO offers=add\n"
                "  v <- WELCOME 1 p=hub\n"
                "+ 99\n"
                "  v <- CALL t2 f=add p=c ttl=30000\n"
                "v -> RESULT t2 body=y\n"
                "+ 1\n"
                "stats failed_runs=1 task_runs=2\n");
    shell_end (&core);
}

TEST ("the times of a task take room, as its arguments do")
{
    shell_t *core = shell_new (NULL);
    //  {"at_ms": [twelve numbers]}
    char script[240] = "c -> SCHEDULE 5 f=add raw=81a561745f6d739c";
    for (unsigned i = 0; i < 12; i++) {
        size_t used = strlen (script);
        snprintf (script + used, sizeof script - used, "ce7fffff%02x", i);
    }
    PLAY (core, "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n");
    core->core->tasks.agenda.bytes_max = 12 * sizeof (int64_t) - 1;
    strcat (script, "\n  c <- ERROR 5 BUSY no p=hub\n");
    PLAY (core, script);
    core->core->tasks.agenda.bytes_max++;
    strcpy (strchr (script, '\n'), "\n  c <- RESULT 5 p=hub\n");
    PLAY (core, script);
    shell_end (&core);
}

TEST ("names that are none, and those of daffi, are not scheduled")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=no/name " DELAY "\n"
                "  c <- ERROR 5 INVALID no p=hub\n"
                "c -> SCHEDULE 6 f=$sys.task.cancel " DELAY "\n"
                "  c <- ERROR 6 INVALID no p=hub\n"
                "c -> SCHEDULE 7 f=f body=x\n"
                "  c <- ERROR 7 PROTOCOL no p=hub\n"
                "c -> SCHEDULE 0 f=f " DELAY "\n"
                "  c <- ERROR PROTOCOL no p=hub\n"
                "drain\n"
                "  c <- DRAIN\n"
                "c -> SCHEDULE 8 f=f " DELAY "\n"
                "  c <- ERROR 8 DRAINING no p=hub\n");
    shell_end (&core);
}

//  --- on disk ------------------------------------------------------------------------

TEST ("a task is accepted after it is on disk, and a run begins after it is there")
{
    shell_t *core = with_disk ();
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add " INTERVAL "\n"
                "+ 150\n");
    CHECK_EQ_UINT (adds, 1);
    written (core, DAFFI_OK);
    PLAY (core, "  c <- RESULT 5 p=hub\n"
                "+ 1\n");
    CHECK_EQ_UINT (states, 1);
    written (core, DAFFI_OK);
    PLAY (core, "  w <- CALL t1 f=add p=c ttl=30000\n"
                "w -> RESULT t1 body=y\n"
                "+ 1\n");
    CHECK_EQ_UINT (states, 2);
    written (core, DAFFI_OK);
    PLAY (core, "stats task_runs=1 failed_runs=0\n");
    shell_end (&core);
}

TEST ("a disk that refuses: the task is not there, no run begins, changes are refused")
{
    shell_t *core = with_disk ();
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add " INTERVAL "\n");
    written (core, DAFFI_OK);
    PLAY (core, "  c <- RESULT 5 p=hub\n"
                "c -> SCHEDULE 6 f=add " INTERVAL "\n"
                "+ 100\n");
    written (core, DAFFI_SYSTEM);
    PLAY (core, "  c <- ERROR 6 SYSTEM maybe p=hub\n"
                "+ 1\n"
                "stats failed_runs=1\n"
                "c -> SCHEDULE 7 f=add " INTERVAL "\n"
                "  c <- ERROR 7 SYSTEM no p=hub\n"
                "+ 100\n"
                "stats failed_runs=2 calls=0\n");
    CHECK_EQ_UINT (core->core->tasks.agenda.by_uuid.count, 1);
    shell_end (&core);
}

TEST ("who goes away before the disk has answered leaves the task behind")
{
    shell_t *core = with_disk ();
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add " INTERVAL "\n"
                "c !\n");
    written (core, DAFFI_OK);
    PLAY (core, "+ 100\n");
    written (core, DAFFI_OK);
    PLAY (core, "  w <- CALL t1 f=add p=c ttl=30000\n"
                "w -> RESULT t1 body=y\n"
                "+ 1\n");
    shell_end (&core);
}

TEST ("what was on disk when it broke is accepted, and the rest is not")
{
    shell_t *core = with_disk ();
    PLAY (core, "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add " INTERVAL "\n"
                "c -> SCHEDULE 6 f=add " INTERVAL "\n");
    daffi_core_written (core->core, 1, DAFFI_SYSTEM, "the disk is full", core->now_ms);
    PLAY (core, "  c <- RESULT 5 p=hub\n"
                "  c <- ERROR 6 SYSTEM maybe p=hub\n");
    CHECK_EQ_UINT (core->core->tasks.agenda.by_uuid.count, 1);
    shell_end (&core);
}

//  --- a slow disk --------------------------------------------------------------------

//  {"interval_ms": 1, "overlap": "parallel"}
#define BUSY_INTERVAL                                    \
    "raw=82ab696e74657276616c5f6d7301a76f7665726c6170a8" \
    "706172616c6c656c"

TEST ("a slow disk holds runs back before it piles them up, and nothing goes unseen")
{
    shell_t *core = with_disk ();
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n");
    for (int i = 0; i < 20; i++) {
        char line[200];
        snprintf (line, sizeof line, "c -> SCHEDULE %d f=nobody " BUSY_INTERVAL "\n",
                  10 + i);
        PLAY (core, line);
        written (core, DAFFI_OK);
        snprintf (line, sizeof line, "  c <- RESULT %d p=hub\n", 10 + i);
        PLAY (core, line);
    }
    uint64_t accepted = last_ticket;
    PLAY (core, "+ 900\n");
    //  20 tasks a millisecond: the bound is reached long before the end
    CHECK_EQ_UINT (last_ticket - accepted, 4096);
    CHECK_EQ_UINT (core->core->stats.task_runs, 4096);
    CHECK (daffi_core_next (core->core) > core->now_ms);
    //  a request finds room all the same
    PLAY (core, "c -> SCHEDULE 50 f=add " INTERVAL "\n");
    CHECK_EQ_UINT (adds, 21);
    CHECK_EQ_UINT (last_ticket - accepted, 4097);
    shell_end (&core);
}

TEST ("a disk that stands still makes requests busy in the end, and then goes on")
{
    shell_t *core = with_disk ();
    PLAY (core, "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> SCHEDULE 5 f=add " INTERVAL "\n");
    //  as many as may wait: not written one by one here, but counted
    core->core->tasks.last_ticket += 8191;
    PLAY (core, "c -> SCHEDULE 6 f=add " INTERVAL "\n"
                "  c <- ERROR 6 BUSY no p=hub\n"
                "stats refused=1\n");
    daffi_core_written (core->core, core->core->tasks.last_ticket, DAFFI_OK, "",
                        core->now_ms);
    last_ticket = core->core->tasks.last_ticket;
    PLAY (core, "  c <- RESULT 5 p=hub\n"
                "c -> SCHEDULE 6 f=add " INTERVAL "\n");
    written (core, DAFFI_OK);
    PLAY (core, "  c <- RESULT 6 p=hub\n");
    shell_end (&core);
}
