//  SPDX-License-Identifier: MPL-2.0
//  How much one node may have the controller look through for it.
//
//  Some questions are a few bytes and make the controller walk all functions or calls
//  there are: five hundred of them in one packet stopped it for seconds. Each entry
//  that is looked at is paid for with time; who owes more than a second is BUSY. So
//  nobody has more than about a sixth of the controller, and small questions cost
//  nothing that anybody would notice.

#include "parts.h"

const char daffi_work_refusal[] = "too many questions that look at everything, at most "
                                  "250,000 entries a second; ask again later";

enum {
    ENTRIES_A_MS = 250,
    OWED_MS = 1000  //  so much at once
};

bool daffi_work_begin (const daffi_core_t *self, daffi_session_t *session,
                       uint64_t entries)
{
    int64_t now = self->now_ms * ENTRIES_A_MS;
    if (session->work_paid < now)
        session->work_paid = now;
    if (session->work_paid - now > OWED_MS * ENTRIES_A_MS)
        return false;
    session->work_paid += (int64_t)entries;
    return true;
}
