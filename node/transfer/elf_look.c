//  SPDX-License-Identifier: MPL-2.0
//  A look at a shared object, before the loader is let near it.
//
//  glibc's loader trusts what it loads: a program header that lies makes it map or
//  write where it should not. So all that it will follow is walked here first. What is
//  legal but has no place in a payload (text relocations, search paths, writable code)
//  is refused as well.

#include "elf_look.h"

#include <elf.h>
#include <string.h>

#include "failure.h"

enum { SEGMENTS_MAX = 64, SYMBOLS_MAX = 65536, NEEDED_MAX = 64, DYNAMIC_MAX = 512 };

typedef struct {
    const uint8_t *data;
    size_t size;
    uint32_t load_count;
    Elf64_Phdr loads[SEGMENTS_MAX];
    Elf64_Phdr dynamic;
    uint64_t symbols;  //  addresses, as in the file
    uint64_t strings;
    uint64_t strings_size;
    uint64_t hash;
    uint64_t gnu_hash;
    uint64_t needed[NEEDED_MAX];  //  offsets in the strings
    uint32_t needed_count;
    uint32_t symbol_count;
    daffi_error_t *error;
} image_t;

static daffi_status_t bad (image_t *self, const char *what)
{
    return daffi_fail (self->error, DAFFI_BAD_PAYLOAD, "%s", what);
}

const char *daffi_elf_architecture (void)
{
#if defined(__x86_64__)
    return "x86_64";
#elif defined(__aarch64__)
    return "aarch64";
#elif defined(__riscv)
    return "riscv64";
#else
#error "daffi: name this architecture here"
#endif
}

static uint16_t machine_here (void)
{
#if defined(__x86_64__)
    return EM_X86_64;
#elif defined(__aarch64__)
    return EM_AARCH64;
#else
    return EM_RISCV;
#endif
}

//  Bytes of the file, or false where they are not all in it.
static bool read_at (const image_t *self, uint64_t offset, void *out, size_t size)
{
    if (offset > self->size || size > self->size - offset)
        return false;
    memcpy (out, self->data + offset, size);
    return true;
}

//  Where an address of the loaded image lies in the file; `room` is what follows there.
static bool locate (const image_t *self, uint64_t address, uint64_t *offset,
                    uint64_t *room)
{
    for (uint32_t i = 0; i < self->load_count; i++) {
        const Elf64_Phdr *load = &self->loads[i];
        if (address < load->p_vaddr || address - load->p_vaddr >= load->p_filesz)
            continue;
        *offset = load->p_offset + (address - load->p_vaddr);
        *room = load->p_filesz - (address - load->p_vaddr);
        return true;
    }
    return false;
}

static bool read_address (const image_t *self, uint64_t address, void *out, size_t size)
{
    uint64_t offset, room;
    return locate (self, address, &offset, &room) && size <= room &&
           read_at (self, offset, out, size);
}

//  --- header and segments ------------------------------------------------------------

static daffi_status_t check_header (image_t *self, Elf64_Ehdr *header)
{
    if (!read_at (self, 0, header, sizeof *header) ||
        memcmp (header->e_ident, ELFMAG, SELFMAG) != 0)
        return bad (self, "it is no ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != machine_here ())
        return daffi_fail (self->error, DAFFI_BAD_PAYLOAD,
                           "it was built for another architecture (ELF machine %u); "
                           "this process is %s",
                           (unsigned)header->e_machine, daffi_elf_architecture ());
    if (header->e_type != ET_DYN)
        return bad (self, "it is no shared object; build it with -shared -fPIC");
    if (header->e_version != EV_CURRENT || header->e_ident[EI_VERSION] != EV_CURRENT ||
        (header->e_ident[EI_OSABI] != ELFOSABI_NONE &&
         header->e_ident[EI_OSABI] != ELFOSABI_GNU))
        return bad (self, "it was built for another operating system");
    if (header->e_phentsize != sizeof (Elf64_Phdr) || header->e_phnum == 0 ||
        header->e_phnum > SEGMENTS_MAX)
        return bad (self, "its program headers are malformed");
    return DAFFI_OK;
}

static daffi_status_t check_load (image_t *self, const Elf64_Phdr *segment)
{
    const uint64_t limit = UINT64_C (1) << 30;
    if (segment->p_filesz > segment->p_memsz || segment->p_vaddr > limit ||
        segment->p_memsz > limit || segment->p_offset > self->size ||
        segment->p_filesz > self->size - segment->p_offset)
        return bad (self, "a segment lies outside of the file");
    if (segment->p_align < 4096 || (segment->p_align & (segment->p_align - 1)) ||
        segment->p_align > limit ||
        (segment->p_vaddr - segment->p_offset) % segment->p_align)
        return bad (self, "a segment is not aligned");
    if ((segment->p_flags & PF_W) && (segment->p_flags & PF_X))
        return bad (self, "a segment is writable and executable");
    if (self->load_count) {
        const Elf64_Phdr *last = &self->loads[self->load_count - 1];
        if (segment->p_vaddr < last->p_vaddr + last->p_memsz)
            return bad (self, "its segments overlap or are out of order");
    }
    self->loads[self->load_count++] = *segment;
    return DAFFI_OK;
}

static daffi_status_t check_segment (image_t *self, const Elf64_Phdr *segment)
{
    switch (segment->p_type) {
    case PT_LOAD:
        return check_load (self, segment);
    case PT_DYNAMIC:
        if (self->dynamic.p_type)
            return bad (self, "it has two dynamic segments");
        self->dynamic = *segment;
        return DAFFI_OK;
    case PT_INTERP:
        return bad (self, "it is a program, not a shared object");
    case PT_GNU_STACK:
        if (segment->p_flags & PF_X)
            return bad (self, "it wants an executable stack");
        return DAFFI_OK;
    case PT_TLS:
        if (segment->p_filesz > segment->p_memsz || segment->p_memsz > 1 << 20 ||
            segment->p_align > 4096)
            return bad (self, "its thread-local data is too large");
        return DAFFI_OK;
    default:
        return DAFFI_OK;
    }
}

//  A segment that the loader reads in memory must lie in what it maps.
static bool mapped (const image_t *self, const Elf64_Phdr *segment)
{
    for (uint32_t i = 0; i < self->load_count; i++) {
        const Elf64_Phdr *load = &self->loads[i];
        if (segment->p_vaddr >= load->p_vaddr && segment->p_memsz <= load->p_memsz &&
            segment->p_vaddr - load->p_vaddr <= load->p_memsz - segment->p_memsz)
            return true;
    }
    return false;
}

static daffi_status_t read_segments (image_t *self, const Elf64_Ehdr *header)
{
    Elf64_Phdr segment = {0};
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < header->e_phnum; i++) {
            if (header->e_phoff > self->size ||
                !read_at (self, header->e_phoff + i * sizeof segment, &segment,
                          sizeof segment))
                return bad (self, "its program headers lie outside of the file");
            bool inside =
                segment.p_type == PT_DYNAMIC || segment.p_type == PT_GNU_RELRO ||
                segment.p_type == PT_TLS || segment.p_type == PT_NOTE ||
                segment.p_type == PT_GNU_PROPERTY || segment.p_type == PT_GNU_EH_FRAME;
            if (pass == 0 && check_segment (self, &segment))
                return DAFFI_BAD_PAYLOAD;
            if (pass == 1 && inside && segment.p_memsz && segment.p_type != PT_TLS &&
                !mapped (self, &segment))
                return bad (self, "a segment is not mapped");
        }
    }
    if (!self->load_count || !self->dynamic.p_type)
        return bad (self, "it has nothing to load");
    return DAFFI_OK;
}

//  --- the dynamic section ------------------------------------------------------------

static daffi_status_t check_flags (image_t *self, const Elf64_Dyn *entry)
{
    uint64_t flags = entry->d_un.d_val;
    if (entry->d_tag == DT_FLAGS_1 && (flags & DF_1_PIE))
        return bad (self, "it is a program, not a shared object");
    if (entry->d_tag == DT_FLAGS_1 && (flags & DF_1_NOOPEN))
        return bad (self, "it was built not to be loaded at run time (-z nodlopen)");
    if (entry->d_tag == DT_FLAGS && (flags & DF_TEXTREL))
        return bad (self, "it was built without -fPIC");
    return DAFFI_OK;
}

static daffi_status_t read_entry (image_t *self, const Elf64_Dyn *entry)
{
    uint64_t value = entry->d_un.d_val;
    switch (entry->d_tag) {
    case DT_SYMTAB:
        self->symbols = value;
        return DAFFI_OK;
    case DT_STRTAB:
        self->strings = value;
        return DAFFI_OK;
    case DT_STRSZ:
        self->strings_size = value;
        return DAFFI_OK;
    case DT_HASH:
        self->hash = value;
        return DAFFI_OK;
    case DT_GNU_HASH:
        self->gnu_hash = value;
        return DAFFI_OK;
    case DT_SYMENT:
        return value == sizeof (Elf64_Sym) ? DAFFI_OK
                                           : bad (self, "its symbols are malformed");
    case DT_NEEDED:
        if (self->needed_count == NEEDED_MAX)
            return bad (self, "it needs too many libraries");
        self->needed[self->needed_count++] = value;
        return DAFFI_OK;
    case DT_TEXTREL:
        return bad (self, "it was built without -fPIC");
    case DT_RPATH:
    case DT_RUNPATH:
    case DT_AUDIT:
    case DT_DEPAUDIT:
    case DT_FILTER:
    case DT_AUXILIARY:
    case DT_CONFIG:
        return bad (self, "it brings a search path or an auditor of its own (rpath)");
    default:
        return check_flags (self, entry);
    }
}

static daffi_status_t read_dynamic (image_t *self)
{
    Elf64_Dyn entry;
    uint64_t count = self->dynamic.p_memsz / sizeof entry;
    for (uint64_t i = 0; i < count && i < DYNAMIC_MAX; i++) {
        if (!read_address (self, self->dynamic.p_vaddr + i * sizeof entry, &entry,
                           sizeof entry))
            return bad (self, "its dynamic section lies outside of the file");
        if (entry.d_tag == DT_NULL)
            return self->symbols && self->strings && (self->hash || self->gnu_hash)
                       ? DAFFI_OK
                       : bad (self, "it exports nothing");
        if (read_entry (self, &entry))
            return DAFFI_BAD_PAYLOAD;
    }
    return bad (self, "its dynamic section has no end");
}

//  A string of the table; false where it does not end within it.
static bool read_string (const image_t *self, uint64_t at, daffi_text_t *out)
{
    uint64_t offset, room;
    if (at >= self->strings_size || !locate (self, self->strings, &offset, &room) ||
        self->strings_size > room)
        return false;
    const char *start = (const char *)self->data + offset + at;
    const char *end = memchr (start, 0, self->strings_size - at);
    if (!end)
        return false;
    *out = daffi_text (start, (size_t)(end - start));
    return true;
}

static bool begins (daffi_text_t text, const char *prefix)
{
    size_t size = strlen (prefix);
    return text.size >= size && memcmp (text.data, prefix, size) == 0;
}

static daffi_status_t check_needed (image_t *self)
{
    daffi_text_t name;
    for (uint32_t i = 0; i < self->needed_count; i++) {
        if (!read_string (self, self->needed[i], &name))
            return bad (self, "the names of the libraries that it needs are malformed");
        if (begins (name, "libc.musl") || begins (name, "ld-musl") ||
            daffi_text_equal (name, daffi_text_of ("libc.so")))
            return daffi_fail (self->error, DAFFI_BAD_PAYLOAD,
                               "it was built for another libc (%.*s); this process "
                               "runs on glibc",
                               (int)(name.size > 60 ? 60 : name.size), name.data);
        if (!name.size || memchr (name.data, '/', name.size))
            return bad (self, "it needs a library by its path");
    }
    return DAFFI_OK;
}

//  --- symbols ------------------------------------------------------------------------

//  The GNU table has no count: the last symbol is the end of the last chain
//  (sourceware.org/gnu-gabi/program-loading-and-dynamic-linking.txt).
static bool count_gnu (image_t *self)
{
    uint32_t head[4], last = 0, word;
    if (!read_address (self, self->gnu_hash, head, sizeof head) || head[0] == 0 ||
        head[0] > SYMBOLS_MAX || head[1] > SYMBOLS_MAX || head[2] > SYMBOLS_MAX)
        return false;
    uint64_t buckets = self->gnu_hash + sizeof head + 8 * (uint64_t)head[2];
    for (uint32_t i = 0; i < head[0]; i++) {
        if (!read_address (self, buckets + 4 * (uint64_t)i, &word, sizeof word))
            return false;
        last = word > last ? word : last;
    }
    self->symbol_count = head[1];
    if (last < head[1])
        return true;
    uint64_t chains = buckets + 4 * (uint64_t)head[0];
    for (; last < SYMBOLS_MAX; last++) {
        if (!read_address (self, chains + 4 * (uint64_t)(last - head[1]), &word,
                           sizeof word))
            return false;
        if (word & 1) {
            self->symbol_count = last + 1;
            return true;
        }
    }
    return false;
}

static bool count_symbols (image_t *self)
{
    uint32_t head[2];
    if (!self->hash)
        return count_gnu (self);
    if (!read_address (self, self->hash, head, sizeof head) || head[1] > SYMBOLS_MAX)
        return false;
    self->symbol_count = head[1];
    return true;
}

//  The NUL-terminated text of a symbol, for signatures; empty where it is none.
static daffi_text_t read_text (const image_t *self, uint64_t address)
{
    uint64_t offset, room;
    if (!locate (self, address, &offset, &room))
        return daffi_text ("", 0);
    const char *start = (const char *)self->data + offset;
    size_t limit = room < 512 ? (size_t)room : 512;
    const char *end = memchr (start, 0, limit);
    return daffi_text (start, end ? (size_t)(end - start) : 0);
}

static bool in_code (const image_t *self, uint64_t address)
{
    for (uint32_t i = 0; i < self->load_count; i++)
        if ((self->loads[i].p_flags & PF_X) && address >= self->loads[i].p_vaddr &&
            address - self->loads[i].p_vaddr < self->loads[i].p_filesz)
            return true;
    return false;
}

static daffi_status_t add_function (image_t *self, daffi_elf_t *out, daffi_text_t name,
                                    const Elf64_Sym *symbol)
{
    if (out->function_count == DAFFI_ELF_FUNCTIONS_MAX)
        return bad (self, "it exports more than 256 functions");
    if (ELF64_ST_TYPE (symbol->st_info) != STT_FUNC ||
        !in_code (self, symbol->st_value) || !daffi_name_valid (name) ||
        daffi_name_reserved (name))
        return bad (self, "a payload function's symbol is no function");
    daffi_elf_function_t function = {name, daffi_text ("", 0)};
    out->functions[out->function_count++] = function;
    return DAFFI_OK;
}

static void add_signature (const image_t *self, daffi_elf_t *out, daffi_text_t name,
                           const Elf64_Sym *symbol)
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

//  The first pass finds functions, the second what belongs to them.
static daffi_status_t read_symbol (image_t *self, daffi_elf_t *out, uint32_t pass,
                                   const Elf64_Sym *symbol)
{
    daffi_text_t name;
    if (!symbol->st_name || symbol->st_shndx == SHN_UNDEF)
        return DAFFI_OK;
    if (!read_string (self, symbol->st_name, &name))
        return bad (self, "a symbol's name is malformed");
    if (!begins (name, "daffi_payload_"))
        return DAFFI_OK;
    name = without (name, "daffi_payload_");
    if (pass == 0 && begins (name, "fn_"))
        return add_function (self, out, without (name, "fn_"), symbol);
    if (pass == 1 && begins (name, "sig_"))
        add_signature (self, out, without (name, "sig_"), symbol);
    if (pass == 1 && daffi_text_equal (name, daffi_text_of ("stays")))
        out->stays = true;
    if (pass == 1 && begins (name, "abi_") &&
        !read_address (self, symbol->st_value, &out->abi, sizeof out->abi))
        return bad (self, "its ABI number cannot be read");
    return DAFFI_OK;
}

static daffi_status_t read_symbols (image_t *self, daffi_elf_t *out)
{
    Elf64_Sym symbol;
    if (!count_symbols (self))
        return bad (self, "its symbol table is malformed");
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < self->symbol_count; i++) {
            if (!read_address (self, self->symbols + i * sizeof symbol, &symbol,
                               sizeof symbol))
                return bad (self, "its symbols lie outside of the file");
            if (read_symbol (self, out, pass, &symbol))
                return DAFFI_BAD_PAYLOAD;
        }
    if (!out->function_count)
        return bad (self, "it exports no payload function; see daffi_payload.h");
    return DAFFI_OK;
}

static daffi_status_t check_abi (image_t *self, const daffi_elf_t *out)
{
    if (out->abi == 1)
        return DAFFI_OK;
    return daffi_fail (
        self->error, DAFFI_BAD_PAYLOAD,
        "it was made for version %u of the payload ABI, this process has "
        "version 1",
        (unsigned)out->abi);
}

daffi_status_t daffi_elf_look (const void *data, size_t size, daffi_elf_t *out,
                               daffi_error_t *error)
{
    image_t self;
    Elf64_Ehdr header = {0};
    memset (&self, 0, sizeof self);
    self.data = data;
    self.size = size;
    self.error = error;
    out->abi = 0;
    out->stays = false;
    out->function_count = 0;
    daffi_status_t status = check_header (&self, &header);
    if (!status)
        status = read_segments (&self, &header);
    if (!status)
        status = read_dynamic (&self);
    if (!status)
        status = check_needed (&self);
    if (!status)
        status = read_symbols (&self, out);
    return status ? status : check_abi (&self, out);
}
