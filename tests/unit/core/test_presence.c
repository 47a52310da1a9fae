//  SPDX-License-Identifier: MPL-2.0
//  Presence in the core: waits for processes and functions, and subscriptions.

#include "core_shell.h"
#include "test.h"

//  --- waits ------------------------------------------------------------------------

TEST ("a wait for what is there is answered at once")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "w -> WAIT 5 p=w\n"
                "  w <- RESULT 5 p=hub is=w\n"
                "w -> WAIT 6 f=f\n"
                "  w <- RESULT 6 p=hub is=w\n"
                "stats waits=0\n");
    shell_end (&core);
}

TEST ("waits are answered when the process or the function comes, once")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "a -> HELLO\n"
                "  a <- WELCOME 1 p=hub\n"
                "b -> HELLO\n"
                "  b <- WELCOME 1 p=hub\n"
                "a -> WAIT 5 p=w\n"
                "b -> WAIT 5 p=w\n"
                "a -> WAIT 6 f=f\n"
                "a -> WAIT 7 p=w\n"
                "stats waits=4\n"
                "w -> HELLO\n"
                "  a <- RESULT 5 p=hub is=w\n"
                "  b <- RESULT 5 p=hub is=w\n"
                "  a <- RESULT 7 p=hub is=w\n"
                "  w <- WELCOME 1 p=hub\n"
                "w -> UPDATE add=f\n"
                "  a <- RESULT 6 p=hub is=w\n"
                "stats waits=0\n"
                "w !\n"
                "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "a -> WAIT 5 p=w\n"
                "  a <- RESULT 5 p=hub is=w\n");
    shell_end (&core);
}

TEST ("who waited for a function can call it, a process that came with it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> WAIT 5 f=f\n"
                "c -> WAIT 6 p=w\n"
                "w -> HELLO offers=f\n"
                "  c <- RESULT 6 p=hub is=w\n"
                "  c <- RESULT 5 p=hub is=w\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> CALL 7 f=f p=w\n"
                "  w <- CALL t1 f=f p=c\n");
    shell_end (&core);
}

TEST ("a wait has a deadline, can be cancelled, and ends with its session")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "c -> HELLO timeout=60000\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> WAIT 5 p=w ttl=100\n"
                "c -> WAIT 6 f=f ttl=200\n"
                "c -> WAIT 7 p=w\n"
                "c -> WAIT 8 f=f ttl=0\n"
                "+ 0\n"
                "  c <- ERROR 8 TIMEOUT no p=hub\n"
                "+ 100\n"
                "  c <- ERROR 5 TIMEOUT no p=hub\n"
                "+ 100\n"
                "  c <- ERROR 6 TIMEOUT no p=hub\n"
                "stats waits=1\n"
                "c -> CANCEL 7\n"
                "stats waits=0\n"
                "c -> WAIT 9 p=w\n"
                "c -> WAIT 10 f=f\n"
                "c !\n"
                "stats waits=0\n");
    CHECK_EQ_UINT (core->core->processes.count, 0);
    CHECK_EQ_UINT (core->core->functions.count, 0);
    shell_end (&core);
}

TEST ("a wait that makes no sense is refused")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> WAIT 5\n"
                "  c <- ERROR 5 INVALID no p=hub\n"
                "c -> WAIT 5 p=w f=f\n"
                "  c <- ERROR 5 INVALID no p=hub\n"
                "c -> WAIT 5 p=not/a/name\n"
                "  c <- ERROR 5 INVALID no p=hub\n"
                "c -> WAIT 5 f=$sys.info\n"
                "  c <- ERROR 5 INVALID no p=hub\n"
                "c -> WAIT 0 p=w\n"
                "  c <- ERROR INVALID no p=hub\n"
                "c -> WAIT 5 p=w\n"
                "c -> WAIT 5 p=v\n"
                "  c <- ERROR INVALID no p=hub\n"
                "c -> CALL 5 f=f\n"
                "  c <- ERROR PROTOCOL no p=hub\n"
                "c -> SUBSCRIBE 5\n"
                "  c <- ERROR PROTOCOL no p=hub\n"
                "stats waits=1 malformed=8\n");
    shell_end (&core);
}

TEST ("a process that drains is not there any more for who begins to wait")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "w -> HELLO inc=1\n"
                "  w <- WELCOME 1 p=hub\n"
                "w -> DRAIN\n"
                "  w <- DRAIN\n"
                "c -> WAIT 5 p=w\n"
                "w -> GOODBYE\n"
                "  w dropped\n"
                "stats waits=1\n"
                "w -> HELLO inc=2\n"
                "  c <- RESULT 5 p=hub is=w\n"
                "  w <- WELCOME 1 p=hub\n");
    shell_end (&core);
}

//  --- subscriptions ----------------------------------------------------------------

TEST ("a subscriber is told the present state, then every change, in order")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f:(int),g\n"
                "  w <- WELCOME 1 p=hub\n"
                "s -> HELLO\n"
                "  s <- WELCOME 1 p=hub\n"
                "s -> SUBSCRIBE 5\n"
                "  s <- EVENT 5 joined w\n"
                "  s <- EVENT 5 added w f (int)\n"
                "  s <- EVENT 5 added w g\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- RESULT 5 p=hub\n"
                "w -> UPDATE remove=g add=h,f:(text)\n"
                "  s <- EVENT 5 removed w g\n"
                "  s <- EVENT 5 added w h\n"
                "  s <- EVENT 5 added w f (text)\n"
                "w -> GOODBYE\n"
                "  s <- EVENT 5 removed w h\n"
                "  s <- EVENT 5 removed w f\n"
                "  s <- EVENT 5 left w goodbye\n"
                "  w dropped\n"
                "w -> HELLO\n"
                "  s <- EVENT 5 joined w\n"
                "  w <- WELCOME 1 p=hub\n"
                "w !\n"
                "  s <- EVENT 5 left w lost\n"
                "s -> SUBSCRIBE 0\n"
                "w -> HELLO timeout=100\n"
                "  w <- WELCOME 1 p=hub\n"
                "s -> SUBSCRIBE 6\n"
                "  s <- EVENT 6 joined s\n"
                "  s <- EVENT 6 joined w\n"
                "  s <- RESULT 6 p=hub\n"
                "s -> SUBSCRIBE 7\n"
                "  s <- EVENT 7 joined s\n"
                "  s <- EVENT 7 joined w\n"
                "  s <- RESULT 7 p=hub\n"
                "+ 100\n"
                "  s <- EVENT 7 left w expired\n"
                "  w dropped\n"
                "s -> CALL 7 f=f\n"
                "  s <- ERROR PROTOCOL no p=hub\n");
    shell_end (&core);
}

TEST ("a subscriber that does not read is left out, and told the whole when it reads")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "s -> HELLO\n"
                "  s <- WELCOME 1 p=hub\n"
                "q -> HELLO\n"
                "  q <- WELCOME 1 p=hub\n"
                "s -> SUBSCRIBE 5\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- EVENT 5 joined q\n"
                "  s <- RESULT 5 p=hub\n"
                "q -> SUBSCRIBE 8\n"
                "  q <- EVENT 8 joined s\n"
                "  q <- EVENT 8 joined q\n"
                "  q <- RESULT 8 p=hub\n"
                "s room=0\n"
                "w -> HELLO offers=f\n"
                "  q <- EVENT 8 joined w\n"
                "  q <- EVENT 8 added w f\n"
                "  w <- WELCOME 1 p=hub\n"
                "v -> HELLO\n"
                "  q <- EVENT 8 joined v\n"
                "  v <- WELCOME 1 p=hub\n"
                "s -> PING 3\n"
                "  s <- PONG 3\n"
                "w !\n"
                "  q <- EVENT 8 removed w f\n"
                "  q <- EVENT 8 left w lost\n"
                "s room=100000\n"
                "s -> PING 4\n"
                "  s <- EVENT 5 lost\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- EVENT 5 joined q\n"
                "  s <- EVENT 5 joined v\n"
                "  s <- PONG 4\n"
                "v !\n"
                "  s <- EVENT 5 left v lost\n"
                "  q <- EVENT 8 left v lost\n");
    shell_end (&core);
}

TEST ("a subscriber catches up when its queue is empty again, without a word from it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "s -> HELLO\n"
                "  s <- WELCOME 1 p=hub\n"
                "s -> SUBSCRIBE 5\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- RESULT 5 p=hub\n"
                "s room=0\n"
                "v -> HELLO\n"
                "  v <- WELCOME 1 p=hub\n"
                "s writable\n"
                "s room=100000\n"
                "s writable\n"
                "  s <- EVENT 5 lost\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- EVENT 5 joined v\n"
                "s writable\n");
    shell_end (&core);
}

TEST ("a subscription ends with its session, and with HELLO within it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "s -> HELLO\n"
                "  s <- WELCOME 1 p=hub\n"
                "s -> SUBSCRIBE 5\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- RESULT 5 p=hub\n"
                "s -> HELLO 2\n"
                "  s <- WELCOME 2 p=hub\n"
                "v -> HELLO\n"
                "  v <- WELCOME 1 p=hub\n"
                "s -> WAIT 5 p=v\n"
                "  s <- RESULT 5 p=hub is=v\n"
                "s !\n"
                "v !\n");
    shell_end (&core);
}
