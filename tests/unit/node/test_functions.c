//  SPDX-License-Identifier: MPL-2.0
//  The functions of a process: names, aliases, replacement, and lives that outlast a
//  withdrawal.

#include "functions.h"

#include <stdio.h>
#include <string.h>

#include "bounds.h"
#include "test.h"

static daffi_status_t nothing (daffi_request_t *request, void *arg)
{
    (void)request, (void)arg;
    return DAFFI_OK;
}

static daffi_functions_t functions;

static daffi_status_t add (const char *name, const char *const *aliases, bool replace)
{
    daffi_function_t function = {
        .name = name, .callback = nothing, .aliases = aliases, .replace = replace};
    return daffi_functions_add (&functions, &function, false, NULL);
}

static bool known (const char *name)
{
    daffi_served_t *served = daffi_functions_get (&functions, daffi_text_of (name));
    daffi_served_unref (served);
    return served != NULL;
}

TEST ("aliases share one function; all of them come or none does")
{
    const char *const good[] = {"b", "c", NULL};
    const char *const clash[] = {"d", "b", NULL};
    daffi_functions_init (&functions);
    CHECK_OK (add ("a", good, false));
    CHECK_STATUS (DAFFI_EXISTS, add ("x", clash, false));
    CHECK (!known ("x") && !known ("d"));
    daffi_served_t *a = daffi_functions_get (&functions, daffi_text_of ("a"));
    daffi_served_t *c = daffi_functions_get (&functions, daffi_text_of ("c"));
    CHECK (a && a == c);
    CHECK_EQ_UINT (daffi_functions_each (&functions, NULL, NULL), 3);
    CHECK_OK (daffi_functions_remove (&functions, "a", NULL));
    CHECK (!known ("a") && known ("b"));
    CHECK_STATUS (DAFFI_NOT_FOUND, daffi_functions_remove (&functions, "a", NULL));
    //  it lives on while somebody runs it
    daffi_served_unref (c);
    daffi_functions_done (&functions);
    CHECK (a->callback == nothing);
    daffi_served_unref (a);
}

TEST ("replacing changes what is found, and not what runs")
{
    daffi_functions_init (&functions);
    CHECK_OK (add ("a", NULL, false));
    daffi_served_t *before = daffi_functions_get (&functions, daffi_text_of ("a"));
    CHECK_STATUS (DAFFI_EXISTS, add ("a", NULL, false));
    CHECK_OK (add ("a", NULL, true));
    daffi_served_t *after = daffi_functions_get (&functions, daffi_text_of ("a"));
    CHECK (before != after);
    CHECK_EQ_UINT (daffi_functions_each (&functions, NULL, NULL), 1);
    daffi_served_unref (before);
    daffi_served_unref (after);
    daffi_functions_done (&functions);
}

TEST ("local and reserved functions are found, and not told of")
{
    daffi_function_t local = {.name = "local", .callback = nothing, .local = true};
    daffi_function_t own = {.name = "$own", .callback = nothing};
    daffi_functions_init (&functions);
    CHECK_OK (daffi_functions_add (&functions, &local, false, NULL));
    CHECK_OK (daffi_functions_add (&functions, &own, true, NULL));
    CHECK_STATUS (DAFFI_INVALID, daffi_functions_add (&functions, &own, false, NULL));
    CHECK (known ("local") && known ("$own"));
    CHECK_EQ_UINT (daffi_functions_each (&functions, NULL, NULL), 0);
    CHECK_STATUS (DAFFI_NOT_FOUND, daffi_functions_remove (&functions, "$own", NULL));
    CHECK_OK (daffi_functions_remove (&functions, "local", NULL));
    CHECK (!known ("local"));
    daffi_functions_done (&functions);
}

//  What was told, one after the other: +name or -name.
static char changes[128];

static void note (void *context, const daffi_offer_body_t *offer, bool offered)
{
    size_t size = strlen (changes);
    CHECK (context == &functions);
    snprintf (changes + size, sizeof changes - size, "%c%.*s ", offered ? '+' : '-',
              (int)offer->name.size, offer->name.data);
}

TEST ("whoever watches is told of all that begins or ceases to be offered")
{
    const char *const aliases[] = {"g.b", NULL};
    daffi_function_t local = {.name = "g.b", .callback = nothing, .local = true};
    daffi_function_t own = {.name = "$own", .callback = nothing};
    daffi_functions_init (&functions);
    daffi_functions_watch (&functions, note, &functions);
    CHECK_OK (daffi_functions_add (&functions, &own, true, NULL));
    CHECK_OK (add ("g.a", aliases, false));
    CHECK_EQ_STR (changes, "+g.a +g.b ");
    local.replace = true;
    CHECK_OK (daffi_functions_add (&functions, &local, false, NULL));
    CHECK_OK (daffi_functions_add (&functions, &local, false, NULL));
    CHECK_EQ_STR (changes, "+g.a +g.b -g.b ");
    CHECK_OK (add ("g.b", NULL, true));
    CHECK_OK (daffi_functions_remove (&functions, "g.a", NULL));
    CHECK_OK (daffi_functions_add (&functions, &local, false, NULL));
    CHECK_EQ_UINT (daffi_functions_remove_group (&functions, daffi_text_of ("g")), 1);
    CHECK_EQ_STR (changes, "+g.a +g.b -g.b +g.b -g.a -g.b ");
    daffi_functions_done (&functions);
}

static void add_other (void *arg)
{
    CHECK (arg == &functions);
    CHECK_OK (add ("other", NULL, false));
}

TEST ("a release function may register and withdraw, also where it was replaced")
{
    daffi_function_t function = {
        .name = "a", .callback = nothing, .arg = &functions, .release = add_other};
    daffi_functions_init (&functions);
    CHECK_OK (daffi_functions_add (&functions, &function, false, NULL));
    CHECK_OK (add ("a", NULL, true));
    CHECK (known ("other"));
    CHECK_OK (daffi_functions_remove (&functions, "other", NULL));
    CHECK_OK (daffi_functions_remove (&functions, "a", NULL));
    CHECK_OK (daffi_functions_add_all (&functions, &function, 1, NULL));
    function.replace = true;
    function.release = NULL;
    CHECK_OK (daffi_functions_add_all (&functions, &function, 1, NULL));
    CHECK (known ("other"));
    daffi_functions_done (&functions);
}

TEST ("names, callbacks, signatures and the number of functions are bounded")
{
    char long_name[DAFFI_NAME_MAX + 2], signature[DAFFI_SIGNATURE_MAX + 2];
    memset (long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    memset (signature, 's', sizeof signature - 1);
    signature[sizeof signature - 1] = '\0';
    daffi_functions_init (&functions);
    CHECK_STATUS (DAFFI_INVALID, add (NULL, NULL, false));
    CHECK_STATUS (DAFFI_INVALID, add ("", NULL, false));
    CHECK_STATUS (DAFFI_INVALID, add (long_name, NULL, false));
    CHECK_OK (add (long_name + 1, NULL, false));
    daffi_function_t function = {.name = "a", .signature = signature};
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_functions_add (&functions, &function, false, NULL));
    function.callback = nothing;
    CHECK_STATUS (DAFFI_TOO_BIG,
                  daffi_functions_add (&functions, &function, false, NULL));
    function.signature = signature + 1;
    CHECK_OK (daffi_functions_add (&functions, &function, false, NULL));
    for (int i = 2; i < DAFFI_FUNCTIONS_MAX; i++) {
        char name[16];
        snprintf (name, sizeof name, "f%d", i);
        CHECK_OK (add (name, NULL, false));
    }
    CHECK_STATUS (DAFFI_TOO_BIG, add ("more", NULL, false));
    daffi_functions_done (&functions);
}
