/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that misbehaves in every way that a runner has to survive. */

#include <daffi_payload.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

DAFFI_PAYLOAD_FUNCTION (fine, "() -> int")
{
    return daffi_payload_reply (call, 1);
}

DAFFI_PAYLOAD_FUNCTION (segfault, "()")
{
    *(volatile int *)0 = 1;
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (aborts, "()")
{
    abort ();
}

DAFFI_PAYLOAD_FUNCTION (exits, "()")
{
    exit (7);
}

DAFFI_PAYLOAD_FUNCTION (loops, "()")
{
    for (volatile unsigned i = 0;; i++)
        ;
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (sleeps, "()")
{
    sleep (1000);
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (eats, "()")
{
    for (;;) {
        volatile char *memory = malloc (1 << 20);
        memory[0] = 1;
    }
    return DAFFI_OK;
}

static int deeper (const volatile char *above)
{
    volatile char room[4096];
    room[0] = above[0];
    return room[0] ? 0 : deeper (room) + room[0];
}

DAFFI_PAYLOAD_FUNCTION (recurses, "()")
{
    volatile char start[1] = {0};
    return deeper (start);
}

DAFFI_PAYLOAD_FUNCTION (forks, "()")
{
    for (;;)
        if (fork () < 0)
            return DAFFI_FAILED;
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (executes, "()")
{
    execl ("/bin/true", "true", (char *)NULL);
    return DAFFI_FAILED;
}

DAFFI_PAYLOAD_FUNCTION (opens, "()")
{
    int fd = open ("/etc/passwd", O_RDONLY);
    return fd < 0 ? DAFFI_FAILED : DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (connects, "()")
{
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? DAFFI_FAILED : DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (kills, "()")
{
    kill (getppid (), SIGKILL);
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (prints, "()")
{
    static const char text[] = "a line that it prints\n";
    if (write (1, text, sizeof text - 1) < 0)
        return DAFFI_FAILED;
    return DAFFI_OK;
}

/*  Answers, and crashes behind it. */
DAFFI_PAYLOAD_FUNCTION (answers_then_dies, "() -> int")
{
    daffi_payload_reply (call, 1);
    *(volatile int *)0 = 1;
    return DAFFI_OK;
}

/*  How many descriptors it can have beside those that it began with. */
DAFFI_PAYLOAD_FUNCTION (hoards, "() -> int")
{
    int count = 0;
    while (count < 100000 && dup (1) >= 0)
        count++;
    return daffi_payload_reply (call, count);
}

extern char **environ;

/*  How many secrets stand in the environment. */
DAFFI_PAYLOAD_FUNCTION (spies, "() -> int")
{
    int count = 0;
    for (char **entry = environ; entry && *entry; entry++)
        count += strncmp (*entry, "DAFFI_TEST_SECRET", 17) == 0;
    return daffi_payload_reply (call, count);
}
