//  SPDX-License-Identifier: MPL-2.0
//  Lengths of time as people type them.

#include "span.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "failure.h"

daffi_status_t daffi_refuse_text (daffi_error_t *error, const char *what,
                                  daffi_text_t text, size_t offset, const char *format,
                                  ...)
{
    char shown[61], problem[120];
    size_t size = text.size < sizeof shown ? text.size : sizeof shown - 1;
    for (size_t i = 0; i < size; i++)
        shown[i] = text.data[i] >= ' ' && text.data[i] <= '~' ? text.data[i] : '?';
    shown[size] = 0;
    va_list args;
    va_start (args, format);
    vsnprintf (problem, sizeof problem, format, args);
    va_end (args);
    return daffi_fail (error, DAFFI_INVALID, "%s \"%s\": at column %zu: %s", what,
                       shown, offset + 1, problem);
}

typedef struct {
    const char *name;
    int64_t ms;
} unit_t;

static const unit_t units[] = {
    {"ms", 1},           {"millisecond", 1}, {"milliseconds", 1}, {"s", 1000},
    {"sec", 1000},       {"secs", 1000},     {"second", 1000},    {"seconds", 1000},
    {"m", 60000},        {"min", 60000},     {"mins", 60000},     {"minute", 60000},
    {"minutes", 60000},  {"h", 3600000},     {"hr", 3600000},     {"hrs", 3600000},
    {"hour", 3600000},   {"hours", 3600000}, {"d", 86400000},     {"day", 86400000},
    {"days", 86400000},  {"w", 604800000},   {"wk", 604800000},   {"week", 604800000},
    {"weeks", 604800000}};

static int64_t unit_of (const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen (units[i].name) == size &&
            strncasecmp (units[i].name, word, size) == 0)
            return units[i].ms;
    return 0;
}

//  Where the reading stands. At its end `peek` gives 0, which no rule takes.
typedef struct {
    const char *what;
    daffi_text_t text;
    size_t at;
    daffi_error_t *error;
} reader_t;

static char peek (const reader_t *self)
{
    return self->at < self->text.size ? self->text.data[self->at] : 0;
}

static bool is_digit (char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter (char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip_blanks (reader_t *self, bool commas)
{
    while (peek (self) == ' ' || peek (self) == '\t' || (commas && peek (self) == ','))
        self->at++;
}

enum { DIGITS_MAX = 13, FRACTION_MAX = 6 };

//  A whole number and its fraction in millionths.
static daffi_status_t read_number (reader_t *self, int64_t *whole, int64_t *fraction)
{
    size_t begin = self->at;
    *whole = *fraction = 0;
    for (; is_digit (peek (self)); self->at++) {
        if (self->at - begin >= DIGITS_MAX)
            return daffi_refuse_text (self->error, self->what, self->text, begin,
                                      "more than 100 years");
        *whole = *whole * 10 + (peek (self) - '0');
    }
    size_t digits = self->at - begin;
    if (peek (self) == '.') {
        self->at++;
        int64_t place = 100000;
        for (; is_digit (peek (self)); self->at++, place /= 10, digits++)
            *fraction += place * (peek (self) - '0');
    }
    if (digits == 0)
        return daffi_refuse_text (self->error, self->what, self->text, begin,
                                  begin < self->text.size ? "a number was expected"
                                                          : "nothing is there");
    return DAFFI_OK;
}

//  No unit at all is seconds, but only where the number is everything.
static daffi_status_t read_unit (reader_t *self, bool first, int64_t *unit)
{
    skip_blanks (self, false);
    size_t begin = self->at;
    while (is_letter (peek (self)))
        self->at++;
    size_t size = self->at - begin;
    if (size == 0 && first && begin == self->text.size) {
        *unit = 1000;
        return DAFFI_OK;
    }
    *unit = unit_of (self->text.data + begin, size);
    if (*unit)
        return DAFFI_OK;
    if (size == 0)
        return daffi_refuse_text (self->error, self->what, self->text, begin,
                                  "a unit was expected: ms, s, m, h, d or w");
    return daffi_refuse_text (self->error, self->what, self->text, begin,
                              "'%.*s' is no unit; there are ms, s, m, h, d and w",
                              size > 20 ? 20 : (int)size, self->text.data + begin);
}

static daffi_status_t read_part (reader_t *self, bool first, int64_t *total)
{
    int64_t whole, fraction, unit;
    size_t begin = self->at;
    daffi_status_t status = read_number (self, &whole, &fraction);
    if (!status)
        status = read_unit (self, first, &unit);
    if (status)
        return status;
    if (whole > (DAFFI_SPAN_MAX_MS - *total) / unit)
        return daffi_refuse_text (self->error, self->what, self->text, begin,
                                  "more than 100 years");
    *total += whole * unit + (fraction * unit + 500000) / 1000000;
    return DAFFI_OK;
}

daffi_status_t daffi_span_parse (const char *what, daffi_text_t text, int64_t *ms,
                                 daffi_error_t *error)
{
    reader_t reader = {what, text, 0, error};
    int64_t total = 0;
    bool first = true;
    skip_blanks (&reader, false);
    while (text.size && text.data[text.size - 1] == ' ')
        reader.text.size = --text.size;
    do {
        daffi_status_t status = read_part (&reader, first, &total);
        if (status)
            return status;
        first = false;
        skip_blanks (&reader, true);
    } while (reader.at < text.size);
    if (total < 1 || total > DAFFI_SPAN_MAX_MS)
        return daffi_refuse_text (error, what, text, 0,
                                  total < 1 ? "shorter than 1 ms"
                                            : "more than 100 years");
    *ms = total;
    return DAFFI_OK;
}

void daffi_span_format (int64_t ms, char *out, size_t size)
{
    static const unit_t parts[] = {
        {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && used < size; i++) {
        int64_t count = ms / parts[i].ms;
        ms %= parts[i].ms;
        if (count)
            used += (size_t)snprintf (out + used, size - used, "%s%lld%s",
                                      used ? " " : "", (long long)count, parts[i].name);
    }
}
