//  SPDX-License-Identifier: MPL-2.0
//  The grammar of names.

#include "text.h"

#include <stdio.h>

#include "test.h"

static bool valid (const char *name)
{
    return daffi_name_valid (daffi_text_of (name));
}

TEST (
    "a name is letters, digits, dot, underscore and minus, with one leading $ allowed")
{
    CHECK (valid ("a"));
    CHECK (valid ("Zz09._-"));
    CHECK (valid ("-"));
    CHECK (valid ("$sys.info"));
    CHECK (!valid (""));
    CHECK (!valid ("$"));
    CHECK (!valid ("$$a"));
    CHECK (!valid ("a$"));
    CHECK (!valid ("a b"));
    CHECK (!valid ("a/b"));
    CHECK (!valid ("a\n"));
    CHECK (!valid ("\xc3\xa9"));
    CHECK (!daffi_name_valid (daffi_text ("a\0b", 3)));
}

TEST ("of all bytes exactly 65 may stand in a name")
{
    int count = 0;
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        count += daffi_name_valid (daffi_text (&byte, 1));
    }
    CHECK_EQ_INT (count, 26 + 26 + 10 + 3);
}

TEST ("a name has at most 128 bytes, the $ counted")
{
    char name[DAFFI_NAME_MAX + 2];
    memset (name, 'n', sizeof name);
    CHECK (daffi_name_valid (daffi_text (name, DAFFI_NAME_MAX)));
    CHECK (!daffi_name_valid (daffi_text (name, DAFFI_NAME_MAX + 1)));
    name[0] = '$';
    CHECK (daffi_name_valid (daffi_text (name, DAFFI_NAME_MAX)));
    CHECK (!daffi_name_valid (daffi_text (name, DAFFI_NAME_MAX + 1)));
}

TEST ("names with a $ are reserved")
{
    CHECK (daffi_name_reserved (daffi_text_of ("$x")));
    CHECK (!daffi_name_reserved (daffi_text_of ("x$")));
    CHECK (!daffi_name_reserved (daffi_text ("", 0)));
}

TEST ("texts are equal by length and bytes")
{
    CHECK (daffi_text_equal (daffi_text_of ("ab"), daffi_text ("abc", 2)));
    CHECK (!daffi_text_equal (daffi_text_of ("ab"), daffi_text_of ("abc")));
    CHECK (!daffi_text_equal (daffi_text_of ("ab"), daffi_text_of ("aB")));
    CHECK (daffi_text_equal (daffi_text (NULL, 0), daffi_text_of ("")));
}

TEST ("a copied name ends with NUL and is cut at 128 bytes")
{
    char out[DAFFI_NAME_MAX + 1], name[200];
    memset (name, 'n', sizeof name);
    daffi_name_copy (out, daffi_text (name, sizeof name));
    CHECK_EQ_UINT (strlen (out), DAFFI_NAME_MAX);
    daffi_name_copy (out, daffi_text ("ab", 1));
    CHECK_EQ_STR (out, "a");
    daffi_name_copy (out, daffi_text (NULL, 0));
    CHECK_EQ_STR (out, "");
}
