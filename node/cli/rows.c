//  SPDX-License-Identifier: MPL-2.0
//  A table: aligned on a terminal, tabs in a pipe, objects in JSON.

#include "rows.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

void daffi_rows_init (daffi_rows_t *self, daffi_cli_t *cli,
                      const daffi_column_t *columns, size_t column_count)
{
    *self =
        (daffi_rows_t){.cli = cli, .columns = columns, .column_count = column_count};
}

void daffi_rows_done (daffi_rows_t *self)
{
    free (self->cells);
    self->cells = NULL;
}

void daffi_rows_add (daffi_rows_t *self)
{
    if (self->row_count == self->room) {
        size_t room = self->room ? 2 * self->room : 64;
        daffi_cell_t *cells =
            realloc (self->cells, room * self->column_count * sizeof *cells);
        if (!cells)
            abort ();
        self->cells = cells;
        self->room = room;
    }
    self->filled = 0;
    memset (&self->cells[self->row_count * self->column_count], 0,
            self->column_count * sizeof *self->cells);
    self->row_count++;
}

static daffi_cell_t *next_cell (daffi_rows_t *self)
{
    size_t row = (self->row_count - 1) * self->column_count;
    return &self->cells[row + self->filled++];
}

void daffi_rows_ink (daffi_rows_t *self, const char *text, daffi_ink_t ink)
{
    daffi_cell_t *cell = next_cell (self);
    cell->text = daffi_keep_text (&self->cli->keep, text, strlen (text));
    cell->ink = ink;
}

void daffi_rows_text (daffi_rows_t *self, const char *text)
{
    daffi_rows_ink (self, text, DAFFI_INK_NONE);
}

void daffi_rows_both (daffi_rows_t *self, const char *text, struct json_object *object)
{
    daffi_cell_t *cell = next_cell (self);
    cell->text = daffi_keep_text (&self->cli->keep, text, strlen (text));
    cell->both = true;
    if (self->cli->json)
        cell->object = object;
    else
        json_object_put (object);
}

void daffi_rows_number (daffi_rows_t *self, uint64_t number)
{
    char text[24];
    snprintf (text, sizeof text, "%" PRIu64, number);
    daffi_rows_both (self, text, json_object_new_uint64 (number));
}

//  --- JSON -------------------------------------------------------------------------

static void key_of (const char *heading, char *key, size_t size)
{
    size_t i;
    for (i = 0; heading[i] && i + 1 < size; i++)
        key[i] = heading[i] == ' ' ? '_' : (char)tolower ((unsigned char)heading[i]);
    key[i] = '\0';
}

struct json_object *daffi_rows_json (daffi_rows_t *self)
{
    struct json_object *list = json_object_new_array ();
    const daffi_cell_t *cell = self->cells;
    for (size_t row = 0; row < self->row_count; row++) {
        struct json_object *object = json_object_new_object ();
        for (size_t i = 0; i < self->column_count; i++, cell++) {
            char key[32];
            key_of (self->columns[i].heading, key, sizeof key);
            json_object_object_add (object, key,
                                    cell->both ? cell->object
                                               : json_object_new_string (cell->text));
        }
        json_object_array_add (list, object);
    }
    return list;
}

//  --- text -------------------------------------------------------------------------

static void print_pipe (const daffi_rows_t *self)
{
    const daffi_cell_t *cell = self->cells;
    for (size_t row = 0; row < self->row_count; row++)
        for (size_t i = 0; i < self->column_count; i++, cell++)
            printf ("%s%c", cell->text, i + 1 < self->column_count ? '\t' : '\n');
}

static size_t width_of (const daffi_rows_t *self, size_t column)
{
    size_t width = strlen (self->columns[column].heading);
    for (size_t row = 0; row < self->row_count; row++) {
        size_t mine =
            daffi_text_columns (self->cells[row * self->column_count + column].text);
        width = mine > width ? mine : width;
    }
    return width;
}

//  How wide each column is, and which is the last one that is shown.
typedef struct {
    size_t widths[DAFFI_COLUMNS_MAX];
    bool hidden[DAFFI_COLUMNS_MAX];
    bool prefix[DAFFI_COLUMNS_MAX];
    size_t last;
} layout_t;

enum { GAP = 2 };

static size_t total_of (const daffi_rows_t *self, layout_t *layout)
{
    size_t total = 0;
    for (size_t i = 0; i < self->column_count; i++)
        if (!layout->hidden[i]) {
            total += layout->widths[i] + (total ? GAP : 0);
            layout->last = i;
        }
    return total;
}

static void give (const daffi_rows_t *self, layout_t *layout, const daffi_give_t *step,
                  size_t excess)
{
    size_t *width = &layout->widths[step->column];
    size_t least = strlen (self->columns[step->column].heading);
    least = step->least > least ? step->least : least;
    layout->hidden[step->column] = step->least == 0;
    layout->prefix[step->column] = step->prefix;
    if (*width > least)
        *width = step->prefix || *width - least < excess ? least : *width - excess;
}

static layout_t layout_of (const daffi_rows_t *self)
{
    layout_t layout = {.last = 0};
    size_t room = self->cli->style.columns;
    for (size_t i = 0; i < self->column_count; i++)
        layout.widths[i] = width_of (self, i);
    size_t total = total_of (self, &layout);
    for (size_t i = 0; i < self->give_count && room && total > room; i++) {
        give (self, &layout, &self->gives[i], total - room);
        total = total_of (self, &layout);
    }
    return layout;
}

//  Bytes of the first `columns` characters.
static size_t bytes_of (const char *text, size_t columns)
{
    size_t size = 0;
    while (text[size] && (columns || ((unsigned char)text[size] & 0xc0) == 0x80))
        columns -= ((unsigned char)text[size++] & 0xc0) != 0x80;
    return size;
}

static void print_cell (const daffi_rows_t *self, const layout_t *layout, size_t column,
                        const char *text, daffi_ink_t ink)
{
    const daffi_style_t *style = &self->cli->style;
    size_t width = layout->widths[column], mine = daffi_text_columns (text);
    bool last = column == layout->last, cut = mine > width;
    bool dots = cut && !layout->prefix[column];
    int blanks = cut ? 0 : (int)(width - mine);
    if (layout->hidden[column])
        return;
    if (self->columns[column].right)
        printf ("%*s", blanks, "");
    fputs (daffi_ink (style, ink), stdout);
    daffi_print_safe (style, stdout, text, bytes_of (text, width - dots), false);
    fputs (dots ? "…" : "", stdout);
    if (ink != DAFFI_INK_NONE)
        fputs (daffi_ink_off (style), stdout);
    if (!self->columns[column].right && !last)
        printf ("%*s", blanks, "");
    if (last)
        putchar ('\n');
    else
        printf ("%*s", GAP, "");
}

static void print_aligned (const daffi_rows_t *self)
{
    const layout_t layout = layout_of (self);
    for (size_t i = 0; i < self->column_count; i++)
        print_cell (self, &layout, i, self->columns[i].heading, DAFFI_INK_HEAD);
    const daffi_cell_t *cell = self->cells;
    size_t shown = self->row_count;
    if (self->most && shown > self->most)
        shown = self->most;
    for (size_t row = 0; row < shown; row++)
        for (size_t i = 0; i < self->column_count; i++, cell++)
            print_cell (self, &layout, i, cell->text,
                        cell->ink ? cell->ink : self->columns[i].ink);
    if (shown < self->row_count)
        printf ("%s… %zu more%s\n", daffi_ink (&self->cli->style, DAFFI_INK_FAINT),
                self->row_count - shown, daffi_ink_off (&self->cli->style));
}

void daffi_rows_print (daffi_rows_t *self)
{
    if (self->cli->json)
        daffi_json_print (daffi_rows_json (self), self->cli->style.terminal);
    else if (self->cli->style.terminal || self->cli->style.colour)
        print_aligned (self);
    else
        print_pipe (self);
}

//  --- names and values -------------------------------------------------------------

void daffi_facts_print (daffi_cli_t *cli, const daffi_value_t *map)
{
    size_t width = 0;
    daffi_value_t key, value;
    if (cli->json) {
        daffi_json_print (daffi_json_of (map), cli->style.terminal);
        return;
    }
    daffi_iterator_t it = daffi_value_iterate (map);
    while (daffi_iterator_next (&it, &key, NULL))
        width = key.size > width ? key.size : width;
    it = daffi_value_iterate (map);
    while (daffi_iterator_next (&it, &key, &value)) {
        const char *text =
            value.kind == DAFFI_KIND_STRING
                ? daffi_keep_text (&cli->keep, value.as.string, value.size)
                : daffi_json_text (&cli->keep, &value);
        fputs (daffi_ink (&cli->style, DAFFI_INK_HEAD), stdout);
        daffi_print_safe (&cli->style, stdout, key.as.string, key.size, false);
        fputs (daffi_ink_off (&cli->style), stdout);
        if (cli->style.terminal)
            printf ("%*s", (int)(width - key.size) + 2, "");
        else
            putchar ('\t');
        daffi_print_safe (&cli->style, stdout, text, strlen (text), false);
        putchar ('\n');
    }
}

const char *daffi_duration (daffi_keep_t *keep, int64_t time_ms)
{
    long long seconds = (long long)(time_ms / 1000);
    if (time_ms < 1000)
        return daffi_keep_format (keep, "%lld ms", (long long)time_ms);
    if (seconds < 60)
        return daffi_keep_format (keep, "%.1f s", (double)time_ms / 1000);
    if (seconds < 3600)
        return daffi_keep_format (keep, "%lld min %lld s", seconds / 60, seconds % 60);
    if (seconds < 86400)
        return daffi_keep_format (keep, "%lld h %lld min", seconds / 3600,
                                  seconds % 3600 / 60);
    return daffi_keep_format (keep, "%lld d %lld h", seconds / 86400,
                              seconds % 86400 / 3600);
}

const char *daffi_microseconds (daffi_keep_t *keep, double time_us)
{
    if (time_us < 1000)
        return daffi_keep_format (keep, "%.0f µs", time_us);
    if (time_us < 1e6)
        return daffi_keep_format (keep, "%.*f ms", time_us < 1e4 ? 2 : 1,
                                  time_us / 1000);
    return daffi_keep_format (keep, "%.2f s", time_us / 1e6);
}
