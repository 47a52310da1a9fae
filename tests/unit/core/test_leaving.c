//  SPDX-License-Identifier: MPL-2.0
//  How sessions end: silence, drain, goodbye, and the end of the controller.

#include "core_shell.h"
#include "test.h"

//  --- time -------------------------------------------------------------------------

TEST ("who says no HELLO within two seconds is dropped")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> PING\n"
                "  x <- WHO\n"
                "+ 1000\n"
                "x -> PING\n"
                "+ 999\n"
                "+ 1\n"
                "  x dropped\n"
                "stats sessions=0\n"
                "x -> GOODBYE\n"
                "  x dropped\n");
    shell_end (&core);
}

TEST ("silence ends a session, any record is a sign of life")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO timeout=1000\n"
                "  x <- WELCOME 1 p=hub\n"
                "+ 999\n"
                "x -> PONG\n"
                "+ 999\n"
                "x -> CANCEL 17\n"
                "+ 999\n"
                "x garbage\n"
                "  x <- ERROR PROTOCOL no p=hub\n"
                "+ 999\n"
                "+ 1\n"
                "  x dropped\n"
                "stats sessions=0 processes=0\n");
    shell_end (&core);
}

TEST ("a controller that was stopped itself does not take its peers for dead")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO timeout=1000\n"
                "  x <- WELCOME 1 p=hub\n"
                "c -> HELLO timeout=60000\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> WAIT 3 p=later ttl=500\n"
                "jump 20000\n"
                "  c <- ERROR 3 TIMEOUT no p=hub\n"
                "+ 500\n"
                "x -> PONG\n"
                "+ 999\n"
                "+ 1\n"
                "  x dropped\n"
                "stats processes=1\n");
    shell_end (&core);
}

//  --- leaving ----------------------------------------------------------------------

TEST ("a node that drains finishes, gets nothing new, and may still call")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f,g capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=g\n"
                "  v <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "c -> CALL 3 f=f p=w\n"
                "w -> DRAIN 8\n"
                "  c <- ERROR 2 NO_FUNCTION no p=hub\n"
                "  c <- ERROR 3 DRAINING no p=hub\n"
                "  w <- DRAIN 8\n"
                "c -> CALL 4 f=f\n"
                "  c <- ERROR 4 NO_FUNCTION no p=hub\n"
                "c -> CALL 5 f=f p=w\n"
                "  c <- ERROR 5 DRAINING no p=hub\n"
                "w -> CALL 1 f=g\n"
                "  v <- CALL t2 f=g p=w\n"
                "w -> UPDATE 9 add=h\n"
                "  w <- ERROR 9 DRAINING no p=hub\n"
                "v -> RESULT t2 body=y\n"
                "  w <- RESULT 1 p=v body=y\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "w -> GOODBYE\n"
                "  w dropped\n"
                "stats running=0 processes=2 lost=0\n");
    shell_end (&core);
}

TEST ("a controller that drains lets calls in flight end, and refuses new ones")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "new -> PING\n"
                "  new <- WHO\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "drain\n"
                "  w <- DRAIN\n"
                "  c <- DRAIN\n"
                "drain\n"
                "c -> CALL 3 f=f\n"
                "  c <- ERROR 3 DRAINING no p=hub\n"
                "c -> CAST f=f\n"
                "new -> HELLO\n"
                "  new <- ERROR 1 DRAINING no p=hub\n");
    CHECK (!daffi_core_idle (core->core));
    PLAY (core, "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "  w <- CALL t2 f=f p=c\n"
                "c -> CANCEL 2\n"
                "  w <- CANCEL t2\n"
                "w -> CANCEL t2 executed=yes\n"
                "  c <- ERROR 2 CANCELLED maybe p=w\n"
                "stats running=1 abandoned=1 dropped=1\n");
    CHECK (daffi_core_idle (core->core));
    PLAY (core, "close\n"
                "  w <- GOODBYE executed=no\n"
                "  c <- GOODBYE executed=no\n"
                "  w dropped\n"
                "  c dropped\n"
                "  new dropped\n");
    shell_end (&core);
}

TEST ("closing with calls, waits and subscribers in flight says goodbye and no more")
{
    daffi_core_options_t options = {.name = "hub", .settle_ms = 1000};
    shell_t *core = shell_new (&options);
    PLAY (core, "w -> HELLO offers=f capacity=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "w -> SUBSCRIBE 5\n"
                "  w <- EVENT 5 joined w\n"
                "  w <- EVENT 5 added w f\n"
                "  w <- RESULT 5 p=hub\n"
                "w -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=w\n"
                "w -> CALL 2 f=f\n"
                "w -> CALL 3 f=f p=w\n"
                "w -> CALL 4 f=f p=later\n"
                "w -> CALL 6 f=later\n"
                "w -> WAIT 7 f=later\n"
                "close\n"
                "  w <- GOODBYE\n"
                "  w dropped\n"
                "stats sessions=0 waiting=0 running=0 waits=0\n");
    shell_end (&core);
}
