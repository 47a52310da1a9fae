#  SPDX-License-Identifier: MPL-2.0
#  A module is one folder of sources that knows only the modules it names.

#  Where the headers of each module lie, and the modules in the order they were made.
set_property (GLOBAL PROPERTY DAFFI_MODULES "")

#  Lets `target` find "bare.h" of these folders. -iquote and not -I: a folder must never
#  hide a system header, and #include <…> stays for what comes from outside.
function (daffi_quote_folders target)
    foreach (folder IN LISTS ARGN)
        target_compile_options (${target} PRIVATE "-iquote${folder}")
    endforeach ()
endfunction ()

#  daffi_module (NAME FOLDER [USES module…] [LINK target…] [ONLY file…] [EXCEPT file…])
#  makes the OBJECT library daffi_NAME of all FOLDER/*.c.
function (daffi_module name folder)
    cmake_parse_arguments (PARSE_ARGV 2 my "" "" "USES;LINK;ONLY;EXCEPT")
    set (path "${PROJECT_SOURCE_DIR}/${folder}")
    file (GLOB sources CONFIGURE_DEPENDS "${path}/*.c")
    if (my_ONLY)
        list (TRANSFORM my_ONLY PREPEND "${path}/")
        set (wanted "")
        foreach (source IN LISTS my_ONLY)
            if (source IN_LIST sources)
                list (APPEND wanted "${source}")
            endif ()
        endforeach ()
        set (sources "${wanted}")
    endif ()
    foreach (file IN LISTS my_EXCEPT)
        list (REMOVE_ITEM sources "${path}/${file}")
    endforeach ()
    if (NOT sources)
        message (FATAL_ERROR "daffi: module ${name} has no sources in ${folder}/")
    endif ()

    set (target daffi_${name})
    add_library (${target} OBJECT ${sources})
    set_target_properties (${target} PROPERTIES C_EXTENSIONS OFF
        C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
    target_compile_definitions (${target} PRIVATE _GNU_SOURCE)
    target_include_directories (${target} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    target_compile_options (${target} PRIVATE ${daffi_whole_compile})
    target_link_libraries (${target} PRIVATE Threads::Threads ${my_LINK})

    set (folders "${path}")
    foreach (used IN LISTS my_USES)
        get_property (used_folder GLOBAL PROPERTY DAFFI_FOLDER_${used})
        if (NOT used_folder)
            message (FATAL_ERROR "daffi: module ${name} uses ${used}, which is not there yet")
        endif ()
        list (APPEND folders "${used_folder}")
    endforeach ()
    list (REMOVE_DUPLICATES folders)
    daffi_quote_folders (${target} ${folders})

    set_property (GLOBAL PROPERTY DAFFI_FOLDER_${name} "${path}")
    set_property (GLOBAL APPEND PROPERTY DAFFI_MODULES ${name})
endfunction ()

#  The folders of all modules, for unit tests, and the objects of these modules (of all).
function (daffi_module_folders out)
    get_property (modules GLOBAL PROPERTY DAFFI_MODULES)
    set (folders "")
    foreach (name IN LISTS modules)
        get_property (folder GLOBAL PROPERTY DAFFI_FOLDER_${name})
        list (APPEND folders "${folder}")
    endforeach ()
    list (REMOVE_DUPLICATES folders)
    set (${out} "${folders}" PARENT_SCOPE)
endfunction ()

function (daffi_module_objects out)
    set (modules ${ARGN})
    if (NOT modules)
        get_property (modules GLOBAL PROPERTY DAFFI_MODULES)
    endif ()
    set (objects "")
    foreach (name IN LISTS modules)
        list (APPEND objects "$<TARGET_OBJECTS:daffi_${name}>")
    endforeach ()
    set (${out} "${objects}" PARENT_SCOPE)
endfunction ()

#  daffi_parts (NAME FOLDER [LINK target…]): all FOLDER/*.c but main.c, for programs that
#  share them. They know the public API only.
function (daffi_parts name folder)
    cmake_parse_arguments (PARSE_ARGV 2 my "" "" "LINK")
    file (GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.c")
    list (REMOVE_ITEM sources "${PROJECT_SOURCE_DIR}/${folder}/main.c")
    add_library (daffi_${name} OBJECT ${sources})
    set_target_properties (daffi_${name} PROPERTIES C_EXTENSIONS OFF)
    target_compile_definitions (daffi_${name} PRIVATE _GNU_SOURCE)
    target_link_libraries (daffi_${name} PUBLIC daffi::daffi Threads::Threads ${my_LINK})
    set_property (GLOBAL PROPERTY DAFFI_FOLDER_${name} "${PROJECT_SOURCE_DIR}/${folder}")
endfunction ()

#  daffi_program (NAME FOLDER [PARTS name] [ONLY file…] [LINK target…]): all FOLDER/*.c as
#  bin/NAME, which knows the public API only, and those parts.
function (daffi_program name folder)
    cmake_parse_arguments (PARSE_ARGV 2 my "" "PARTS" "ONLY;LINK")
    file (GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.c")
    if (my_ONLY)
        list (TRANSFORM my_ONLY PREPEND "${PROJECT_SOURCE_DIR}/${folder}/" OUTPUT_VARIABLE sources)
    endif ()
    add_executable (${name} ${sources})
    set_target_properties (${name} PROPERTIES C_EXTENSIONS OFF
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin"
        INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    target_compile_definitions (${name} PRIVATE _GNU_SOURCE)
    target_link_libraries (${name} PRIVATE daffi::daffi Threads::Threads ${my_LINK})
    if (my_PARTS)
        target_sources (${name} PRIVATE $<TARGET_OBJECTS:daffi_${my_PARTS}>)
        get_property (parts_folder GLOBAL PROPERTY DAFFI_FOLDER_${my_PARTS})
        get_target_property (parts_link daffi_${my_PARTS} LINK_LIBRARIES)
        target_link_libraries (${name} PRIVATE ${parts_link})
        daffi_quote_folders (${name} "${parts_folder}")
    endif ()
endfunction ()
