//  SPDX-License-Identifier: MPL-2.0
//  Several arguments of a request at once, each into a variable of its own type.
//
//  All are read before the first one is written: a callback that goes on with what it
//  had finds it untouched.

#include <string.h>

#include "request.h"

static const char *const names[] = {
    [DAFFI_INTO_BOOL] = "a bool",
    [DAFFI_INTO_INT] = "an integer that fits",
    [DAFFI_INTO_UINT] = "an integer that fits and is not negative",
    [DAFFI_INTO_DOUBLE] = "a number",
    [DAFFI_INTO_STRING] = "a string without NUL bytes",
    [DAFFI_INTO_VALUE] = "a value",
};

typedef union {
    bool boolean;
    int64_t integer;
    uint64_t uinteger;
    double number;
    const char *string;
    daffi_value_t value;
} read_t;

static daffi_status_t read_one (daffi_request_t *self, size_t index,
                                const daffi_into_t *into, read_t *out)
{
    daffi_status_t status = DAFFI_TYPE;
    switch (into->kind) {
    case DAFFI_INTO_BOOL:
        return daffi_request_bool (self, index, &out->boolean);
    case DAFFI_INTO_INT:
        status = daffi_request_int (self, index, &out->integer);
        if (!status && into->size == sizeof (int32_t) &&
            (out->integer < INT32_MIN || out->integer > INT32_MAX))
            status = DAFFI_TYPE;
        return status;
    case DAFFI_INTO_UINT:
        status = daffi_request_uint (self, index, &out->uinteger);
        if (!status && into->size == sizeof (uint32_t) && out->uinteger > UINT32_MAX)
            status = DAFFI_TYPE;
        return status;
    case DAFFI_INTO_DOUBLE:
        return daffi_request_double (self, index, &out->number);
    case DAFFI_INTO_STRING:
        return daffi_request_string (self, index, &out->string);
    case DAFFI_INTO_VALUE:
        return daffi_request_value (self, index, &out->value);
    }
    return status;
}

//  By memcpy (): the variable may be long or long long, and only one of them is
//  int64_t.
static void write_one (const daffi_into_t *into, const read_t *from)
{
    uint32_t narrow;
    switch (into->kind) {
    case DAFFI_INTO_BOOL:
        *(bool *)into->out = from->boolean;
        break;
    case DAFFI_INTO_INT:
    case DAFFI_INTO_UINT:
        narrow = (uint32_t)from->uinteger;
        if (into->size == sizeof narrow)
            memcpy (into->out, &narrow, sizeof narrow);
        else
            memcpy (into->out, &from->integer, sizeof from->integer);
        break;
    case DAFFI_INTO_DOUBLE:
        *(double *)into->out = from->number;
        break;
    case DAFFI_INTO_STRING:
        *(const char **)into->out = from->string;
        break;
    case DAFFI_INTO_VALUE:
        *(daffi_value_t *)into->out = from->value;
        break;
    }
}

static bool left_out (const daffi_request_t *self, size_t index,
                      const daffi_into_t *into)
{
    daffi_value_t value;
    return into->optional &&
           (daffi_request_value (self, index, &value) || value.kind == DAFFI_KIND_NIL);
}

daffi_status_t daffi_request_read_into (daffi_request_t *self, const daffi_into_t *into,
                                        size_t count)
{
    enum { AT_ONCE_MAX = 64 };
    read_t read[AT_ONCE_MAX];
    if (count > AT_ONCE_MAX)
        return daffi_request_fail_with (self, DAFFI_INVALID,
                                        "more than %d arguments are read at once",
                                        AT_ONCE_MAX);
    for (size_t i = 0; i < count; i++) {
        daffi_status_t status = left_out (self, i, &into[i])
                                    ? DAFFI_OK
                                    : read_one (self, i, &into[i], &read[i]);
        if (status == DAFFI_NOT_FOUND)
            return daffi_request_fail_with (self, DAFFI_TYPE, "argument %zu is missing",
                                            i + 1);
        if (status)
            return daffi_request_fail_with (self, DAFFI_TYPE, "argument %zu is not %s",
                                            i + 1, names[into[i].kind]);
    }
    for (size_t i = 0; i < count; i++)
        if (!left_out (self, i, &into[i]))
            write_one (&into[i], &read[i]);
    return DAFFI_OK;
}
