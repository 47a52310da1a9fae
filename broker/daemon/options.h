//  SPDX-License-Identifier: MPL-2.0
//  Command-line options by table: parsing, defaults, environment, --help and hints.
//
//  The table is the only place where an option stands; whatever else tells about
//  options is made from it.

#ifndef DAFFI_DAEMON_OPTIONS_H
#define DAFFI_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "exits.h"

typedef enum {
    DAFFI_OPTION_FLAG,    //  takes no value; in the environment 1/0, yes/no, true/false
    DAFFI_OPTION_TEXT,    //  anything but nothing
    DAFFI_OPTION_NUMBER,  //  a whole number from min to max
    DAFFI_OPTION_TIME,   //  milliseconds, or with a unit (ms, s, m, h); "forever" is -1
    DAFFI_OPTION_CHOICE  //  a word of `choices`, whose place in it, from 1, is the
                         //  number
} daffi_option_kind_t;

typedef struct {
    const char *section;      //  heading above it in --help; NULL: no new one
    const char *name;         //  without dashes
    const char *value;        //  what it takes, as --help shows it; NULL: a flag
    const char *environment;  //  variable that says the same; NULL: none
    const char *standard;     //  the value where nobody says one; NULL: unset
    const char *example;      //  shown where a value is refused
    const char *help;         //  what it does; wrapped by --help
    daffi_option_kind_t kind;
    char letter;  //  -h for --help; 0: none
    int64_t min;
    int64_t max;
    const char *const *choices;  //  NULL-terminated
} daffi_option_t;

//  Where a value comes from, in order of strength.
typedef enum {
    DAFFI_SOURCE_NONE = 0,
    DAFFI_SOURCE_STANDARD = 1,
    DAFFI_SOURCE_FILE = 2,
    DAFFI_SOURCE_ENVIRONMENT = 3,
    DAFFI_SOURCE_ARGUMENTS = 4
} daffi_source_t;

typedef struct {
    daffi_source_t source;
    const char *text;  //  as it was written; borrowed from where it was found
    int64_t number;    //  flags: 1 or 0; choices: their place, from 1
} daffi_option_value_t;

typedef struct {
    const char *program;
    const daffi_option_t *table;
    size_t count;
    daffi_option_value_t *values;  //  `count` of them, in the order of the table
    const char *file;              //  the configuration file; NULL or "": none

    //  What is no option. NULL: nothing of the kind is taken.
    const char **words;
    size_t word_limit;
    size_t word_count;
    size_t rest;  //  the first word behind `--`, or word_count
} daffi_option_set_t;

//  Command line, then environment, then standard values; each fills in what is still
//  unset. On a problem it says which text was refused, why, and what would do. argv[0]
//  is passed over.
daffi_exit_t daffi_option_set_arguments (daffi_option_set_t *self, int argc,
                                         char *const *argv, daffi_problem_t *problem);
daffi_exit_t daffi_option_set_environment (daffi_option_set_t *self,
                                           daffi_problem_t *problem);
void daffi_option_set_standard (daffi_option_set_t *self);
//  One value, whatever was there.
daffi_exit_t daffi_option_set_value (daffi_option_set_t *self, size_t index,
                                     const char *text, daffi_source_t source,
                                     daffi_problem_t *problem);

//  Host, port and folder are one decision that takes up to three options: what a
//  stronger source says of it replaces all that weaker ones say.
void daffi_option_settle_endpoint (daffi_option_value_t *host,
                                   daffi_option_value_t *port,
                                   daffi_option_value_t *folder);

//  How an option is called where it was given: "--port" or "DAFFI_PORT". Returns `out`.
const char *daffi_option_given_as (const daffi_option_t *option, daffi_source_t source,
                                   char *out, size_t size);
const char *daffi_source_name (daffi_source_t source);

//  The options of --help.
void daffi_option_table_print (const daffi_option_t *table, size_t count, FILE *out);
//  Words from `column` on, wrapped at 80 columns; no newline behind the last one.
void daffi_print_wrapped (FILE *out, const char *text, int column);

//  The word of the list that was probably meant, or NULL.
const char *daffi_hint (const char *typed, const char *const *words);

#endif
