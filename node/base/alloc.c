//  SPDX-License-Identifier: MPL-2.0
//  Memory for small fixed objects.

#include "alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked (void *memory)
{
    if (!memory) {
        fputs ("daffi: out of memory\n", stderr);
        abort ();
    }
    return memory;
}

void *daffi_new (size_t size)
{
    return checked (calloc (1, size));
}

void *daffi_new_at_line (size_t size)
{
    size = (size + DAFFI_CACHE_LINE - 1) & ~(size_t)(DAFFI_CACHE_LINE - 1);
    return memset (checked (aligned_alloc (DAFFI_CACHE_LINE, size)), 0, size);
}

void *daffi_renew (void *memory, size_t size)
{
    return checked (realloc (memory, size));
}

char *daffi_strdup (const char *string)
{
    if (!string)
        return NULL;
    size_t size = strlen (string) + 1;
    return memcpy (daffi_new (size), string, size);
}
