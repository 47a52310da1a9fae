//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts through the core: who is asked, what each part ends with, and how the
//  whole ends.

#include <stdio.h>
#include <stdlib.h>

#include "core_shell.h"
#include "test.h"

#define PROVIDER(name)          \
    name " -> HELLO offers=f\n" \
         "  " name " <- WELCOME 1 p=hub\n"
#define CALLER     \
    "c -> HELLO\n" \
    "  c <- WELCOME 1 p=hub\n"

TEST ("a broadcast asks every provider, and each answer comes as a part of its own")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") PROVIDER ("w") CALLER
          "c -> CALL 7 f=f all=0 ttl=500 body=x\n"
          "  u <- CALL t1 f=f p=c ttl=500 body=x\n"
          "  v <- CALL t2 f=f p=c ttl=500 body=x\n"
          "  w <- CALL t3 f=f p=c ttl=500 body=x\n"
          "stats calls=1 groups=1 running=3\n"
          "v -> RESULT t2 body=2\n"
          "  c <- RESULT 7 p=v part body=2\n"
          "u -> RESULT t1 body=1\n"
          "  c <- RESULT 7 p=u part body=1\n"
          "w -> RESULT t3 body=3\n"
          "  c <- RESULT 7 p=w part body=3\n"
          "  c <- END 7\n"
          "stats groups=0 running=0 results=3\n"
          "w -> RESULT t3 body=again\n"
          "stats late=1\n");
    shell_end (&core);
}

TEST ("the id of a broadcast is in flight until END, and free after it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") CALLER "c -> CALL 7 f=f all=0\n"
                                      "  u <- CALL t1 f=f p=c\n"
                                      "c -> CALL 7 f=f\n"
                                      "  c <- ERROR PROTOCOL no p=hub\n"
                                      "u -> RESULT t1 body=1\n"
                                      "  c <- RESULT 7 p=u part body=1\n"
                                      "  c <- END 7\n"
                                      "c -> CALL 7 f=f\n"
                                      "  u <- CALL t2 f=f p=c\n");
    shell_end (&core);
}

TEST ("one that fails, one that dies and one that is late lose nothing of the others")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") PROVIDER ("w") PROVIDER ("x") CALLER
          "c -> CALL 7 f=f all=0 ttl=500\n"
          "  u <- CALL t1 f=f p=c ttl=500\n"
          "  v <- CALL t2 f=f p=c ttl=500\n"
          "  w <- CALL t3 f=f p=c ttl=500\n"
          "  x <- CALL t4 f=f p=c ttl=500\n"
          "u -> ERROR t1 f=f status=FAILED executed=yes body=why\n"
          "  c <- ERROR 7 FAILED yes f=f p=u part body=why\n"
          "v !\n"
          "  c <- ERROR 7 PROCESS_LOST maybe p=v part\n"
          "x -> RESULT t4 body=4\n"
          "  c <- RESULT 7 p=x part body=4\n"
          "+ 500\n"
          "  c <- ERROR 7 TIMEOUT maybe p=w part\n"
          "  w <- CANCEL t3\n"
          "  c <- END 7\n"
          "stats groups=0 running=1 abandoned=1 expired=1 lost=1\n"
          "w -> RESULT t3 body=late\n"
          "stats running=0 abandoned=0 late=1\n");
    shell_end (&core);
}

TEST ("who answers no broadcasts is given so many beyond its capacity, then none")
{
    const daffi_core_options_t options = {.name = "hub", .calls_max = 2};
    shell_t *core = shell_new (&options);
    PLAY (core, PROVIDER ("v") "u -> HELLO offers=f capacity=1\n"
                               "  u <- WELCOME 1 p=hub\n" CALLER);
    //  given up at once, so that they take none of the caller's places
    for (int i = 0; i < 3; i++) {
        char script[240];
        snprintf (script, sizeof script,
                  "c -> CALL 7 f=f all=0\n"
                  "  v <- CALL t%d f=f p=c\n"
                  "  u <- CALL t%d f=f p=c\n"
                  "v -> RESULT t%d body=1\n"
                  "  c <- RESULT 7 p=v part body=1\n"
                  "c -> CANCEL 7\n"
                  "  u <- CANCEL t%d\n",
                  2 * i + 1, 2 * i + 2, 2 * i + 1, 2 * i + 2);
        PLAY (core, script);
    }
    PLAY (core, "c -> CALL 7 f=f all=0\n"
                "  v <- CALL t7 f=f p=c\n"
                "  c <- ERROR 7 BUSY no p=u part\n"
                "v -> RESULT t7 body=1\n"
                "  c <- RESULT 7 p=v part body=1\n"
                "  c <- END 7\n"
                "stats running=3 abandoned=3\n"
                "u -> RESULT t2 body=late\n"
                "c -> CALL 7 f=f all=0\n"
                "  v <- CALL t8 f=f p=c\n"
                "  u <- CALL t9 f=f p=c\n");
    shell_end (&core);
}

TEST ("a broadcast is over when the last provider that has not answered is lost")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") CALLER
          "c -> CALL 7 f=f all=0\n"
          "  u <- CALL t1 f=f p=c\n"
          "  v <- CALL t2 f=f p=c\n"
          "u !\n"
          "  c <- ERROR 7 PROCESS_LOST maybe p=u part\n"
          "v -> GOODBYE\n"
          "  c <- ERROR 7 PROCESS_LOST maybe p=v part\n"
          "  c <- END 7\n"
          "  v dropped\n"
          "stats groups=0 running=0\n");
    shell_end (&core);
}

TEST ("the first success is enough where one is asked for: the others are cancelled")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") PROVIDER ("w") CALLER
          "c -> CALL 7 f=f all=1\n"
          "  u <- CALL t1 f=f p=c\n"
          "  v <- CALL t2 f=f p=c\n"
          "  w <- CALL t3 f=f p=c\n"
          "u -> ERROR t1 status=FAILED executed=yes\n"
          "  c <- ERROR 7 FAILED yes p=u part\n"
          "w -> RESULT t3 body=3\n"
          "  c <- RESULT 7 p=w part body=3\n"
          "  c <- ERROR 7 CANCELLED maybe p=v part\n"
          "  v <- CANCEL t2\n"
          "  c <- END 7\n"
          "stats groups=0 running=1 abandoned=1\n"
          "v -> RESULT t2 body=2\n"
          "stats late=1 running=0\n");
    shell_end (&core);
}

TEST ("k successes are counted, failures are not")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") PROVIDER ("w") PROVIDER ("x") CALLER
          "c -> CALL 7 f=f all=2\n"
          "  u <- CALL t1 f=f p=c\n"
          "  v <- CALL t2 f=f p=c\n"
          "  w <- CALL t3 f=f p=c\n"
          "  x <- CALL t4 f=f p=c\n"
          "u -> RESULT t1 body=1\n"
          "  c <- RESULT 7 p=u part body=1\n"
          "v -> ERROR t2 status=FAILED executed=yes\n"
          "  c <- ERROR 7 FAILED yes p=v part\n"
          "w -> RESULT t3 body=3\n"
          "  c <- RESULT 7 p=w part body=3\n"
          "  c <- ERROR 7 CANCELLED maybe p=x part\n"
          "  x <- CANCEL t4\n"
          "  c <- END 7\n");
    shell_end (&core);
}

TEST ("more successes asked for than there are providers: all are waited for")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") CALLER "c -> CALL 7 f=f all=5\n"
                                                     "  u <- CALL t1 f=f p=c\n"
                                                     "  v <- CALL t2 f=f p=c\n"
                                                     "u -> RESULT t1 body=1\n"
                                                     "  c <- RESULT 7 p=u part body=1\n"
                                                     "v -> RESULT t2 body=2\n"
                                                     "  c <- RESULT 7 p=v part body=2\n"
                                                     "  c <- END 7\n");
    shell_end (&core);
}

TEST ("nobody offers it: an error that is no part, and no END")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") CALLER "c -> CALL 7 f=g all=0\n"
                                      "  c <- ERROR 7 NO_FUNCTION no p=hub\n"
                                      "c -> CALL 8 f=h all=0\n"
                                      "  c <- ERROR 8 NO_FUNCTION no p=hub\n"
                                      "c -> CALL 9 f=bad/name all=0\n"
                                      "  c <- ERROR 9 INVALID no p=hub\n"
                                      "c -> CALL 10 f=f all=0 ttl=0\n"
                                      "  c <- ERROR 10 TIMEOUT no p=hub\n"
                                      "stats groups=0 refused=4\n");
    shell_end (&core);
}

TEST ("in the settling time one that is there is asked at once")
{
    const daffi_core_options_t options = {.name = "hub", .settle_ms = 1000};
    shell_t *core = shell_new (&options);
    PLAY (core, CALLER PROVIDER ("u") "c -> CALL 8 f=f all=0\n"
                                      "  u <- CALL t1 f=f p=c\n"
                                      "+ 1000\n"
                                      "c -> CALL 9 f=g all=0\n"
                                      "  c <- ERROR 9 NO_FUNCTION no p=hub\n");
    shell_end (&core);
}

TEST ("who joins later is not asked")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") CALLER
          "c -> CALL 7 f=f all=0\n"
          "  u <- CALL t1 f=f p=c\n" PROVIDER ("v") "u -> RESULT t1 body=1\n"
                                                    "  c <- RESULT 7 p=u part body=1\n"
                                                    "  c <- END 7\n");
    shell_end (&core);
}

TEST ("who withdrew the function, or drains, is not asked")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") PROVIDER ("w") CALLER
          "u -> UPDATE remove=f\n"
          "v -> DRAIN\n"
          "  v <- DRAIN\n"
          "c -> CALL 7 f=f all=0\n"
          "  w <- CALL t1 f=f p=c\n");
    shell_end (&core);
}

TEST ("a part does not wait for a place: a provider that is full is asked too")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "u -> HELLO offers=f capacity=1\n"
                "  u <- WELCOME 1 p=hub\n" CALLER "c -> CALL 1 f=f\n"
                "  u <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f\n"
                "c -> CALL 7 f=f all=0\n"
                "  u <- CALL t2 f=f p=c\n"
                "stats waiting=1 running=2\n"
                "u -> RESULT t2 body=2\n"
                "  c <- RESULT 7 p=u part body=2\n"
                "  c <- END 7\n"
                "stats waiting=1 running=1\n"
                "u -> RESULT t1 body=1\n"
                "  c <- RESULT 1 p=u body=1\n"
                "  u <- CALL t3 f=f p=c\n");
    shell_end (&core);
}

TEST ("a provider that is too far behind with reading is BUSY, and the others answer")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") CALLER "u room=2\n"
                                                     "c -> CALL 7 f=f all=0 body=xyz\n"
                                                     "  c <- ERROR 7 BUSY no p=u part\n"
                                                     "  v <- CALL t1 f=f p=c body=xyz\n"
                                                     "v -> RESULT t1 body=1\n"
                                                     "  c <- RESULT 7 p=v part body=1\n"
                                                     "  c <- END 7\n"
                                                     "v room=2\n"
                                                     "c -> CALL 8 f=f all=0 body=xyz\n"
                                                     "  c <- ERROR 8 BUSY no p=u part\n"
                                                     "  c <- ERROR 8 BUSY no p=v part\n"
                                                     "  c <- END 8\n"
                                                     "stats groups=0\n");
    shell_end (&core);
}

TEST ("a caller that does not read keeps every status, and loses the bodies")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") CALLER "c -> CALL 7 f=f all=0\n"
                                      "  u <- CALL t1 f=f p=c\n"
                                      "c room=2\n"
                                      "u -> RESULT t1 body=xyz\n"
                                      "  c <- ERROR 7 BUSY yes p=u part\n"
                                      "  c <- END 7\n");
    shell_end (&core);
}

TEST ("CANCEL ends a broadcast: every part that runs is cancelled, nothing is answered")
{
    shell_t *core = shell_new (NULL);
    PLAY (core,
          PROVIDER ("u") PROVIDER ("v") CALLER "c -> CALL 7 f=f all=0 ttl=500\n"
                                               "  u <- CALL t1 f=f p=c ttl=500\n"
                                               "  v <- CALL t2 f=f p=c ttl=500\n"
                                               "u -> RESULT t1 body=1\n"
                                               "  c <- RESULT 7 p=u part body=1\n"
                                               "c -> CANCEL 7\n"
                                               "  v <- CANCEL t2\n"
                                               "stats groups=0 abandoned=1\n"
                                               "v -> RESULT t2 body=2\n"
                                               "+ 500\n"
                                               "stats abandoned=0 late=1 expired=0\n");
    shell_end (&core);
}

TEST ("the caller's loss cancels every part")
{
    shell_t *core = shell_new (NULL);
    PLAY (core,
          PROVIDER ("u") PROVIDER ("v") CALLER "c -> CALL 7 f=f all=0\n"
                                               "  u <- CALL t1 f=f p=c\n"
                                               "  v <- CALL t2 f=f p=c\n"
                                               "c !\n"
                                               "  u <- CANCEL t1\n"
                                               "  v <- CANCEL t2\n"
                                               "stats groups=0 running=2 abandoned=2\n"
                                               "v !\n"
                                               "u -> RESULT t1 body=1\n"
                                               "stats running=0 abandoned=0\n");
    shell_end (&core);
}

TEST ("a caller that offers the function is asked too, and its loss ends both")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") "u -> CALL 7 f=f all=0\n"
                                              "  u <- CALL t1 f=f p=u\n"
                                              "  v <- CALL t2 f=f p=u\n"
                                              "u -> RESULT t1 body=1\n"
                                              "  u <- RESULT 7 p=u part body=1\n"
                                              "v -> RESULT t2 body=2\n"
                                              "  u <- RESULT 7 p=v part body=2\n"
                                              "  u <- END 7\n"
                                              "u -> CALL 8 f=f all=1\n"
                                              "  u <- CALL t3 f=f p=u\n"
                                              "  v <- CALL t4 f=f p=u\n"
                                              "u !\n"
                                              "  v <- CANCEL t4\n"
                                              "stats groups=0 running=1 abandoned=1\n");
    shell_end (&core);
}

TEST ("an answer to a part counts only from the process that was asked")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") CALLER "c -> CALL 7 f=f all=0\n"
                                                     "  u <- CALL t1 f=f p=c\n"
                                                     "  v <- CALL t2 f=f p=c\n"
                                                     "u -> RESULT t2 body=forged\n"
                                                     "u -> RESULT t1+1 body=forged\n"
                                                     "c -> RESULT 7 body=forged\n"
                                                     "stats late=3 running=2\n"
                                                     "u -> END t1\n"
                                                     "u -> CHUNK t1 body=x\n"
                                                     "c -> CHUNK 7 body=x\n"
                                                     "stats late=6 groups=1\n");
    shell_end (&core);
}

TEST ("a controller that drains finishes its broadcasts, and begins none")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") CALLER "c -> CALL 7 f=f all=0\n"
                                      "  u <- CALL t1 f=f p=c\n"
                                      "drain\n"
                                      "  u <- DRAIN\n"
                                      "  c <- DRAIN\n"
                                      "c -> CALL 8 f=f all=0\n"
                                      "  c <- ERROR 8 DRAINING no p=hub\n");
    CHECK (!daffi_core_idle (core->core));
    PLAY (core, "u -> RESULT t1 body=1\n"
                "  c <- RESULT 7 p=u part body=1\n"
                "  c <- END 7\n");
    CHECK (daffi_core_idle (core->core));
    shell_end (&core);
}

TEST ("a broadcast counts as one call of its caller")
{
    const daffi_core_options_t options = {.name = "hub", .calls_max = 2};
    shell_t *core = shell_new (&options);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") PROVIDER ("w") CALLER
          "c -> CALL 1 f=f all=0\n"
          "  u <- CALL t1 f=f p=c\n"
          "  v <- CALL t2 f=f p=c\n"
          "  w <- CALL t3 f=f p=c\n"
          "c -> CALL 2 f=f all=0\n"
          "  u <- CALL t4 f=f p=c\n"
          "  v <- CALL t5 f=f p=c\n"
          "  w <- CALL t6 f=f p=c\n"
          "c -> CALL 3 f=f\n"
          "  c <- ERROR 3 BUSY no p=hub\n");
    shell_end (&core);
}

//  --- some of them -----------------------------------------------------------------

//  [["u", "x", "v", "u"], ["a"]]
#define NAMED "raw=9294a175a178a176a17591a161"

TEST ("a broadcast to named processes asks each of them once, and tells who is missing")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") PROVIDER ("v") PROVIDER ("w") CALLER
          "c -> CALL 7 f=f all=0 part " NAMED "\n"
          "  u <- CALL t1 f=f p=c\n"
          "  c <- ERROR 7 NO_PROCESS no p=x part\n"
          "  v <- CALL t2 f=f p=c\n");
    PLAY (core, "v -> RESULT t2\n"
                "  c <- RESULT 7 p=v part\n"
                "u -> RESULT t1\n"
                "  c <- RESULT 7 p=u part\n"
                "  c <- END 7\n");
    shell_end (&core);
}

TEST ("what named processes are given is the arguments without the names")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") CALLER "c -> CALL 7 f=f all=0 part raw=9291a17591a161\n"
                                      "  u <- CALL t1 f=f p=c\n");
    CHECK_EQ_MEM (core->last_body.data, core->last_body.size,
                  "\x91\xa1"
                  "a",
                  3);
    shell_end (&core);
}

TEST (
    "one that is named and does not offer it, or is stopping, is told of; none is left")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CALLER "u -> HELLO offers=g\n"
                       "  u <- WELCOME 1 p=hub\n"
                       "v -> HELLO offers=f\n"
                       "  v <- WELCOME 1 p=hub\n"
                       "v -> DRAIN\n"
                       "  v <- DRAIN\n"
                       "c -> CALL 7 f=f all=1 part " NAMED "\n"
                       "  c <- ERROR 7 NO_FUNCTION no p=u part\n"
                       "  c <- ERROR 7 NO_PROCESS no p=x part\n"
                       "  c <- ERROR 7 DRAINING no p=v part\n"
                       "  c <- END 7\n"
                       "stats groups=0\n");
    shell_end (&core);
}

TEST ("a body that is not [[names], [arguments]] is refused")
{
    static const char *const bodies[] = {
        "raw=90",         "raw=91a161",   "raw=92c090", "raw=9291c090",
        "raw=9291a12f90", "raw=9293a161", "body="};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char line[200];
        shell_t *core = shell_new (NULL);
        PLAY (core, PROVIDER ("u") CALLER);
        snprintf (line, sizeof line,
                  "c -> CALL 7 f=f all=0 part %s\n"
                  "  c <- ERROR 7 INVALID no p=hub\n",
                  bodies[i]);
        PLAY (core, line);
        shell_end (&core);
    }
}

TEST ("a group is who has its name, or a name that goes on with a dot")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("r") PROVIDER ("r.1") PROVIDER ("r.gpu.2") PROVIDER ("r2")
                    CALLER "c -> CALL 7 f=f p=r all=0\n"
                           "  r <- CALL t1 f=f p=c\n"
                           "  r.1 <- CALL t2 f=f p=c\n"
                           "  r.gpu.2 <- CALL t3 f=f p=c\n"
                           "c -> CALL 8 f=f p=r.gpu all=0\n"
                           "  r.gpu.2 <- CALL t4 f=f p=c\n"
                           "c -> CALL 9 f=f p=s all=0\n"
                           "  c <- ERROR 9 NO_FUNCTION no p=hub\n");
    shell_end (&core);
}

TEST ("a function that every node has is broadcast to every process")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER ("u") CALLER "c -> CALL 7 f=$node.ping all=0\n"
                                      "  u <- CALL t1 f=$node.ping p=c\n"
                                      "  c <- CALL t2 f=$node.ping p=c\n"
                                      "c -> CALL 8 f=$sys.info all=0\n"
                                      "  c <- ERROR 8 INVALID no p=hub\n");
    shell_end (&core);
}

TEST ("parts count against a function's limit, and do not wait for it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CALLER "u -> HELLO offers=f*1\n"
                       "  u <- WELCOME 1 p=hub\n"
                       "c -> CALL 7 f=f all=0\n"
                       "  u <- CALL t1 f=f p=c\n"
                       "c -> CALL 8 f=f all=0\n"
                       "  u <- CALL t2 f=f p=c\n"
                       "c -> CALL 9 f=f\n"
                       "u -> RESULT t1\n"
                       "  c <- RESULT 7 p=u part\n"
                       "  c <- END 7\n"
                       "u -> RESULT t2\n"
                       "  c <- RESULT 8 p=u part\n"
                       "  c <- END 8\n"
                       "  u <- CALL t3 f=f p=c\n");
    shell_end (&core);
}
