//  SPDX-License-Identifier: MPL-2.0
//  A look at a shared object, before the loader is let near it.
//
//  The bytes come from a peer: every offset is checked against their size, nothing is
//  followed twice, and what is found is borrowed from them.

#ifndef DAFFI_ELF_LOOK_H
#define DAFFI_ELF_LOOK_H

#include "daffi_status.h"
#include "text.h"

enum { DAFFI_ELF_FUNCTIONS_MAX = 256 };

typedef struct {
    daffi_text_t name;
    daffi_text_t signature;
} daffi_elf_function_t;

typedef struct {
    uint32_t abi;  //  DAFFI_PAYLOAD_ABI of the payload
    bool stays;    //  DAFFI_PAYLOAD_STAYS
    uint32_t function_count;
    daffi_elf_function_t functions[DAFFI_ELF_FUNCTIONS_MAX];
} daffi_elf_t;

//  DAFFI_OK: a shared object for this machine that can be loaded and exports payload
//  functions. Else DAFFI_BAD_PAYLOAD and why.
DAFFI_MUST_USE daffi_status_t daffi_elf_look (const void *data, size_t size,
                                              daffi_elf_t *out, daffi_error_t *error);

//  What this build of daffi loads: "x86_64".
const char *daffi_elf_architecture (void);

#endif
