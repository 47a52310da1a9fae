//  SPDX-License-Identifier: MPL-2.0
//  Signatures: read once at the registration, held against each call.

#include "signature.h"

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"

enum { WORD_MAX = 31 };

typedef struct {
    uint16_t kinds;  //  bits of daffi_kind_t
    bool optional;
    char word[WORD_MAX + 1];
} parameter_t;

struct daffi_signature {
    uint32_t count;
    uint32_t required;
    bool open;         //  further arguments may come,
    parameter_t rest;  //  which are these
    parameter_t parameters[];
};

#define BIT(kind) (1u << DAFFI_KIND_##kind)
static const uint16_t whole = BIT (INT) | BIT (UINT);
static const uint16_t anything = UINT16_MAX;

static const struct {
    const char *word;
    uint16_t kinds;
} words[] = {{"nil", BIT (NIL)},
             {"bool", BIT (BOOL)},
             {"int", whole},
             {"uint", BIT (UINT)},
             {"float", whole | BIT (DOUBLE)},
             {"double", whole | BIT (DOUBLE)},
             {"string", BIT (STRING)},
             {"binary", BIT (BINARY)},
             {"bytes", BIT (STRING) | BIT (BINARY)},
             {"array", BIT (ARRAY)},
             {"map", BIT (MAP)}};

static uint16_t kinds_of (const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen (words[i].word) == size && memcmp (words[i].word, word, size) == 0)
            return words[i].kinds;
    return anything;
}

//  --- reading ------------------------------------------------------------------------

static const char *skip_blanks (const char *cursor)
{
    return cursor + strspn (cursor, " \t");
}

//  One parameter, `open` where it begins with dots; returns where it ends.
static const char *read_parameter (const char *cursor, parameter_t *out, bool *open)
{
    cursor = skip_blanks (cursor);
    *open = strncmp (cursor, "...", 3) == 0;
    cursor += *open ? 3 : 0;
    size_t size = strcspn (cursor, " \t?,)");
    out->kinds = kinds_of (cursor, size);
    out->optional = cursor[size] == '?';
    if (out->optional)
        out->kinds |= BIT (NIL);
    snprintf (out->word, sizeof out->word, "%.*s",
              (int)(size < WORD_MAX ? size : WORD_MAX), cursor);
    return cursor + strcspn (cursor, ",)");
}

static void add (daffi_signature_t *self, const parameter_t *parameter, bool open)
{
    if (open) {
        self->open = true;
        self->rest = *parameter;
        return;
    }
    self->parameters[self->count++] = *parameter;
    if (!parameter->optional)
        self->required = self->count;
}

daffi_signature_t *daffi_signature_new (const char *text)
{
    const char *cursor = skip_blanks (text);
    const char *end = strchr (cursor, ')');
    if (*cursor != '(' || !end)
        return NULL;
    //  each takes a byte at least, and a comma or the end
    size_t room = (size_t)(end - cursor);
    daffi_signature_t *self =
        daffi_new (sizeof *self + room * sizeof self->parameters[0]);
    cursor = skip_blanks (cursor + 1);
    while (cursor < end) {
        parameter_t parameter;
        bool open;
        cursor = read_parameter (cursor, &parameter, &open);
        add (self, &parameter, open);
        cursor += *cursor == ',';
    }
    return self;
}

void daffi_signature_destroy (daffi_signature_t **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

//  --- checking -----------------------------------------------------------------------

static const char *name_of (uint8_t kind)
{
    static const char *const names[] = {"nil",     "a bool",   "an int",   "an int",
                                        "a float", "a string", "a binary", "an array",
                                        "a map",   "an ext",   "raw"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : "something else";
}

static const parameter_t *parameter_at (const daffi_signature_t *self, size_t index)
{
    return index < self->count ? &self->parameters[index] : &self->rest;
}

static daffi_status_t wrong_count (const daffi_signature_t *self, uint32_t count,
                                   const char *function, char *text, size_t size)
{
    const char *at = count < self->required ? "at least " : "at most ";
    uint32_t wanted = count < self->required ? self->required : self->count;
    if (self->required == self->count && !self->open)
        at = "";
    snprintf (text, size, "%s wants %s%u arguments and got %u", function, at, wanted,
              count);
    return DAFFI_TYPE;
}

daffi_status_t daffi_signature_check (const daffi_signature_t *self,
                                      const daffi_value_t *args, const char *function,
                                      char *text, size_t size)
{
    daffi_value_t value;
    if (args->count < self->required || (args->count > self->count && !self->open))
        return wrong_count (self, args->count, function, text, size);
    daffi_iterator_t iterator = daffi_value_iterate (args);
    for (size_t i = 0; daffi_iterator_next (&iterator, NULL, &value); i++) {
        const parameter_t *parameter = parameter_at (self, i);
        if (parameter->kinds & 1u << value.kind)
            continue;
        snprintf (text, size, "argument %zu of %s is %s, and '%s' is wanted", i + 1,
                  function, name_of (value.kind), parameter->word);
        return DAFFI_TYPE;
    }
    return DAFFI_OK;
}
