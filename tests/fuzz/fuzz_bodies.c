//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: bodies of the protocol's own records, as anybody may send them.
//
//  Touches every text that was read, so that a sanitizer sees one that lies elsewhere.

#include <stdlib.h>
#include <string.h>

#include "bodies.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void touch (daffi_text_t text)
{
    char *const copy = malloc ((size_t)text.size + 1);
    if (!copy)
        abort ();
    if (text.size > 0)
        memcpy (copy, text.data, text.size);
    free (copy);
}

static void touch_offers (const daffi_value_t *list)
{
    daffi_iterator_t it = daffi_value_iterate (list);
    daffi_value_t element;
    while (daffi_iterator_next (&it, NULL, &element)) {
        daffi_offer_body_t offer;
        touch (daffi_value_text_of (&element));
        if (daffi_read_offer (&element, &offer))
            continue;
        touch (offer.name);
        touch (offer.signature);
        touch (offer.doc);
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    daffi_hello_t hello;
    if (!daffi_read_hello (data, size, &hello)) {
        touch (hello.language);
        touch (hello.version);
        touch_offers (&hello.functions);
    }
    daffi_welcome_t welcome;
    (void)!daffi_read_welcome (data, size, &welcome);
    daffi_update_t update;
    if (!daffi_read_update (data, size, &update)) {
        touch_offers (&update.add);
        touch_offers (&update.remove);
    }
    daffi_event_body_t event;
    if (!daffi_read_event (data, size, &event)) {
        touch (event.process);
        touch (event.function);
        touch (event.signature);
    }
    daffi_progress_body_t progress;
    if (!daffi_read_progress (data, size, &progress))
        touch (progress.text);
    uint64_t clock_ms;
    (void)!daffi_read_clock (data, size, &clock_ms);
    return 0;
}
