//  SPDX-License-Identifier: MPL-2.0
//  The growing buffer.

#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "test.h"

TEST ("what is appended stands there, in pieces of any size")
{
    enum { TOTAL = 300000 };
    uint8_t *expected = malloc (TOTAL);
    CHECK (expected);
    random_t random = {3};
    for (size_t i = 0; i < TOTAL; i++)
        expected[i] = (uint8_t)random_next (&random);
    daffi_buffer_t buffer;
    daffi_buffer_init (&buffer);
    while (buffer.size < TOTAL) {
        size_t size = random_below (&random, 2000);
        if (size > TOTAL - buffer.size)
            size = TOTAL - buffer.size;
        if (random_below (&random, 2)) {
            daffi_buffer_append (&buffer, expected + buffer.size, size);
        } else {
            uint8_t *room = daffi_buffer_reserve (&buffer, size);
            CHECK (room || size == 0);
            if (size)
                memcpy (room, expected + buffer.size, size);
            daffi_buffer_commit (&buffer, size);
        }
    }
    CHECK (!buffer.failed);
    CHECK_EQ_MEM (buffer.data, buffer.size, expected, TOTAL);
    daffi_buffer_done (&buffer);
    free (expected);
}

TEST ("clearing keeps the memory and forgets the content")
{
    daffi_buffer_t buffer;
    daffi_buffer_init (&buffer);
    daffi_buffer_append (&buffer, "abc", 3);
    size_t capacity = buffer.capacity;
    daffi_buffer_clear (&buffer);
    CHECK_EQ_UINT (buffer.size, 0);
    CHECK_EQ_UINT (buffer.capacity, capacity);
    daffi_buffer_append (&buffer, "x", 1);
    CHECK_EQ_MEM (buffer.data, buffer.size, "x", 1);
    daffi_buffer_done (&buffer);
    CHECK (!buffer.data);
    daffi_buffer_done (&buffer);
}

TEST ("appending nothing to an empty buffer does nothing")
{
    daffi_buffer_t buffer;
    daffi_buffer_init (&buffer);
    daffi_buffer_append (&buffer, NULL, 0);
    CHECK_EQ_UINT (buffer.size, 0);
    CHECK (!buffer.failed);
    daffi_buffer_done (&buffer);
}

TEST ("out of memory sticks, and what was there stays")
{
    daffi_buffer_t buffer;
    daffi_buffer_init (&buffer);
    daffi_buffer_append (&buffer, "abc", 3);
    CHECK (!daffi_buffer_reserve (&buffer, SIZE_MAX - 1));
    CHECK (buffer.failed);
    daffi_buffer_append (&buffer, "never mind", 10);
    CHECK_EQ_MEM (buffer.data, 3, "abc", 3);
    daffi_buffer_clear (&buffer);
    CHECK (!buffer.failed);
    daffi_buffer_done (&buffer);
}
