//  SPDX-License-Identifier: MPL-2.0
//  The controller was stopped, or got no processor, and goes on: what its peers sent
//  before they gave it up must not be carried out any more.

#include "core_shell.h"
#include "test.h"

TEST ("after a sleep longer than a process's timeout nothing counts from it but HELLO")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO timeout=400\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> PING 1\n"
                "  c <- PONG 1\n"
                "jump 700\n"
                "c -> CALL 7 f=add ttl=9000 body=x\n"
                "  c <- WHO\n"
                "c -> CAST f=add ttl=9000 body=x\n"
                "c -> HELLO 2 timeout=400\n"
                "  c <- WELCOME 2 p=hub\n"
                "c -> CALL 8 f=add body=y\n"
                "  w <- CALL t1 f=add p=c body=y\n"
                "w -> RESULT t1 body=z\n"
                "  c <- RESULT 8 p=w body=z\n");
    shell_end (&core);
}

TEST ("after such a sleep the calls that a process ran are lost to their callers")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add timeout=400\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 7 f=add body=x\n"
                "  w <- CALL t1 f=add p=c body=x\n"
                "w -> PING 1\n"
                "  w <- PONG 1\n"
                "jump 700\n"
                "w -> RESULT t1 body=y\n"
                "  c <- ERROR 7 PROCESS_LOST maybe p=w\n"
                "  w <- WHO\n"
                "w -> HELLO 2 offers=add timeout=400\n"
                "  w <- WELCOME 2 p=hub\n");
    shell_end (&core);
}

TEST (
    "a shorter sleep changes nothing, and neither does a process that hears us seldom")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add timeout=400\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO timeout=400\n"
                "  c <- WELCOME 1 p=hub\n"
                "jump 350\n"
                "c -> CALL 7 f=add body=x\n"
                "  w <- CALL t1 f=add p=c body=x\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 7 p=w body=y\n"
                "jump 150\n"
                "c -> CAST f=none body=x\n"
                "w -> PONG 0\n"
                "jump 150\n"
                "c -> CAST f=none body=x\n"
                "w -> PONG 0\n"
                "jump 150\n"
                "c -> CALL 8 f=add body=x\n"
                "  w <- CALL t2 f=add p=c body=x\n"
                "w -> RESULT t2 body=y\n"
                "  c <- RESULT 8 p=w body=y\n");
    shell_end (&core);
}

TEST ("a process that never asked for a sign of life cannot have missed one")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO timeout=400\n"
                "  c <- WELCOME 1 p=hub\n"
                "jump 700\n"
                "c -> CALL 7 f=add body=x\n"
                "  w <- CALL t1 f=add p=c body=x\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 7 p=w body=y\n");
    shell_end (&core);
}

TEST ("a process that asked for its first sign of life during such a sleep missed it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO timeout=400\n"
                "  c <- WELCOME 1 p=hub\n"
                "jump 700\n"
                "c -> PING 1\n"
                "  c <- WHO\n"
                "c -> CALL 7 f=add ttl=9000 body=x\n"
                "c -> HELLO 2 timeout=400\n"
                "  c <- WELCOME 2 p=hub\n"
                "c -> PING 2\n"
                "  c <- PONG 2\n");
    shell_end (&core);
}

TEST ("a call whose time ran out meanwhile is given to nobody who comes then")
{
    daffi_core_options_t options = {.name = "hub", .settle_ms = 5000};
    shell_t *core = shell_new (&options);
    PLAY (core, "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 8 f=add ttl=300 body=y\n"
                "sleep 700\n"
                "w -> HELLO offers=add\n"
                "  w <- WELCOME 1 p=hub\n"
                "  c <- ERROR 8 TIMEOUT no p=hub\n");
    shell_end (&core);
}
