/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that turns on its node, its runner and other processes of their user. */

#include <daffi_payload.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SOCKET = 3, PIECE = 64 << 10, RECEIVE = 14, PROGRESS = 16, LOG = 17 };

/*  The head of what a child says, as node/transfer/runner_wire.h has it. */
typedef struct {
    uint32_t type, more;
    int64_t a, b;
} head_t;

DAFFI_PAYLOAD_FUNCTION (fine, "() -> int")
{
    return daffi_payload_reply (call, 1);
}

DAFFI_PAYLOAD_FUNCTION (get_pid, "() -> int")
{
    return daffi_payload_reply (call, getpid ());
}

DAFFI_PAYLOAD_FUNCTION (sleeps, "()")
{
    sleep (1000);
    return DAFFI_OK;
}

/*  --- signals and limits -------------------------------------------------------------
 */

/*  A limit whose address has nothing but zeros in its low half. */
DAFFI_PAYLOAD_FUNCTION (limits_others, "()")
{
    void *limit = mmap ((void *)0x100000000, 4096, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return (int)syscall (SYS_prlimit64, getppid (), RLIMIT_CORE, limit, NULL);
}

DAFFI_PAYLOAD_FUNCTION (looks_at_others, "()")
{
    struct rlimit limit;
    return (int)syscall (SYS_prlimit64, getppid (), RLIMIT_CORE, NULL, &limit);
}

DAFFI_PAYLOAD_FUNCTION (owns_signals, "()")
{
    return fcntl (SOCKET, F_SETOWN, getppid ());
}

DAFFI_PAYLOAD_FUNCTION (asks_for_signals, "()")
{
    return fcntl (SOCKET, F_SETFL, O_RDWR | O_ASYNC);
}

/*  What is left of fcntl, and its own limits. */
DAFFI_PAYLOAD_FUNCTION (asks_politely, "() -> int")
{
    struct rlimit limit;
    int pair[2];
    if (pipe (pair) || fcntl (pair[0], F_SETFL, O_NONBLOCK) ||
        fcntl (pair[0], F_GETFL) != O_NONBLOCK ||
        fcntl (pair[0], F_SETFD, FD_CLOEXEC) ||
        fcntl (pair[0], F_DUPFD_CLOEXEC, 0) < 0 || getrlimit (RLIMIT_CPU, &limit))
        return DAFFI_FAILED;
    return daffi_payload_reply (call, (int64_t)limit.rlim_max);
}

/*  --- what it says -------------------------------------------------------------------
 */

static int say (uint32_t type, uint32_t more, int64_t a, size_t size, int flags)
{
    static char room[PIECE];
    head_t head = {type, more, a, 0};
    struct iovec parts[] = {{&head, sizeof head}, {room, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg (SOCKET, &message, MSG_NOSIGNAL | flags) < 0 ? -1 : 0;
}

/*  The rest of it never comes. */
DAFFI_PAYLOAD_FUNCTION (says_half, "()")
{
    say (LOG, 1, 0, PIECE, 0);
    sleep (1000);
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (says_nothing_for_ever, "()")
{
    for (;;)
        say (LOG, 1, 0, 0, 0);
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (talks_for_ever, "()")
{
    for (;;)
        say (LOG, 0, 3, 1, 0);
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (prints_for_ever, "()")
{
    static char room[PIECE];
    memset (room, '\n', sizeof room);
    for (;;)
        if (write (1, room, sizeof room) < 0)
            return DAFFI_FAILED;
    return DAFFI_OK;
}

/*  Nobody reads what it says while the node waits for an item. */
DAFFI_PAYLOAD_FUNCTION (leaves_no_room, "(stream of nil), yields int")
{
    if (daffi_payload_yield (call, getpid ()) || say (RECEIVE, 0, -1, 0, 0))
        return DAFFI_FAILED;
    usleep (100000);
    while (!say (PROGRESS, 0, 0, 0, MSG_DONTWAIT))
        continue;
    _exit (0);
}

/*  Hands its descriptors to the node, which never asked for any. */
DAFFI_PAYLOAD_FUNCTION (smuggles, "() -> int")
{
    for (int i = 0; i < 50; i++) {
        head_t head = {PROGRESS, 0, 0, 0};
        struct iovec part = {&head, sizeof head};
        union {
            char room[CMSG_SPACE (2 * sizeof (int))];
            struct cmsghdr head;
        } control;
        memset (&control, 0, sizeof control);
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control.room,
                                 .msg_controllen = sizeof control.room};
        control.head =
            (struct cmsghdr){CMSG_LEN (2 * sizeof (int)), SOL_SOCKET, SCM_RIGHTS};
        memcpy (CMSG_DATA (&control.head), (int[]){0, 1}, 2 * sizeof (int));
        /*  so many may be on their way as it may have */
        while (sendmsg (SOCKET, &message, MSG_NOSIGNAL) < 0)
            if (errno != ETOOMANYREFS)
                return DAFFI_FAILED;
    }
    return daffi_payload_reply (call, 1);
}

/*  --- time ---------------------------------------------------------------------------
 */

DAFFI_PAYLOAD_FUNCTION (closes_its_output, "()")
{
    close (1);
    close (2);
    usleep (500000);
    return DAFFI_OK;
}

static int64_t used_ms (void)
{
    struct timespec time;
    clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/*  Less than a call may use, but not for nothing. */
DAFFI_PAYLOAD_FUNCTION (works, "() -> int")
{
    int64_t end_ms = used_ms () + 15;
    while (used_ms () < end_ms)
        continue;
    return daffi_payload_reply (call, getpid ());
}
