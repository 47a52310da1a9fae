//  SPDX-License-Identifier: MPL-2.0
//  A table: aligned with headings on a terminal, tabs and nothing else in a pipe,
//  objects in JSON.

#ifndef DAFFI_CLI_ROWS_H
#define DAFFI_CLI_ROWS_H

#include <json-c/json.h>

#include "command.h"

enum { DAFFI_COLUMNS_MAX = 12 };

typedef struct {
    const char *heading;  //  "PROCESS"; in JSON in small letters
    bool right;           //  a number: aligned to the right
    daffi_ink_t ink;
} daffi_column_t;

typedef struct {
    const char *text;
    daffi_ink_t ink;             //  instead of the column's
    struct json_object *object;  //  in JSON, where `both`; NULL is null
    bool both;                   //  else the text is the value
} daffi_cell_t;

//  What a table gives up where the terminal is too narrow, one after the other until it
//  fits; never in a pipe or in JSON.
typedef struct {
    size_t column;
    size_t least;  //  cut down to so many characters at most; 0: left out
    bool prefix;   //  without `…` at the end: a prefix says it all
} daffi_give_t;

typedef struct {
    daffi_cli_t *cli;
    const daffi_column_t *columns;
    size_t column_count;
    const daffi_give_t *gives;  //  or NULL
    size_t give_count;
    daffi_cell_t *cells;
    size_t row_count;
    size_t most;  //  rows of a table on a terminal; 0: all
    size_t room;
    size_t filled;  //  cells of the last row
} daffi_rows_t;

void daffi_rows_init (daffi_rows_t *self, daffi_cli_t *cli,
                      const daffi_column_t *columns, size_t column_count);
//  Begins a row; its cells follow, one call each. Texts are kept until the end.
void daffi_rows_add (daffi_rows_t *self);
void daffi_rows_text (daffi_rows_t *self, const char *text);
void daffi_rows_ink (daffi_rows_t *self, const char *text, daffi_ink_t ink);
void daffi_rows_number (daffi_rows_t *self, uint64_t number);
//  What people read, and in JSON the object (taken).
void daffi_rows_both (daffi_rows_t *self, const char *text, struct json_object *object);
void daffi_rows_print (daffi_rows_t *self);
struct json_object *daffi_rows_json (daffi_rows_t *self);
void daffi_rows_done (daffi_rows_t *self);

//  Names and values, one a line: the same as a table of two columns, and one object.
void daffi_facts_print (daffi_cli_t *cli, const daffi_value_t *map);

//  "350 ms", "2.5 s", "3 min 10 s", "2 h 5 min", "3 d 4 h"; and from microseconds "85
//  µs".
const char *daffi_duration (daffi_keep_t *keep, int64_t time_ms);
const char *daffi_microseconds (daffi_keep_t *keep, double time_us);

#endif
