//  SPDX-License-Identifier: MPL-2.0
//  The zones that tasks have named so far.

#include "zones.h"

#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "span.h"

//  There are about 600; aliases of all kinds fit in too.
enum { NAME_MAX_BYTES = 64, ZONES_MAX = 2000 };

typedef struct {
    daffi_zone_t *zone;
    char name[NAME_MAX_BYTES + 1];
} known_t;

void daffi_zones_init (daffi_zones_t *self, daffi_zone_load_fn *load, void *context,
                       uint64_t seed)
{
    self->load = load;
    self->context = context;
    self->utc = daffi_zone_new (NULL, 0);
    daffi_names_init (&self->known, seed);
}

void daffi_zones_done (daffi_zones_t *self)
{
    size_t cursor = 0;
    known_t *known;
    while ((known = daffi_names_next (&self->known, &cursor))) {
        daffi_zone_destroy (&known->zone);
        free (known);
    }
    daffi_names_done (&self->known);
    daffi_zone_destroy (&self->utc);
}

//  A name that is safe as a part of a path.
static bool valid (daffi_text_t name)
{
    if (name.size == 0 || name.size > NAME_MAX_BYTES)
        return false;
    for (uint32_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool inner = i > 0 && i + 1 < name.size;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '_' ||
              (c == '/' && inner && name.data[i - 1] != '/')))
            return false;
    }
    return true;
}

static daffi_zone_t *load (daffi_zones_t *self, const char *name)
{
    daffi_buffer_t file;
    daffi_zone_t *zone = NULL;
    daffi_buffer_init (&file);
    if (self->load && self->load (self->context, name, &file) && file.size)
        zone = daffi_zone_new (file.data, file.size);
    daffi_buffer_done (&file);
    return zone;
}

daffi_status_t daffi_zones_get (daffi_zones_t *self, daffi_text_t name,
                                const daffi_zone_t **out, daffi_error_t *error)
{
    if (name.size == 0 || daffi_text_equal (name, daffi_text_of ("UTC"))) {
        *out = self->utc;
        return DAFFI_OK;
    }
    known_t *known = daffi_names_get (&self->known, name);
    if (!known) {
        if (self->known.count >= ZONES_MAX)
            return daffi_fail (error, DAFFI_BUSY, "too many time zones are in use");
        known = daffi_new (sizeof *known);
        if (valid (name)) {
            memcpy (known->name, name.data, name.size);
            known->zone = load (self, known->name);
        }
        if (!known->zone) {
            free (known);
            return daffi_refuse_text (error, "zone", name, 0,
                                      "the controller's machine knows no such zone");
        }
        daffi_names_put (&self->known, daffi_text_of (known->name), known);
    }
    *out = known->zone;
    return DAFFI_OK;
}
