//  SPDX-License-Identifier: MPL-2.0
//  What a node, the runner and its children say to each other.

#include "runner_wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool send_one (int fd, const daffi_said_t *head, const void *data, size_t size,
                      const int *fds, size_t count, int flags)
{
    struct iovec parts[2] = {{.iov_base = (void *)head, .iov_len = sizeof *head},
                             {.iov_base = (void *)data, .iov_len = size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = size ? 2 : 1};
    union {
        char room[CMSG_SPACE (DAFFI_SAY_FDS * sizeof (int))];
        struct cmsghdr align;
    } control;
    if (count) {
        memset (&control, 0, sizeof control);
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE (count * sizeof (int));
        struct cmsghdr *head_of = CMSG_FIRSTHDR (&message);
        if (!head_of)
            return false;
        head_of->cmsg_level = SOL_SOCKET;
        head_of->cmsg_type = SCM_RIGHTS;
        head_of->cmsg_len = CMSG_LEN (count * sizeof (int));
        memcpy (CMSG_DATA (head_of), fds, count * sizeof (int));
    }
    ssize_t sent;
    do
        sent = sendmsg (fd, &message, MSG_NOSIGNAL | flags);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

bool daffi_say_patiently (int fd, const daffi_said_t *head, const void *data,
                          size_t size, daffi_patience_fn *patience, void *arg)
{
    const uint8_t *cursor = data;
    daffi_said_t piece_head = *head;
    do {
        size_t piece = size < DAFFI_SAY_FRAGMENT ? size : DAFFI_SAY_FRAGMENT;
        size -= piece;
        piece_head.more = size > 0;
        while (!send_one (fd, &piece_head, cursor, piece, NULL, 0, 0))
            if (errno != EAGAIN || !patience || !patience (arg))
                return false;
        cursor = cursor ? cursor + piece : NULL;
    } while (size && (!patience || patience (arg)));
    return size == 0;
}

bool daffi_say (int fd, daffi_say_t type, int64_t a, int64_t b, const void *data,
                size_t size)
{
    daffi_said_t head = {(uint32_t)type, 0, a, b};
    return daffi_say_patiently (fd, &head, data, size, NULL, NULL);
}

bool daffi_say_now (int fd, daffi_say_t type, int64_t a)
{
    daffi_said_t head = {(uint32_t)type, 0, a, 0};
    return send_one (fd, &head, NULL, 0, NULL, 0, MSG_DONTWAIT);
}

bool daffi_say_fds (int fd, daffi_say_t type, int64_t a, const void *data, size_t size,
                    const int *fds, size_t count)
{
    daffi_said_t head = {(uint32_t)type, 0, a, 0};
    return send_one (fd, &head, data, size, fds, count, 0);
}

//  --- hearing ------------------------------------------------------------------------

void daffi_heard_init (daffi_heard_t *self)
{
    memset (self, 0, sizeof *self);
    daffi_buffer_init (&self->data);
}

void daffi_heard_done (daffi_heard_t *self)
{
    daffi_buffer_done (&self->data);
}

//  The sender, by the kernel's word.
static int sender_of (struct msghdr *message)
{
    struct ucred sender;
    const struct cmsghdr *head = CMSG_FIRSTHDR (message);
    if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_CREDENTIALS ||
        head->cmsg_len != CMSG_LEN (sizeof sender))
        return 0;
    memcpy (&sender, CMSG_DATA (head), sizeof sender);
    return (int)sender.pid;
}

//  One packet. 1, 0 or -1, as daffi_hear (). There is room for the sender's name where
//  it is wanted, and for no descriptors: the kernel drops those that a child sends.
static int hear_packet (int fd, int flags, daffi_heard_t *self)
{
    union {
        char room[CMSG_SPACE (sizeof (struct ucred))];
        struct cmsghdr align;
    } control;
    daffi_said_t head;
    uint8_t *room = daffi_buffer_reserve (&self->data, DAFFI_SAY_FRAGMENT);
    struct iovec parts[2] = {{.iov_base = &head, .iov_len = sizeof head},
                             {.iov_base = room, .iov_len = DAFFI_SAY_FRAGMENT}};
    struct msghdr message = {.msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = self->who ? control.room : NULL,
                             .msg_controllen = self->who ? sizeof control.room : 0};
    if (!room)
        return -1;
    ssize_t size;
    do
        //  an end that had not read everything resets the socket, which is told once
        //  and before what it has said itself
        size = recvmsg (fd, &message, MSG_CMSG_CLOEXEC | flags);
    while (size < 0 && (errno == EINTR || errno == ECONNRESET));
    if (size < 0 && errno == EAGAIN)
        return 0;
    if (size < (ssize_t)sizeof head || (message.msg_flags & MSG_TRUNC) ||
        (self->partial && head.type != self->said.type))
        return -1;
    //  else an empty piece could follow the other for ever
    if (head.more && (size_t)size != sizeof head + DAFFI_SAY_FRAGMENT)
        return -1;
    daffi_buffer_commit (&self->data, (size_t)size - sizeof head);
    self->said = head;
    self->pid = self->who ? sender_of (&message) : 0;
    self->partial = head.more != 0;
    return 1;
}

int daffi_hear (int fd, bool dontwait, daffi_heard_t *self, size_t limit)
{
    if (!self->partial)
        daffi_buffer_clear (&self->data);
    do {
        int got = hear_packet (fd, dontwait ? MSG_DONTWAIT : 0, self);
        if (got <= 0)
            return got;
        if (self->data.size > limit)
            return -1;
    } while (self->partial);
    return 1;
}

int daffi_hear_fds (int fd, daffi_said_t *said, void *data, size_t size, int *fds)
{
    union {
        char room[CMSG_SPACE (DAFFI_SAY_FDS * sizeof (int))];
        struct cmsghdr align;
    } control;
    struct iovec parts[2] = {{.iov_base = said, .iov_len = sizeof *said},
                             {.iov_base = data, .iov_len = size}};
    struct msghdr message = {.msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = control.room,
                             //  the whole room would hold one more
                             .msg_controllen = CMSG_LEN (DAFFI_SAY_FDS * sizeof (int))};
    for (int i = 0; i < DAFFI_SAY_FDS; i++)
        fds[i] = -1;
    ssize_t got;
    do
        got = recvmsg (fd, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < (ssize_t)sizeof *said)
        return -1;
    struct cmsghdr *head = CMSG_FIRSTHDR (&message);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
        memcpy (fds, CMSG_DATA (head), head->cmsg_len - CMSG_LEN (0));
    return 1;
}
