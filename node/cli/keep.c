//  SPDX-License-Identifier: MPL-2.0
//  Memory that lives as long as a command.

#include "keep.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"

struct daffi_kept {
    daffi_kept_t *before;
    max_align_t data[];
};

void *daffi_keep (daffi_keep_t *self, size_t size)
{
    daffi_kept_t *kept = calloc (1, sizeof *kept + size);
    if (!kept) {
        fputs ("daffi: out of memory\n", stderr);
        _exit (DAFFI_EXIT_INTERNAL);
    }
    kept->before = self->last;
    self->last = kept;
    return kept->data;
}

char *daffi_keep_text (daffi_keep_t *self, const void *text, size_t size)
{
    char *copy = daffi_keep (self, size + 1);
    if (size)
        memcpy (copy, text, size);
    return copy;
}

char *daffi_keep_format (daffi_keep_t *self, const char *format, ...)
{
    va_list args, again;
    va_start (args, format);
    va_copy (again, args);
    int size = vsnprintf (NULL, 0, format, args);
    va_end (args);
    size_t room = size > 0 ? (size_t)size + 1 : 1;
    char *text = daffi_keep (self, room);
    vsnprintf (text, room, format, again);
    va_end (again);
    return text;
}

void daffi_keep_back (daffi_keep_t *self, daffi_keep_t before)
{
    while (self->last != before.last) {
        daffi_kept_t *older = self->last->before;
        free (self->last);
        self->last = older;
    }
}

void daffi_keep_done (daffi_keep_t *self)
{
    daffi_keep_back (self, (daffi_keep_t){NULL});
}
