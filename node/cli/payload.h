//  SPDX-License-Identifier: MPL-2.0
//  daffi payload: what its files share.

#ifndef DAFFI_CLI_PAYLOAD_H
#define DAFFI_CLI_PAYLOAD_H

#include "command.h"
#include "daffi_transfer.h"

enum {
    DAFFI_PAYLOAD_OPTION_TO,
    DAFFI_PAYLOAD_OPTION_KEY,
    DAFFI_PAYLOAD_OPTION_OUTPUT,
    DAFFI_PAYLOAD_OPTION_NAME,
    DAFFI_PAYLOAD_OPTION_VERSION,
    DAFFI_PAYLOAD_OPTION_EXPIRES,
    DAFFI_PAYLOAD_OPTION_PROCESSES,
    DAFFI_PAYLOAD_OPTION_TIMEOUT,
    DAFFI_PAYLOAD_OPTION_STREAM,
    DAFFI_PAYLOAD_OPTION_STRING,
    DAFFI_PAYLOAD_OPTION_COUNT
};

//  Each finds what to do it with in the words behind the verb.
typedef daffi_exit_t (daffi_payload_verb_fn) (daffi_cli_t *self);

//  --- payload_make.c: files, without a controller ----------------------------------

daffi_payload_verb_fn daffi_payload_do_keygen, daffi_payload_do_build,
    daffi_payload_do_sign, daffi_payload_do_inspect;

//  --- payload_ship.c: other processes ----------------------------------------------

daffi_payload_verb_fn daffi_payload_do_send, daffi_payload_do_call,
    daffi_payload_do_publish, daffi_payload_do_withdraw, daffi_payload_do_unload;

//  --- payload_list.c ---------------------------------------------------------------

daffi_payload_verb_fn daffi_payload_do_ls;
//  The payloads of this process, or of all (NULL).
daffi_exit_t daffi_payloads_show (daffi_cli_t *self, const char *process);

#endif
