//  SPDX-License-Identifier: MPL-2.0
//  How output looks: colours, and what a terminal must not be sent.

#include "style.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool set (const char *variable)
{
    const char *text = getenv (variable);
    return text && text[0];
}

static bool dumb (void)
{
    const char *term = getenv ("TERM");
    return !term || strcmp (term, "dumb") == 0;
}

static bool wants_colour (int fd, daffi_colour_t wish)
{
    if (wish != DAFFI_COLOUR_AUTO)
        return wish == DAFFI_COLOUR_ALWAYS;
    return isatty (fd) && !set ("NO_COLOR") && !dumb ();
}

void daffi_style_init (daffi_style_t *self, daffi_colour_t wish)
{
    struct winsize window;
    *self = (daffi_style_t){.terminal = isatty (STDOUT_FILENO),
                            .colour = wants_colour (STDOUT_FILENO, wish),
                            .colour_of_errors = wants_colour (STDERR_FILENO, wish)};
    if (self->terminal && ioctl (STDOUT_FILENO, TIOCGWINSZ, &window) == 0)
        self->columns = window.ws_col;
}

//  Asked each time, for a window may change its size.
size_t daffi_screen_begin (const daffi_style_t *self)
{
    static char buffer[1 << 16];
    static bool buffered;
    struct winsize window;
    if (!self->terminal)
        return SIZE_MAX;
    buffered = buffered || !setvbuf (stdout, buffer, _IOFBF, sizeof buffer);
    //  home, clear, do not wrap lines
    fputs ("\033[H\033[2J\033[?7l", stdout);
    bool known = ioctl (STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 0;
    return known ? window.ws_row : 24;
}

bool daffi_screen_end (const daffi_style_t *self)
{
    if (self->terminal)
        fputs ("\033[?7h", stdout);
    return fflush (stdout) == 0 && !ferror (stdout);
}

const char *daffi_ink (const daffi_style_t *self, daffi_ink_t ink)
{
    if (!self->colour)
        return "";
    switch (ink) {
    case DAFFI_INK_NONE:
        return "";
    case DAFFI_INK_HEAD:
        return "\033[1m";
    case DAFFI_INK_GOOD:
        return "\033[32m";
    case DAFFI_INK_WARN:
        return "\033[33m";
    case DAFFI_INK_BAD:
        return "\033[31m";
    case DAFFI_INK_NAME:
        return "\033[36m";
    case DAFFI_INK_FAINT:
        return "\033[2m";
    }
    return "";
}

const char *daffi_ink_off (const daffi_style_t *self)
{
    return self->colour ? "\033[0m" : "";
}

//  C0, DEL, and the second byte of C1 in UTF-8 (U+0080 to U+009F).
static bool control (const char *text, size_t at)
{
    unsigned char byte = (unsigned char)text[at];
    return byte < ' ' || byte == 127 ||
           (at > 0 && (unsigned char)text[at - 1] == 0xc2 && byte >= 0x80 &&
            byte < 0xa0);
}

void daffi_print_safe (const daffi_style_t *self, FILE *out, const char *text,
                       size_t size, bool lines)
{
    if (!self->terminal) {
        fwrite (text, 1, size, out);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        bool fine =
            !control (text, i) || (lines && (text[i] == '\n' || text[i] == '\t'));
        putc (fine ? text[i] : '?', out);
    }
}

size_t daffi_text_columns (const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}
