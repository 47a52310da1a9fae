//  SPDX-License-Identifier: MPL-2.0
//  Calls whose time has not come, and reports of progress.

#include <stdio.h>

#include "core_shell.h"
#include "test.h"

#define WORKER              \
    "w -> HELLO offers=f\n" \
    "  w <- WELCOME 1 p=hub\n"
#define CALLER     \
    "c -> HELLO\n" \
    "  c <- WELCOME 1 p=hub\n"

TEST ("a delayed call is given to a provider when its time has come, and not before")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER "c -> CALL 1 f=f ttl=5000 delay=1000 body=x\n"
                              "stats later=1 waiting=0 queued_bytes=1\n"
                              "+ 999\n"
                              "+ 1\n"
                              "  w <- CALL t1 f=f p=c ttl=4000 body=x\n"
                              "stats later=0 running=1 queued_bytes=0\n"
                              "w -> RESULT t1 body=y\n"
                              "  c <- RESULT 1 p=w body=y\n");
    shell_end (&core);
}

TEST ("whoever offers it when its time has come gets it, by the policy it asks for")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CALLER "c -> CALL 1 f=f delay=100 policy=3 key=k body=x\n"
                       "c -> CALL 2 f=f p=w delay=200 body=y\n"
                       "c -> CALL 3 f=g delay=200\n" WORKER "+ 100\n"
                       "  w <- CALL t1 f=f p=c body=x\n"
                       "+ 100\n"
                       "  w <- CALL t2 f=f p=c body=y\n"
                       "  c <- ERROR 3 NO_FUNCTION no p=hub\n");
    shell_end (&core);
}

TEST ("a delayed call is cancelled, and forgotten with its caller, without a trace")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER "c -> CALL 1 f=f delay=1000\n"
                              "c -> CALL 2 f=f delay=1000\n"
                              "c -> CALL 2 f=f\n"
                              "  c <- ERROR PROTOCOL no p=hub\n"
                              "c -> CANCEL 1\n"
                              "  c <- ERROR 1 CANCELLED no p=hub\n"
                              "stats later=1 cancelled=1\n"
                              "c !\n"
                              "stats later=0 queued_bytes=0\n"
                              "+ 2000\n");
    shell_end (&core);
}

TEST ("what was spent on the way counts against the delay")
{
    shell_t *core = shell_new (NULL);
    char line[200];
    snprintf (line, sizeof line, "c -> CALL 1 f=f delay=1000 ttl=5000 sent=%u\n",
              (uint32_t)core->now_ms - 400);
    PLAY (core, WORKER CALLER);
    PLAY (core, line);
    PLAY (core, "+ 599\n"
                "+ 1\n"
                "  w <- CALL t1 f=f p=c ttl=4000\n");
    shell_end (&core);
}

TEST ("a delay beyond the deadline, and one of a stream, are refused")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER "c -> CALL 1 f=f delay=1000 ttl=1000\n"
                              "  c <- ERROR 1 INVALID no p=hub\n"
                              "c -> CALL 2 f=f delay=1000 stream\n"
                              "  c <- ERROR 2 INVALID no p=hub\n"
                              "stats later=0\n");
    shell_end (&core);
}

TEST ("a controller that stops refuses what it has delayed, and drains at once")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER "c -> CALL 1 f=f delay=1000\n"
                              "drain\n"
                              "  w <- DRAIN\n"
                              "  c <- DRAIN\n"
                              "  c <- ERROR 1 DRAINING no p=hub\n"
                              "stats later=0\n");
    CHECK (daffi_core_idle (core->core));
    shell_end (&core);
}

TEST ("delayed calls are held against the bound of bytes that wait")
{
    const daffi_core_options_t small = {.name = "hub", .queue_max = 3};
    shell_t *core = shell_new (&small);
    PLAY (core, WORKER CALLER "c -> CALL 1 f=f delay=50 body=ab\n"
                              "c -> CALL 2 f=f delay=50 body=cd\n"
                              "  c <- ERROR 2 BUSY no p=hub\n"
                              "+ 50\n"
                              "  w <- CALL t1 f=f p=c body=ab\n"
                              "c -> CALL 3 f=f delay=50 body=cde\n"
                              "stats queued_bytes=3\n");
    shell_end (&core);
}

TEST ("a delayed broadcast asks who is there when its time has come")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER "c -> CALL 1 f=f all=0 delay=100\n"
                              "v -> HELLO offers=f\n"
                              "  v <- WELCOME 1 p=hub\n"
                              "+ 100\n"
                              "  w <- CALL t1 f=f p=c\n"
                              "  v <- CALL t2 f=f p=c\n"
                              "w -> RESULT t1 body=1\n"
                              "  c <- RESULT 1 p=w part body=1\n"
                              "v -> RESULT t2 body=2\n"
                              "  c <- RESULT 1 p=v part body=2\n"
                              "  c <- END 1\n");
    shell_end (&core);
}

TEST (
    "a broadcast in the settling time waits for its end, and asks who came until then")
{
    const daffi_core_options_t settling = {.name = "hub", .settle_ms = 500};
    shell_t *core = shell_new (&settling);
    PLAY (core,
          CALLER "c -> CALL 1 f=f all=0 body=x\n"
                 "c -> CALL 2 f=g all=0\n"
                 "c -> CALL 3 f=f all=0 ttl=100\n"
                 "stats later=3\n"
                 "+ 100\n"
                 "  c <- ERROR 3 TIMEOUT no p=hub\n" WORKER "v -> HELLO offers=f\n"
                 "  v <- WELCOME 1 p=hub\n"
                 "+ 400\n"
                 "  w <- CALL t1 f=f p=c body=x\n"
                 "  v <- CALL t2 f=f p=c body=x\n"
                 "  c <- ERROR 2 NO_FUNCTION no p=hub\n"
                 "stats later=0 groups=1\n");
    shell_end (&core);
}

TEST ("a report of progress goes to the caller, from who runs the call and nobody else")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER "c -> CALL 7 f=f ttl=100\n"
                              "  w <- CALL t1 f=f p=c ttl=100\n"
                              "w -> PROGRESS t1 body=half\n"
                              "  c <- PROGRESS 7 p=w body=half\n"
                              "c -> PROGRESS t1 body=forged\n"
                              "w -> PROGRESS t1+1 body=lost\n"
                              "stats late=2\n"
                              "+ 100\n"
                              "  c <- ERROR 7 TIMEOUT maybe p=w\n"
                              "  w <- CANCEL t1\n"
                              "w -> PROGRESS t1 body=late\n"
                              "stats late=3\n"
                              "w -> RESULT t1\n"
                              "w -> PROGRESS t1 body=over\n"
                              "stats late=5\n");
    shell_end (&core);
}

TEST ("a report that does not fit is dropped, and the call goes on")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER "c -> CALL 7 f=f\n"
                              "  w <- CALL t1 f=f p=c\n"
                              "c room=3\n"
                              "w -> PROGRESS t1 body=four\n"
                              "w -> PROGRESS t1 body=two\n"
                              "  c <- PROGRESS 7 p=w body=two\n"
                              "c room\n"
                              "stats late=1\n"
                              "w -> RESULT t1\n"
                              "  c <- RESULT 7 p=w\n");
    shell_end (&core);
}

TEST ("a part of a broadcast reports under its process's name")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER "c -> CALL 7 f=f all=0\n"
                              "  w <- CALL t1 f=f p=c\n"
                              "w -> PROGRESS t1 body=half\n"
                              "  c <- PROGRESS 7 p=w part body=half\n");
    shell_end (&core);
}

TEST (
    "a broadcast whose deadline passed in a sleep that outlasted the settling time is "
    "given to nobody")
{
    daffi_core_options_t options = {.name = "hub", .settle_ms = 500};
    shell_t *core = shell_new (&options);
    PLAY (core, CALLER "c -> CALL 1 f=f all=0 ttl=600 body=x\n" WORKER "stats later=1\n"
                       "jump 700\n"
                       "  c <- ERROR 1 TIMEOUT no p=hub\n"
                       "stats later=0 expired=1 groups=0 running=0\n");
    shell_end (&core);
}
