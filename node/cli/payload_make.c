//  SPDX-License-Identifier: MPL-2.0
//  daffi payload keygen, build, sign, inspect: files, without a controller.

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "payload.h"
#include "rows.h"

static const char *text_of (const daffi_cli_t *self, size_t option)
{
    return daffi_cli_option (self, option)->text;
}

static bool given (const daffi_cli_t *self, size_t option)
{
    return daffi_cli_option (self, option)->source > DAFFI_SOURCE_STANDARD;
}

//  One line that tells what was made.
static void tell (daffi_cli_t *self, const char *path)
{
    if (self->json)
        daffi_json_print (json_object_new_string (path), false);
    else
        puts (path);
}

daffi_exit_t daffi_payload_do_keygen (daffi_cli_t *self)
{
    daffi_error_t error;
    if (daffi_payload_keygen (self->words[1], &error))
        return daffi_cli_failed (self, &error);
    tell (self, daffi_keep_format (&self->keep, "%s.pub", self->words[1]));
    return DAFFI_EXIT_OK;
}

//  --- signing ----------------------------------------------------------------------

//  "lib/resize.c" and ".so" make "lib/resize.so".
static const char *beside (daffi_cli_t *self, const char *path, const char *suffix)
{
    const char *slash = strrchr (path, '/');
    const char *dot = strrchr (slash ? slash : path, '.');
    size_t size = dot ? (size_t)(dot - path) : strlen (path);
    return daffi_keep_format (&self->keep, "%.*s%s", (int)size, path, suffix);
}

//  "90d": the moment so long from now, in seconds since 1970. False: it is no period.
static bool read_period (const char *text, uint64_t *moment_s)
{
    static const struct {
        const char *unit;
        uint64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    uint64_t number = strtoull (text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp (end, units[i].unit) == 0 && number <= UINT32_MAX) {
            *moment_s = (uint64_t)time (NULL) + number * units[i].seconds;
            return true;
        }
    return false;
}

static daffi_exit_t describe (daffi_cli_t *self, daffi_payload_t *payload)
{
    daffi_error_t error;
    const daffi_payload_info_t *info = daffi_payload_info (payload);
    uint64_t expires_s = info->expires_s;
    const char *expires = text_of (self, DAFFI_PAYLOAD_OPTION_EXPIRES);
    const char *name = text_of (self, DAFFI_PAYLOAD_OPTION_NAME);
    const char *version = text_of (self, DAFFI_PAYLOAD_OPTION_VERSION);
    const char *processes = text_of (self, DAFFI_PAYLOAD_OPTION_PROCESSES);
    if (expires && !read_period (expires, &expires_s))
        return daffi_cli_usage (self, "--expires %s is no time: 12h, 90d", expires);
    daffi_manifest_options_t manifest = {
        .name = name ? name : daffi_keep_format (&self->keep, "%s", info->name),
        .version =
            version ? version : daffi_keep_format (&self->keep, "%s", info->version),
        .processes = processes ? processes
                               : daffi_keep_format (&self->keep, "%s", info->processes),
        .expires_s = expires_s};
    if (daffi_payload_describe (payload, &manifest, &error))
        return daffi_cli_failed (self, &error);
    return DAFFI_EXIT_OK;
}

//  Takes the payload, describes it, signs it with a key (or NULL) and writes a bundle.
static daffi_exit_t bundle (daffi_cli_t *self, daffi_payload_t *payload,
                            const char *key, const char *path)
{
    daffi_error_t error;
    daffi_exit_t code = describe (self, payload);
    if (!code && key && daffi_payload_sign (payload, key, &error))
        code = daffi_cli_failed (self, &error);
    if (!code && daffi_payload_write (payload, path, &error))
        code = daffi_cli_failed (self, &error);
    daffi_payload_destroy (&payload);
    if (!code)
        tell (self, path);
    return code;
}

daffi_exit_t daffi_payload_do_sign (daffi_cli_t *self)
{
    daffi_error_t error;
    const char *key = text_of (self, DAFFI_PAYLOAD_OPTION_KEY);
    const char *output = text_of (self, DAFFI_PAYLOAD_OPTION_OUTPUT);
    if (!key)
        return daffi_cli_usage (self, "sign with which key? --key FILE\n"
                                      "  to make one: daffi payload keygen FILE");
    daffi_payload_t *payload = daffi_payload_open (self->words[1], &error);
    if (!payload)
        return daffi_cli_failed (self, &error);
    return bundle (self, payload, key,
                   output ? output : beside (self, self->words[1], ".daffi"));
}

//  --- building ---------------------------------------------------------------------

static bool is_cplusplus (const char *source)
{
    static const char *const suffixes[] = {".cc", ".cpp", ".cxx", ".C"};
    const char *dot = strrchr (source, '.');
    for (size_t i = 0; dot && i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcmp (dot, suffixes[i]) == 0)
            return true;
    return false;
}

//  The compiler may be several words, as in CC='ccache gcc'.
static size_t compiler (daffi_cli_t *self, const char *source, char **argv, size_t most)
{
    const char *name = is_cplusplus (source) ? "CXX" : "CC";
    const char *set = getenv (name);
    const char *text = set && set[0] ? set : is_cplusplus (source) ? "c++" : "cc";
    size_t count = 0;
    while (*text && count < most) {
        size_t size = strcspn (text, " ");
        if (size)
            argv[count++] = daffi_keep_text (&self->keep, text, size);
        text += size + (text[size] == ' ');
    }
    return count;
}

static daffi_exit_t compile (daffi_cli_t *self, const char *output)
{
    enum { COMPILER_WORDS = 16 };
    static char *const fixed[] = {"-shared", "-fPIC", "-O2", "-fvisibility=hidden",
                                  "-o"};
    enum { FIXED = sizeof fixed / sizeof fixed[0] };
    pid_t pid;
    int status = 0;
    size_t room = COMPILER_WORDS + FIXED + self->set.word_count + 2;
    char **argv = daffi_keep (&self->keep, room * sizeof *argv);
    size_t count = compiler (self, self->words[1], argv, COMPILER_WORDS);
    for (size_t i = 0; i < FIXED; i++)
        argv[count++] = fixed[i];
    argv[count++] = daffi_keep_format (&self->keep, "%s", output);
    for (size_t i = 1; i < self->set.word_count; i++)
        argv[count++] = daffi_keep_format (&self->keep, "%s", self->words[i]);
    int reason = posix_spawnp (&pid, argv[0], NULL, NULL, argv, environ);
    if (reason)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_INTERNAL,
                                  "%s: %s\n  name a compiler in $CC or $CXX", argv[0],
                                  strerror (reason));
    while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
        return DAFFI_EXIT_OK;
    return daffi_problem_set (&self->problem, DAFFI_EXIT_FAILED,
                              "%s could not build it\n"
                              "  where a header is missing: -- -I FOLDER",
                              argv[0]);
}

daffi_exit_t daffi_payload_do_build (daffi_cli_t *self)
{
    daffi_error_t error;
    const char *key = text_of (self, DAFFI_PAYLOAD_OPTION_KEY);
    const char *output = text_of (self, DAFFI_PAYLOAD_OPTION_OUTPUT);
    bool bundled = key || given (self, DAFFI_PAYLOAD_OPTION_NAME) ||
                   given (self, DAFFI_PAYLOAD_OPTION_VERSION) ||
                   given (self, DAFFI_PAYLOAD_OPTION_EXPIRES) ||
                   given (self, DAFFI_PAYLOAD_OPTION_PROCESSES);
    const char *object =
        output && !bundled ? output : beside (self, self->words[1], ".so");
    daffi_exit_t code = compile (self, object);
    if (code)
        return code;
    daffi_payload_t *payload = daffi_payload_open (object, &error);
    if (!payload)
        return daffi_cli_failed (self, &error);
    if (bundled)
        return bundle (self, payload, key,
                       output ? output : beside (self, self->words[1], ".daffi"));
    daffi_payload_destroy (&payload);
    tell (self, object);
    return DAFFI_EXIT_OK;
}

//  --- inspecting -------------------------------------------------------------------

static const char *when (daffi_cli_t *self, uint64_t moment_s)
{
    char text[40] = "never";
    struct tm utc;
    time_t seconds = (time_t)moment_s;
    if (moment_s && gmtime_r (&seconds, &utc))
        strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return daffi_keep_text (&self->keep, text, strlen (text));
}

static void show (daffi_cli_t *self, const daffi_payload_info_t *info,
                  const char *signature)
{
    daffi_value_t *functions =
        daffi_keep (&self->keep, (info->function_count + 1) * sizeof *functions);
    for (size_t i = 0; i < info->function_count; i++)
        functions[i] = daffi_value_string (
            daffi_keep_format (&self->keep, "%s %s", info->functions[i].name,
                               info->functions[i].signature));
    const daffi_value_t pairs[] = {
        DAFFI_VALUE ("hash"),
        DAFFI_VALUE (info->hash),
        DAFFI_VALUE ("size"),
        DAFFI_VALUE (info->size_bytes),
        DAFFI_VALUE ("name"),
        DAFFI_VALUE (info->name),
        DAFFI_VALUE ("version"),
        DAFFI_VALUE (info->version),
        DAFFI_VALUE ("architecture"),
        DAFFI_VALUE (info->architecture),
        DAFFI_VALUE ("abi"),
        DAFFI_VALUE (info->abi),
        DAFFI_VALUE ("expires"),
        DAFFI_VALUE (when (self, info->expires_s)),
        DAFFI_VALUE ("processes"),
        DAFFI_VALUE (info->processes[0] ? info->processes : "any"),
        DAFFI_VALUE ("signer"),
        DAFFI_VALUE (info->signer ? info->signer : "none"),
        DAFFI_VALUE ("signature"),
        DAFFI_VALUE (signature),
        DAFFI_VALUE ("functions"),
        daffi_value_array (functions, info->function_count)};
    daffi_value_t map = daffi_value_map (pairs, sizeof pairs / sizeof pairs[0] / 2);
    daffi_facts_print (self, &map);
}

daffi_exit_t daffi_payload_do_inspect (daffi_cli_t *self)
{
    daffi_error_t error;
    const char *key = text_of (self, DAFFI_PAYLOAD_OPTION_KEY);
    daffi_payload_t *payload = daffi_payload_open (self->words[1], &error);
    if (!payload)
        return daffi_cli_failed (self, &error);
    const daffi_payload_info_t *info = daffi_payload_info (payload);
    daffi_status_t status = daffi_payload_verify (payload, key, &error);
    show (self, info, !info->signer ? "none" : status ? error.text : "valid");
    //  unsigned is a fact; a false signature, or a key that was asked for, is not fine
    bool asked = key || info->signer;
    daffi_payload_destroy (&payload);
    return status && asked ? daffi_cli_failed (self, &error) : DAFFI_EXIT_OK;
}
