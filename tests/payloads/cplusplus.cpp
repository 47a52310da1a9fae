// SPDX-License-Identifier: MPL-2.0
// A payload in C++: daffi_payload.h as it is, and what a C++ function may do inside.

#include <daffi_payload.h>

#include <numeric>
#include <vector>

DAFFI_PAYLOAD_FUNCTION (add, "(int, int) -> int")
{
    std::vector<int64_t> numbers (daffi_payload_count (call));
    for (size_t i = 0; i < numbers.size (); i++)
        if (int status = daffi_payload_int (call, i, &numbers[i]))
            return status;
    return daffi_payload_reply_value (
        call, daffi_value_int (
                  std::accumulate (numbers.begin (), numbers.end (), int64_t{0})));
}
