//  SPDX-License-Identifier: MPL-2.0
//  daffi payload: compiled functions that are shipped to other processes.
//
//  One command with verbs, like daffi tasks: those that work on files need no
//  controller, and connect to none.

#include "payload.h"

#include <string.h>

#include "commands.h"

static const daffi_option_t options[DAFFI_PAYLOAD_OPTION_COUNT] = {
    [DAFFI_PAYLOAD_OPTION_TO] = {.name = "to",
                                 .value = "PROCESS",
                                 .letter = 't',
                                 .example = "gpu-1",
                                 .kind = DAFFI_OPTION_TEXT,
                                 .help = "the process; several with commas in between"},
    [DAFFI_PAYLOAD_OPTION_KEY] = {.name = "key",
                                  .value = "FILE",
                                  .letter = 'k',
                                  .example = "team.key",
                                  .kind = DAFFI_OPTION_TEXT,
                                  .help = "build, sign: the secret key; inspect: the "
                                          "public key that it must be signed with"},
    [DAFFI_PAYLOAD_OPTION_OUTPUT] = {.name = "output",
                                     .value = "FILE",
                                     .letter = 'o',
                                     .example = "resize.daffi",
                                     .kind = DAFFI_OPTION_TEXT,
                                     .help = "build, sign: what is written; none: the "
                                             "source's name with .so, or .daffi where "
                                             "it is signed"},
    [DAFFI_PAYLOAD_OPTION_NAME] = {.name = "name",
                                   .value = "NAME",
                                   .example = "resize",
                                   .kind = DAFFI_OPTION_TEXT,
                                   .help = "build, sign: what it is called; none: the "
                                           "file's name"},
    [DAFFI_PAYLOAD_OPTION_VERSION] = {.name = "version",
                                      .value = "TEXT",
                                      .example = "1.2",
                                      .kind = DAFFI_OPTION_TEXT,
                                      .help = "build, sign: its version"},
    [DAFFI_PAYLOAD_OPTION_EXPIRES] = {.name = "expires",
                                      .value = "TIME",
                                      .example = "90d",
                                      .kind = DAFFI_OPTION_TEXT,
                                      .help = "build, sign: nobody runs it after so "
                                              "long: 12h, 90d; none: for ever"},
    [DAFFI_PAYLOAD_OPTION_PROCESSES] = {.name = "processes",
                                        .value = "PATTERNS",
                                        .example = "'gpu-* cpu-1'",
                                        .kind = DAFFI_OPTION_TEXT,
                                        .help =
                                            "build, sign: which processes take it, "
                                            "with * and ?, divided by spaces; none: "
                                            "any"},
    [DAFFI_PAYLOAD_OPTION_TIMEOUT] = {.name = "timeout",
                                      .value = "TIME",
                                      .environment = "DAFFI_TIMEOUT",
                                      .standard = "30s",
                                      .example = "5s",
                                      .kind = DAFFI_OPTION_TIME,
                                      .min = 1,
                                      .max = INT64_MAX,
                                      .help = "call: its deadline, the shipment "
                                              "included"},
    [DAFFI_PAYLOAD_OPTION_STREAM] = {.name = "stream",
                                     .kind = DAFFI_OPTION_FLAG,
                                     .help =
                                         "call: print each item that it yields; `-` "
                                         "as the last argument sends it the lines "
                                         "of standard input"},
    [DAFFI_PAYLOAD_OPTION_STRING] = {.name = "string",
                                     .letter = 's',
                                     .kind = DAFFI_OPTION_FLAG,
                                     .help = "call: every argument is a string"},
};

static const daffi_example_t examples[] = {
    {"daffi payload keygen team.key", "makes team.key and team.key.pub"},
    {"daffi payload build resize.c --key team.key --version 1.2",
     "compiles, checks and signs: resize.daffi"},
    {"daffi payload inspect resize.daffi", "tells what it is, and of whom"},
    {"daffi payload call resize.daffi shrink '{\"width\": 80}' --to gpu-1",
     "ships it, if need be, and runs a function of it there"},
    {"daffi payload publish resize.daffi shrink --to gpu-1,gpu-2",
     "from now on daffi call shrink finds it there"},
    {NULL, NULL}};

static const struct {
    const char *name;
    const char *usage;
    size_t least_words;
    size_t most_words;
    bool offline;
    daffi_payload_verb_fn *run;
} verbs[] = {
    {"ls", "", 0, 0, false, daffi_payload_do_ls},
    {"keygen", "FILE", 1, 1, true, daffi_payload_do_keygen},
    {"build", "SOURCE… [-- ARGUMENT…]", 1, DAFFI_WORDS_MAX, true,
     daffi_payload_do_build},
    {"sign", "FILE --key FILE", 1, 1, true, daffi_payload_do_sign},
    {"inspect", "FILE", 1, 1, true, daffi_payload_do_inspect},
    {"send", "FILE --to PROCESS", 1, 1, false, daffi_payload_do_send},
    {"call", "FILE|HASH FUNCTION [ARGUMENT…] --to PROCESS", 2, DAFFI_WORDS_MAX, false,
     daffi_payload_do_call},
    {"publish", "FILE|HASH FUNCTION [NAME] --to PROCESS", 2, 3, false,
     daffi_payload_do_publish},
    {"withdraw", "NAME --to PROCESS", 1, 1, false, daffi_payload_do_withdraw},
    {"unload", "FILE|HASH --to PROCESS", 1, 1, false, daffi_payload_do_unload},
};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static const char *const verb_names[VERB_COUNT + 1] = {
    "ls",   "keygen",  "build",    "sign",   "inspect", "send",
    "call", "publish", "withdraw", "unload", NULL};

static daffi_exit_t run_verb (daffi_cli_t *self, size_t index)
{
    size_t count = self->set.word_count ? self->set.word_count - 1 : 0;
    if (count < verbs[index].least_words || count > verbs[index].most_words)
        return daffi_cli_usage (self, "usage: daffi payload %s%s%s", verbs[index].name,
                                verbs[index].usage[0] ? " " : "", verbs[index].usage);
    daffi_exit_t code =
        verbs[index].offline ? DAFFI_EXIT_OK : daffi_cli_connect (self, NULL);
    return code ? code : verbs[index].run (self);
}

static daffi_exit_t run (daffi_cli_t *self)
{
    const char *word = self->set.word_count ? self->words[0] : "ls";
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp (verbs[i].name, word) == 0)
            return run_verb (self, i);
    const char *hint = daffi_hint (word, verb_names);
    return daffi_cli_usage (self, "no such thing to do with payloads: %s%s%s%s", word,
                            hint ? "\n  did you mean " : "", hint ? hint : "",
                            hint ? "?" : "");
}

const daffi_command_t daffi_command_payload = {
    .name = "payload",
    .group = "Start",
    .summary = "ship compiled functions to other processes, and run them there",
    .usage = "[VERB] [ARGUMENT…]",
    .text =
        "A payload is a shared object of functions, made with daffi_payload.h. VERB is "
        "ls, keygen, build, sign, inspect, send, call, publish, withdraw or unload. "
        "keygen "
        "makes a pair of keys; build compiles one (with $CC or $CXX; what stands "
        "behind -- goes to the compiler), checks it as a process would that takes it, "
        "and signs it where there is a --key; sign signs one that is there; inspect "
        "tells what a file is.\n"
        "send ships a payload; call ships it where it is not there yet and runs a "
        "function of it; publish makes a function of it an ordinary one of that "
        "process, under its own or another name, until withdraw; unload has it "
        "forgotten. What was shipped can be named by its hash. ls tells which payloads "
        "the processes hold, with --to those of one. A process takes payloads only if "
        "it was told so, and from keys that it trusts.",
    .examples = examples,
    .options = options,
    .option_count = DAFFI_PAYLOAD_OPTION_COUNT,
    .most_words = DAFFI_WORDS_MAX,
    .first_word = DAFFI_WORD_CHOICE,
    .words = verb_names,
    .json = true,
    .run = run,
};
