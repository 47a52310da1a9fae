//  SPDX-License-Identifier: MPL-2.0
//  Payloads that are loaded into this process: the only file that calls the loader.

#ifndef DAFFI_LOADER_H
#define DAFFI_LOADER_H

#ifndef DAFFI_PAYLOAD_HOST
#define DAFFI_PAYLOAD_HOST
#endif
#include "daffi_payload.h"
#include "elf_look.h"

typedef int (daffi_payload_fn) (daffi_payload_call_t *call);

typedef struct {
    void *handle;
    uint32_t count;
    struct {
        daffi_text_t name;  //  in `elf`
        daffi_payload_fn *run;
    } * functions;
} daffi_library_t;

//  A sealed memfd of these bytes, or -1.
int daffi_image_new (const void *data, size_t size, daffi_error_t *error);

//  Loads the image. `elf` is what daffi_elf_look () found in these very bytes, whose
//  names must live as long as the library. DAFFI_BAD_PAYLOAD: the loader's text.
DAFFI_MUST_USE daffi_status_t daffi_library_open (daffi_library_t *self, int image,
                                                  const daffi_elf_t *elf,
                                                  daffi_error_t *error);
void daffi_library_close (daffi_library_t *self);
//  NULL: no such function.
daffi_payload_fn *daffi_library_find (const daffi_library_t *self, daffi_text_t name);

#endif
