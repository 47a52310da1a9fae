//  SPDX-License-Identifier: MPL-2.0
//  Who may undo what others did with payloads.

#include <string.h>

#include "policy.h"
#include "test.h"

static daffi_transfer_policy_t policy_with (const char *managers)
{
    daffi_error_t error;
    daffi_transfer_policy_t policy;
    const daffi_transfer_options_t options = {.run = DAFFI_RUN_HERE,
                                              .managers = managers};
    CHECK_OK (daffi_transfer_policy_init (&policy, &options, "taker", &error));
    return policy;
}

TEST ("over TCP only who did something undoes it, unless managers are named")
{
    daffi_transfer_policy_t policy = policy_with (NULL);
    CHECK (daffi_transfer_policy_manages (&policy, "a", "a"));
    CHECK (!daffi_transfer_policy_manages (&policy, "b", "a"));
    //  of a cache nobody is the owner, and a caller without a name owns nothing
    CHECK (!daffi_transfer_policy_manages (&policy, "", ""));
    daffi_transfer_policy_done (&policy);
    policy = policy_with ("ops-* daffi-payload-*");
    CHECK (daffi_transfer_policy_manages (&policy, "ops-3", "a"));
    CHECK (daffi_transfer_policy_manages (&policy, "daffi-payload-77", ""));
    CHECK (!daffi_transfer_policy_manages (&policy, "shop", "a"));
    daffi_transfer_policy_done (&policy);
}
