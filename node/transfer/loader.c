//  SPDX-License-Identifier: MPL-2.0
//  Payloads that are loaded into this process.

#include "loader.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "failure.h"

//  A conversion between a pointer to data and one to a function, which POSIX promises
//  and ISO C does not know.
static daffi_payload_fn *function_of (void *symbol)
{
    daffi_payload_fn *function;
    static_assert (sizeof function == sizeof symbol, "POSIX, dlsym (3)");
    memcpy (&function, &symbol, sizeof function);
    return function;
}

static daffi_status_t find_all (daffi_library_t *self, const daffi_elf_t *elf,
                                daffi_error_t *error)
{
    char symbol[DAFFI_NAME_MAX + 32];
    self->functions = daffi_new ((elf->function_count + 1) * sizeof *self->functions);
    for (uint32_t i = 0; i < elf->function_count; i++) {
        daffi_text_t name = elf->functions[i].name;
        snprintf (symbol, sizeof symbol, "daffi_payload_fn_%.*s", (int)name.size,
                  name.data);
        self->functions[i].name = name;
        self->functions[i].run = function_of (dlsym (self->handle, symbol));
        if (!self->functions[i].run)
            return daffi_fail (error, DAFFI_BAD_PAYLOAD, "the loader finds no %.150s",
                               symbol);
        self->count++;
    }
    return DAFFI_OK;
}

//  The loader knows a library by its path, and would take what comes under the same
//  number for one that it still has: it never lets go of what has a unique symbol of
//  C++ or was linked with -z nodelete. So no path comes twice: each bit of a number is
//  a slash with a dot or without.
static void name_path (char *path, size_t capacity, int image)
{
    static atomic_uint last;
    size_t size = (size_t)snprintf (path, capacity, "/proc");
    for (unsigned number = atomic_fetch_add (&last, 1); number; number >>= 1)
        size += (size_t)snprintf (path + size, capacity - size, "/%s",
                                  number & 1 ? "." : "");
    snprintf (path + size, capacity - size, "/self/fd/%d", image);
}

daffi_status_t daffi_library_open (daffi_library_t *self, int image,
                                   const daffi_elf_t *elf, daffi_error_t *error)
{
    char path[128];
    memset (self, 0, sizeof *self);
    name_path (path, sizeof path, image);
    //  threads of its own may outlive it: then it is never unmapped
    self->handle =
        dlopen (path, RTLD_NOW | RTLD_LOCAL | (elf->stays ? RTLD_NODELETE : 0));
    if (!self->handle)
        return daffi_fail (error, DAFFI_BAD_PAYLOAD, "%s", dlerror ());
    daffi_status_t status = find_all (self, elf, error);
    if (status)
        daffi_library_close (self);
    return status;
}

void daffi_library_close (daffi_library_t *self)
{
    if (self->handle)
        dlclose (self->handle);
    free (self->functions);
    memset (self, 0, sizeof *self);
}

daffi_payload_fn *daffi_library_find (const daffi_library_t *self, daffi_text_t name)
{
    for (uint32_t i = 0; i < self->count; i++)
        if (daffi_text_equal (self->functions[i].name, name))
            return self->functions[i].run;
    return NULL;
}
