//  SPDX-License-Identifier: MPL-2.0
//  Which versions of its libraries a shared object needs.
//
//  The loader follows these lists to their end, wherever that lies, so they are walked
//  here first. A glibc that is too old for it is told in words that help, where the
//  loader would name a symbol version.

#include <gnu/libc-version.h>
#include <string.h>

#include "elf_image.h"
#include "failure.h"

enum { VERSIONS_MAX = 1024 };  //  of all libraries together

//  "2.36" as 2 * 1000 + 36; 0 where it is no such number, as in GLIBC_PRIVATE.
static uint32_t number_of (daffi_text_t text)
{
    uint32_t parts[2] = {0, 0};
    size_t at = 0;
    for (size_t part = 0; part < 2; part++) {
        size_t begin = at;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
            parts[part] = parts[part] * 10 + (uint32_t)(text.data[at] - '0');
        if (at == begin || at - begin > 3)
            return 0;
        if (part == 0 && (at == text.size || text.data[at++] != '.'))
            return 0;
    }
    return parts[0] * 1000 + parts[1];
}

static daffi_status_t check_version (daffi_elf_image_t *self, daffi_text_t version)
{
    static const char prefix[] = "GLIBC_";
    if (!daffi_elf_begins (version, prefix))
        return DAFFI_OK;
    daffi_text_t wanted = daffi_text (version.data + sizeof prefix - 1,
                                      version.size - (sizeof prefix - 1));
    const char *here = gnu_get_libc_version ();
    if (number_of (wanted) <= number_of (daffi_text_of (here)))
        return DAFFI_OK;
    return daffi_fail (self->error, DAFFI_BAD_PAYLOAD,
                       "it was built for a newer glibc (%.*s); this process has %s",
                       (int)(wanted.size > 20 ? 20 : wanted.size), wanted.data, here);
}

//  What it needs of one library.
static daffi_status_t check_library (daffi_elf_image_t *self, uint64_t at,
                                     uint32_t *room)
{
    Elf64_Vernaux need;
    daffi_text_t version;
    do {
        if (!(*room)-- || !daffi_elf_read_address (self, at, &need, sizeof need) ||
            !daffi_elf_read_string (self, need.vna_name, &version))
            return daffi_elf_bad (self, "the versions that it needs are malformed");
        if (check_version (self, version))
            return DAFFI_BAD_PAYLOAD;
        at += need.vna_next;
    } while (need.vna_next);
    return DAFFI_OK;
}

daffi_status_t daffi_elf_check_versions (daffi_elf_image_t *self)
{
    Elf64_Verneed library;
    uint32_t room = VERSIONS_MAX;
    uint64_t at = self->versions;
    if (!at)
        return DAFFI_OK;
    do {
        if (!daffi_elf_read_address (self, at, &library, sizeof library))
            return daffi_elf_bad (self, "the versions that it needs are malformed");
        if (check_library (self, at + library.vn_aux, &room))
            return DAFFI_BAD_PAYLOAD;
        at += library.vn_next;
    } while (library.vn_next);
    return DAFFI_OK;
}
