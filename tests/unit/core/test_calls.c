//  SPDX-License-Identifier: MPL-2.0
//  Calls through the core: who gets them, who gets the answers, what is refused.

#include <stdio.h>
#include <stdlib.h>

#include "core_shell.h"
#include "test.h"

TEST ("a call goes to the process that offers it, and its result back")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 7 f=add ttl=500 body=x\n"
                "  w <- CALL t1 f=add p=c ttl=500 body=x\n"
                "stats calls=1 running=1 waiting=0\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 7 p=w body=y\n"
                "stats results=1 running=0 late=0\n");
    shell_end (&core);
}

TEST ("an error comes back as it was: status, executed, text, and who")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 7 f=add\n"
                "  w <- CALL t1 f=add p=c\n"
                "w -> ERROR t1 f=add status=TYPE executed=yes body=why\n"
                "  c <- ERROR 7 TYPE yes f=add p=w body=why\n"
                "c -> CALL 8 f=add\n"
                "  w <- CALL t2 f=add p=c\n"
                "w -> ERROR t2\n"
                "  c <- ERROR 8 FAILED maybe p=w\n"
                "stats errors=2 running=0\n");
    shell_end (&core);
}

TEST ("a process may call itself")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "w -> CALL 7 f=add body=x\n"
                "  w <- CALL t1 f=add p=w body=x\n"
                "w -> RESULT t1 body=y\n"
                "  w <- RESULT 7 p=w body=y\n"
                "w -> CALL 8 f=add p=w\n"
                "  w <- CALL t2 f=add p=w\n"
                "w !\n"
                "stats running=0 sessions=0\n");
    shell_end (&core);
}

TEST ("of equal providers each gets one call in turn")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "a -> HELLO offers=f\n"
                "  a <- WELCOME 1 p=hub\n"
                "b -> HELLO offers=f\n"
                "  b <- WELCOME 1 p=hub\n"
                "d -> HELLO offers=f\n"
                "  d <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  a <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "  b <- CALL t2 f=f p=c\n"
                "c -> CALL 3 f=f\n"
                "  d <- CALL t3 f=f p=c\n"
                "c -> CALL 4 f=f\n"
                "  a <- CALL t4 f=f p=c\n"
                "c -> CALL 5 f=f\n"
                "  b <- CALL t5 f=f p=c\n");
    shell_end (&core);
}

TEST ("equal providers take turns also where each answers at once")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "a -> HELLO offers=f\n"
                "  a <- WELCOME 1 p=hub\n"
                "b -> HELLO offers=f\n"
                "  b <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  a <- CALL t1 f=f p=c\n"
                "a -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=a body=y\n"
                "c -> CALL 2 f=f\n"
                "  b <- CALL t2 f=f p=c\n"
                "b -> RESULT t2 body=y\n"
                "  c <- RESULT 2 p=b body=y\n"
                "c -> CALL 3 f=f\n"
                "  a <- CALL t3 f=f p=c\n");
    shell_end (&core);
}

TEST ("the provider with the fewest calls gets the next one")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "a -> HELLO offers=f,only-a\n"
                "  a <- WELCOME 1 p=hub\n"
                "b -> HELLO offers=f\n"
                "  b <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=only-a\n"
                "  a <- CALL t1 f=only-a p=c\n"
                "c -> CALL 2 f=only-a\n"
                "  a <- CALL t2 f=only-a p=c\n"
                "c -> CALL 3 f=f\n"
                "  b <- CALL t3 f=f p=c\n"
                "c -> CALL 4 f=f\n"
                "  b <- CALL t4 f=f p=c\n"
                "b -> RESULT t3 body=y\n"
                "  c <- RESULT 3 p=b body=y\n"
                "c -> CALL 5 f=f\n"
                "  b <- CALL t5 f=f p=c\n");
    shell_end (&core);
}

TEST ("a named process gets the call and no other")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "a -> HELLO offers=f\n"
                "  a <- WELCOME 1 p=hub\n"
                "b -> HELLO offers=f\n"
                "  b <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f p=b\n"
                "  b <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f p=b\n"
                "  b <- CALL t2 f=f p=c\n"
                "c -> CALL 3 f=$node.info p=b\n"
                "  b <- CALL t3 f=$node.info p=c\n");
    shell_end (&core);
}

TEST ("what nobody has is refused at once")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=g\n"
                "  c <- ERROR 1 NO_FUNCTION no p=hub\n"
                "c -> CALL 2 f=g p=w\n"
                "  c <- ERROR 2 NO_FUNCTION no p=hub\n"
                "c -> CALL 3 f=f p=nobody\n"
                "  c <- ERROR 3 NO_PROCESS no p=hub\n"
                "c -> CALL 4 f=f p=not/a/name\n"
                "  c <- ERROR 4 INVALID no p=hub\n"
                "c -> CALL 5 f=not/a/name\n"
                "  c <- ERROR 5 INVALID no p=hub\n"
                "c -> CALL 6\n"
                "  c <- ERROR 6 INVALID no p=hub\n"
                "c -> CALL 7 f=$node.info\n"
                "  c <- ERROR 7 NO_FUNCTION no p=hub\n"
                "c -> CALL 8 f=$sys.nothing\n"
                "  c <- ERROR 8 NO_FUNCTION no p=hub\n"
                "c -> CALL 9 f=f p=c\n"
                "  c <- ERROR 9 NO_FUNCTION no p=hub\n"
                "stats refused=9 running=0 waiting=0\n");
    shell_end (&core);
}

TEST ("an id that is 0 or in flight is a breach of the protocol, and harms no call")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 0 f=f\n"
                "  c <- ERROR PROTOCOL no p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 1 f=f\n"
                "  c <- ERROR PROTOCOL no p=hub\n"
                "c -> WAIT 1 p=later\n"
                "  c <- ERROR INVALID no p=hub\n"
                "c -> SUBSCRIBE 1\n"
                "  c <- ERROR PROTOCOL no p=hub\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t2 f=f p=c\n"
                "stats malformed=4 running=1\n");
    shell_end (&core);
}

TEST ("two callers may use the same ids")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "a -> HELLO\n"
                "  a <- WELCOME 1 p=hub\n"
                "b -> HELLO\n"
                "  b <- WELCOME 1 p=hub\n"
                "a -> CALL 1 f=f body=A\n"
                "  w <- CALL t1 f=f p=a body=A\n"
                "b -> CALL 1 f=f body=B\n"
                "  w <- CALL t2 f=f p=b body=B\n"
                "w -> RESULT t2 body=b\n"
                "  b <- RESULT 1 p=w body=b\n"
                "w -> RESULT t1 body=a\n"
                "  a <- RESULT 1 p=w body=a\n");
    shell_end (&core);
}

TEST ("an answer counts once, and only from the session that was given the call")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "thief -> HELLO offers=g\n"
                "  thief <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "thief -> RESULT t1 body=stolen\n"
                "c -> RESULT t1 body=own\n"
                "w -> RESULT t1+1 body=guessed\n"
                "w -> RESULT 1 body=id\n"
                "w -> RESULT 0 body=z\n"
                "w -> RESULT 18446744073709551615 body=max\n"
                "stats late=6 running=1\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "w -> RESULT t1 body=again\n"
                "w -> ERROR t1 status=FAILED\n"
                "stats late=8 running=0 results=1\n");
    shell_end (&core);
}

TEST ("a token of a place that was used again does not match")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "c -> CALL 2 f=f\n"
                "  w <- CALL t2 f=f p=c\n"
                "w -> RESULT t1 body=old\n"
                "stats late=1\n"
                "w -> RESULT t2 body=new\n"
                "  c <- RESULT 2 p=w body=new\n");
    shell_end (&core);
}

TEST ("a session has so many calls and waits in flight, and no more")
{
    daffi_core_options_t options = {.name = "hub", .calls_max = 3};
    shell_t *core = shell_new (&options);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "  w <- CALL t2 f=f p=c\n"
                "c -> WAIT 3 p=later\n"
                "c -> CALL 4 f=f\n"
                "  c <- ERROR 4 BUSY no p=hub\n"
                "c -> WAIT 5 p=other\n"
                "  c <- ERROR 5 BUSY no p=hub\n"
                "c -> WAIT 6 f=other\n"
                "  c <- ERROR 6 BUSY no p=hub\n"
                "w -> CALL 1 f=f\n"
                "  w <- CALL t3 f=f p=w\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=w body=y\n"
                "c -> CALL 7 f=f\n"
                "  w <- CALL t4 f=f p=c\n");
    CHECK_EQ_UINT (core->core->processes.count, 3);
    shell_end (&core);
}

TEST ("a body over 64 MiB is too big, both ways")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n");
    //  nobody looks into it, so it need not be there
    uint8_t byte = 0;
    daffi_body_t large = daffi_body_borrowed (&byte, DAFFI_BODY_MAX + 1);
    daffi_header_t call = {.type = DAFFI_RECORD_CALL,
                           .id = 2,
                           .name = daffi_text_of ("f"),
                           .ttl_ms = DAFFI_TTL_NONE};
    daffi_header_t result = {
        .type = DAFFI_RECORD_RESULT, .id = core->tokens[0], .ttl_ms = DAFFI_TTL_NONE};
    daffi_core_receive (core->core, shell_peer (core, "c")->session, &call, &large,
                        core->now_ms);
    daffi_core_receive (core->core, shell_peer (core, "w")->session, &result, &large,
                        core->now_ms);
    CHECK_EQ_UINT (core->line_count, 2);
    CHECK_EQ_STR (core->lines[0], "c <- ERROR 2 TOO_BIG no p=hub");
    CHECK_EQ_STR (core->lines[1], "c <- ERROR 1 TOO_BIG yes p=w");
    shell_end (&core);
}

TEST ("a caller that does not read gets a short error in place of a result")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "  w <- CALL t2 f=f p=c\n"
                "c room=3\n"
                "w -> RESULT t1 body=four\n"
                "  c <- ERROR 1 BUSY yes p=w\n"
                "w -> ERROR t2 status=TYPE executed=no body=four\n"
                "  c <- ERROR 2 TYPE no p=w\n"
                "stats running=0\n");
    shell_end (&core);
}

//  --- casts ------------------------------------------------------------------------

TEST ("a cast is given to a provider and forgotten")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "a -> HELLO offers=log\n"
                "  a <- WELCOME 1 p=hub\n"
                "b -> HELLO offers=log\n"
                "  b <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CAST f=log body=x ttl=9\n"
                "  a <- CAST f=log p=c ttl=9 body=x\n"
                "c -> CAST f=log body=x\n"
                "  b <- CAST f=log p=c body=x\n"
                "c -> CAST f=log p=b body=x\n"
                "  b <- CAST f=log p=c body=x\n"
                "stats casts=3 dropped=0 running=0\n");
    shell_end (&core);
}

TEST ("a cast that cannot be given at once is dropped")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=log\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CAST f=other\n"
                "c -> CAST f=log p=nobody\n"
                "c -> CAST f=log p=c\n"
                "c -> CAST f=log ttl=0\n"
                "c -> CAST\n"
                "w room=1\n"
                "c -> CAST f=log body=xx\n"
                "c -> CAST f=log p=w body=xx\n"
                "stats casts=7 dropped=7 running=0\n"
                "w -> DRAIN\n"
                "  w <- DRAIN\n"
                "c -> CAST f=log\n"
                "c -> CAST f=log p=w\n"
                "stats dropped=9\n");
    shell_end (&core);
}
