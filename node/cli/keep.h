//  SPDX-License-Identifier: MPL-2.0
//  Memory that lives as long as a command: a program that ends soon frees all at once.

#ifndef DAFFI_CLI_KEEP_H
#define DAFFI_CLI_KEEP_H

#include <stddef.h>

typedef struct daffi_kept daffi_kept_t;

typedef struct {
    daffi_kept_t *last;
} daffi_keep_t;

//  Zeroed memory; never NULL: without memory the program ends with exit code 9.
void *daffi_keep (daffi_keep_t *self, size_t size);
char *daffi_keep_text (daffi_keep_t *self, const void *text, size_t size);
char *daffi_keep_format (daffi_keep_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));
//  Frees what came after `before`, a copy from that moment.
void daffi_keep_back (daffi_keep_t *self, daffi_keep_t before);
void daffi_keep_done (daffi_keep_t *self);

#endif
