//  SPDX-License-Identifier: MPL-2.0
//  Cron expressions: reading.

#include "cron.h"

#include <strings.h>

#include "span.h"

//  --- reading ------------------------------------------------------------------------

typedef struct {
    const char *name;
    int min, max;
    const char *const *names;  //  of min, min + 1, …; or NULL
} field_t;

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                     "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed",
                                       "thu", "fri", "sat", NULL};

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };
static const field_t fields[FIELDS] = {[MINUTE] = {"minute", 0, 59, NULL},
                                       [HOUR] = {"hour", 0, 23, NULL},
                                       [DAY] = {"day of month", 1, 31, NULL},
                                       [MONTH] = {"month", 1, 12, months},
                                       [WEEKDAY] = {"day of week", 0, 7, weekdays}};

typedef struct {
    daffi_text_t text;
    size_t at;
    daffi_error_t *error;
    const field_t *field;
} reader_t;

static char peek (const reader_t *self)
{
    return self->at < self->text.size ? self->text.data[self->at] : 0;
}

static bool is_digit (char c)
{
    return c >= '0' && c <= '9';
}

static daffi_status_t refuse (const reader_t *self, size_t at, const char *problem)
{
    return daffi_refuse_text (self->error, "cron", self->text, at, "%s", problem);
}

static daffi_status_t read_number (reader_t *self, int min, int max, int *out)
{
    size_t begin = self->at;
    int number = 0;
    while (is_digit (peek (self)) && number <= max)
        number = number * 10 + (self->text.data[self->at++] - '0');
    if (number < min || number > max)
        return daffi_refuse_text (self->error, "cron", self->text, begin,
                                  "%s goes from %d to %d", self->field->name, min, max);
    *out = number;
    return DAFFI_OK;
}

static daffi_status_t read_value (reader_t *self, int *out)
{
    if (is_digit (peek (self)))
        return read_number (self, self->field->min, self->field->max, out);
    const char *const *names = self->field->names;
    for (int i = 0; names && names[i]; i++) {
        if (self->text.size - self->at >= 3 &&
            strncasecmp (self->text.data + self->at, names[i], 3) == 0) {
            self->at += 3;
            *out = self->field->min + i;
            return DAFFI_OK;
        }
    }
    return daffi_refuse_text (self->error, "cron", self->text, self->at,
                              "%s: a value was expected", self->field->name);
}

//  "*", "5", "5-9", each with "/2" where it is more than one value.
static daffi_status_t read_item (reader_t *self, uint64_t *bits)
{
    int low = self->field->min, high = self->field->max, step = 1;
    size_t begin = self->at;
    daffi_status_t status = DAFFI_OK;
    bool range = peek (self) == '*';
    if (range) {
        self->at++;
        //  7 is Sunday once more
        high -= self->field == &fields[WEEKDAY];
    } else {
        status = read_value (self, &low);
        high = low;
    }
    if (!status && !range && peek (self) == '-') {
        self->at++;
        range = true;
        status = read_value (self, &high);
        if (!status && high < low)
            status = refuse (self, begin, "the range runs backwards");
    }
    if (!status && peek (self) == '/') {
        if (!range)
            return refuse (self, self->at, "a step needs * or a range before it");
        self->at++;
        status = read_number (self, 1, self->field->max, &step);
    }
    for (int value = low; !status && value <= high; value += step)
        *bits |= UINT64_C (1) << value;
    return status;
}

static daffi_status_t read_field (reader_t *self, uint64_t *bits)
{
    *bits = 0;
    for (;;) {
        daffi_status_t status = read_item (self, bits);
        if (status)
            return status;
        if (peek (self) != ',')
            break;
        self->at++;
    }
    if (peek (self) && peek (self) != ' ' && peek (self) != '\t')
        return refuse (self, self->at, "a blank, a comma, - or / was expected");
    return DAFFI_OK;
}

static void skip_blanks (reader_t *self)
{
    while (peek (self) == ' ' || peek (self) == '\t')
        self->at++;
}

static daffi_status_t read_fields (reader_t *self, uint64_t *bits, bool *stars)
{
    for (int i = 0; i < FIELDS; i++) {
        skip_blanks (self);
        self->field = &fields[i];
        stars[i] = peek (self) == '*';
        if (!peek (self))
            return daffi_refuse_text (self->error, "cron", self->text, self->at,
                                      "five fields were expected; %s is missing",
                                      self->field->name);
        daffi_status_t status = read_field (self, &bits[i]);
        if (status)
            return status;
    }
    skip_blanks (self);
    return peek (self) ? refuse (self, self->at, "there are five fields already")
                       : DAFFI_OK;
}

static daffi_text_t expand (daffi_text_t text)
{
    static const char *const nicknames[][2] = {
        {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
        {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
        {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"}};
    for (size_t i = 0; i < sizeof nicknames / sizeof nicknames[0]; i++)
        if (daffi_text_equal (text, daffi_text_of (nicknames[i][0])))
            return daffi_text_of (nicknames[i][1]);
    return text;
}

daffi_status_t daffi_cron_parse (daffi_cron_t *self, daffi_text_t text,
                                 daffi_error_t *error)
{
    uint64_t bits[FIELDS] = {0};
    bool stars[FIELDS] = {false};
    reader_t reader = {expand (text), 0, error, NULL};
    if (peek (&reader) == '@')
        return refuse (&reader, 0,
                       "there are @hourly, @daily, @weekly, @monthly and @yearly");
    daffi_status_t status = read_fields (&reader, bits, stars);
    if (status)
        return status;
    self->minutes = bits[MINUTE];
    self->hours = (uint32_t)bits[HOUR];
    self->days = (uint32_t)bits[DAY];
    self->months = (uint16_t)bits[MONTH];
    self->weekdays = (uint8_t)((bits[WEEKDAY] | bits[WEEKDAY] >> 7) & 0x7f);
    self->either_day = !stars[DAY] && !stars[WEEKDAY];
    self->rhythm = stars[MINUTE] || stars[HOUR];
    return DAFFI_OK;
}
