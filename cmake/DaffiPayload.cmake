#  SPDX-License-Identifier: MPL-2.0
#  Payloads: shared objects of functions that are shipped to other processes. Used by the
#  build, and by whoever finds the package.

#  Where daffi_payload.h lies.
set (DAFFI_PAYLOAD_INCLUDE "${CMAKE_CURRENT_LIST_DIR}/../include" CACHE INTERNAL "")
set (DAFFI_PAYLOAD_FOLDER "${CMAKE_CURRENT_LIST_DIR}" CACHE INTERNAL "")

#  daffi_add_payload (NAME source…): NAME.so, which links with nothing of daffi. In any
#  language that CMake knows; $<TARGET_FILE:NAME> is where it lies.
function (daffi_add_payload name)
    add_library (${name} MODULE ${ARGN})
    set_target_properties (${name} PROPERTIES PREFIX "" SUFFIX ".so"
        POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden
        CXX_VISIBILITY_PRESET hidden BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "")
    if (TARGET daffi::daffi)
        get_target_property (folders daffi::daffi INTERFACE_INCLUDE_DIRECTORIES)
        target_include_directories (${name} PRIVATE ${folders})
    else ()
        target_include_directories (${name} PRIVATE "${DAFFI_PAYLOAD_INCLUDE}")
    endif ()
    #  Payloads run in processes that know nothing of this build's sanitizers.
    if (DAFFI_SANITIZE OR DAFFI_COVERAGE)
        target_compile_options (${name} PRIVATE -fno-sanitize=all -fno-profile-arcs -fno-test-coverage)
        target_link_options (${name} PRIVATE -fno-sanitize=all)
    endif ()
endfunction ()

#  daffi_embed_payload (TARGET PAYLOAD): the bytes of a payload become part of a program,
#  which finds them as
#      extern const unsigned char PAYLOAD_payload[];
#      extern const unsigned char PAYLOAD_payload_end[];
function (daffi_embed_payload target payload)
    set (source "${CMAKE_CURRENT_BINARY_DIR}/${target}_${payload}.c")
    file (GENERATE OUTPUT "${source}.in" CONTENT
"__asm__ (\".section .rodata\\n\"
         \".global ${payload}_payload\\n\"
         \".balign 16\\n\"
         \"${payload}_payload: .incbin \\\"$<TARGET_FILE:${payload}>\\\"\\n\"
         \".global ${payload}_payload_end\\n\"
         \"${payload}_payload_end: .byte 0\\n\"
         \".previous\\n\");
extern const unsigned char ${payload}_payload[];
")
    add_custom_command (OUTPUT "${source}"
        COMMAND "${CMAKE_COMMAND}" -E copy "${source}.in" "${source}"
        DEPENDS ${payload} "$<TARGET_FILE:${payload}>" "${source}.in" VERBATIM)
    target_sources (${target} PRIVATE "${source}")
endfunction ()
