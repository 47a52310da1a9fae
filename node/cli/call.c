//  SPDX-License-Identifier: MPL-2.0
//  daffi call: call a function, and print what it returns.

#include <string.h>

#include "arguments.h"
#include "call_stream.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "shared_options.h"

enum {
    OPTION_TO,
    OPTION_TIMEOUT,
    OPTION_ALL,
    OPTION_STREAM,
    OPTION_BG,
    OPTION_KEY,
    OPTION_IDEMPOTENT,
    OPTION_STRING,
    OPTION_RAW,
    OPTION_COUNT
};

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_TO] = DAFFI_OPTION_OF_PROCESS (
        "this process and no other; else the one with the fewest calls"),
    [OPTION_TIMEOUT] = DAFFI_OPTION_OF_TIMEOUT (
        "30s", INT64_MAX, "its deadline: milliseconds, or 5s, 2m, 1h, forever"),
    [OPTION_ALL] = DAFFI_OPTION_OF_ALL ("call it in every process that offers it"),
    [OPTION_STREAM] = {.name = "stream",
                       .kind = DAFFI_OPTION_FLAG,
                       .help =
                           "print each item that it yields; `-` as the last "
                           "argument sends it the lines of standard input as items"},
    [OPTION_BG] = {.name = "bg",
                   .kind = DAFFI_OPTION_FLAG,
                   .help = "do not wait: send it, and ask for no answer"},
    [OPTION_KEY] = {.name = "key",
                    .value = "TEXT",
                    .example = "customer-17",
                    .kind = DAFFI_OPTION_TEXT,
                    .help = "always the same process for the same key"},
    [OPTION_IDEMPOTENT] = {.name = "idempotent",
                           .kind = DAFFI_OPTION_FLAG,
                           .help = "it may run twice: try again also where it may have "
                                   "run already"},
    [OPTION_STRING] = DAFFI_OPTION_OF_STRING (
        "every argument is a string, also one that looks like JSON"),
    [OPTION_RAW] = {.name = "raw",
                    .kind = DAFFI_OPTION_FLAG,
                    .help = "print a string as it is, without a newline behind it"},
};

static const daffi_example_t examples[] = {
    {"daffi call add 2 3", "prints 5, where somebody offers add"},
    {"echo hello | daffi call upper -", "the argument is standard input"},
    {"daffi call resize '{\"width\": 80}' --to gpu-1 --timeout 5s",
     "one process, five seconds"},
    {"daffi call reload --all", "a line a process"},
    {"daffi call tail /var/log/syslog --stream", "prints what comes, as it comes"},
    {NULL, NULL}};

static bool given (const daffi_cli_t *self, size_t option)
{
    return daffi_cli_option (self, option)->source > DAFFI_SOURCE_STANDARD;
}

//  --- what is asked for ------------------------------------------------------------

static daffi_exit_t check (daffi_cli_t *self)
{
    static const size_t exclusive[] = {OPTION_ALL, OPTION_STREAM, OPTION_BG};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof exclusive / sizeof exclusive[0]; i++) {
        if (!daffi_cli_option (self, exclusive[i])->number)
            continue;
        if (first)
            return daffi_cli_usage (self, "--%s and --%s exclude each other", first,
                                    options[exclusive[i]].name);
        first = options[exclusive[i]].name;
    }
    if (daffi_cli_option (self, OPTION_ALL)->number && given (self, OPTION_TO))
        return daffi_cli_usage (self, "--all and --to exclude each other");
    return DAFFI_EXIT_OK;
}

//  The words behind the function, as values. `sends`: the last one stands for items.
static daffi_exit_t read_arguments (daffi_cli_t *self, daffi_args_t *args, bool *sends)
{
    size_t count = self->set.word_count;
    *sends = daffi_cli_option (self, OPTION_STREAM)->number && count > 1 &&
             strcmp (self->words[count - 1], "-") == 0;
    const daffi_argument_words_t words = {
        .first = 1,
        .end = count - *sends,
        .strings = daffi_cli_option (self, OPTION_STRING)->number,
        .no_stdin = *sends};
    return daffi_arguments (self, &words, args);
}

static daffi_call_options_t call_options (const daffi_cli_t *self)
{
    return (daffi_call_options_t){
        .process = daffi_cli_option (self, OPTION_TO)->text,
        .timeout_ms = daffi_cli_option (self, OPTION_TIMEOUT)->number,
        .policy = given (self, OPTION_KEY) ? DAFFI_POLICY_KEY : DAFFI_POLICY_LEAST,
        .key = daffi_cli_option (self, OPTION_KEY)->text,
        .idempotent = daffi_cli_option (self, OPTION_IDEMPOTENT)->number};
}

//  --- the ways to call -------------------------------------------------------------

static daffi_exit_t call_one (daffi_cli_t *self, daffi_args_t args)
{
    daffi_error_t error;
    daffi_call_options_t how = call_options (self);
    daffi_result_t *result;
    if (daffi_call (self->global, self->words[0], args, &how, &result, &error))
        return daffi_cli_failed (self, &error);
    daffi_print_value (self, daffi_result_value (result),
                       daffi_cli_option (self, OPTION_RAW)->number);
    daffi_result_destroy (&result);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t cast (daffi_cli_t *self, daffi_args_t args)
{
    daffi_error_t error;
    daffi_call_options_t how = call_options (self);
    if (daffi_cast (self->global, self->words[0], args, &how, &error))
        return daffi_cli_failed (self, &error);
    return DAFFI_EXIT_OK;
}

static void print_reply (daffi_cli_t *self, const daffi_reply_t *reply)
{
    if (self->json) {
        struct json_object *line = json_object_new_object ();
        json_object_object_add (line, "process",
                                json_object_new_string (reply->process));
        json_object_object_add (
            line, "status", json_object_new_string (daffi_status_name (reply->status)));
        if (reply->value)
            json_object_object_add (line, "value", daffi_json_of (reply->value));
        else
            json_object_object_add (line, "error",
                                    json_object_new_string (reply->text));
        daffi_json_print (line, false);
        return;
    }
    const daffi_style_t *style = &self->style;
    printf ("%s%s%s%s", daffi_ink (style, DAFFI_INK_NAME), reply->process,
            daffi_ink_off (style), style->terminal ? "  " : "\t");
    if (reply->value && reply->value->kind != DAFFI_KIND_NIL) {
        daffi_print_value (self, reply->value, false);
        return;
    }
    printf ("%s%s%s%s%s\n",
            daffi_ink (style, reply->status ? DAFFI_INK_BAD : DAFFI_INK_GOOD),
            reply->status ? daffi_status_name (reply->status) : "ok",
            daffi_ink_off (style), reply->text[0] ? ": " : "", reply->text);
}

static daffi_exit_t call_all (daffi_cli_t *self, daffi_args_t args)
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    size_t failed = 0;
    DAFFI_AUTO (daffi_broadcast) *all = daffi_broadcast_start (
        self->global, self->words[0], args,
        DAFFI_BROADCAST (.timeout_ms = daffi_cli_option (self, OPTION_TIMEOUT)->number),
        &error);
    if (!all)
        return daffi_cli_failed (self, &error);
    daffi_status_t status;
    while (!(status = daffi_broadcast_next (all, DAFFI_FOREVER, &reply, &error))) {
        failed += reply->status != DAFFI_OK;
        print_reply (self, reply);
        fflush (stdout);
    }
    if (status != DAFFI_END)
        return daffi_cli_failed (self, &error);
    if (failed)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_FAILED,
                                  "%zu of %zu processes failed", failed,
                                  daffi_broadcast_count (all));
    return DAFFI_EXIT_OK;
}

static daffi_exit_t run (daffi_cli_t *self)
{
    daffi_args_t args = {NULL, 0};
    bool sends = false;
    daffi_exit_t code = check (self);
    if (!code)
        code = read_arguments (self, &args, &sends);
    if (!code)
        code = daffi_cli_connect (self, NULL);
    if (code)
        return code;
    daffi_call_options_t how = call_options (self);
    if (daffi_cli_option (self, OPTION_ALL)->number)
        return call_all (self, args);
    if (daffi_cli_option (self, OPTION_STREAM)->number) {
        daffi_error_t error;
        daffi_stream_t *stream =
            daffi_stream_open (self->global, self->words[0], args, &how, &error);
        return daffi_call_stream (self, stream, &error, sends,
                                  daffi_cli_option (self, OPTION_STRING)->number);
    }
    if (daffi_cli_option (self, OPTION_BG)->number)
        return cast (self, args);
    return call_one (self, args);
}

const daffi_command_t daffi_command_call = {
    .name = "call",
    .group = "Start",
    .summary = "call a function and print its result",
    .usage = "FUNCTION [ARGUMENT…]",
    .text =
        "Calls a function of another process and prints what it returns. Each "
        "argument is JSON where it is valid JSON (2, true, [1, 2], \"text\"), else "
        "a string; `-` is standard input, a string where it is UTF-8 and a binary "
        "where it is not. Integers of more than 64 bits are refused, also within an "
        "array or an object: quoted ('\"123\"') they are strings. Behind -- everything "
        "is an argument, also what looks like "
        "an option.\n"
        "A string or a binary is printed as it is, nothing as nothing, anything "
        "else as JSON. With --json binaries are {\"$binary\": \"<base64>\"}, which "
        "is understood as an argument too.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .least_words = 1,
    .most_words = DAFFI_WORDS_MAX,
    .first_word = DAFFI_WORD_FUNCTION,
    .json = true,
    .run = run,
};
