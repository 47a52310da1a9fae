//  SPDX-License-Identifier: MPL-2.0
//  How output looks: colours, and what a terminal must not be sent.
//
//  Colours where a person looks on: a terminal, no $NO_COLOR (no-color.org), and not
//  TERM=dumb; --color says otherwise.

#ifndef DAFFI_CLI_STYLE_H
#define DAFFI_CLI_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum {
    DAFFI_INK_NONE,
    DAFFI_INK_HEAD,  //  bold
    DAFFI_INK_GOOD,  //  green
    DAFFI_INK_WARN,  //  yellow
    DAFFI_INK_BAD,   //  red
    DAFFI_INK_NAME,  //  cyan
    DAFFI_INK_FAINT
} daffi_ink_t;

typedef struct {
    bool terminal;  //  standard output is one
    bool colour;    //  of standard output
    bool colour_of_errors;
    unsigned columns;  //  of the terminal; 0: unknown
} daffi_style_t;

typedef enum {
    DAFFI_COLOUR_AUTO = 1,
    DAFFI_COLOUR_ALWAYS = 2,
    DAFFI_COLOUR_NEVER = 3
} daffi_colour_t;

void daffi_style_init (daffi_style_t *self, daffi_colour_t wish);

//  What is watched: a terminal is cleared before each look, and shows it in one piece;
//  what is too wide ends at its edge. begin: so many lines there are, SIZE_MAX where
//  standard output is no terminal. end: false where it could not be written.
size_t daffi_screen_begin (const daffi_style_t *self);
bool daffi_screen_end (const daffi_style_t *self);

//  The sequence that begins an ink, and the one that ends all; "" without colour.
const char *daffi_ink (const daffi_style_t *self, daffi_ink_t ink);
const char *daffi_ink_off (const daffi_style_t *self);

//  Bytes of somebody else, for a terminal: control characters, which could do anything
//  there, become `?`; newlines and tabs as well unless `lines`. To a pipe they go as
//  they are.
void daffi_print_safe (const daffi_style_t *self, FILE *out, const char *text,
                       size_t size, bool lines);

//  Columns that the text takes on a terminal.
size_t daffi_text_columns (const char *text);

#endif
