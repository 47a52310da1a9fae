//  SPDX-License-Identifier: MPL-2.0
//  The configuration file: what neither the command line nor the environment says.
//
//  A file in the format of czmq's zconfig (rfc.zeromq.org/spec/4, ZPL): `name = value`
//  for every program and command, and the same, indented below the name of a command,
//  for that one.

#ifndef DAFFI_DAEMON_CONFIG_H
#define DAFFI_DAEMON_CONFIG_H

#include "options.h"

#define DAFFI_CONFIG_HELP                                            \
    "read further options from this file; none: daffi/daffi.cfg in " \
    "$XDG_CONFIG_HOME or ~/.config, else /etc/daffi/daffi.cfg, if it is there"

typedef struct _zconfig_t daffi_config_tree_t;

typedef struct {
    char path[512];             //  "": there is none
    daffi_config_tree_t *tree;  //  NULL: there is none
} daffi_config_t;

//  What else the file may speak of, as lists that end with NULL: options of other
//  programs and commands, and the sections of all.
typedef struct {
    const char *const *options;
    const char *const *sections;
} daffi_config_others_t;

//  Fills in what is still unset, from the section `section` first. values[config] names
//  the file, if anything does; one that is named must be there. The texts of the values
//  belong to `self`. A name in the section, or outside of all, that no option has is a
//  problem; `others` NULL: outside of sections only one that looks like one of `set`.
daffi_exit_t daffi_config_apply (daffi_config_t *self, daffi_option_set_t *set,
                                 size_t config, const char *section,
                                 const daffi_config_others_t *others,
                                 daffi_problem_t *problem);
void daffi_config_done (daffi_config_t *self);

#endif
