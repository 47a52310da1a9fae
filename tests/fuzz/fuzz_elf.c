//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: a shared object, as a peer may send it. Nothing outside of the bytes is
//  read, and what was found lies within them. Aborts where that is not so.

#include <stdlib.h>
#include <string.h>

#include "elf_look.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void require (bool condition)
{
    if (!condition)
        abort ();
}

static void inside (const uint8_t *data, size_t size, daffi_text_t text)
{
    const uint8_t *start = (const uint8_t *)text.data;
    require (!text.size || (start >= data && start + text.size <= data + size));
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static daffi_elf_t elf;
    daffi_error_t error;
    daffi_status_t status = daffi_elf_look (data, size, &elf, &error);
    require (status == DAFFI_OK || status == DAFFI_BAD_PAYLOAD);
    require (!status || error.text[0]);
    require (status || (elf.function_count && elf.abi == 1));
    for (uint32_t i = 0; !status && i < elf.function_count; i++) {
        require (daffi_name_valid (elf.functions[i].name));
        inside (data, size, elf.functions[i].name);
        inside (data, size, elf.functions[i].signature);
    }
    return 0;
}
