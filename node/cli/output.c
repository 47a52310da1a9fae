//  SPDX-License-Identifier: MPL-2.0
//  Values on standard output.

#include "output.h"

#include <string.h>

#include "json.h"

static void print_binary (daffi_cli_t *self, const daffi_value_t *value)
{
    if (self->style.terminal)
        printf ("<%zu bytes; redirect them, or use --json>\n", value->size);
    else
        fwrite (value->as.data, 1, value->size, stdout);
}

static void print_string (daffi_cli_t *self, const daffi_value_t *value, bool raw)
{
    const char *text = value->as.string;
    daffi_print_safe (&self->style, stdout, text, value->size, true);
    if (!raw && (!value->size || text[value->size - 1] != '\n'))
        putchar ('\n');
}

void daffi_print_value (daffi_cli_t *self, const daffi_value_t *value, bool raw)
{
    if (self->json)
        daffi_json_print (daffi_json_of (value), false);
    else if (value->kind == DAFFI_KIND_STRING)
        print_string (self, value, raw);
    else if (value->kind == DAFFI_KIND_BINARY)
        print_binary (self, value);
    else if (value->kind != DAFFI_KIND_NIL)
        daffi_json_print (daffi_json_of (value), self->style.terminal);
}
