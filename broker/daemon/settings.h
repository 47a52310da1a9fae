//  SPDX-License-Identifier: MPL-2.0
//  What daffi-broker was asked to do: its table of options, and what follows from it.

#ifndef DAFFI_SETTINGS_H
#define DAFFI_SETTINGS_H

#include "daffi.h"
#include "exits.h"

typedef struct {
    bool help;
    bool version;
    bool quiet;
    bool insecure;
    const char *endpoint_file;  //  or NULL
    daffi_options_t global;     //  all but the log function
} daffi_settings_t;

//  All strings are borrowed from argv and the environment.
daffi_exit_t daffi_settings_read (daffi_settings_t *self, int argc, char *const *argv,
                                  daffi_problem_t *problem);

void daffi_settings_print_help (void);

#endif
