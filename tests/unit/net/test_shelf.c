//  SPDX-License-Identifier: MPL-2.0
//  Memory that packets have left is used again, and never becomes much.

#include <stdlib.h>

#include "shelf.h"
#include "test.h"

static daffi_buffer_t buffer_with (size_t size)
{
    daffi_buffer_t buffer;
    daffi_buffer_init (&buffer);
    CHECK (daffi_buffer_reserve (&buffer, size));
    daffi_buffer_commit (&buffer, size);
    return buffer;
}

TEST ("what is put on a shelf comes back empty, with its memory")
{
    daffi_shelf_t *shelf = daffi_shelf_new ();
    daffi_buffer_t buffer = buffer_with (5000), other;
    daffi_buffer_init (&other);
    daffi_shelf_take (shelf, &other);
    CHECK (!other.data);
    const uint8_t *memory = buffer.data;
    size_t capacity = buffer.capacity;
    daffi_shelf_put (shelf, &buffer);
    CHECK (!buffer.data && !buffer.capacity);
    daffi_shelf_put (shelf, &buffer);  //  nothing
    daffi_shelf_take (shelf, &other);
    CHECK (other.data == memory && other.capacity == capacity && other.size == 0);
    daffi_buffer_done (&other);
    daffi_shelf_unref (shelf);
}

TEST ("a shelf keeps eight, and frees the rest")
{
    daffi_shelf_t *shelf = daffi_shelf_ref (daffi_shelf_new ());
    for (int i = 0; i < 20; i++) {
        daffi_buffer_t buffer = buffer_with (100);
        daffi_shelf_put (shelf, &buffer);
    }
    daffi_shelf_unref (shelf);
    int count = 0;
    for (;; count++) {
        daffi_buffer_t buffer;
        daffi_buffer_init (&buffer);
        daffi_shelf_take (shelf, &buffer);
        if (!buffer.data)
            break;
        daffi_buffer_done (&buffer);
    }
    CHECK_EQ_INT (count, 8);
    daffi_shelf_unref (shelf);
    daffi_shelf_unref (NULL);
}
