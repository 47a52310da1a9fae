#  SPDX-License-Identifier: MPL-2.0
#  How the folders of tests/ and examples/ become ctest tests. Whoever adds a test writes
#  its file and nothing here.

add_library (daffi_harness OBJECT "${PROJECT_SOURCE_DIR}/tests/harness/test.c")
target_include_directories (daffi_harness PRIVATE "${PROJECT_SOURCE_DIR}/include")
target_compile_definitions (daffi_harness PRIVATE _GNU_SOURCE)

#  All modules in one archive, for the tests of internals.
daffi_module_objects (objects)
add_library (daffi_internal STATIC ${objects})
set_target_properties (daffi_internal PROPERTIES LINKER_LANGUAGE C)
target_link_libraries (daffi_internal INTERFACE ${daffi_private_libraries})

set (daffi_test_environment
    "PATH=${PROJECT_BINARY_DIR}/bin:${PROJECT_BINARY_DIR}/examples:$ENV{PATH}"
    "DAFFI_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    "DAFFI_BUILD_DIR=${PROJECT_BINARY_DIR}"
    "DAFFI_RUNNER=${PROJECT_BINARY_DIR}/bin/daffi-runner"
    "DAFFI_TEST_MACHINE=${PROJECT_BINARY_DIR}/tests/libdaffi_test_machine.so"
    "DAFFI_EXAMPLES=${PROJECT_BINARY_DIR}/examples")
if (TARGET daffi-broker)
    list (APPEND daffi_test_environment "DAFFI_BROKER=$<TARGET_FILE:daffi-broker>")
endif ()
set (daffi_test_slowness 1)
if (DAFFI_SANITIZE)
    set (daffi_test_slowness 3)
    list (APPEND daffi_test_environment "DAFFI_TEST_TIMEOUT=180"
        "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
        "UBSAN_OPTIONS=print_stacktrace=1"
        "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:second_deadlock_stack=1")
endif ()

#  daffi_add_test (NAME LABEL SECONDS COMMAND…). The folders of NAME are divided by dots.
function (daffi_add_test name label seconds)
    math (EXPR timeout "${seconds} * ${daffi_test_slowness}")
    add_test (NAME ${name} COMMAND ${ARGN})
    set_tests_properties (${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout}
        SKIP_RETURN_CODE 77 ENVIRONMENT "${daffi_test_environment}")
endfunction ()

#  A program below build/tests, with the harness' header in sight.
function (daffi_test_program target)
    add_executable (${target} ${ARGN})
    set_target_properties (${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_compile_definitions (${target} PRIVATE _GNU_SOURCE
        "DAFFI_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")
    target_include_directories (${target} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    daffi_quote_folders (${target} "${PROJECT_SOURCE_DIR}/tests/harness")
    target_link_libraries (${target} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
    target_link_options (${target} PRIVATE ${daffi_whole_not})
endfunction ()

#  Programs that know the public API need czmq or zmq only where they include it.
function (daffi_link_public target)
    target_link_libraries (${target} PRIVATE daffi::daffi)
    foreach (source IN LISTS ARGN)
        file (STRINGS "${source}" czmq REGEX "# *include +[<\"](czmq|zmq|daffi_czmq)\\.h")
        if (czmq)
            target_link_libraries (${target} PRIVATE ${DAFFI_CZMQ} m)
        endif ()
    endforeach ()
endfunction ()

#  daffi_test_folder (FOLDER LABEL SECONDS [INTERNAL]): each FOLDER/test_*.c is a program of
#  tests; the other sources there are helpers of all of them. INTERNAL ones see every module.
function (daffi_test_folder folder label seconds)
    set (path "${PROJECT_SOURCE_DIR}/tests/${folder}")
    file (GLOB tests CONFIGURE_DEPENDS "${path}/test_*.c")
    file (GLOB helpers CONFIGURE_DEPENDS "${path}/*.c")
    if (NOT tests)
        return ()
    endif ()
    list (REMOVE_ITEM helpers ${tests})
    string (REPLACE "/" "_" prefix "${folder}")
    string (REPLACE "/" "." dotted "${folder}")
    foreach (source IN LISTS tests)
        get_filename_component (base "${source}" NAME_WE)
        string (REGEX REPLACE "^test_" "" base "${base}")
        set (target "${prefix}_${base}")
        daffi_test_program (${target} "${source}" ${helpers} $<TARGET_OBJECTS:daffi_harness>)
        daffi_quote_folders (${target} "${path}")
        if ("INTERNAL" IN_LIST ARGN)
            daffi_module_folders (folders)
            daffi_quote_folders (${target} ${folders})
            target_link_libraries (${target} PRIVATE daffi_internal m)
        else ()
            daffi_link_public (${target} "${source}" ${helpers})
        endif ()
        daffi_add_test (${dotted}.${base} ${label} ${seconds} ${target})
    endforeach ()
endfunction ()
