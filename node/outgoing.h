//  SPDX-License-Identifier: MPL-2.0
//  What outgoing.c and answers.c share; all of it belongs to the actor.

#ifndef DAFFI_OUTGOING_H
#define DAFFI_OUTGOING_H

#include "inside.h"

//  Something that runs, not a wait.
bool daffi_outgoing_is_call (const daffi_future_t *future);
//  What is known of a call that was sent and not answered.
daffi_executed_t daffi_outgoing_executed (const daffi_node_t *self,
                                          const daffi_future_t *future);
//  It is in none of the lists, and no answer finds it any more.
void daffi_outgoing_unlink (daffi_node_t *self, daffi_future_t *future);
void daffi_outgoing_name_error (const daffi_future_t *future, daffi_error_t *error);
//  Its end.
void daffi_outgoing_fail (daffi_node_t *self, daffi_future_t *future,
                          daffi_status_t status, daffi_executed_t executed,
                          const char *text);

#endif
