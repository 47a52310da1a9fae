//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: a manifest, as a peer may send it. What is read comes back equal after
//  it was written again, and patterns end. Aborts where that is not so.

#include <stdlib.h>
#include <string.h>

#include "manifest.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void require (bool condition)
{
    if (!condition)
        abort ();
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    daffi_manifest_t manifest, again;
    daffi_error_t error;
    daffi_buffer_t out;
    daffi_status_t status = daffi_read_manifest (data, size, &manifest, &error);
    require (status == DAFFI_OK || status == DAFFI_BAD_PAYLOAD);
    if (status)
        return 0;
    (void)daffi_patterns_fit (manifest.processes, manifest.name);
    daffi_buffer_init (&out);
    daffi_write_manifest (&out, &manifest);
    require (!out.failed);
    //  what it held beyond its keys is not written
    require (!daffi_read_manifest (out.data, out.size, &again, &error));
    require (memcmp (manifest.hash, again.hash, sizeof again.hash) == 0);
    require (manifest.size == again.size && manifest.expires_s == again.expires_s);
    require (daffi_text_equal (manifest.name, again.name));
    require (daffi_text_equal (manifest.processes, again.processes));
    require (daffi_value_equal (&manifest.functions, &again.functions));
    daffi_buffer_done (&out);
    return 0;
}
