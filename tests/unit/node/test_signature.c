//  SPDX-License-Identifier: MPL-2.0
//  Signatures, held against arguments.

#include "signature.h"

#include <string.h>

#include "test.h"

static daffi_status_t check (const char *signature, daffi_args_t args, char *text)
{
    daffi_value_t all = daffi_value_array (args.items, args.count);
    daffi_signature_t *self = daffi_signature_new (signature);
    CHECK (self != NULL);
    daffi_status_t status = daffi_signature_check (self, &all, "f", text, 256);
    daffi_signature_destroy (&self);
    CHECK (self == NULL);
    return status;
}

static void takes (const char *signature, daffi_args_t args)
{
    char text[256] = "";
    if (check (signature, args, text))
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", signature, text);
}

static void refuses (const char *signature, daffi_args_t args)
{
    char text[256] = "";
    CHECK_STATUS (DAFFI_TYPE, check (signature, args, text));
    CHECK (strstr (text, "f") != NULL);
}

TEST ("what is no list of parameters checks nothing")
{
    CHECK (!daffi_signature_new (""));
    CHECK (!daffi_signature_new ("int -> int"));
    CHECK (!daffi_signature_new ("takes (int)"));
    CHECK (!daffi_signature_new ("(int"));
    daffi_signature_t *none = NULL;
    daffi_signature_destroy (&none);
}

TEST ("each word takes its own kinds and no others")
{
    bool yes = true;
    const struct {
        const char *word;
        daffi_value_t value;
    } values[] = {{"(nil)", daffi_value_nil ()},
                  {"(bool)", DAFFI_VALUE (yes)},
                  {"(int)", DAFFI_VALUE (-1)},
                  {"(uint)", DAFFI_VALUE (1u)},
                  {"(float)", DAFFI_VALUE (0.5)},
                  {"(string)", DAFFI_VALUE ("s")},
                  {"(binary)", daffi_value_binary ("b", 1)},
                  {"(array)", DAFFI_ARRAY (1)},
                  {"(map)", DAFFI_MAP ("k", 1)}};
    enum { COUNT = sizeof values / sizeof *values };
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++) {
            bool number = i == 2 || i == 4;  //  int and float take whole numbers
            bool fits = i == k || (number && k == 3) || (i == 4 && k == 2);
            if (fits)
                takes (values[i].word, DAFFI_ARGS (values[k].value));
            else
                refuses (values[i].word, DAFFI_ARGS (values[k].value));
        }
    takes ("(double)", DAFFI_ARGS (1));
    takes ("(bytes)", DAFFI_ARGS ("s"));
    takes ("(bytes)", DAFFI_ARGS (daffi_value_binary ("b", 1)));
    refuses ("(bytes)", DAFFI_ARGS (1));
}

TEST ("too few and too many arguments are refused, optional ones may be nil or missing")
{
    daffi_value_t nil = daffi_value_nil ();
    takes ("()", DAFFI_ARGS ());
    refuses ("()", DAFFI_ARGS (1));
    takes ("( )", DAFFI_ARGS ());
    refuses ("(int, int)", DAFFI_ARGS (1));
    refuses ("(int, int)", DAFFI_ARGS (1, 2, 3));
    refuses ("(int)", DAFFI_ARGS (nil));
    takes ("(int, string?)", DAFFI_ARGS (1));
    takes ("(int, string?)", DAFFI_ARGS (1, nil));
    takes ("(int, string?)", DAFFI_ARGS (1, "x"));
    refuses ("(int, string?)", DAFFI_ARGS (1, 2));
    refuses ("(string?, int)", DAFFI_ARGS (nil));
    takes ("(string?, int)", DAFFI_ARGS (nil, 1));
}

TEST ("dots take any number of further arguments, of one kind where it is said")
{
    takes ("(...)", DAFFI_ARGS ());
    takes ("(...)", DAFFI_ARGS (1, "x"));
    takes ("(string, ...int)", DAFFI_ARGS ("x"));
    takes ("(string, ...int)", DAFFI_ARGS ("x", 1, 2));
    refuses ("(string, ...int)", DAFFI_ARGS ("x", 1, "y"));
    refuses ("(string, ...int)", DAFFI_ARGS ());
}

TEST ("words that are none, names of arguments and what follows are for people")
{
    takes ("(picture, int width) -> int", DAFFI_ARGS ("any", 1));
    takes ("(picture, int width) -> int", DAFFI_ARGS (1, 1));
    refuses ("(picture, int width) -> int", DAFFI_ARGS (1, "wide"));
    takes ("(any)", DAFFI_ARGS ("x"));
}
