//  SPDX-License-Identifier: MPL-2.0
//  Command-line options by table: what people read of them, --help and "did you mean".

#include "options.h"

#include <string.h>

enum {
    COLUMN = 30,   //  where the explanations begin
    WIDTH = 80,    //  of a terminal that nobody has widened
    WORD_MAX = 63  //  longer ones were no slip of a finger
};

//  --- --help ----------------------------------------------------------------

//  Words of `text` from the present column on; returns the column after them.
static int print_wrapped (FILE *out, const char *text, int column)
{
    while (*text) {
        int size = (int)strcspn (text, " ");
        if (column > COLUMN && column + 1 + size > WIDTH) {
            fprintf (out, "\n%*s", COLUMN, "");
            column = COLUMN;
        }
        column += fprintf (out, column > COLUMN ? " %.*s" : "%.*s", size, text);
        text += size;
        text += strspn (text, " ");
    }
    return column;
}

static void print_option (const daffi_option_t *option, FILE *out)
{
    char head[64] = "";
    if (option->letter)
        snprintf (head, sizeof head, "  -%c, --%s", option->letter, option->name);
    else
        snprintf (head, sizeof head, "  --%s%s%s", option->name,
                  option->value ? " " : "", option->value ? option->value : "");
    int column = fprintf (out, "%s", head);
    if (column >= COLUMN) {
        fputc ('\n', out);
        column = 0;
    }
    fprintf (out, "%*s", COLUMN - column, "");
    column = print_wrapped (out, option->help, COLUMN);
    char tail[128] = "";
    if (option->standard)
        snprintf (tail, sizeof tail, "(default %s)", option->standard);
    column = print_wrapped (out, tail, column);
    tail[0] = '\0';
    if (option->environment)
        snprintf (tail, sizeof tail, "[%s]", option->environment);
    print_wrapped (out, tail, column);
    fputc ('\n', out);
}

void daffi_option_set_print (const daffi_option_set_t *self, FILE *out)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->table[i].section)
            fprintf (out, "\n%s\n", self->table[i].section);
        print_option (&self->table[i], out);
    }
}

//  --- did you mean ----------------------------------------------------------

static size_t least (size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

//  How many letters must be put in, left out, changed or swapped with their neighbour
//  (the optimal string alignment distance).
static size_t distance (const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above_two = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least (above[j] + 1, row[j - 1] + 1, change);
            bool swapped =
                i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && above_two[j - 2] + 1 < row[j])
                row[j] = above_two[j - 2] + 1;
        }
    }
    return rows[a_size % 3][b_size];
}

const char *daffi_hint (const char *typed, const char *const *words)
{
    size_t typed_size = strlen (typed);
    if (typed_size < 2 || typed_size > WORD_MAX)
        return NULL;
    const char *best = NULL;
    size_t best_distance = 1 + typed_size / 3;
    for (size_t i = 0; words[i]; i++) {
        size_t size = strlen (words[i]);
        if (size > WORD_MAX)
            continue;
        //  The beginning of a word is as good as one slip.
        size_t d = strncmp (words[i], typed, typed_size) == 0
                       ? 1
                       : distance (typed, typed_size, words[i], size);
        if (d <= best_distance && (!best || d < best_distance)) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}
