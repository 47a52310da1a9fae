//  SPDX-License-Identifier: MPL-2.0
//  Words of the command line as arguments of a call.

#ifndef DAFFI_CLI_ARGUMENTS_H
#define DAFFI_CLI_ARGUMENTS_H

#include "command.h"

typedef struct {
    size_t first;   //  the first word that is one
    size_t end;     //  the first one behind them that is none
    bool strings;   //  each is a string, also one that looks like JSON
    bool no_stdin;  //  somebody else reads standard input: no `-`
} daffi_argument_words_t;

//  Says that a number in JSON is one that no value holds.
daffi_exit_t daffi_number_refused (daffi_cli_t *self, const char *number);

//  One word: JSON where it is that, else a string. Kept.
daffi_exit_t daffi_argument (daffi_cli_t *self, const char *word, bool string,
                             daffi_value_t *value);

//  JSON where a word is that, else a string; `-` is standard input. Kept. On a problem
//  it says so.
daffi_exit_t daffi_arguments (daffi_cli_t *self, const daffi_argument_words_t *words,
                              daffi_args_t *args);

#endif
