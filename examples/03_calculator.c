//  SPDX-License-Identifier: MPL-2.0
//  03_calculator: the other half of 03_shopping.c; this one adds.
//
//  It offers `calculator.total` and, to answer it, calls the shop back from within the
//  callback. It may be started before the shop, whose controller it needs: it connects
//  when that comes. `calculator.close` ends it: stop is allowed in a callback.

#include <daffi.h>
#include <stdio.h>
#include <stdlib.h>

//  The price of one item, from the shop. Runs within a call: what is left of that
//  call's deadline is the deadline of this one.
static daffi_status_t ask_price (daffi_global_t *global, const daffi_value_t *item,
                                 double *price, daffi_error_t *error)
{
    return daffi_call_double (global, "shop.price", DAFFI_ARGS (*item), price, error);
}

static daffi_status_t total (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_value_t cart, item, count;
    if (daffi_request_value (request, 0, &cart) || cart.kind != DAFFI_KIND_MAP)
        return daffi_request_fail (request, "total wants a map of items and counts");

    double sum = 0;
    daffi_iterator_t it = daffi_value_iterate (&cart);
    while (daffi_iterator_next (&it, &item, &count)) {
        double price, pieces;
        daffi_error_t error;
        if (daffi_value_get_double (&count, &pieces))
            return daffi_request_fail (request, "a count is not a number");
        if (ask_price (daffi_request_global (request), &item, &price, &error))
            return daffi_request_fail_with (request, error.status, "%s", error.text);
        sum += price * pieces;
    }
    return daffi_request_reply (request, sum);
}

static daffi_status_t finish (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_global_stop (daffi_request_global (request));
    return DAFFI_OK;
}

int main (int argc, char **argv)
{
    static const daffi_function_t functions[] = {
        {.name = "calculator.total", .callback = total, .signature = "(map) -> double"},
        {.name = "calculator.close", .callback = finish},
        {0}};
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "calculator", .functions = functions,
                       .unix_sock_path = argc > 1 ? argv[1] : NULL),
        &error);
    if (!global)
        return fprintf (stderr, "%s\n", error.text), EXIT_FAILURE;
    return daffi_global_join (global, DAFFI_FOREVER) ? EXIT_FAILURE : EXIT_SUCCESS;
}
