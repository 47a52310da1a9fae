//  SPDX-License-Identifier: MPL-2.0
//  How calls end without an answer: deadlines, cancels, and the loss of either side.

#include "core_shell.h"
#include "test.h"

#define WORKER                         \
    "w -> HELLO offers=f capacity=1\n" \
    "  w <- WELCOME 1 p=hub\n"
#define CALLER     \
    "c -> HELLO\n" \
    "  c <- WELCOME 1 p=hub\n"

TEST ("a call that runs past its deadline fails with maybe, and is cancelled")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f ttl=100\n"
                "  w <- CALL t1 f=f p=c ttl=100\n"
                "+ 99\n"
                "+ 1\n"
                "  c <- ERROR 1 TIMEOUT maybe p=w\n"
                "  w <- CANCEL t1\n"
                "stats expired=1 running=1 abandoned=1\n"
                "w -> RESULT t1 body=late\n"
                "stats late=1 running=0 abandoned=0\n");
    shell_end (&core);
}

TEST ("a call that waits past its deadline fails with no, and never runs")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f ttl=500\n"
                "  w <- CALL t1 f=f p=c ttl=500\n"
                "c -> CALL 2 f=f ttl=100\n"
                "stats waiting=1\n"
                "+ 100\n"
                "  c <- ERROR 2 TIMEOUT no p=hub\n"
                "stats waiting=0 running=1\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "stats running=0\n");
    shell_end (&core);
}

TEST ("what expired is not given away although the timers were not looked at yet")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f ttl=100\n"
                "c -> CALL 3 f=f ttl=200\n");
    core->now_ms += 100;
    PLAY (core, "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "  c <- ERROR 2 TIMEOUT no p=hub\n"
                "  w <- CALL t2 f=f p=c ttl=100\n"
                "+ 0\n"
                "stats expired=1 running=1 waiting=0\n");
    shell_end (&core);
}

TEST ("the time a call waited comes off its ttl")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f ttl=500\n"
                "+ 120\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "  w <- CALL t2 f=f p=c ttl=380\n");
    shell_end (&core);
}

TEST ("the time on the way to the controller comes off the ttl, where it is told")
{
    shell_t *core = shell_new (NULL);
    //  the shell's clock begins at 1,000,000
    PLAY (core,
          "w -> HELLO offers=f\n"
          "  w <- WELCOME 1 p=hub\n" CALLER "c -> CALL 1 f=f ttl=500 sent=999800\n"
          "  w <- CALL t1 f=f p=c ttl=300\n"
          "c -> CALL 2 f=f ttl=500 sent=1000000\n"
          "  w <- CALL t2 f=f p=c ttl=500\n"
          "c -> CALL 3 f=f ttl=500 sent=1000001\n"
          "  w <- CALL t3 f=f p=c ttl=500\n"
          "c -> CALL 4 f=f ttl=500 sent=999500\n"
          "  c <- ERROR 4 TIMEOUT no p=hub\n"
          "c -> CALL 5 f=f ttl=500 sent=0\n"
          "  c <- ERROR 5 TIMEOUT no p=hub\n"
          "c -> CALL 6 f=f ttl=0\n"
          "  c <- ERROR 6 TIMEOUT no p=hub\n"
          "c -> CALL 7 f=f sent=0\n"
          "  w <- CALL t4 f=f p=c\n"
          "c -> CALL 8 f=f ttl=4294967294\n"
          "  w <- CALL t5 f=f p=c ttl=172800000\n");
    shell_end (&core);
}

TEST ("the deadline of a call that was answered does nothing")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f ttl=100\n"
                "  w <- CALL t1 f=f p=c ttl=100\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "+ 100\n"
                "stats expired=0\n");
    shell_end (&core);
}

TEST ("a cancelled call ends for its caller when the provider says that it had begun")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CANCEL 1\n"
                "  w <- CANCEL t1\n"
                "stats cancelled=1 abandoned=0 running=1\n"
                "c -> CANCEL 1\n"
                "stats cancelled=1\n"
                "w -> CANCEL t1 executed=yes\n"
                "  c <- ERROR 1 CANCELLED maybe p=w\n"
                "stats abandoned=1 running=1\n"
                "w -> CANCEL t1 executed=yes\n"
                "w -> ERROR t1 status=CANCELLED executed=yes\n"
                "stats late=1 abandoned=0 running=0\n");
    shell_end (&core);
}

TEST ("a cancelled call that had not begun, or was faster, ends with that answer")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CANCEL 1\n"
                "  w <- CANCEL t1\n"
                "w -> ERROR t1 status=CANCELLED executed=no\n"
                "  c <- ERROR 1 CANCELLED no p=w\n"
                "c -> CALL 2 f=f\n"
                "  w <- CALL t2 f=f p=c\n"
                "c -> CANCEL 2\n"
                "  w <- CANCEL t2\n"
                "w -> RESULT t2 body=y\n"
                "  c <- RESULT 2 p=w body=y\n"
                "stats late=0 abandoned=0 running=0 cancelled=2\n");
    shell_end (&core);
}

TEST ("nobody says that a call has begun that was not cancelled, or is not his")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "w -> CANCEL t1 executed=yes\n"
                "c -> CANCEL 1\n"
                "  w <- CANCEL t1\n"
                "c -> CANCEL t1 executed=yes\n"
                "c -> CANCEL 1 executed=yes\n"
                "stats abandoned=0 running=1\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n");
    shell_end (&core);
}

TEST ("a cancelled call that waits is never given to anybody")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f body=xyz\n"
                "c -> CALL 3 f=f p=w body=xyz\n"
                "stats waiting=2 queued_bytes=6\n"
                "c -> CANCEL 2\n"
                "  c <- ERROR 2 CANCELLED no p=hub\n"
                "c -> CANCEL 3\n"
                "  c <- ERROR 3 CANCELLED no p=hub\n"
                "stats waiting=0 queued_bytes=0 cancelled=2\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n");
    shell_end (&core);
}

TEST ("nobody cancels what is not his own")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "d -> HELLO\n"
                "  d <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "d -> CANCEL 1\n"
                "d -> CANCEL t1\n"
                "w -> CANCEL t1\n"
                "c -> CANCEL 2\n"
                "c -> CANCEL 0\n"
                "stats cancelled=0\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n");
    shell_end (&core);
}

TEST ("an abandoned call keeps its place until the provider answers")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CANCEL 1\n"
                "  w <- CANCEL t1\n"
                "w -> CANCEL t1 executed=yes\n"
                "  c <- ERROR 1 CANCELLED maybe p=w\n"
                "c -> CALL 2 f=f\n"
                "stats waiting=1 running=1 abandoned=1\n"
                "w -> ERROR t1 status=CANCELLED executed=yes\n"
                "  w <- CALL t2 f=f p=c\n"
                "stats waiting=0 running=1 abandoned=0\n");
    shell_end (&core);
}

TEST ("the id of a cancelled or expired call is free again")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n" CALLER "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CANCEL 1\n"
                "  w <- CANCEL t1\n"
                "w -> CANCEL t1 executed=yes\n"
                "  c <- ERROR 1 CANCELLED maybe p=w\n"
                "c -> CALL 1 f=f ttl=10\n"
                "  w <- CALL t2 f=f p=c ttl=10\n"
                "+ 10\n"
                "  c <- ERROR 1 TIMEOUT maybe p=w\n"
                "  w <- CANCEL t2\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t3 f=f p=c\n"
                "w -> RESULT t1 body=a\n"
                "w -> RESULT t2 body=b\n"
                "w -> RESULT t3 body=y\n"
                "  c <- RESULT 1 p=w body=y\n");
    shell_end (&core);
}

TEST ("the end of a caller cancels what it called, and forgets what waited")
{
    shell_t *core = shell_new (NULL);
    PLAY (core,
          WORKER CALLER "c -> CALL 1 f=f ttl=50\n"
                        "  w <- CALL t1 f=f p=c ttl=50\n"
                        "c -> CALL 2 f=f body=xyz\n"
                        "c -> CALL 3 f=f p=w\n"
                        "c -> WAIT 4 p=later\n"
                        "c -> WAIT 5 f=later\n"
                        "stats waiting=2 running=1 waits=2\n"
                        "c !\n"
                        "  w <- CANCEL t1\n"
                        "stats waiting=0 queued_bytes=0 running=1 abandoned=1 waits=0\n"
                        "+ 100\n"
                        "w -> RESULT t1 body=y\n"
                        "stats running=0 late=1 expired=0\n");
    shell_end (&core);
}

TEST ("the end of a provider fails its calls with maybe, and what waited with no")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "c -> CALL 3 f=f p=w\n"
                "w !\n"
                "  c <- ERROR 2 NO_FUNCTION no p=hub\n"
                "  c <- ERROR 1 PROCESS_LOST maybe p=w\n"
                "  c <- ERROR 3 PROCESS_LOST no p=hub\n"
                "stats lost=1 running=0 waiting=0\n");
    shell_end (&core);
}

TEST ("calls that were only queued go to another provider")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER);
    PLAY (core, "v -> HELLO offers=f capacity=1\n"
                "  v <- WELCOME 1 p=hub\n" CALLER "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "  v <- CALL t2 f=f p=c\n"
                "c -> CALL 3 f=f\n"
                "w !\n"
                "  c <- ERROR 1 PROCESS_LOST maybe p=w\n"
                "stats waiting=1\n"
                "v -> RESULT t2 body=y\n"
                "  c <- RESULT 2 p=v body=y\n"
                "  v <- CALL t3 f=f p=c\n");
    shell_end (&core);
}

TEST ("goodbye, silence and takeover end a provider's calls as a break does")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CALLER WORKER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "w -> GOODBYE\n"
                "  c <- ERROR 1 PROCESS_LOST maybe p=w\n"
                "  w dropped\n" WORKER "c -> CALL 2 f=f\n"
                "  w <- CALL t2 f=f p=c\n"
                "+ 2000\n"
                "c -> PONG\n"
                "+ 1000\n"
                "  c <- ERROR 2 PROCESS_LOST maybe p=w\n"
                "  w dropped\n" WORKER "c -> CALL 3 f=f\n"
                "  w <- CALL t3 f=f p=c\n"
                "new -> HELLO as=w inc=2 takeover\n"
                "  w <- ERROR NAME_TAKEN no p=hub\n"
                "  c <- ERROR 3 PROCESS_LOST maybe p=w\n"
                "  w dropped\n"
                "  new <- WELCOME 1 p=hub\n"
                "stats lost=3 running=0\n");
    shell_end (&core);
}

TEST ("the end of both sides of a call in either order leaves nothing")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, WORKER CALLER);
    PLAY (core, "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c !\n"
                "  w <- CANCEL t1\n"
                "w !\n"
                "stats running=0 abandoned=0 lost=0\n" WORKER CALLER "c -> CALL 1 f=f\n"
                "  w <- CALL t2 f=f p=c\n"
                "w !\n"
                "  c <- ERROR 1 PROCESS_LOST maybe p=w\n"
                "c !\n"
                "stats running=0 abandoned=0 lost=1\n");
    shell_end (&core);
}
