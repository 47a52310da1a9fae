//  SPDX-License-Identifier: MPL-2.0
//  Waits for processes, functions and groups of them, as daffi.h offers them.

#include "failure.h"
#include "future.h"
#include "global.h"

static daffi_future_t *wait_start (daffi_global_t *self, daffi_future_kind_t kind,
                                   const char *name, int64_t timeout_ms,
                                   daffi_error_t *error)
{
    daffi_node_t *node = daffi_global_node (self, error);
    return node ? daffi_node_wait (node, kind, name, timeout_ms, error) : NULL;
}

static daffi_status_t wait_for (daffi_global_t *self, daffi_future_kind_t kind,
                                const char *name, int64_t timeout_ms,
                                daffi_error_t *error)
{
    daffi_error_t local;
    daffi_error_t *why = error ? error : &local;
    if (daffi_future_waiting_forbidden ())
        return daffi_fail (error, DAFFI_DEADLOCK, "an inline callback cannot wait");
    daffi_future_t *future = wait_start (self, kind, name, timeout_ms, why);
    return future ? daffi_call_finish (future, NULL, why) : why->status;
}

daffi_future_t *daffi_global_wait_process_start (daffi_global_t *self,
                                                 const char *process,
                                                 int64_t timeout_ms,
                                                 daffi_error_t *error)
{
    return wait_start (self, DAFFI_FUTURE_WAIT_PROCESS, process, timeout_ms, error);
}

daffi_status_t daffi_global_wait_process (daffi_global_t *self, const char *process,
                                          int64_t timeout_ms, daffi_error_t *error)
{
    return wait_for (self, DAFFI_FUTURE_WAIT_PROCESS, process, timeout_ms, error);
}

daffi_future_t *daffi_global_wait_function_start (daffi_global_t *self,
                                                  const char *function,
                                                  int64_t timeout_ms,
                                                  daffi_error_t *error)
{
    return wait_start (self, DAFFI_FUTURE_WAIT_FUNCTION, function, timeout_ms, error);
}

daffi_status_t daffi_global_wait_function (daffi_global_t *self, const char *function,
                                           int64_t timeout_ms, daffi_error_t *error)
{
    return wait_for (self, DAFFI_FUTURE_WAIT_FUNCTION, function, timeout_ms, error);
}

daffi_future_t *daffi_global_wait_group_start (daffi_global_t *self, const char *group,
                                               int64_t timeout_ms, daffi_error_t *error)
{
    return wait_start (self, DAFFI_FUTURE_WAIT_GROUP, group, timeout_ms, error);
}

daffi_status_t daffi_global_wait_group (daffi_global_t *self, const char *group,
                                        int64_t timeout_ms, daffi_error_t *error)
{
    return wait_for (self, DAFFI_FUTURE_WAIT_GROUP, group, timeout_ms, error);
}
