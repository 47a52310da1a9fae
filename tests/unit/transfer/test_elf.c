//  SPDX-License-Identifier: MPL-2.0
//  A shared object that is made to cost whoever looks at it.

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "elf_look.h"
#include "test.h"

enum {
    SIZE = 64 << 20,
    DYNAMIC = 0x200,
    HASH = 0x400,
    SYMBOLS = 0x1000,
    COUNT = 65000,
    STRINGS = SYMBOLS + COUNT * (int)sizeof (Elf64_Sym)
};

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_RISCV
#endif

static void write_head (uint8_t *file)
{
    const Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
                                           ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                               .e_type = ET_DYN,
                               .e_machine = MACHINE,
                               .e_version = EV_CURRENT,
                               .e_phoff = sizeof header,
                               .e_phentsize = sizeof (Elf64_Phdr),
                               .e_phnum = 2};
    const Elf64_Dyn dynamic[] = {{.d_tag = DT_STRTAB, .d_un.d_val = STRINGS},
                                 {.d_tag = DT_STRSZ, .d_un.d_val = SIZE - STRINGS},
                                 {.d_tag = DT_SYMTAB, .d_un.d_val = SYMBOLS},
                                 {.d_tag = DT_HASH, .d_un.d_val = HASH},
                                 {.d_tag = DT_NULL, .d_un.d_val = 0}};
    const Elf64_Phdr segments[] = {{.p_type = PT_LOAD,
                                    .p_flags = PF_R | PF_X,
                                    .p_filesz = SIZE,
                                    .p_memsz = SIZE,
                                    .p_align = 4096},
                                   {.p_type = PT_DYNAMIC,
                                    .p_flags = PF_R,
                                    .p_offset = DYNAMIC,
                                    .p_vaddr = DYNAMIC,
                                    .p_filesz = sizeof dynamic,
                                    .p_memsz = sizeof dynamic,
                                    .p_align = 8}};
    const uint32_t hash[] = {1, COUNT};
    memcpy (file, &header, sizeof header);
    memcpy (file + sizeof header, segments, sizeof segments);
    memcpy (file + DYNAMIC, dynamic, sizeof dynamic);
    memcpy (file + HASH, hash, sizeof hash);
}

TEST ("names that fill the file are not read to their end for each symbol")
{
    static daffi_elf_t elf;
    daffi_error_t error;
    uint8_t *file = calloc (1, SIZE);
    CHECK (file != NULL);
    write_head (file);
    memset (file + STRINGS + 1, 'a', SIZE - STRINGS - 2);
    const Elf64_Sym symbol = {
        .st_name = 1, .st_info = ELF64_ST_INFO (STB_GLOBAL, STT_FUNC), .st_shndx = 1};
    for (size_t i = 0; i < COUNT; i++)
        memcpy (file + SYMBOLS + i * sizeof symbol, &symbol, sizeof symbol);
    CHECK_STATUS (DAFFI_BAD_PAYLOAD, daffi_elf_look (file, SIZE, &elf, &error));
    CHECK_EQ_STR (error.text, "it exports no payload function; see daffi_payload.h");
    //  and one that is meant for us is no function of ours
    memcpy (file + STRINGS + 1, "daffi_payload_fn_", 17);
    CHECK_STATUS (DAFFI_BAD_PAYLOAD, daffi_elf_look (file, SIZE, &elf, &error));
    CHECK_EQ_STR (error.text, "a symbol's name is malformed");
    free (file);
}
