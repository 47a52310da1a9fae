//  SPDX-License-Identifier: MPL-2.0
//  One run of a program: what goes into it, what comes out of it, and its end.

#ifndef DAFFI_CLI_CHILD_H
#define DAFFI_CLI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct {
    pid_t pid;       //  and its process group
    int in;          //  its standard input, ours to write; -1: closed
    int out;         //  its standard output; -1: ended
    int err;         //  its standard error; -1: ended
    int exited_fd;   //  readable once it has ended
    char said[256];  //  the last line of its standard error
    size_t said_size;
    bool line_over;
} daffi_child_t;

//  Starts it in a process group of its own. False: errno says why.
bool daffi_child_start (daffi_child_t *self, char *const *argv,
                        char *const *environment);

//  Reads what it says on standard error, hands it on to ours and keeps the last line.
void daffi_child_listen (daffi_child_t *self);

//  Asks it to end, and then makes it.
void daffi_child_stop (daffi_child_t *self, bool at_once);

//  Waits for its end and closes everything. Writes "exit status 3", "killed by signal
//  9" and what it said last; true: it was status 0.
bool daffi_child_end (daffi_child_t *self, char *text, size_t size);

#endif
