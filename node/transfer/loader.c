//  SPDX-License-Identifier: MPL-2.0
//  Payloads that are loaded into this process.

#include "loader.h"

#include <assert.h>
#include <dlfcn.h>
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

daffi_status_t daffi_library_open (daffi_library_t *self, int image,
                                   const daffi_elf_t *elf, daffi_error_t *error)
{
    char path[64];
    memset (self, 0, sizeof *self);
    snprintf (path, sizeof path, "/proc/self/fd/%d", image);
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
