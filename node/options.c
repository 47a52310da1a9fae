//  SPDX-License-Identifier: MPL-2.0
//  The options of a Global: checked, completed, kept.

#include "options.h"

#include <stdlib.h>

#include "alloc.h"
#include "bounds.h"
#include "failure.h"
#include "names.h"

static int64_t or_default (int64_t value, int64_t fallback)
{
    return value ? value : fallback;
}

void daffi_options_keep (daffi_options_t *own, const daffi_options_t *options)
{
    *own = *options;
    own->process_name = NULL;
    own->functions = NULL;
    own->transfer = NULL;
    own->host = daffi_strdup (options->host);
    own->unix_sock_path = daffi_strdup (options->unix_sock_path);
    own->store = daffi_strdup (options->store);
    own->heartbeat_ms = or_default (own->heartbeat_ms, DAFFI_HEARTBEAT_MS);
    own->heartbeat_timeout_ms =
        or_default (own->heartbeat_timeout_ms, DAFFI_HEARTBEAT_TIMEOUT_MS);
    own->drain_timeout_ms = or_default (own->drain_timeout_ms, DAFFI_DRAIN_TIMEOUT_MS);
    own->log_level = own->log_level ? own->log_level : DAFFI_LOG_INFO;
}

daffi_status_t daffi_options_check (const daffi_options_t *options,
                                    daffi_error_t *error)
{
    const char *name = options->process_name;
    if (options->store && !options->init_controller)
        return daffi_fail (error, DAFFI_INVALID,
                           "a store belongs to a controller; set init_controller, or "
                           "leave store out (daffi-broker has --store)");
    if (options->without_node && !options->init_controller)
        return daffi_fail (error, DAFFI_INVALID,
                           "neither a controller nor a node is wanted; set "
                           "init_controller, or leave without_node out");
    if (name && (!daffi_name_valid (daffi_text_of (name)) ||
                 daffi_name_reserved (daffi_text_of (name))))
        return daffi_fail (error, DAFFI_INVALID,
                           "'%.150s' is no process name: 1 to 128 of [A-Za-z0-9._-]",
                           name);
    if (options->heartbeat_ms < 0 || options->heartbeat_timeout_ms < 0)
        return daffi_fail (error, DAFFI_INVALID, "a heartbeat takes a positive time");
    int64_t heartbeat_ms = or_default (options->heartbeat_ms, DAFFI_HEARTBEAT_MS);
    int64_t timeout_ms =
        or_default (options->heartbeat_timeout_ms, DAFFI_HEARTBEAT_TIMEOUT_MS);
    if (timeout_ms < 100 || timeout_ms > 600000 || heartbeat_ms > timeout_ms / 2)
        return daffi_fail (error, DAFFI_INVALID,
                           "heartbeat_timeout_ms (%lld) must be 100 to 600000 and at "
                           "least twice heartbeat_ms (%lld)",
                           (long long)timeout_ms, (long long)heartbeat_ms);
    return DAFFI_OK;
}

void daffi_options_release (daffi_options_t *own)
{
    free ((char *)own->host);
    free ((char *)own->unix_sock_path);
    free ((char *)own->store);
}
