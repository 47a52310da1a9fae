//  SPDX-License-Identifier: MPL-2.0
//  Memory for small fixed objects. Never NULL: where the machine has not even that, the
//  process ends with a message, as libzmq and czmq below us do.
//  Memory whose size a peer chose does not come from here: malloc, and look.

#ifndef DAFFI_ALLOC_H
#define DAFFI_ALLOC_H

#include <stddef.h>

//  Zeroed. Release with free ().
void *daffi_new (size_t size) __attribute__ ((returns_nonnull));
//  The same, where a line of the processor's cache begins: for what is looked at among
//  very many and is made to fit.
enum { DAFFI_CACHE_LINE = 64 };
void *daffi_new_at_line (size_t size) __attribute__ ((returns_nonnull));
void *daffi_renew (void *memory, size_t size) __attribute__ ((returns_nonnull));
char *daffi_strdup (const char *string);  //  NULL for NULL

#endif
