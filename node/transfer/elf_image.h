//  SPDX-License-Identifier: MPL-2.0
//  A shared object that is looked at: what its two readers share.

#ifndef DAFFI_ELF_IMAGE_H
#define DAFFI_ELF_IMAGE_H

#include <elf.h>

#include "elf_look.h"

enum { DAFFI_ELF_SEGMENTS_MAX = 64, DAFFI_ELF_NEEDED_MAX = 64 };

typedef struct {
    const uint8_t *data;
    size_t size;
    uint32_t load_count;
    Elf64_Phdr loads[DAFFI_ELF_SEGMENTS_MAX];
    Elf64_Phdr dynamic;
    uint64_t symbols;  //  addresses, as in the file
    uint64_t strings;
    uint64_t strings_size;
    uint64_t hash;
    uint64_t gnu_hash;
    uint64_t versions;                      //  that it needs; 0: none
    uint64_t needed[DAFFI_ELF_NEEDED_MAX];  //  offsets in the strings
    uint32_t needed_count;
    daffi_error_t *error;
} daffi_elf_image_t;

//  DAFFI_BAD_PAYLOAD, and why.
daffi_status_t daffi_elf_bad (daffi_elf_image_t *self, const char *what);
//  Where an address of the loaded image lies in the file; `room` is what follows there.
bool daffi_elf_locate (const daffi_elf_image_t *self, uint64_t address,
                       uint64_t *offset, uint64_t *room);
//  Bytes at an address, or false where they are not all in the file.
bool daffi_elf_read_address (const daffi_elf_image_t *self, uint64_t address, void *out,
                             size_t size);
//  A string of the table; false where it does not end within it, or is too long.
bool daffi_elf_read_string (const daffi_elf_image_t *self, uint64_t at,
                            daffi_text_t *out);
bool daffi_elf_begins (daffi_text_t text, const char *prefix);

//  --- elf_symbols.c ------------------------------------------------------------------

//  Payload functions, their signatures and the ABI number.
daffi_status_t daffi_elf_read_symbols (daffi_elf_image_t *self, daffi_elf_t *out);

//  --- elf_versions.c -----------------------------------------------------------------

//  This process has the versions of glibc that it needs.
daffi_status_t daffi_elf_check_versions (daffi_elf_image_t *self);

#endif
