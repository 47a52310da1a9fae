//  SPDX-License-Identifier: MPL-2.0
//  A command of the `daffi` program, and what each of them is handed.
//
//  A command is a table: its words, its options, its examples. --help, the man page and
//  the completions are made of it, so a command that is not described cannot be called.

#ifndef DAFFI_CLI_COMMAND_H
#define DAFFI_CLI_COMMAND_H

#include "config.h"
#include "daffi.h"
#include "exits.h"
#include "keep.h"
#include "options.h"
#include "style.h"

typedef struct daffi_cli daffi_cli_t;

//  What a word of the command line may be completed with.
typedef enum {
    DAFFI_WORD_NOTHING,
    DAFFI_WORD_FUNCTION,
    DAFFI_WORD_PROCESS,
    DAFFI_WORD_COMMAND,
    DAFFI_WORD_CHOICE  //  one of .words
} daffi_word_kind_t;

typedef struct {
    const char *line;  //  what is typed
    const char *help;  //  what it does
} daffi_example_t;

typedef struct {
    const char *name;
    const char *group;    //  heading in `daffi --help`
    const char *summary;  //  one line
    const char *usage;    //  behind the name: "FUNCTION [ARGUMENT…]"; "" = no words
    const char *text;     //  paragraphs, divided by newlines
    const daffi_example_t *examples;  //  ended by a line of NULL; or NULL
    const daffi_option_t *options;    //  of this command alone
    size_t option_count;
    size_t least_words;
    size_t most_words;
    daffi_word_kind_t first_word;
    const char *const *words;  //  DAFFI_WORD_CHOICE: NULL-terminated
    bool json;                 //  has --json
    bool offline;              //  needs no controller, so it has no options for one
    bool patient;              //  waits for its controller as long as it takes
    bool hidden;               //  not in lists
    daffi_exit_t (*run) (daffi_cli_t *self);
    //  Instead of all of the above but the texts: has options of its own.
    daffi_exit_t (*raw) (const char *program, int argc, char *const *argv);
} daffi_command_t;

enum { DAFFI_WORDS_MAX = 1024, DAFFI_OPTIONS_MAX = 48 };

struct daffi_cli {
    const daffi_command_t *command;
    char program[64];  //  "daffi call"
    daffi_option_t table[DAFFI_OPTIONS_MAX];
    daffi_option_value_t values[DAFFI_OPTIONS_MAX];
    daffi_option_set_t set;  //  set.words: what is no option
    const char *words[DAFFI_WORDS_MAX];
    size_t common;  //  index of the first option that all commands have
    daffi_config_t config;
    daffi_problem_t problem;
    daffi_keep_t keep;  //  freed at the end
    daffi_style_t style;
    bool json;
    bool quiet;
    daffi_global_t *global;  //  after daffi_cli_connect ()
};

//  The value of an option of the command's own table.
static inline const daffi_option_value_t *daffi_cli_option (const daffi_cli_t *self,
                                                            size_t index)
{
    return &self->values[index];
}

//  Every command, ended by NULL, and one by its name or NULL.
const daffi_command_t *const *daffi_commands (void);
const daffi_command_t *daffi_command_find (const char *name);
//  Its options, those that all have behind them; returns their number.
size_t daffi_command_options (const daffi_command_t *command, daffi_option_t *table);
//  All that a configuration file may speak of, whatever the command. Kept.
daffi_config_others_t daffi_commands_others (daffi_keep_t *keep);

//  --- common.c: what all commands do alike -----------------------------------------

daffi_exit_t daffi_cli_read (daffi_cli_t *self, int argc, char *const *argv);
//  Starts self->global as a node and waits for the controller. `more` may bring a name,
//  functions and workers, or be NULL.
daffi_exit_t daffi_cli_connect (daffi_cli_t *self, const daffi_options_t *more);
//  Where the controller is, as the options say.
void daffi_cli_endpoint (const daffi_cli_t *self, char *text, size_t size);
void daffi_cli_done (daffi_cli_t *self);

//  --- outcome.c: what is said where something failed -------------------------------

//  Says what failed, why and what to do next; returns the exit code.
daffi_exit_t daffi_cli_failed (daffi_cli_t *self, const daffi_error_t *error);
//  The code alone.
daffi_exit_t daffi_cli_code (const daffi_error_t *error);
//  Wrong usage: "…" and where to look it up.
daffi_exit_t daffi_cli_usage (daffi_cli_t *self, const char *format, ...)
    DAFFI_PRINTF (2, 3);

#endif
