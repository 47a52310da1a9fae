#  SPDX-License-Identifier: MPL-2.0
#  What can be chosen, and the compiler flags that follow from it.

if (CMAKE_CURRENT_SOURCE_DIR STREQUAL CMAKE_CURRENT_BINARY_DIR)
    message (FATAL_ERROR "daffi: build in a folder of its own: cmake -S . -B .build")
endif ()

#  Part of another project: that one wants the library and nothing else.
if (CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
    set (DAFFI_TOP_LEVEL ON)
else ()
    set (DAFFI_TOP_LEVEL OFF)
endif ()
if (DEFINED BUILD_SHARED_LIBS)
    set (daffi_shared_default ${BUILD_SHARED_LIBS})
else ()
    set (daffi_shared_default ON)
endif ()

option (DAFFI_SHARED         "libdaffi is a shared library, else a static one" ${daffi_shared_default})
option (DAFFI_INSTALL        "Make install rules"                     ${DAFFI_TOP_LEVEL})
option (DAFFI_BUILD_TOOLS    "Build the programs daffi and daffi-broker" ${DAFFI_TOP_LEVEL})
option (DAFFI_BUILD_TESTS    "Build the tests"                        ${DAFFI_TOP_LEVEL})
option (DAFFI_BUILD_EXAMPLES "Build the examples"                     ${DAFFI_TOP_LEVEL})
option (DAFFI_BUILD_BENCH    "Build the benchmark"                    ${DAFFI_TOP_LEVEL})
option (DAFFI_WERROR         "A warning is an error"                  OFF)
option (DAFFI_COVERAGE       "Count which lines run (gcov)"           OFF)
option (DAFFI_FUZZ           "Build the libFuzzer programs (clang)"   OFF)
option (DAFFI_LTO            "Optimise the library as a whole (gcc)"  ON)
set (DAFFI_SANITIZE "" CACHE STRING "\"address;undefined\", \"thread\", or nothing")

#  RelWithDebInfo keeps its asserts: they state what our own code alone can break, and a
#  broker that goes on after such a mistake is worse than one that restarts.
set (CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
if (NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set (CMAKE_BUILD_TYPE RelWithDebInfo)
endif ()

set (CMAKE_C_STANDARD 11)
set (CMAKE_C_STANDARD_REQUIRED ON)
set (CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_options (-Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wformat-security -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition
    -Wpointer-arith -Wundef -Wvla -Werror=implicit-function-declaration)
if (CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options (-Wduplicated-cond -Wlogical-op -Wjump-misses-init)
endif ()
if (DAFFI_WERROR)
    add_compile_options (-Werror)
endif ()

if (DAFFI_COVERAGE)
    #  not --coverage, which no later option takes back (payloads and their runner do)
    add_compile_options (-fprofile-arcs -ftest-coverage -O0 -fprofile-update=atomic)
    add_link_options (--coverage)
endif ()
if (DAFFI_FUZZ)
    if (NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message (FATAL_ERROR "daffi: DAFFI_FUZZ needs clang: cmake -DCMAKE_C_COMPILER=clang")
    endif ()
    if (NOT DAFFI_SANITIZE)
        set (DAFFI_SANITIZE "address;undefined")
    endif ()
    add_compile_options (-fsanitize=fuzzer-no-link)
endif ()
if (DAFFI_SANITIZE)
    string (REPLACE ";" "," daffi_sanitizers "${DAFFI_SANITIZE}")
    add_compile_options (-fsanitize=${daffi_sanitizers} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    add_link_options (-fsanitize=${daffi_sanitizers})
endif ()

#  A call passes many small functions in many files: as a whole they take a tenth fewer
#  instructions. The objects hold machine code as well, so that what links them without
#  this (the unit tests, a program with a static libdaffi) can do so quickly.
if (NOT CMAKE_C_COMPILER_ID STREQUAL "GNU" OR DAFFI_SANITIZE OR DAFFI_COVERAGE OR DAFFI_FUZZ
    OR CMAKE_BUILD_TYPE STREQUAL "Debug")
    set (DAFFI_LTO OFF)
endif ()
set (daffi_whole_compile "")
set (daffi_whole_link "")
set (daffi_whole_not "")
if (DAFFI_LTO)
    set (daffi_whole_compile -flto -ffat-lto-objects)
    set (daffi_whole_link -flto=auto)
    set (daffi_whole_not -fno-lto)
endif ()
