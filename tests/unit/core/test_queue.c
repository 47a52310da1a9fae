//  SPDX-License-Identifier: MPL-2.0
//  Calls that wait: capacity, room, order, the bounds, and the settling time.

#include "core_shell.h"
#include "test.h"

TEST ("a provider has no more calls than its capacity, the next one waits")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f capacity=2\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f body=a\n"
                "  w <- CALL t1 f=f p=c body=a\n"
                "c -> CALL 2 f=f body=b\n"
                "  w <- CALL t2 f=f p=c body=b\n"
                "c -> CALL 3 f=f body=c\n"
                "c -> CALL 4 f=f body=d\n"
                "stats running=2 waiting=2 queued_bytes=2\n"
                "w -> RESULT t2 body=B\n"
                "  c <- RESULT 2 p=w body=B\n"
                "  w <- CALL t3 f=f p=c body=c\n"
                "w -> ERROR t1 status=FAILED executed=yes body=A\n"
                "  c <- ERROR 1 FAILED yes p=w body=A\n"
                "  w <- CALL t4 f=f p=c body=d\n"
                "stats running=2 waiting=0 queued_bytes=0\n");
    shell_end (&core);
}

TEST (
    "calls that wait are served in the order of their arrival, by name or by function")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f,g capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=g body=b\n"
                "c -> CALL 3 f=f p=w body=c\n"
                "c -> CALL 4 f=f body=d\n"
                "c -> CALL 5 f=g p=w body=e\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "  w <- CALL t2 f=g p=c body=b\n"
                "w -> RESULT t2 body=y\n"
                "  c <- RESULT 2 p=w body=y\n"
                "  w <- CALL t3 f=f p=c body=c\n"
                "w -> RESULT t3 body=y\n"
                "  c <- RESULT 3 p=w body=y\n"
                "  w <- CALL t4 f=f p=c body=d\n"
                "w -> RESULT t4 body=y\n"
                "  c <- RESULT 4 p=w body=y\n"
                "  w <- CALL t5 f=g p=c body=e\n");
    shell_end (&core);
}

TEST ("the order holds also where more functions starve than the provider offers")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f,g capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=h,i,j capacity=1\n"
                "  v <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=h\n"
                "  v <- CALL t2 f=h p=c\n"
                "c -> CALL 3 f=j\n"
                "c -> CALL 4 f=g\n"
                "c -> CALL 5 f=h\n"
                "c -> CALL 6 f=f\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "  w <- CALL t3 f=g p=c\n"
                "v -> RESULT t2 body=y\n"
                "  c <- RESULT 2 p=v body=y\n"
                "  v <- CALL t4 f=j p=c\n"
                "w -> RESULT t3 body=y\n"
                "  c <- RESULT 4 p=w body=y\n"
                "  w <- CALL t5 f=f p=c\n");
    shell_end (&core);
}

TEST ("a newcomer takes what waits, oldest first, up to its capacity")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f body=b\n"
                "c -> CALL 3 f=f body=c\n"
                "c -> CALL 4 f=f body=d\n"
                "v -> HELLO offers=f capacity=2\n"
                "  v <- WELCOME 1 p=hub\n"
                "  v <- CALL t2 f=f p=c body=b\n"
                "  v <- CALL t3 f=f p=c body=c\n"
                "stats waiting=1\n");
    shell_end (&core);
}

TEST ("UPDATE with more capacity or another function takes what waits")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "v -> HELLO capacity=1\n"
                "  v <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "c -> CALL 3 f=f\n"
                "w -> UPDATE capacity=2\n"
                "  w <- CALL t2 f=f p=c\n"
                "v -> UPDATE add=f\n"
                "  v <- CALL t3 f=f p=c\n"
                "w -> UPDATE 7 remove=f capacity=1\n"
                "w -> UPDATE 8 remove=f\n"
                "  w <- ERROR 8 NOT_FOUND no p=hub\n"
                "w -> UPDATE 9 raw=81a3616464c0\n"
                "  w <- ERROR 9 PROTOCOL no p=hub\n"
                "w -> UPDATE 9 add=$x\n"
                "  w <- ERROR 9 INVALID no p=hub\n"
                "c -> CALL 4 f=f\n"
                "v -> UPDATE remove=f\n"
                "  c <- ERROR 4 NO_FUNCTION no p=hub\n"
                "stats waiting=0 running=3\n");
    shell_end (&core);
}

TEST (
    "a call by name waits for a function that is withdrawn, and is refused in its turn")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f,g capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=g p=w\n"
                "c -> CALL 3 f=f p=w\n"
                "w -> UPDATE remove=g\n"
                "  c <- ERROR 2 NO_FUNCTION no p=hub\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "  w <- CALL t2 f=f p=c\n");
    shell_end (&core);
}

TEST ("capacity below what runs already holds back the next call")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f capacity=3\n"
                "  w <- WELCOME 1 p=hub\n"
                "w -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=w\n"
                "w -> CALL 2 f=f\n"
                "  w <- CALL t2 f=f p=w\n"
                "w -> UPDATE capacity=1\n"
                "w -> CALL 3 f=f\n"
                "w -> RESULT t1 body=y\n"
                "  w <- RESULT 1 p=w body=y\n"
                "w -> RESULT t2 body=y\n"
                "  w <- RESULT 2 p=w body=y\n"
                "  w <- CALL t3 f=f p=w\n"
                "w -> UPDATE capacity=0\n");
    shell_end (&core);
}

//  --- room in bytes ----------------------------------------------------------------

TEST ("a peer that does not read gets one call at most, however large")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "w room=2\n"
                "c -> CALL 1 f=f body=large\n"
                "  w <- CALL t1 f=f p=c body=large\n"
                "c -> CALL 2 f=f body=large\n"
                "stats waiting=1\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "  w <- CALL t2 f=f p=c body=large\n");
    shell_end (&core);
}

TEST ("a small call does not overtake a large one to the same provider")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f,g\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "w room=2\n"
                "c -> CALL 2 f=f body=large\n"
                "c -> CALL 3 f=g body=s\n"
                "c -> CALL 4 f=g p=w body=s\n"
                "stats waiting=3\n"
                "w room=99\n"
                "w writable\n"
                "  w <- CALL t2 f=f p=c body=large\n"
                "  w <- CALL t3 f=g p=c body=s\n"
                "  w <- CALL t4 f=g p=c body=s\n"
                "w room=2\n"
                "c -> CALL 5 f=f body=large\n"
                "w room=99\n"
                "c -> CALL 6 f=g body=s\n"
                "  w <- CALL t5 f=f p=c body=large\n"
                "  w <- CALL t6 f=g p=c body=s\n");
    shell_end (&core);
}

TEST ("who is behind with a large call leaves small ones to others")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f,g\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "w room=2\n"
                "c -> CALL 2 f=f body=large\n"
                "v -> HELLO offers=g\n"
                "  v <- WELCOME 1 p=hub\n"
                "v -> CALL 1 f=g\n"
                "  v <- CALL t2 f=g p=v\n"
                "v -> CALL 2 f=g\n"
                "  v <- CALL t3 f=g p=v\n"
                "c -> CALL 3 f=g body=s\n"
                "  v <- CALL t4 f=g p=c body=s\n");
    shell_end (&core);
}

TEST ("bytes of waiting calls are bounded for a caller and for all together")
{
    daffi_core_options_t options = {
        .name = "hub", .queue_max = 10, .total_queue_max = 15};
    shell_t *core = shell_new (&options);
    PLAY (core, "w -> HELLO offers=f capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "a -> HELLO\n"
                "  a <- WELCOME 1 p=hub\n"
                "b -> HELLO\n"
                "  b <- WELCOME 1 p=hub\n"
                "a -> CALL 1 f=f body=0123456789abcdef\n"
                "  w <- CALL t1 f=f p=a body=0123456789abcdef\n"
                "a -> CALL 2 f=f body=12345678\n"
                "a -> CALL 3 f=f body=123\n"
                "  a <- ERROR 3 BUSY no p=hub\n"
                "a -> CALL 4 f=f body=12\n"
                "b -> CALL 1 f=f body=123456\n"
                "  b <- ERROR 1 BUSY no p=hub\n"
                "b -> CALL 2 f=f body=12345\n"
                "stats waiting=3 queued_bytes=15\n"
                "a -> CANCEL 2\n"
                "  a <- ERROR 2 CANCELLED no p=hub\n"
                "b -> CALL 3 f=f p=w body=12345\n"
                "stats waiting=3 queued_bytes=12\n"
                "a -> CALL 5 f=f body=123\n"
                "stats waiting=4 queued_bytes=15\n"
                "b !\n"
                "stats waiting=2 queued_bytes=5\n");
    shell_end (&core);
}

//  --- the settling time ------------------------------------------------------------

static shell_t *settling (void)
{
    daffi_core_options_t options = {.name = "hub", .settle_ms = 1000};
    shell_t *core = shell_new (&options);
    PLAY (core, "c -> HELLO timeout=60000\n"
                "  c <- WELCOME 1 p=hub\n");
    return core;
}

TEST ("a settling time may be as long as there are numbers for")
{
    daffi_core_options_t options = {.name = "hub", .settle_ms = INT64_MAX};
    shell_t *core = shell_new (&options);
    PLAY (core, "c -> HELLO timeout=60000\n"
                "  c <- WELCOME 1 p=hub\n"
                "+ 500\n"
                "c -> CALL 1 f=f body=a\n"
                "stats waiting=1\n");
    shell_end (&core);
}

TEST ("while a controller settles, calls to what it does not know are held and served")
{
    shell_t *core = settling ();
    PLAY (core, "c -> CALL 1 f=f body=a\n"
                "c -> CALL 2 f=g p=w body=b\n"
                "c -> CALL 3 f=f body=c\n"
                "stats waiting=3\n"
                "+ 500\n"
                "w -> HELLO offers=f,g capacity=2\n"
                "  w <- WELCOME 1 p=hub\n"
                "  w <- CALL t1 f=f p=c body=a\n"
                "  w <- CALL t2 f=g p=c body=b\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "  w <- CALL t3 f=f p=c body=c\n"
                "+ 500\n"
                "stats waiting=0 refused=0\n");
    shell_end (&core);
}

TEST ("what has not come when the settling time ends is refused")
{
    shell_t *core = settling ();
    PLAY (core, "c -> CALL 1 f=f\n"
                "c -> CALL 2 f=g p=w\n"
                "c -> CALL 3 f=g ttl=300\n"
                "c -> CALL 4 f=g p=v\n"
                "+ 300\n"
                "  c <- ERROR 3 TIMEOUT no p=hub\n"
                "v -> HELLO offers=other\n"
                "  v <- WELCOME 1 p=hub\n"
                "  c <- ERROR 4 NO_FUNCTION no p=hub\n"
                "+ 699\n"
                "+ 1\n"
                "  c <- ERROR 1 NO_FUNCTION no p=hub\n"
                "  c <- ERROR 2 NO_PROCESS no p=hub\n"
                "c -> CALL 5 f=f\n"
                "  c <- ERROR 5 NO_FUNCTION no p=hub\n"
                "stats waiting=0 refused=4\n");
    CHECK_EQ_UINT (core->core->functions.count, 1);
    shell_end (&core);
}

TEST ("a provider that comes and goes again while settling leaves its calls held")
{
    shell_t *core = settling ();
    PLAY (core, "w -> HELLO offers=f capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "c -> CALL 3 f=f p=w\n"
                "w !\n"
                "  c <- ERROR 1 PROCESS_LOST maybe p=w\n"
                "stats waiting=2\n"
                "w -> HELLO offers=f capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "  w <- CALL t2 f=f p=c\n"
                "w !\n"
                "  c <- ERROR 2 PROCESS_LOST maybe p=w\n"
                "+ 1000\n"
                "  c <- ERROR 3 NO_PROCESS no p=hub\n"
                "stats waiting=0\n");
    shell_end (&core);
}

TEST ("the owner of a held call may go")
{
    shell_t *core = settling ();
    PLAY (core, "c -> CALL 1 f=f\n"
                "c -> CALL 2 f=g p=w\n"
                "c -> CALL 3 f=f\n"
                "c -> CALL 4 f=g p=w\n"
                "c !\n"
                "stats waiting=0 queued_bytes=0\n"
                "+ 1000\n");
    CHECK_EQ_UINT (core->core->functions.count, 0);
    CHECK_EQ_UINT (core->core->processes.count, 0);
    shell_end (&core);
}

//  --- priorities -------------------------------------------------------------------

#define BUSY_WORKER                      \
    "w -> HELLO offers=f,g capacity=1\n" \
    "  w <- WELCOME 1 p=hub\n"           \
    "c -> HELLO\n"                       \
    "  c <- WELCOME 1 p=hub\n"           \
    "c -> CALL 1 f=f\n"                  \
    "  w <- CALL t1 f=f p=c\n"

TEST (
    "of calls that wait the higher priority goes first, and the provider is told of it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, BUSY_WORKER "c -> CALL 2 f=f body=b\n"
                            "c -> CALL 3 f=g priority=2 body=c\n"
                            "c -> CALL 4 f=f p=w priority=9 body=d\n"
                            "c -> CALL 5 f=f priority=2 body=e\n"
                            "w -> RESULT t1\n"
                            "  c <- RESULT 1 p=w\n"
                            "  w <- CALL t2 f=f p=c priority=9 body=d\n"
                            "w -> RESULT t2\n"
                            "  c <- RESULT 4 p=w\n"
                            "  w <- CALL t3 f=g p=c priority=2 body=c\n"
                            "w -> RESULT t3\n"
                            "  c <- RESULT 3 p=w\n"
                            "  w <- CALL t4 f=f p=c priority=2 body=e\n"
                            "w -> RESULT t4\n"
                            "  c <- RESULT 5 p=w\n"
                            "  w <- CALL t5 f=f p=c body=b\n");
    shell_end (&core);
}

TEST ("a step of priority counts as a second of waiting, so that nothing starves")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, BUSY_WORKER "c -> CALL 2 f=f body=old\n"
                            "+ 1500\n"
                            "w -> PING\n"
                            "  w <- PONG\n"
                            "c -> CALL 3 f=f priority=1 body=one\n"
                            "c -> CALL 4 f=f priority=2 body=two\n"
                            "w -> RESULT t1\n"
                            "  c <- RESULT 1 p=w\n"
                            "  w <- CALL t2 f=f p=c priority=2 body=two\n"
                            "w -> RESULT t2\n"
                            "  c <- RESULT 4 p=w\n"
                            "  w <- CALL t3 f=f p=c body=old\n"
                            "w -> RESULT t3\n"
                            "  c <- RESULT 2 p=w\n"
                            "  w <- CALL t4 f=f p=c priority=1 body=one\n");
    shell_end (&core);
}

//  --- limits of single functions ---------------------------------------------------

TEST ("a function's limit is kept: what exceeds it waits, and goes to whoever is free")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f*1,g capacity=8\n"
                "  w <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=f*2 capacity=8\n"
                "  v <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "  v <- CALL t2 f=f p=c\n"
                "c -> CALL 3 f=f policy=1\n"
                "  v <- CALL t3 f=f p=c\n"
                "c -> CALL 4 f=f body=d\n"
                "c -> CALL 5 f=f body=e policy=4\n"
                "c -> CALL 6 f=g\n"
                "  w <- CALL t4 f=g p=c\n"
                "stats waiting=2\n"
                "w -> RESULT t4\n"
                "  c <- RESULT 6 p=w\n"
                "v -> RESULT t3\n"
                "  c <- RESULT 3 p=v\n"
                "  v <- CALL t5 f=f p=c body=d\n"
                "w -> ERROR t1 status=FAILED executed=yes\n"
                "  c <- ERROR 1 FAILED yes p=w\n"
                "  w <- CALL t6 f=f p=c body=e\n");
    shell_end (&core);
}

TEST (
    "calls by name that wait for a limit keep no other function of the process waiting")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f*1,g capacity=8\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f p=w\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f p=w body=b\n"
                "c -> CALL 3 f=f p=w body=c priority=3\n"
                "c -> CALL 4 f=f policy=3 key=x body=d\n"
                "c -> CALL 5 f=g p=w\n"
                "  w <- CALL t2 f=g p=c\n"
                "c -> CALL 6 f=g\n"
                "  w <- CALL t3 f=g p=c\n"
                "stats waiting=3 running=3\n"
                "c -> CANCEL 2\n"
                "  c <- ERROR 2 CANCELLED no p=hub\n"
                "w -> RESULT t1\n"
                "  c <- RESULT 1 p=w\n"
                "  w <- CALL t4 f=f p=c priority=3 body=c\n"
                "w -> RESULT t4\n"
                "  c <- RESULT 3 p=w\n"
                "  w <- CALL t5 f=f p=c body=d\n"
                "stats waiting=0\n");
    shell_end (&core);
}

TEST ("a limit can be changed, and what waited for it is not lost when it goes")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f*1,g capacity=8\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f p=w\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f p=w body=b\n"
                "c -> CALL 3 f=f p=w body=c\n"
                "c -> CALL 4 f=g p=w body=d\n"
                "  w <- CALL t2 f=g p=c body=d\n"
                "c -> CALL 5 f=f p=w body=e\n"
                "w -> UPDATE add=f*2\n"
                "  w <- CALL t3 f=f p=c body=b\n"
                "w -> UPDATE add=f\n"
                "  w <- CALL t4 f=f p=c body=c\n"
                "  w <- CALL t5 f=f p=c body=e\n"
                "w -> UPDATE add=f*1\n"
                "c -> CALL 6 f=f body=g\n"
                "  w <- CALL t6 f=f p=c body=g\n"
                "c -> CALL 7 f=f p=w body=h\n"
                "w -> UPDATE remove=f\n"
                "  c <- ERROR 7 NO_FUNCTION no p=hub\n"
                "w !\n"
                "  c <- ERROR 1 PROCESS_LOST maybe p=w\n"
                "  c <- ERROR 4 PROCESS_LOST maybe p=w\n"
                "  c <- ERROR 2 PROCESS_LOST maybe p=w\n"
                "  c <- ERROR 3 PROCESS_LOST maybe p=w\n"
                "  c <- ERROR 5 PROCESS_LOST maybe p=w\n"
                "  c <- ERROR 6 PROCESS_LOST maybe p=w\n");
    shell_end (&core);
}

TEST ("a process at its capacity hands calls that its limit holds up to the limit's "
      "queue")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f*1,g capacity=2\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f p=w\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=g p=w\n"
                "  w <- CALL t2 f=g p=c\n"
                "c -> CALL 3 f=f p=w body=c\n"
                "c -> CALL 4 f=g p=w body=d\n"
                "w -> RESULT t2\n"
                "  c <- RESULT 2 p=w\n"
                "  w <- CALL t3 f=g p=c body=d\n"
                "w -> RESULT t1\n"
                "  c <- RESULT 1 p=w\n"
                "  w <- CALL t4 f=f p=c body=c\n");
    shell_end (&core);
}
