//  SPDX-License-Identifier: MPL-2.0
//  A file that belongs to this process and goes away with it: the endpoint file, and
//  the UNIX socket where the program must leave without waiting for the library.

#ifndef DAFFI_OWN_FILE_H
#define DAFFI_OWN_FILE_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    const char *path;  //  borrowed; NULL: no file
    dev_t device;
    ino_t inode;
} daffi_own_file_t;

//  Writes `line` and a newline; a reader sees all of it or the file as it was. Replaces
//  a regular file, nothing else. On failure errno tells why.
bool daffi_own_file_write (daffi_own_file_t *self, const char *path, const char *line);

//  Takes over a file that is there. False: it is not.
bool daffi_own_file_adopt (daffi_own_file_t *self, const char *path);

//  Unless somebody else has put another file in its place. Once; NULL path is fine.
void daffi_own_file_remove (daffi_own_file_t *self);

#endif
