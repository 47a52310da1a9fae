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

//  Columns that `size` bytes of UTF-8 take.
static int columns_of (const char *text, int size)
{
    int columns = 0;
    for (int i = 0; i < size; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

//  Words of `text` from `column` on, each line from `left` on; returns the column after
//  them.
static int print_wrapped (FILE *out, const char *text, int left, int column)
{
    while (*text) {
        int size = (int)strcspn (text, " ");
        int wide = columns_of (text, size);
        if (column > left && column + 1 + wide > WIDTH) {
            fprintf (out, "\n%*s", left, "");
            column = left;
        }
        fprintf (out, column > left ? " %.*s" : "%.*s", size, text);
        column += wide + (column > left);
        text += size;
        text += strspn (text, " ");
    }
    return column;
}

void daffi_print_wrapped (FILE *out, const char *text, int column)
{
    print_wrapped (out, text, column, column);
}

static void print_option (const daffi_option_t *option, FILE *out)
{
    char head[64] = "";
    char letter[8] = "";
    if (option->letter)
        snprintf (letter, sizeof letter, "-%c, ", option->letter);
    snprintf (head, sizeof head, "  %s--%s%s%s", letter, option->name,
              option->value ? " " : "", option->value ? option->value : "");
    int column = fprintf (out, "%s", head);
    if (column >= COLUMN) {
        fputc ('\n', out);
        column = 0;
    }
    fprintf (out, "%*s", COLUMN - column, "");
    column = print_wrapped (out, option->help, COLUMN, COLUMN);
    char tail[128] = "";
    if (option->standard)
        snprintf (tail, sizeof tail, "(default %s)", option->standard);
    column = print_wrapped (out, tail, COLUMN, column);
    tail[0] = '\0';
    if (option->environment)
        snprintf (tail, sizeof tail, "[%s]", option->environment);
    print_wrapped (out, tail, COLUMN, column);
    fputc ('\n', out);
}

void daffi_option_table_print (const daffi_option_t *table, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].section)
            fprintf (out, "\n%s\n", table[i].section);
        print_option (&table[i], out);
    }
}

const char *daffi_source_name (daffi_source_t source)
{
    switch (source) {
    case DAFFI_SOURCE_NONE:
        return "unset";
    case DAFFI_SOURCE_STANDARD:
        return "default";
    case DAFFI_SOURCE_FILE:
        return "file";
    case DAFFI_SOURCE_ENVIRONMENT:
        return "environment";
    case DAFFI_SOURCE_ARGUMENTS:
        return "command line";
    }
    return "unset";
}

const char *daffi_option_given_as (const daffi_option_t *option, daffi_source_t source,
                                   char *out, size_t size)
{
    if (source == DAFFI_SOURCE_ENVIRONMENT)
        snprintf (out, size, "%s", option->environment);
    else if (source == DAFFI_SOURCE_FILE)
        snprintf (out, size, "%s", option->name);
    else
        snprintf (out, size, "--%s", option->name);
    return out;
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
