//  SPDX-License-Identifier: MPL-2.0
//  What daffi-broker was asked to do: its table of options, and what follows from it.

#ifndef DAFFI_SETTINGS_H
#define DAFFI_SETTINGS_H

#include "config.h"
#include "daffi.h"
#include "exits.h"
#include "options.h"

typedef struct {
    daffi_config_t config;
    bool help;
    bool version;
    bool quiet;
    bool insecure;
    const char *endpoint_file;  //  or NULL
    char store[512];            //  where its place is not said
    daffi_options_t global;     //  all but the log function
} daffi_settings_t;

//  All strings are borrowed from argv, the environment and self->config, which lives as
//  long as the program.
daffi_exit_t daffi_settings_read (daffi_settings_t *self, const char *program, int argc,
                                  char *const *argv, daffi_problem_t *problem);

void daffi_settings_print_help (const char *program);

//  The table, for whoever makes manuals and completions of it.
const daffi_option_t *daffi_settings_options (size_t *count);

#endif
