//  SPDX-License-Identifier: MPL-2.0
//  A look at a shared object, before the loader is let near it.
//
//  glibc's loader trusts what it loads: a program header that lies makes it map or
//  write where it should not. So all that it will follow is walked here first. What is
//  legal but has no place in a payload (text relocations, search paths, writable code)
//  is refused as well.

#include "elf_look.h"

#include <string.h>

#include "elf_image.h"
#include "failure.h"

daffi_status_t daffi_elf_bad (daffi_elf_image_t *self, const char *what)
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
static bool read_at (const daffi_elf_image_t *self, uint64_t offset, void *out,
                     size_t size)
{
    if (offset > self->size || size > self->size - offset)
        return false;
    memcpy (out, self->data + offset, size);
    return true;
}

//  Where an address of the loaded image lies in the file; `room` is what follows there.
bool daffi_elf_locate (const daffi_elf_image_t *self, uint64_t address,
                       uint64_t *offset, uint64_t *room)
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

bool daffi_elf_read_address (const daffi_elf_image_t *self, uint64_t address, void *out,
                             size_t size)
{
    uint64_t offset, room;
    return daffi_elf_locate (self, address, &offset, &room) && size <= room &&
           read_at (self, offset, out, size);
}

enum { DYNAMIC_MAX = 512, STRING_MAX = 4096 };

//  --- header and segments ------------------------------------------------------------

static daffi_status_t check_header (daffi_elf_image_t *self, Elf64_Ehdr *header)
{
    if (!read_at (self, 0, header, sizeof *header) ||
        memcmp (header->e_ident, ELFMAG, SELFMAG) != 0)
        return daffi_elf_bad (self, "it is no ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != machine_here ())
        return daffi_fail (self->error, DAFFI_BAD_PAYLOAD,
                           "it was built for another architecture (ELF machine %u); "
                           "this process is %s",
                           (unsigned)header->e_machine, daffi_elf_architecture ());
    if (header->e_type != ET_DYN)
        return daffi_elf_bad (self,
                              "it is no shared object; build it with -shared -fPIC");
    if (header->e_version != EV_CURRENT || header->e_ident[EI_VERSION] != EV_CURRENT ||
        (header->e_ident[EI_OSABI] != ELFOSABI_NONE &&
         header->e_ident[EI_OSABI] != ELFOSABI_GNU))
        return daffi_elf_bad (self, "it was built for another operating system");
    if (header->e_phentsize != sizeof (Elf64_Phdr) || header->e_phnum == 0 ||
        header->e_phnum > DAFFI_ELF_SEGMENTS_MAX)
        return daffi_elf_bad (self, "its program headers are malformed");
    return DAFFI_OK;
}

static daffi_status_t check_load (daffi_elf_image_t *self, const Elf64_Phdr *segment)
{
    const uint64_t limit = UINT64_C (1) << 30;
    if (segment->p_filesz > segment->p_memsz || segment->p_vaddr > limit ||
        segment->p_memsz > limit || segment->p_offset > self->size ||
        segment->p_filesz > self->size - segment->p_offset)
        return daffi_elf_bad (self, "a segment lies outside of the file");
    if (segment->p_align < 4096 || (segment->p_align & (segment->p_align - 1)) ||
        segment->p_align > limit ||
        (segment->p_vaddr - segment->p_offset) % segment->p_align)
        return daffi_elf_bad (self, "a segment is not aligned");
    if ((segment->p_flags & PF_W) && (segment->p_flags & PF_X))
        return daffi_elf_bad (self, "a segment is writable and executable");
    if (self->load_count) {
        const Elf64_Phdr *last = &self->loads[self->load_count - 1];
        if (segment->p_vaddr < last->p_vaddr + last->p_memsz)
            return daffi_elf_bad (self, "its segments overlap or are out of order");
    }
    self->loads[self->load_count++] = *segment;
    return DAFFI_OK;
}

static daffi_status_t check_segment (daffi_elf_image_t *self, const Elf64_Phdr *segment)
{
    switch (segment->p_type) {
    case PT_LOAD:
        return check_load (self, segment);
    case PT_DYNAMIC:
        if (self->dynamic.p_type)
            return daffi_elf_bad (self, "it has two dynamic segments");
        self->dynamic = *segment;
        return DAFFI_OK;
    case PT_INTERP:
        return daffi_elf_bad (self, "it is a program, not a shared object");
    case PT_GNU_STACK:
        if (segment->p_flags & PF_X)
            return daffi_elf_bad (self, "it wants an executable stack");
        return DAFFI_OK;
    case PT_TLS:
        if (segment->p_filesz > segment->p_memsz || segment->p_memsz > 1 << 20 ||
            segment->p_align > 4096)
            return daffi_elf_bad (self, "its thread-local data is too large");
        return DAFFI_OK;
    default:
        return DAFFI_OK;
    }
}

//  A segment that the loader reads in memory must lie in what it maps.
static bool mapped (const daffi_elf_image_t *self, const Elf64_Phdr *segment)
{
    for (uint32_t i = 0; i < self->load_count; i++) {
        const Elf64_Phdr *load = &self->loads[i];
        if (segment->p_vaddr >= load->p_vaddr && segment->p_memsz <= load->p_memsz &&
            segment->p_vaddr - load->p_vaddr <= load->p_memsz - segment->p_memsz)
            return true;
    }
    return false;
}

static daffi_status_t read_segments (daffi_elf_image_t *self, const Elf64_Ehdr *header)
{
    Elf64_Phdr segment = {0};
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < header->e_phnum; i++) {
            if (header->e_phoff > self->size ||
                !read_at (self, header->e_phoff + i * sizeof segment, &segment,
                          sizeof segment))
                return daffi_elf_bad (self,
                                      "its program headers lie outside of the file");
            bool inside =
                segment.p_type == PT_DYNAMIC || segment.p_type == PT_GNU_RELRO ||
                segment.p_type == PT_TLS || segment.p_type == PT_NOTE ||
                segment.p_type == PT_GNU_PROPERTY || segment.p_type == PT_GNU_EH_FRAME;
            if (pass == 0 && check_segment (self, &segment))
                return DAFFI_BAD_PAYLOAD;
            if (pass == 1 && inside && segment.p_memsz && segment.p_type != PT_TLS &&
                !mapped (self, &segment))
                return daffi_elf_bad (self, "a segment is not mapped");
        }
    }
    if (!self->load_count || !self->dynamic.p_type)
        return daffi_elf_bad (self, "it has nothing to load");
    return DAFFI_OK;
}

//  --- the dynamic section ------------------------------------------------------------

static daffi_status_t check_flags (daffi_elf_image_t *self, const Elf64_Dyn *entry)
{
    uint64_t flags = entry->d_un.d_val;
    if (entry->d_tag == DT_FLAGS_1 && (flags & DF_1_PIE))
        return daffi_elf_bad (self, "it is a program, not a shared object");
    if (entry->d_tag == DT_FLAGS_1 && (flags & DF_1_NOOPEN))
        return daffi_elf_bad (
            self, "it was built not to be loaded at run time (-z nodlopen)");
    if (entry->d_tag == DT_FLAGS && (flags & DF_TEXTREL))
        return daffi_elf_bad (self, "it was built without -fPIC");
    return DAFFI_OK;
}

static daffi_status_t read_entry (daffi_elf_image_t *self, const Elf64_Dyn *entry)
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
    case DT_VERNEED:
        self->versions = value;
        return DAFFI_OK;
    case DT_SYMENT:
        return value == sizeof (Elf64_Sym)
                   ? DAFFI_OK
                   : daffi_elf_bad (self, "its symbols are malformed");
    case DT_NEEDED:
        if (self->needed_count == DAFFI_ELF_NEEDED_MAX)
            return daffi_elf_bad (self, "it needs too many libraries");
        self->needed[self->needed_count++] = value;
        return DAFFI_OK;
    case DT_TEXTREL:
        return daffi_elf_bad (self, "it was built without -fPIC");
    case DT_RPATH:
    case DT_RUNPATH:
    case DT_AUDIT:
    case DT_DEPAUDIT:
    case DT_FILTER:
    case DT_AUXILIARY:
    case DT_CONFIG:
        return daffi_elf_bad (
            self, "it brings a search path or an auditor of its own (rpath)");
    default:
        return check_flags (self, entry);
    }
}

static daffi_status_t read_dynamic (daffi_elf_image_t *self)
{
    Elf64_Dyn entry;
    uint64_t count = self->dynamic.p_memsz / sizeof entry;
    for (uint64_t i = 0; i < count && i < DYNAMIC_MAX; i++) {
        if (!daffi_elf_read_address (self, self->dynamic.p_vaddr + i * sizeof entry,
                                     &entry, sizeof entry))
            return daffi_elf_bad (self, "its dynamic section lies outside of the file");
        if (entry.d_tag == DT_NULL)
            return self->symbols && self->strings && (self->hash || self->gnu_hash)
                       ? DAFFI_OK
                       : daffi_elf_bad (self, "it exports nothing");
        if (read_entry (self, &entry))
            return DAFFI_BAD_PAYLOAD;
    }
    return daffi_elf_bad (self, "its dynamic section has no end");
}

//  A string of the table; false where it does not end within it, or is too long.
bool daffi_elf_read_string (const daffi_elf_image_t *self, uint64_t at,
                            daffi_text_t *out)
{
    uint64_t offset, room;
    if (at >= self->strings_size ||
        !daffi_elf_locate (self, self->strings, &offset, &room) ||
        self->strings_size > room)
        return false;
    const char *start = (const char *)self->data + offset + at;
    uint64_t rest = self->strings_size - at;
    const char *end = memchr (start, 0, rest < STRING_MAX ? rest : STRING_MAX);
    if (!end)
        return false;
    *out = daffi_text (start, (size_t)(end - start));
    return true;
}

bool daffi_elf_begins (daffi_text_t text, const char *prefix)
{
    size_t size = strlen (prefix);
    return text.size >= size && memcmp (text.data, prefix, size) == 0;
}

static daffi_status_t check_needed (daffi_elf_image_t *self)
{
    daffi_text_t name;
    for (uint32_t i = 0; i < self->needed_count; i++) {
        if (!daffi_elf_read_string (self, self->needed[i], &name))
            return daffi_elf_bad (
                self, "the names of the libraries that it needs are malformed");
        if (daffi_elf_begins (name, "libc.musl") ||
            daffi_elf_begins (name, "ld-musl") ||
            daffi_text_equal (name, daffi_text_of ("libc.so")))
            return daffi_fail (self->error, DAFFI_BAD_PAYLOAD,
                               "it was built for another libc (%.*s); this process "
                               "runs on glibc",
                               (int)(name.size > 60 ? 60 : name.size), name.data);
        if (!name.size || memchr (name.data, '/', name.size))
            return daffi_elf_bad (self, "it needs a library by its path");
    }
    return DAFFI_OK;
}

static daffi_status_t check_abi (daffi_elf_image_t *self, const daffi_elf_t *out)
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
    daffi_elf_image_t self;
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
        status = daffi_elf_check_versions (&self);
    if (!status)
        status = daffi_elf_read_symbols (&self, out);
    return status ? status : check_abi (&self, out);
}
