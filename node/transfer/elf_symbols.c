//  SPDX-License-Identifier: MPL-2.0
//  What a shared object exports: the names that the loader would find, found without
//  it.

#include <string.h>

#include "elf_image.h"

enum { SYMBOLS_MAX = 65536 };

//  The GNU table has no count: the last symbol is the end of the last chain
//  (sourceware.org/gnu-gabi/program-loading-and-dynamic-linking.txt).
static bool count_gnu (const daffi_elf_image_t *self, uint32_t *count)
{
    uint32_t head[4], last = 0, word;
    if (!daffi_elf_read_address (self, self->gnu_hash, head, sizeof head) ||
        head[0] == 0 || head[0] > SYMBOLS_MAX || head[1] > SYMBOLS_MAX ||
        head[2] > SYMBOLS_MAX)
        return false;
    uint64_t buckets = self->gnu_hash + sizeof head + 8 * (uint64_t)head[2];
    for (uint32_t i = 0; i < head[0]; i++) {
        if (!daffi_elf_read_address (self, buckets + 4 * (uint64_t)i, &word,
                                     sizeof word))
            return false;
        last = word > last ? word : last;
    }
    *count = head[1];
    if (last < head[1])
        return true;
    uint64_t chains = buckets + 4 * (uint64_t)head[0];
    for (; last < SYMBOLS_MAX; last++) {
        if (!daffi_elf_read_address (self, chains + 4 * (uint64_t)(last - head[1]),
                                     &word, sizeof word))
            return false;
        if (word & 1) {
            *count = last + 1;
            return true;
        }
    }
    return false;
}

static bool count_symbols (const daffi_elf_image_t *self, uint32_t *count)
{
    uint32_t head[2];
    if (!self->hash)
        return count_gnu (self, count);
    if (!daffi_elf_read_address (self, self->hash, head, sizeof head) ||
        head[1] > SYMBOLS_MAX)
        return false;
    *count = head[1];
    return true;
}

//  The NUL-terminated text of a symbol, for signatures; empty where it is none.
static daffi_text_t read_text (const daffi_elf_image_t *self, uint64_t address)
{
    uint64_t offset, room;
    if (!daffi_elf_locate (self, address, &offset, &room))
        return daffi_text ("", 0);
    const char *start = (const char *)self->data + offset;
    size_t limit = room < 512 ? (size_t)room : 512;
    const char *end = memchr (start, 0, limit);
    return daffi_text (start, end ? (size_t)(end - start) : 0);
}

static bool in_code (const daffi_elf_image_t *self, uint64_t address)
{
    for (uint32_t i = 0; i < self->load_count; i++)
        if ((self->loads[i].p_flags & PF_X) && address >= self->loads[i].p_vaddr &&
            address - self->loads[i].p_vaddr < self->loads[i].p_filesz)
            return true;
    return false;
}

static daffi_status_t add_function (daffi_elf_image_t *self, daffi_elf_t *out,
                                    daffi_text_t name, const Elf64_Sym *symbol)
{
    if (out->function_count == DAFFI_ELF_FUNCTIONS_MAX)
        return daffi_elf_bad (self, "it exports more than 256 functions");
    if (ELF64_ST_TYPE (symbol->st_info) != STT_FUNC ||
        !in_code (self, symbol->st_value) || !daffi_name_valid (name) ||
        daffi_name_reserved (name))
        return daffi_elf_bad (self, "a payload function's symbol is no function");
    daffi_elf_function_t function = {name, daffi_text ("", 0)};
    out->functions[out->function_count++] = function;
    return DAFFI_OK;
}

static void add_signature (const daffi_elf_image_t *self, daffi_elf_t *out,
                           daffi_text_t name, const Elf64_Sym *symbol)
{
    for (uint32_t i = 0; i < out->function_count; i++)
        if (daffi_text_equal (out->functions[i].name, name))
            out->functions[i].signature = read_text (self, symbol->st_value);
}

static daffi_text_t without (daffi_text_t text, const char *prefix)
{
    size_t size = strlen (prefix);
    return daffi_text (text.data + size, text.size - size);
}

//  The table has an end, and so has each name in it.
static bool names_end (const daffi_elf_image_t *self)
{
    uint8_t last = 1;
    return self->strings_size &&
           daffi_elf_read_address (self, self->strings + self->strings_size - 1, &last,
                                   sizeof last) &&
           last == 0;
}

static const char prefix[] = "daffi_payload_";

//  Names of C++ are long, and all symbols may share one that fills the file: only those
//  that are meant for us are looked at as a whole.
static bool is_ours (const daffi_elf_image_t *self, uint32_t name)
{
    char begin[sizeof prefix - 1];
    return name < self->strings_size &&
           daffi_elf_read_address (self, self->strings + name, begin, sizeof begin) &&
           memcmp (begin, prefix, sizeof begin) == 0;
}

//  The first pass finds functions, the second what belongs to them.
static daffi_status_t read_symbol (daffi_elf_image_t *self, daffi_elf_t *out,
                                   uint32_t pass, const Elf64_Sym *symbol)
{
    daffi_text_t name;
    if (!symbol->st_name || symbol->st_shndx == SHN_UNDEF)
        return DAFFI_OK;
    if (symbol->st_name >= self->strings_size)
        return daffi_elf_bad (self, "a symbol's name is malformed");
    if (!is_ours (self, symbol->st_name))
        return DAFFI_OK;
    if (!daffi_elf_read_string (self, symbol->st_name, &name))
        return daffi_elf_bad (self, "a symbol's name is malformed");
    name = without (name, prefix);
    if (pass == 0 && daffi_elf_begins (name, "fn_"))
        return add_function (self, out, without (name, "fn_"), symbol);
    if (pass == 1 && daffi_elf_begins (name, "sig_"))
        add_signature (self, out, without (name, "sig_"), symbol);
    if (pass == 1 && daffi_text_equal (name, daffi_text_of ("stays")))
        out->stays = true;
    if (pass == 1 && daffi_elf_begins (name, "abi_") &&
        !daffi_elf_read_address (self, symbol->st_value, &out->abi, sizeof out->abi))
        return daffi_elf_bad (self, "its ABI number cannot be read");
    return DAFFI_OK;
}

daffi_status_t daffi_elf_read_symbols (daffi_elf_image_t *self, daffi_elf_t *out)
{
    Elf64_Sym symbol;
    uint32_t count;
    if (!names_end (self) || !count_symbols (self, &count))
        return daffi_elf_bad (self, "its symbol table is malformed");
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < count; i++) {
            if (!daffi_elf_read_address (self, self->symbols + i * sizeof symbol,
                                         &symbol, sizeof symbol))
                return daffi_elf_bad (self, "its symbols lie outside of the file");
            if (read_symbol (self, out, pass, &symbol))
                return DAFFI_BAD_PAYLOAD;
        }
    if (!out->function_count)
        return daffi_elf_bad (self,
                              "it exports no payload function; see daffi_payload.h");
    return DAFFI_OK;
}
