//  SPDX-License-Identifier: MPL-2.0
//  03_shopping: two services that call each other; this one sells.
//
//  The shop knows prices, the calculator (03_calculator.c, a process of its own) can
//  add. At the checkout the shop asks the calculator for the total of a cart, and while
//  that call waits, the calculator asks the shop back for the price of each item. The
//  first argument names the folder of their socket; the shop runs the controller.
//
//  RUN: d=$(mktemp -d); ./03_calculator $d & ./03_shopping $d; wait; rmdir $d
//  OUTPUT:
//  | calculator asks for the price of apple
//  | calculator asks for the price of bread
//  | calculator asks for the price of cheese
//  | 6 apple, 1 bread, 2 cheese: 17.10
//  | calculator asks for the price of apple
//  | calculator asks for the price of unicorn
//  | 1 apple, 1 unicorn: unicorn is not for sale
//  END

#include <daffi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static daffi_status_t price (daffi_request_t *request, void *arg)
{
    (void)arg;
    static const struct {
        const char *item;
        double price;
    } shelf[] = {{"apple", 0.6}, {"bread", 3.5}, {"cheese", 5.0}};

    const char *item;
    if (daffi_request_string (request, 0, &item))
        return daffi_request_fail (request, "price wants the name of an item");
    printf ("%s asks for the price of %s\n", daffi_request_caller (request), item);
    for (size_t i = 0; i < sizeof shelf / sizeof *shelf; i++)
        if (!strcmp (shelf[i].item, item))
            return daffi_request_reply (request, shelf[i].price);
    return daffi_request_fail (request, "%s is not for sale", item);
}

static void checkout (daffi_global_t *shop, const char *label, daffi_value_t cart)
{
    double total;
    daffi_error_t error;
    if (daffi_call_double (shop, "calculator.total", DAFFI_ARGS (cart), &total, &error))
        printf ("%s: %s\n", label, error.text);
    else
        printf ("%s: %.2f\n", label, total);
}

int main (int argc, char **argv)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *shop = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "shop", .init_controller = true,
                       .unix_sock_path = argc > 1 ? argv[1] : NULL),
        &error);
    if (!shop || daffi_global_register (shop, "shop.price", price, NULL, &error) ||
        daffi_global_wait_process (shop, "calculator", 10000, &error))
        return fprintf (stderr, "%s\n", error.text), EXIT_FAILURE;

    checkout (shop, "6 apple, 1 bread, 2 cheese",
              DAFFI_MAP ("apple", 6, "bread", 1, "cheese", 2));
    checkout (shop, "1 apple, 1 unicorn", DAFFI_MAP ("apple", 1, "unicorn", 1));

    if (daffi_call_void (shop, "calculator.close", DAFFI_ARGS (), &error))
        return fprintf (stderr, "%s\n", error.text), EXIT_FAILURE;
    return EXIT_SUCCESS;
}
